# SPDX-License-Identifier: Apache-2.0
"""Appliances of homes built from the bottom up: what they belong to, how they are used, who owns them.

Who owns an appliance and what it uses in a year stands with its source in ``data/appliances/regions.csv``. Powers and
durations lie within those of tracebase (A. Reinhardt et al., "On the accuracy of appliance identification based on
distributed load metering data", SustainIT 2012); seasons and the effect of people are assumptions that together give the
season of H0 and the consumption by size of home of EnergieAgentur.NRW.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, get_args

from simulators.household.appliances import EventClass

TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "appliances" / "regions.csv"
Region = Literal["DE", "GB", "GR", "IT"]
REGIONS: Final[tuple[str, ...]] = get_args(Region)
Group = Literal["cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other"]
GROUPS: Final[tuple[str, ...]] = get_args(Group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """What holds for an appliance everywhere.

    Attributes
    ----------
    name : str
        As in the table and in the option ``owns``.
    group : str
        One of `GROUPS`.
    per_resident : float
        Relative change of its energy per resident more than two. [-]
    season : float
        How much more it uses in mid-winter than in the mean of the year, and less in mid-summer. [-]
    shape : str
        When it is used, a name of `simulators.household.shapes`; empty if it follows nobody's day.
    event : EventClass or None
        How it is used, for appliances that are switched on and run.
    """

    name: str
    group: Group
    per_resident: float
    season: float = 0.0
    shape: str = ""
    event: EventClass | None = None


def _used(
    name: str,
    power_kw: tuple[float, float],
    minutes: tuple[float, float],
    phases: tuple[tuple[float, float], ...] = ((1.0, 1.0),),
) -> EventClass:
    duration_s = (60.0 * minutes[0], 60.0 * minutes[1])
    return EventClass(name=name, share=0.0, power_kw=power_kw, duration_s=duration_s, phases=phases)


_HEAT_UP: Final = ((0.25, 1.0), (0.75, 0.4))
APPLIANCES: Final = (
    Appliance(name="refrigerator", group="cold", per_resident=0.08, season=-0.08),
    Appliance(name="freezer", group="cold", per_resident=0.15, season=-0.05),
    Appliance(name="washing_machine", group="wet", per_resident=0.40, season=0.10, shape="laundry"),
    Appliance(name="dishwasher", group="wet", per_resident=0.35, season=0.08, shape="dishes"),
    Appliance(name="tumble_dryer", group="wet", per_resident=0.40, season=0.35, shape="laundry"),
    Appliance(
        name="hob", group="cooking", per_resident=0.30, season=0.20, shape="meals",
        event=_used("hob", (0.6, 1.6), (12.0, 50.0), _HEAT_UP),
    ),
    Appliance(
        name="oven", group="cooking", per_resident=0.30, season=0.30, shape="meals",
        event=_used("oven", (1.6, 2.6), (30.0, 75.0), _HEAT_UP),
    ),
    Appliance(
        name="microwave", group="cooking", per_resident=0.25, season=0.05, shape="meals",
        event=_used("microwave", (0.8, 1.1), (2.0, 8.0)),
    ),
    Appliance(
        name="kettle", group="cooking", per_resident=0.30, season=0.15, shape="breaks",
        event=_used("kettle, coffee maker, toaster", (0.9, 2.2), (2.0, 6.0)),
    ),
    Appliance(name="lighting", group="lighting", per_resident=0.25),
    Appliance(
        name="television", group="electronics", per_resident=0.20, season=0.35, shape="screen",
        event=_used("television", (0.06, 0.18), (45.0, 180.0)),
    ),
    Appliance(
        name="computer", group="electronics", per_resident=0.35, season=0.20, shape="awake",
        event=_used("computer", (0.04, 0.14), (40.0, 180.0)),
    ),
    Appliance(name="standby", group="electronics", per_resident=0.15),
    Appliance(
        name="chores", group="other", per_resident=0.30, season=0.15, shape="chores",
        event=_used("vacuum cleaner, iron, hair dryer", (0.6, 1.5), (4.0, 30.0)),
    ),
    Appliance(
        name="other", group="other", per_resident=0.30, season=0.25, shape="awake",
        event=_used("everything else", (0.05, 0.2), (30.0, 150.0)),
    ),
    Appliance(name="circulation_pump", group="other", per_resident=0.10, season=0.6),
)  # fmt: skip
NAMES: Final = tuple(each.name for each in APPLIANCES)
MACHINES: Final = tuple(each.name for each in APPLIANCES if each.group == "wet")
USED: Final = tuple(each for each in APPLIANCES if each.event is not None)


@lru_cache(maxsize=1)
def table() -> dict[tuple[str, str], tuple[float, float]]:
    """Return ownership [-] and annual energy [kWh] by region and appliance."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            (row["region"], row["appliance"]): (float(row["ownership"]), float(row["annual_kwh"])) for row in csv.DictReader(file)
        }

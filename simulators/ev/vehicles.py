# SPDX-License-Identifier: Apache-2.0
"""The table of vehicles in ``data/ev`` that a scenario may name."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final

from twinergy.options import Options, Positive

DATA: Final = Path(__file__).resolve().parents[2] / "data" / "ev"


class Vehicle(Options):
    """A vehicle of the table; its README names the source."""

    title: str
    """Brand, model, variant and year."""
    capacity_kwh: Positive
    """Usable capacity. [kWh]"""
    ac_kw: Positive
    """Highest power the on-board charger draws. [kW]"""
    ac_phases: int
    """Phases the on-board charger uses. [-]"""
    consumption_kwh_per_km: Positive
    """Consumption at mild temperature. [kWh/km]"""


@cache
def vehicles() -> dict[str, Vehicle]:
    """Return the vehicles a scenario may name.

    >>> vehicles()["vw_id3"].capacity_kwh
    58.0
    """
    with (DATA / "vehicles.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {row["id"]: Vehicle.model_validate({name: row[name] for name in Vehicle.model_fields}) for row in rows}

# SPDX-License-Identifier: Apache-2.0
"""Homes for the tests of analysis: households and buildings simulated side by side, seen as gateways see them."""

from __future__ import annotations

from functools import cache

import numpy as np

from controllers.home_energy.analysis.window import Window
from simulators.building import KIND as BUILDING
from simulators.household import KIND as HOUSEHOLD
from simulators.household.params import HouseholdOptions
from tests.reference.test_building_annual_heat import weather
from tests.unit.test_building_case import ASKABLE, village
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.timebase import TimeAxis

BERLIN = "Europe/Berlin"
SITE = Site(name="x", latitude_deg=51.3, longitude_deg=9.5, altitude_m=200.0, timezone=BERLIN, country="DE-NW")
YEAR_EPOCH_S = 1_420_070_400
"""2015-01-01 UTC, the first hour of the test reference year of Kassel."""
GROUPS = ("cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other")
MACHINES = ("washing_machine", "dishwasher", "tumble_dryer")
LIVED = ("occupants", "active_occupants", "heat_gain_kw", "hot_water_kw")
HOUSES = (
    {"construction_year": 1970, "refurbishment": "usual"},
    {"construction_year": 2010},
    {"construction_year": 1990, "emitter": "floor"},
    {"construction_year": 1960},
)


def of_homes(residents, axis, *, seed=7, **profile):
    """Return the fleet of homes built from the bottom up."""
    options = [HouseholdOptions(residents=n, profile={"kind": "appliances", **profile}) for n in residents]
    devices = tuple(
        Device(id=f"home-{row:03d}", kind="household", options=each, path=f"devices[{row}]") for row, each in enumerate(options)
    )
    context = BuildContext(twin=Twin(site=SITE, devices=devices), axis=axis, seed=seed, folder=None)
    return HOUSEHOLD.build(devices, context)


def household_steps(fleet, axis, jobs=None):
    """Yield each step and what the homes say in it; `jobs` takes up (machine, home, start, programme) of what they truly ran."""
    for block in axis.blocks():
        fleet.prepare(block)
        if jobs is not None:
            true = fleet._wet._jobs
            mine = (true.habit_s >= block.epoch_s[0]) & (true.habit_s < block.epoch_s[-1] + block.step_s)
            jobs += zip(
                *(column[mine].tolist() for column in (true.machine, true.home, true.habit_s, true.programme)), strict=True
            )
        for row in range(len(block)):
            step = axis.step(block, block.first + row)
            yield step, fleet.step(step, {})


def gateway(axis, series, residents):
    """Return the window that gateways of these homes would have seen."""
    values = {f"p_{group}_kw": series[f"p_{group}_kw"] for group in GROUPS}
    values |= {f"{name}_{what}": series[f"{name}_{what}"] for name in MACHINES for what in ("p_kw", "pending", "slack_s")}
    values["p_household_kw"] = series["p_kw"]
    ids = tuple(f"home-{row:03d}" for row in range(len(residents)))
    return Window(ids=ids, start_epoch_s=axis.start_epoch_s, step_s=axis.step_s, timezone=BERLIN, values=values)


@cache
def households(residents=(1, 2, 2, 3, 4, 2, 3, 1), first_day=7, days=28, step_s=900, seed=7):
    """Return a window of households, their fleet and the jobs of their machines (the truth)."""
    axis = TimeAxis(YEAR_EPOCH_S + 86400 * first_day, step_s, days * 86400 // step_s)
    fleet = of_homes(residents, axis, seed=seed)
    rows, jobs = {}, []
    for _, said in household_steps(fleet, axis, jobs):
        for port, value in said.items():
            rows.setdefault(port, []).append(value)
    return gateway(axis, {port: np.array(values) for port, values in rows.items()}, residents), fleet, jobs


def sky(epoch_s):
    """Return the weather of a time, from the hours of the test reference year."""
    hours = weather("DE")
    return hours[(epoch_s - YEAR_EPOCH_S) // 3600 % len(hours)]


@cache
def buildings(first_day=7, days=28, seed=1, moved_k=0.0, heating="heat_pump"):
    """Return a window of heated homes; `moved_k` moves set-points at random every 3 h by so much."""
    axis = TimeAxis(YEAR_EPOCH_S + 86400 * first_day, 900, days * 96)
    homes = [{**house, "heating": heating} for house in HOUSES]
    context = village(*homes, axis=axis, site=SITE)
    built = BUILDING.build(context.twin.of_kind("building"), context)
    inside = of_homes((2, 3, 4, 2), axis, seed=seed)
    rng, nobody = np.random.default_rng(seed), np.full(len(homes), np.nan)
    rows, asked = {}, nobody
    for step, said in household_steps(inside, axis):
        if step.offset == 0:
            built.prepare(axis.block(step.index))
        if moved_k and step.index % 12 == 0:
            asked = 19.5 + rng.uniform(-moved_k, moved_k, len(homes))
        outdoors = sky(step.epoch_s)
        inputs = {name: np.array([value]) for name, value in zip(SKY, outdoors, strict=True)}
        inputs |= dict.fromkeys(ASKABLE, nobody) | {name: said[name] for name in LIVED} | {"temp_set_degc": asked}
        out = built.step(step, inputs)
        out = {**out, "outdoor_degc": np.full(len(homes), outdoors[0]), "ghi_w_per_m2": np.full(len(homes), outdoors[2])}
        for port in SEEN:
            rows.setdefault(port, []).append(out[port])
    values = {SEEN[port]: np.array(series) for port, series in rows.items()}
    ids = tuple(f"home-{row}" for row in range(len(homes)))
    return Window(ids=ids, start_epoch_s=axis.start_epoch_s, step_s=900, timezone=BERLIN, values=values)


SKY = (
    "temp_degc", "outdoor_humidity_percent", "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2", "solar_apparent_zenith_deg",
    "solar_azimuth_deg", "albedo",
)  # fmt: skip
SEEN = {
    "temp_indoor_degc": "temp_indoor_degc",
    "temp_tank_degc": "temp_tank_degc",
    "p_heat_pump_kw": "p_heating_kw",
    "p_cooling_kw": "p_cooling_kw",
    "outdoor_degc": "outdoor_degc",
    "ghi_w_per_m2": "ghi_w_per_m2",
}

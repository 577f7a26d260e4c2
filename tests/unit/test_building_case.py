# SPDX-License-Identifier: Apache-2.0
"""Buildings for the tests: a small village, weather, and steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulators.building import KIND
from simulators.building import model as model_
from simulators.building.facades import Sky
from simulators.building.heating import Asked
from simulators.building.options import BuildingOptions
from simulators.building.params import params_of
from simulators.building.schedules import Plan
from twinergy.community.twin import BuildContext, Connection, Device, Dwelling, Site, Twin
from twinergy.timebase import TimeAxis

WINTER = {
    "temp_degc": -3.0,
    "outdoor_humidity_percent": 80.0,
    "ghi_w_per_m2": 0.0,
    "dni_w_per_m2": 0.0,
    "dhi_w_per_m2": 0.0,
    "solar_apparent_zenith_deg": 120.0,
    "solar_azimuth_deg": 10.0,
    "albedo": 0.2,
}
NOON = {
    **WINTER,
    "temp_degc": 28.0,
    "outdoor_humidity_percent": 50.0,
    "ghi_w_per_m2": 800.0,
    "dni_w_per_m2": 750.0,
    "dhi_w_per_m2": 120.0,
    "solar_apparent_zenith_deg": 30.0,
    "solar_azimuth_deg": 180.0,
}
SITE = Site(name="x", latitude_deg=51.9, longitude_deg=9.1, altitude_m=140.0, timezone="Europe/Berlin", country="DE-NW")
ASKABLE = ("temp_set_degc", "temp_cool_set_degc", "tank_temp_set_degc", "p_max_kw")
AXIS = TimeAxis(1_704_672_000, 900, 2 * 672)  # 2024-01-08, a Monday, UTC


def village(*homes, axis=AXIS, site=SITE, households=False, residents=3, area_m2=130.0):
    """Return a context with one dwelling per building; homes are options."""
    devices, dwellings = [], []
    for row, options in enumerate(homes or ({},)):
        home = f"home-{row}"
        dwellings.append(Dwelling(id=home, connection="c", residents=residents, floor_area_m2=area_m2, roof_area_m2=50.0))
        given = options if isinstance(options, BuildingOptions) else BuildingOptions(**options)
        place = {"connection": "c", "dwelling": home, "heat_network": "net", "path": f"devices[{row}]"}
        devices.append(Device(id=f"building-{row}", kind="building", options=given, **place))
        if households:
            devices.append(Device(id=f"load-{row}", kind="household", options=None, connection="c", dwelling=home))
    connection = Connection(id="c", bus="b", phases="abc", limit_kw=1000.0, tariff="t")
    twin = Twin(site=site, connections=(connection,), dwellings=tuple(dwellings), devices=tuple(devices))
    return BuildContext(twin=twin, axis=axis, seed=1, folder=Path())


def fleet(*homes, **given):
    """Return a prepared fleet and its axis."""
    context = village(*homes, **given)
    built = KIND.build(context.twin.of_kind("building"), context)
    built.prepare(context.axis.block(0))
    return built, context.axis


def inputs(count, weather=None, **values):
    """Return the inputs of a step: weather, a quiet household, nobody asks."""
    given = {"occupants": 0.0, "active_occupants": 0.0, "heat_gain_kw": 0.0, "hot_water_kw": 0.0, **values}
    asked = {name: np.full(count, np.nan) for name in ASKABLE}
    sky = {name: np.array([value]) for name, value in {**WINTER, **(weather or {})}.items()}
    return sky | asked | {name: np.broadcast_to(np.asarray(value, dtype=float), (count,)).copy() for name, value in given.items()}


def run(built, axis, steps, first=0, **given):
    """Return the outputs of consecutive steps, each under the same inputs."""
    block = axis.block(first)
    acting = inputs(len(built.ids), **given)
    return [built.step(axis.step(block, first + index), acting) for index in range(steps)]


def params(*homes, area_m2=130.0, country="DE"):
    """Return the constants of buildings with the given options."""
    options = [BuildingOptions(**home) for home in homes or ({},)]
    return params_of(options, [area_m2] * len(options), [country] * len(options))


def acting(count, *, weather=None, set_degc=20.0, tank_degc=50.0, gain_kw=0.0, occupants=0.0, active=0.0, draw_kw=0.0, **asked):
    """Return `BuildingInputs` of plain numbers; set-points by name."""
    full = lambda value: np.broadcast_to(np.asarray(value, dtype=float), (count,)).copy()  # noqa: E731
    sky = Sky(*{**WINTER, **(weather or {})}.values())
    nobody = full(0.0)
    plan = Plan(full(set_degc), full(tank_degc), nobody, nobody, nobody, anybody=False)
    wanted = Asked(*[full(asked[name]) if name in asked else None for name in ASKABLE])
    return model_.BuildingInputs(sky, plan, wanted, full(occupants), full(active), full(gain_kw), full(draw_kw))


def named(outputs):
    """Return outputs by name."""
    return dict(zip(model_.OUTPUTS, outputs, strict=True))

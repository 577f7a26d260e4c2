# SPDX-License-Identifier: Apache-2.0
"""Cars and charging points together, stepped by hand as the co-simulation steps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulators.charging import KIND as CHARGING
from simulators.charging.options import ChargingOptions
from simulators.ev import KIND as EV
from simulators.ev.options import EvOptions
from twinergy.community.twin import BuildContext, Connection, Device, Hub, Site, Twin
from twinergy.ports import Direction
from twinergy.timebase import BLOCK_S, TimeAxis

THURSDAY = 2836 * BLOCK_S
"""2024-05-09 00:00 UTC, the begin of a fixed week. [s]"""
SITE = Site(name="test", latitude_deg=51.3, longitude_deg=9.5, altitude_m=160.0, timezone="Europe/Berlin", country="DE")
LAST = {
    "p_accept_kw": ("p_accept_kw", 0.0),
    "p_release_kw": ("p_release_kw", 0.0),
    "charger_phases_count": ("car_phases_count", 3.0),
    "next_plugged": ("car_plugged", 0.0),
    "soc": ("car_soc", 0.0),
    "energy_wanted_kwh": ("car_wanted_kwh", 0.0),
    "departure_s": ("car_departure_s", 0.0),
}


def twin_of(
    cars: dict[str, dict[str, Any]] | None = None,
    points: dict[str, dict[str, Any]] | None = None,
    hubs: dict[str, tuple[float, list[str]]] | None = None,
    access: str = "public",
) -> Twin:
    """Return a twin; car ``x`` and point ``x`` (or ``x-2``) belong to dwelling ``x``, points listed in a hub to that hub."""
    hub_of = {name: hub for hub, (_, members) in (hubs or {}).items() for name in members}
    devices = [
        Device(id=f"ev-{name}", kind="ev", options=EvOptions.model_validate(options), dwelling=name.split("-")[0])
        for name, options in (cars or {}).items()
    ]
    devices += [
        Device(
            id=f"cp-{name}",
            kind="charging",
            options=ChargingOptions.model_validate(options),
            connection="grid",
            dwelling="" if name in hub_of else name.split("-")[0],
            hub=hub_of.get(name, ""),
            path=f"devices[{name}]",
        )
        for name, options in (points or {}).items()
    ]
    return Twin(
        site=SITE,
        connections=(Connection(id="grid", bus="b", phases="abc", limit_kw=1000.0, tariff="t"),),
        hubs=tuple(Hub(id=hub, connection="grid", limit_kw=limit, access=access) for hub, (limit, _) in (hubs or {}).items()),
        devices=tuple(devices),
    )


class World:
    """Charging points and cars of a twin.

    Parameters
    ----------
    twin : Twin
        The twin.
    steps, step_s, start_s, seed : int
        Time axis and seed.
    """

    def __init__(
        self, twin: Twin, steps: int = 672, step_s: int = 900, start_s: int = THURSDAY, seed: int = 1, folder: str = "."
    ):
        self.axis = TimeAxis(start_s, step_s, steps)
        context = BuildContext(twin=twin, axis=self.axis, seed=seed, folder=Path(folder))
        cars, points = twin.of_kind("ev"), twin.of_kind("charging")
        self.ev = EV.build(cars, context) if cars else None
        self.charging = CHARGING.build(points, context) if points else None
        homes = [[bool(point.dwelling) and point.dwelling == car.dwelling for car in cars] for point in points]
        self._serves = np.array(homes, dtype=float).reshape(len(points), len(cars))
        self._n = len(points)
        self._last: dict[str, np.ndarray] = {}
        self._index = 0
        self._block = None

    def step(self, temp_degc: float = 15.0, net_kw: float | np.ndarray = 0.0, **asked: Any) -> dict[str, dict[str, np.ndarray]]:
        """Advance one step with set-points given as numbers or arrays."""
        if self._block is None or self._index >= self._block.first + len(self._block):
            self._block = self.axis.block(self._index)
            for fleet in (self.charging, self.ev):
                if fleet is not None:
                    fleet.prepare(self._block)
        step = self.axis.step(self._block, self._index)
        self._index += 1
        tables: dict[str, dict[str, np.ndarray]] = {}
        if self.charging is not None:
            inputs = {port: np.full(self._n, np.nan) for port in ("p_set_kw", "p_min_kw", "p_max_kw", "reserved")}
            inputs |= {name: np.broadcast_to(np.asarray(value, dtype=float), self._n).copy() for name, value in asked.items()}
            inputs["p_net_kw"] = np.broadcast_to(np.asarray(net_kw, dtype=float), self._n).copy()
            carless = self._serves.sum(axis=1) == 0.0
            for name, (port, default) in LAST.items():
                values = self._last.get(name)
                inputs[port] = np.full(self._n, default) if values is None else self._serves @ values + default * carless
            tables["charging"] = self.charging.step(step, inputs)
        if self.ev is not None:
            power = tables["charging"]["p_ev_kw"] if "charging" in tables else None
            p_ev_kw = power @ self._serves if "charging" in tables else np.zeros(len(self.ev.ids))
            tables["ev"] = self._last = self.ev.step(step, {"temp_degc": np.array([temp_degc]), "p_ev_kw": p_ev_kw})
        return tables

    def run(self, **given: Any) -> dict[str, dict[str, np.ndarray]]:
        """Run to the end; arrays of shape ``(n_steps, n_devices)`` by kind and port."""
        rows = [self.step(**given) for _ in range(self.axis.n_steps - self._index)]
        return {kind: {port: np.array([row[kind][port] for row in rows]) for port in rows[0][kind]} for kind in rows[0]}


ALWAYS = {"plug_in_below_soc": 1.0}


def test_energy_of_car_point_and_grid_is_one():
    world = World(twin_of({"a": ALWAYS, "b": ALWAYS}, {"a": {}, "b": {}}), steps=672)
    run = world.run()
    ev, cp = run["ev"], run["charging"]
    np.testing.assert_array_equal(ev["p_ac_kw"], cp["p_ev_kw"])
    np.testing.assert_array_equal(cp["p_kw"], cp["p_ev_kw"])
    np.testing.assert_allclose(cp["energy_kwh"], np.cumsum(cp["p_kw"], axis=0) / 4)
    assert (cp["p_kw"][1:][ev["next_plugged"][:-1] == 0] == 0).all()
    assert ev["distance_km"][-1].min() > 50


def test_two_cars_share_what_their_dwelling_gets():
    twin = twin_of({"a-1": {"soc": 0.2, **ALWAYS}, "a-2": {"soc": 0.2, "vehicle": "peugeot_208", **ALWAYS}}, {"a": {}})
    run = World(twin, steps=200).run()
    total = run["ev"]["p_ac_kw"].sum(axis=1)
    np.testing.assert_allclose(total, run["charging"]["p_ev_kw"][:, 0], atol=1e-12)
    assert total.max() == pytest.approx(16 * 0.23 * 3)


def test_the_series_of_a_car_and_a_point_do_not_depend_on_neighbours():
    alone = World(twin_of({"b": ALWAYS}, {"b": {}}), steps=300).run()
    among = World(twin_of({"a": {}, "b": ALWAYS, "c": {}}, {"a": {}, "b": {}, "c": {}}), steps=300).run()
    for kind, ports in alone.items():
        for port, values in ports.items():
            np.testing.assert_array_equal(values[:, 0], among[kind][port][:, 1], err_msg=f"{kind}.{port}")


def test_a_week_is_the_same_whatever_day_the_run_begins():
    whole = World(twin_of({"a": {}}, {}), steps=672).run()["ev"]["home_state"]
    late = World(twin_of({"a": {}}, {}), steps=400, start_s=THURSDAY + 272 * 900).run()["ev"]["home_state"]
    np.testing.assert_array_equal(whole[272:], late)


def test_weeks_join_without_a_seam():
    """A car that is away at midnight UTC between two fixed weeks comes home once: the state is carried, not drawn anew."""
    run = World(twin_of({f"h{n}": {"use": "company"} for n in range(30)}, {}), steps=3 * 672, step_s=900).run()["ev"]
    moving = np.diff(run["distance_km"], axis=0) > 0
    assert not (moving & (run["home_state"][1:] == 1)).any()
    leaves = (run["home_state"][1:] == 0) & (run["home_state"][:-1] == 1)
    assert leaves.sum() > 400
    assert (run["departure_s"][:-2][leaves[1:]] == 900).all()


def test_v2g_empties_the_car_down_to_its_floor_and_no_further():
    car = {"soc": 0.9, "v2g_kw": 11.0, "v2g_min_soc": 0.5, **ALWAYS}
    world = World(twin_of({"a": car}, {"a": {"v2g": True, "mode": "set_point"}}), steps=40, start_s=THURSDAY)
    rows = [world.step(p_set_kw=-11.0) for _ in range(16)]  # from midnight, the car is at home
    power = np.array([row["charging"]["p_kw"][0] for row in rows])
    assert power.min() == -11.0
    assert rows[-1]["ev"]["soc"][0] == pytest.approx(0.5)
    # hand: (0.9 - 0.5) * 58 kWh leave the battery, of which (p / 0.93 + 0.23 kW) * h is taken for p * h delivered
    hours = np.count_nonzero(power) / 4
    assert rows[-1]["charging"]["energy_out_kwh"][0] == pytest.approx((0.4 * 58 - 0.23 * hours) * 0.93)
    assert rows[5]["charging"]["state"][0] == 4.0


def test_unmet_energy_is_counted_by_hand():
    """A paused point: the whole distance to the wish is missing at the first departure, (0.8 - 0.3) * 58 kWh = 29 kWh."""
    world = World(twin_of({"a": {"soc": 0.3, "commuter": True, "annual_km": 2000.0, **ALWAYS}}, {"a": {}}), steps=672)
    run = world.run(p_max_kw=0.0)["ev"]
    first = int(np.argmax(run["home_state"][:, 0] == 0))
    assert run["plugged"][first - 1, 0] == 1
    assert run["unserved_kwh"][first - 2, 0] == 0.0
    assert run["unserved_kwh"][first - 1, 0] == pytest.approx(29.0)
    assert (np.diff(run["unserved_kwh"][:, 0]) >= 0).all()
    assert run["unserved_kwh"][-1, 0] > 29.0


def test_trips_beyond_the_battery_are_charged_in_public_and_counted():
    run = World(twin_of({"a": {"soc": 0.8, "capacity_kwh": 10.0, "annual_km": 40_000.0, "use": "company"}}, {}), steps=672).run()[
        "ev"
    ]
    used = run["drive_kw"].sum() / 4
    assert run["soc"].min() == 0.0
    assert run["shortfall_kwh"][-1, 0] == pytest.approx(
        used - 8.0
    )  # 0.8 * 10 kWh were in the battery, nothing is charged at home
    assert run["unserved_kwh"][-1, 0] == 0.0  # nobody plugged in, nobody asked


def test_returned_arrays_are_never_changed():
    world = World(twin_of({"a": ALWAYS}, {"a": {"v2g": True}, "p": {}, "q": {}}, {"hub": (20.0, ["p", "q"])}), steps=672)
    kept = [world.step() for _ in range(200)]
    copies = [{k: {p: v.copy() for p, v in ports.items()} for k, ports in row.items()} for row in kept]
    world.run()
    for row, copy in zip(kept, copies, strict=True):
        for kind, ports in row.items():
            for port, values in ports.items():
                np.testing.assert_array_equal(values, copy[kind][port], err_msg=f"{kind}.{port}")


@pytest.mark.parametrize("kind", [EV, CHARGING], ids=lambda kind: kind.name)
def test_every_measured_port_is_there_as_an_array(kind):
    world = World(twin_of({"a": {}}, {"a": {}, "p": {}}, {"hub": (20.0, ["p"])}), steps=672)
    row = world.step()[kind.name]
    assert set(row) == {port.name for port in kind.ports if port.direction is Direction.MEASURED}
    assert all(v.shape == (2 if kind is CHARGING else 1,) and v.dtype == np.float64 for v in row.values())


def test_state_is_arrays_and_a_block_must_be_prepared():
    world = World(twin_of({"a": {}}, {"a": {}, "p": {}}, {"hub": (20.0, ["p"])}), steps=10)
    assert all(isinstance(v, np.ndarray) for fleet in (world.ev, world.charging) for v in fleet.state().values())
    with pytest.raises(RuntimeError, match="prepare a block"):
        world.ev.step(world.axis.step(world.axis.block(0), 0), {"temp_degc": np.array([5.0]), "p_ev_kw": np.zeros(1)})

# SPDX-License-Identifier: Apache-2.0
"""What every device kind must keep to, over every installed plug-in: ours and others'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.scenario_files import every_kind
from twinergy import plugins
from twinergy.community.scenario import load
from twinergy.cosim.runner import assemble
from twinergy.kinds import DeviceKind, GridKind
from twinergy.options import Options
from twinergy.ports import Direction

KINDS = [name for name in plugins.names(plugins.SIMULATORS) if isinstance(plugins.load(plugins.SIMULATORS, name), DeviceKind)]
STEPS = 96


def test_the_suite_sees_the_kinds():
    ours = {
        "weather",
        "prices",
        "household",
        "building",
        "pv",
        "wind",
        "chp",
        "ev",
        "charging",
        "battery",
        "meter",
        "sensor",
        "heat_meter",
    }
    assert ours <= set(KINDS)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return load(every_kind(tmp_path_factory.mktemp("conformance")))


def series(scenario, steps=STEPS):
    """Run a scenario's parts by hand and keep what each step returned."""
    built = assemble(scenario, lambda _block: None)
    ((stage, _grid),), control, grid = built.components.plant, built.components.control, built.grid
    kept, last, set_points = [], {}, {}
    for index in range(steps):
        tables = stage.step(index, {}, last, set_points)
        last = {**tables, **grid.solve(tables["connection"]["p_kw"], tables["connection"]["q_kvar"], set_points)}
        readings, set_points = control.step(index, last)
        kept.append({**last, **readings})
    return kept


@pytest.fixture(scope="module")
def day(scenario):
    return series(scenario)


@pytest.mark.parametrize("name", KINDS)
def test_declaration(name):
    kind = plugins.device_kind(name)
    assert kind.name == name
    assert kind.title
    assert issubclass(kind.options, Options)
    assert kind.options.model_config["extra"] == "forbid"
    names = [port.name for port in kind.ports]
    assert len(set(names)) == len(names)
    assert all(port.description and port.unit for port in kind.ports)
    assert any(port.direction is Direction.MEASURED for port in kind.ports)


@pytest.mark.parametrize("name", KINDS)
def test_every_option_is_described(name):
    fields = plugins.device_kind(name).options.model_fields
    undescribed = [field for field, info in fields.items() if not info.description]
    assert not undescribed


@pytest.mark.parametrize("name", KINDS)
def test_outputs_have_the_declared_ports_and_shapes(name, scenario, day):
    kind = scenario.kinds[name]
    n = len(scenario.twin.of_kind(name))
    wanted = {port.name for port in kind.ports if port.direction is Direction.MEASURED}
    for step in day[:3]:
        assert set(step[name]) == wanted
        assert all(values.shape == (n,) and values.dtype == np.float64 for values in step[name].values())


def test_nothing_returned_is_changed_by_a_later_step(scenario):
    built = assemble(scenario, lambda _block: None)
    stage = built.components.plant[0][0]
    first = stage.step(0, {}, {}, {})
    copies = {table: {port: values.copy() for port, values in ports.items()} for table, ports in first.items()}
    for index in range(1, 40):
        stage.step(index, {}, {}, {})
    for table, ports in copies.items():
        for port, values in ports.items():
            np.testing.assert_array_equal(first[table][port], values, err_msg=f"{table}.{port}")


@pytest.mark.parametrize("name", KINDS)
def test_same_seed_same_bits_and_another_seed_differs_somewhere(name, scenario, day):
    again = series(scenario, 20)
    for step, other in zip(day, again, strict=False):
        for port, values in step[name].items():
            np.testing.assert_array_equal(values, other[name][port], err_msg=port)


def test_another_seed_gives_other_homes(scenario, day):
    other = series(scenario.with_set("run.seed=8"), 20)
    assert any(not np.array_equal(a["household"]["p_kw"], b["household"]["p_kw"]) for a, b in zip(day, other, strict=False))


def test_a_home_does_not_depend_on_its_neighbours(scenario, day):
    """Every device of one home does the same when the others have none; sums over longer arrays may round otherwise."""
    mine = [device for device in scenario.twin.devices if device.dwelling == "home-a" or device.kind in {"weather", "prices"}]
    alone = replace(scenario, context=replace(scenario.context, twin=replace(scenario.twin, devices=tuple(mine))))
    for index, step in enumerate(series(alone)):
        for device in mine:
            row = [other.id for other in scenario.twin.of_kind(device.kind)].index(device.id)
            own = [other.id for other in alone.twin.of_kind(device.kind)].index(device.id)
            for port, values in step[device.kind].items():
                expected = day[index][device.kind][port][row]
                np.testing.assert_allclose(values[own], expected, rtol=1e-9, atol=1e-9, err_msg=f"{device.id} {port} {index}")


def test_the_load_frame(day):
    noon = day[48]  # 12:00 local standard time in June
    assert noon["pv"]["p_kw"][0] < -1.0
    assert (noon["household"]["p_kw"] > 0.0).all()
    charging = [step["battery"]["p_kw"][0] for step in day if step["battery"]["energy_kwh"][0] > 5.0]
    energy = np.array([step["battery"]["energy_kwh"][0] for step in day])
    power = np.array([step["battery"]["p_kw"][0] for step in day])
    assert (np.diff(energy)[power[1:] > 0.05] > 0.0).all()
    assert charging


def test_the_car_charges_and_its_point_draws_as_much(day):
    car = np.array([step["ev"]["p_ac_kw"][0] for step in day])
    point = np.array([step["charging"]["p_kw"][0] for step in day])
    assert car.sum() > 1.0
    np.testing.assert_allclose(car, point)


@pytest.mark.parametrize("name", KINDS)
def test_state_is_arrays(name, scenario):
    fleet = scenario.kinds[name].build(scenario.twin.of_kind(name), scenario.context)
    assert all(isinstance(values, np.ndarray) for values in fleet.state().values())


def test_the_grid_plug_in():
    kind = plugins.load(plugins.SIMULATORS, "grid")
    assert isinstance(kind, GridKind)
    assert {"bus", "line", "transformer", "grid"} <= set(kind.port_tables)

# SPDX-License-Identifier: Apache-2.0
"""Tiny co-simulations from scenario to run folder."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenario_files import small
from twinergy.community.scenario import build, load
from twinergy.cosim.runner import RunInterruptedError, assemble, run
from twinergy.cosim.world import drive
from twinergy.errors import PluginError, RunError
from twinergy.kinds import Fleet, Phase
from twinergy.results.reader import Run


def tables(scenario, cuts=()):
    """Run a scenario without a run folder and return everything it recorded."""
    blocks = []
    built = assemble(scenario, lambda block: blocks.append(block.copy()), cuts)
    drive(built.components)
    return {
        (name, port): np.concatenate([block.tables[name].values[port] for block in blocks])
        for name in blocks[0].tables
        for port in blocks[0].tables[name].values
    }


def assert_same(one, other):
    assert one.keys() == other.keys()
    for key, values in one.items():
        np.testing.assert_array_equal(values, other[key], err_msg=str(key))


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return load(small(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def recorded(scenario):
    return tables(scenario)


def test_memory_for_less_than_a_day_changes_nothing(scenario, recorded, monkeypatch):
    steps = []
    monkeypatch.setattr("twinergy.cosim.recorder.MOST_BYTES", 50_000)
    built = assemble(scenario, lambda block: steps.append(len(block.epoch_s)))
    drive(built.components)
    assert len(steps) > 4
    assert sum(steps) == scenario.axis.n_steps
    assert_same(recorded, tables(scenario))


def test_power_balances_in_every_step(scenario, recorded):
    devices = sum(recorded[kind, "p_kw"].sum(axis=1) for kind in ("household", "pv", "battery"))
    exchange, loss = recorded["grid", "p_exchange_kw"][:, 0], recorded["grid", "p_loss_kw"][:, 0]
    np.testing.assert_allclose(devices + loss, exchange, atol=1e-5)
    assert np.abs(exchange).max() > 1.0


def test_the_battery_follows_its_home_within_the_step(scenario, recorded):
    """With room in the battery and power to spare, the meter of its home reads nothing."""
    home = recorded["connection", "p_kw"][:, 0]
    battery = recorded["battery", "p_kw"][:, 0]
    soc = recorded["battery", "soc"][:, 0]
    free = (np.abs(battery) < 3.9) & (np.abs(battery) > 0.05) & (soc > 0.05) & (soc < 0.95)
    assert free.sum() > 20
    assert np.abs(home[free]).max() < 1e-9


def test_same_seed_same_bits(scenario, recorded):
    assert_same(recorded, tables(scenario))


def test_order_of_the_file_does_not_change_a_bit(tmp_path, recorded):
    mixed = load(small(tmp_path))
    for key in ("devices", "connections", "dwellings"):
        mixed.document.data[key] = mixed.document.data[key][::-1]
    assert_same(recorded, tables(build(mixed.document)))


@pytest.mark.parametrize("cuts", [("control",), ("grid",), (Phase.STORAGE,), (Phase.UNCONTROLLED, Phase.STORAGE, "grid")])
def test_where_mosaik_is_cut_does_not_change_a_bit(scenario, recorded, cuts):
    assert_same(recorded, tables(scenario, cuts))


def test_a_run_that_starts_later_has_the_same_weather_and_homes(tmp_path, recorded):
    later = tables(load(small(tmp_path), ["run.days=null", "run.start=2024-06-03T12:00", "run.end=2024-06-03T18:00"]))
    for key in (("weather", "ghi_w_per_m2"), ("household", "p_kw"), ("pv", "p_available_kw")):
        np.testing.assert_allclose(later[key], recorded[key][48:72], rtol=1e-12, err_msg=str(key))


@pytest.mark.parametrize("step_s", [300, 3600])
def test_other_steps_give_the_same_energy_of_homes(tmp_path, recorded, step_s):
    other = tables(load(small(tmp_path), [f"run.step_s={step_s}"]))
    np.testing.assert_allclose(other["household", "p_kw"].mean(axis=0), recorded["household", "p_kw"].mean(axis=0), rtol=1e-9)


def test_a_run_leaves_a_complete_folder(scenario, tmp_path):
    finished = run(scenario, out=tmp_path, report=False)
    assert finished.status == "completed"
    assert {"connection", "household", "pv", "battery", "bus", "line", "transformer", "grid", "meter"} <= set(finished.tables)
    frame = finished.frame("household")
    assert len(frame) == 3 * 96
    assert str(frame["time"].dt.tz) == "UTC"
    assert finished.kpis["non_converged_steps"].value == 0
    assert finished.kpis["power_balance_max_kw"].value < 1e-4
    assert load(tmp_path / finished.name / "scenario.yaml").name == "small"


def test_stopping_leaves_what_was_computed(scenario, tmp_path):
    calls = iter(range(1000))
    with pytest.raises(RunInterruptedError, match="stopped after 31 of 96 steps"):
        run(scenario, out=tmp_path, stop=lambda: next(calls) == 30, report=False)
    (folder,) = tmp_path.iterdir()
    left = Run(folder)
    assert left.status == "interrupted"
    assert len(left.wide("household", "p_kw")) == 31
    assert left.kpis["consumption_kwh"].value > 0.0


class Failing(Fleet):
    """A fleet that fails in mid-run."""

    def __init__(self, inner):
        self.inner, self.ids = inner, inner.ids

    def prepare(self, block):
        self.inner.prepare(block)

    def step(self, step, inputs):
        if step.index == 50:
            return {"p_kw": 1 / 0}
        return self.inner.step(step, inputs)


def failing(scenario, monkeypatch, fleet):
    kind = scenario.kinds["pv"]
    real = kind.build
    monkeypatch.setattr(type(kind), "build", lambda _self, devices, context: fleet(real(devices, context)))


def test_a_plug_in_that_raises_is_named_with_place_and_time(scenario, tmp_path, monkeypatch):
    failing(scenario, monkeypatch, Failing)
    with pytest.raises(RunError, match=r"'pv' failed while stepping at 2024-06-03 10:30 UTC \(step 50\): ZeroDivisionError"):
        run(scenario, out=tmp_path, report=False)
    left = Run(next(tmp_path.iterdir()))
    assert left.status == "failed"
    assert "ZeroDivisionError" in left.manifest["error"]
    assert len(left.wide("household", "p_kw")) == 50


def test_a_plug_in_that_forgets_a_port_is_named(scenario, tmp_path, monkeypatch):
    class Forgetful(Failing):
        def step(self, step, inputs):
            outputs = self.inner.step(step, inputs)
            del outputs["p_available_kw"]
            return outputs

    failing(scenario, monkeypatch, Forgetful)
    with pytest.raises(PluginError, match="'pv' declares port 'p_available_kw' but returned nothing"):
        run(scenario, out=tmp_path, report=False)


COLLAPSE = ("{id: load-c, kind: household, connection: home-c, annual_kwh: 4500}",
            "{id: load-c, kind: household, connection: home-c, annual_kwh: 9000000}")  # fmt: skip
WIDE = "connections.2.limit_kw=100000"


def test_a_diverged_power_flow_is_marked_and_counted(tmp_path):
    finished = run(load(small(tmp_path, COLLAPSE), [WIDE]), out=tmp_path / "runs", report=False)
    converged = finished.wide("grid", "converged")["grid"]
    voltage = finished.wide("bus", "vm_pu")
    assert (converged == 0).any()
    assert voltage[(converged == 0).to_numpy()].isna().all().all()
    assert finished.kpis["non_converged_steps"].value == (converged == 0).sum()


def test_a_strict_run_fails_where_a_power_flow_diverged(tmp_path):
    strict = load(small(tmp_path, COLLAPSE), [WIDE, "run.strict=true"])
    with pytest.raises(RunError, match=r"strict run: .*non_converged_steps = "):
        run(strict, out=tmp_path / "runs", report=False)
    assert Run(next((tmp_path / "runs").iterdir())).status == "failed"


def test_only_what_the_scenario_records_is_stored(tmp_path):
    scenario = load(small(tmp_path, extra="record: {bus: [], pv: [p_kw]}\n"))
    finished = run(scenario, out=tmp_path / "runs", report=False)
    assert "bus" not in finished.tables
    assert list(finished.frame("pv").columns) == ["time", "device", "p_kw"]
    assert finished.kpis["vm_min_pu"].value > 0.9


def test_mosaik_offers_fleets_and_single_devices(scenario):
    """Somebody else's mosaik scenario can connect to a fleet's arrays or to one device's scalars."""
    import mosaik

    from twinergy.cosim.world import SIMULATORS

    built = assemble(scenario, lambda _block: None)
    with mosaik.World(SIMULATORS, skip_greetings=True, configure_logging=False, cache=False) as world:
        simulator = world.start("PlantSimulator", members=built.components.plant[0], step_s=900)
        fleet = simulator.pv()
        world.run(until=48 * 900, print_progress=False)
        data = world.get_data([fleet, fleet.children[0]], "p_kw")
    assert fleet.children[0].eid == "pv/pv-a"
    assert float(data[fleet]["p_kw"][0]) == data[fleet.children[0]]["p_kw"] < -0.5

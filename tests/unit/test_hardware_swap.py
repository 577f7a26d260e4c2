# SPDX-License-Identifier: Apache-2.0
"""What a fleet shows when some of its devices are real."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.battery import KIND as BATTERY
from simulators.battery.options import BatteryOptions
from simulators.battery.simulator import BatteryFleet
from simulators.household import KIND as HOUSEHOLD
from simulators.household.simulator import HouseholdFleet
from tests.memory_adapter import MemoryOptions
from twinergy.adapters import Attached, Coverage, Image, Quality
from twinergy.cosim.hardware.swap import Registers, SwappedFleet
from twinergy.errors import RunError
from twinergy.ports import Direction
from twinergy.timebase import Step

PLAIN = {
    "capacity_kwh": 10.0,
    "p_charge_kw": 5.0,
    "efficiency": {"model": "constant", "round_trip": 0.81},
    "standby_kw": 0.0,
    "self_discharge_per_month": 0.0,
    "ageing": "none",
    "soc": 0.5,
}


class Bench:
    """Two batteries, the second of them real."""

    def __init__(self, reads=("p_kw", "soc"), **options) -> None:
        self.now_s = 100.0
        made = MemoryOptions(kind="memory", mode="shadow", loss_s=2.0, **options)
        one = Attached(id="b1", device="b1", kind="battery", options=made)
        self.image = Image([("b1", port) for port in reads], [3.0] * len(reads), clock=lambda: self.now_s)
        self.row = self.image.row("b1")
        inner = BatteryFleet(["b0", "b1"], [BatteryOptions.model_validate(PLAIN)] * 2)
        real = [(one, Coverage(reads, ("p_set_kw",), True))]
        self.fleet = SwappedFleet(inner, BATTERY, real, self.image, self.image.latch, clock=lambda: self.now_s)
        self.index = 0

    def step(self, passes_s=1.0, duration_s=3600.0, **asked):
        nobody = {port.name: np.nan for port in BATTERY.ports if port.direction is not Direction.MEASURED}
        inputs = {name: np.full(2, value, dtype=float) for name, value in (nobody | {"p_net_kw": 0.0} | asked).items()}
        made = self.fleet.step(Step(self.index, int(duration_s) * self.index, duration_s, self.index), inputs)
        self.index += 1
        self.now_s += passes_s
        return {name: float(values[1]) for name, values in made.items()}, {name: float(v[0]) for name, v in made.items()}


def test_a_reading_takes_the_place_of_the_twin_and_of_nobody_else():
    bench = Bench()
    bench.row.put("p_kw", -1.25)
    bench.row.put("soc", 0.4)
    real, simulated = bench.step(p_set_kw=2.0)
    assert (real["p_kw"], real["soc"]) == (-1.25, 0.4)
    assert simulated["p_kw"] == 2.0
    assert real["energy_kwh"] == pytest.approx(4.0)


def test_the_twin_begins_where_the_device_is_and_does_what_it_does():
    """1 kW into 10 kWh at a one-way efficiency of 0.9: an hour adds 9 % of charge to the 20 % that the device had."""
    bench = Bench()
    bench.row.put("p_kw", 1.0)
    bench.row.put("soc", 0.2)
    bench.step(p_set_kw=-5.0)
    assert bench.fleet.twin["b1", "p_kw"] == 1.0
    assert bench.fleet.twin["b1", "soc"] == pytest.approx(0.29)


def test_a_reserve_that_a_controller_wants_does_not_keep_the_twin_from_doing_what_the_device_does():
    bench = Bench()
    bench.row.put("p_kw", -1.0)
    bench.row.put("soc", 0.5)
    _, simulated = bench.step(p_set_kw=-1.0, min_soc=0.6)
    assert bench.fleet.twin["b1", "p_kw"] == -1.0
    assert simulated["p_kw"] == 0.0


def test_loss_and_energy_settle_at_what_the_charge_says():
    """1 kW for an hour moves 10 kWh from 20 to 25 %: half is lost, though the twin, at 0.9, thinks of a tenth."""
    bench = Bench()
    shown = []
    for soc in (0.2, 0.25, 0.30, 0.35, 0.40):
        bench.row.put("p_kw", 1.0)
        bench.row.put("soc", soc)
        shown.append(bench.step()[0])
    assert shown[-1]["p_loss_kw"] == pytest.approx(0.5)
    assert shown[-1]["energy_kwh"] == pytest.approx(4.0)
    for before, after in pairwise(shown):
        assert after["energy_kwh"] - before["energy_kwh"] == pytest.approx(1.0 - after["p_loss_kw"])


def test_a_coarse_charge_is_no_loss_of_kilowatts_within_a_second():
    bench = Bench()
    losses = []
    for second in range(200):
        bench.row.put("p_kw", 1.0)
        bench.row.put("soc", round(0.5 + 0.9 * second / 3600 / 10, 2))  # whole per cents, as batteries say it
        losses.append(bench.step(duration_s=1.0)[0]["p_loss_kw"])
    assert max(losses) < 0.2
    assert min(losses) >= 0.0


def test_a_twin_in_a_mode_of_its_own_does_what_the_device_does_all_the_same():
    """A charging point that is not in set-point mode ignores `p_set_kw`; bounds it never ignores."""
    told = {}

    class Noting(BatteryFleet):
        def step(self, step, inputs):
            told.update({name: values.copy() for name, values in inputs.items()})
            return super().step(step, inputs)

    bench = Bench()
    bench.fleet.inner.__class__ = Noting
    bench.row.put("p_kw", 1.7)
    bench.row.put("soc", 0.5)
    bench.step(p_max_kw=3.0)
    assert [told[name][1] for name in ("p_set_kw", "p_min_kw", "p_max_kw")] == [1.7, 1.7, 1.7]
    assert told["p_max_kw"][0] == 3.0


def test_a_short_silence_holds_and_a_long_one_lets_the_twin_go_on_from_the_last_state():
    bench = Bench(on_loss="twin")
    bench.row.put("p_kw", -2.0)
    bench.row.put("soc", 0.8)
    bench.step()
    bench.row.mark(Quality.STALE, "no answer")
    held, _ = bench.step(passes_s=2.0, p_set_kw=1.0)
    assert (held["p_kw"], held["soc"]) == (-2.0, 0.8)
    instead, _ = bench.step(p_set_kw=1.0)
    assert instead["p_kw"] == 1.0
    assert instead["soc"] == pytest.approx(0.8 + 0.09)


@pytest.mark.parametrize(("policy", "p_kw"), [("hold", -2.0), ("zero", 0.0)])
def test_other_substitutes(policy, p_kw):
    bench = Bench(on_loss=policy)
    bench.row.put("p_kw", -2.0)
    bench.row.put("soc", 0.8)
    bench.step(passes_s=10.0)
    bench.row.mark(Quality.BAD, "nonsense")
    instead, _ = bench.step(p_set_kw=1.0)
    assert (instead["p_kw"], instead["soc"]) == (p_kw, 0.8)


def test_a_run_that_must_not_go_on_without_a_device_ends_with_its_name():
    bench = Bench(on_loss="stop")
    with pytest.raises(RunError, match=r"b1 is lost \(missing: nothing has arrived yet\)"):
        bench.step()


def test_a_value_that_is_no_number_is_never_used():
    bench = Bench(on_loss="hold")
    bench.row.put("p_kw", -2.0)
    bench.row.put("soc", 0.8)
    bench.step()
    bench.row.put("p_kw", float("nan"))
    real, _ = bench.step()
    assert real["p_kw"] == -2.0


def test_a_real_plug_changes_the_sums_of_its_home():
    """The washing machine's plug says 1.9 kW where its twin had none: the home draws 1.9 kW more."""
    fleet = HouseholdFleet.__new__(HouseholdFleet)
    ports = [port.name for port in HOUSEHOLD.ports if port.direction is Direction.MEASURED]
    own = {port: np.zeros(2) for port in ports} | {"p_kw": np.array([0.5, 0.3]), "p_wet_kw": np.array([0.2, 0.0])}
    own["dishwasher_p_kw"] = np.array([0.2, 0.0])
    outputs = dict(own) | {"washing_machine_p_kw": np.array([0.0, 1.9])}
    fleet.complete(outputs, own, {"washing_machine_p_kw": np.array([False, True])}, 1.0)
    assert outputs["p_wet_kw"].tolist() == [0.2, 1.9]
    assert outputs["p_kw"].tolist() == [0.5, pytest.approx(2.2)]


def test_a_register_counts_the_energy_of_an_outage_once():
    """12,000.0 kWh at the start; 2 kWh in sight, 3 kWh out of sight (the twin guessed 1), 1 kWh in sight again: 6 kWh."""
    registers = Registers(1)
    here, away = np.array([True]), np.array([False])
    course = [
        (12_000.0, 0.0, here, 0.0),
        (12_002.0, 0.5, here, 2.0),
        (12_002.0, 1.5, away, 3.0),
        (12_005.0, 1.6, here, 5.0),
        (12_006.0, 1.7, here, 6.0),
    ]
    for seen, own, there, shown in course:
        assert registers.follow(np.array([seen]), np.array([own]), there)[0] == pytest.approx(shown)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5), st.booleans()), min_size=1, max_size=30))
def test_a_register_never_falls_and_ends_right_once_it_has_caught_up(course):
    registers, seen, own, last = Registers(1), 1000.0, 0.0, -1.0
    first, guessed = None, 0.0
    for grown, guess, there in course:
        seen, own = seen + grown, own + guess
        shown = float(registers.follow(np.array([seen]), np.array([own]), np.array([there]))[0])
        assert shown >= last
        if there and first is None:
            first = seen - shown
        if there:
            guessed = max(seen - first, last)
            assert shown == pytest.approx(guessed)
        last = shown

# SPDX-License-Identifier: Apache-2.0
"""The power flow of a year, and a plan that goes round with it; every figure from one line of pure resistance, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit.planning.network_cases import BASE_KVA, OHM_PU, OneLine, fed_in_kw, network
from twinergy.errors import ModelError
from twinergy.planning.blocks.network import NetworkLimits
from twinergy.planning.blocks.pv import Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.horizon import Horizon
from twinergy.planning.network.ac import AcCheck
from twinergy.planning.network.agree import SETTLED, agree
from twinergy.planning.network.cuts import NetworkCuts
from twinergy.planning.network.injections import Injections
from twinergy.planning.network.linear import LinearFlow
from twinergy.planning.optimise import COST, Goal, Planner
from twinergy.planning.request import GridRules
from twinergy.planning.size import Size

R_OHM = 0.16
SUN = np.array([0.0, 0.5, 1.0, 0.25])
RULES = GridRules(vm_min_pu=0.9, vm_max_pu=1.05)


def check(r_ohm: float = R_OHM, limit_kva: float = 100.0) -> tuple[OneLine, AcCheck]:
    grid = OneLine(r_ohm, limit_kva)
    linear = LinearFlow.of(network([(0, 1)], [r_ohm], limit_kva=np.array([limit_kva])), ["b1"])
    return grid, AcCheck(grid, linear, ["abc"])


def plan(most_kwp: float = 500.0, annual_eur: float = 1.0) -> Planner:
    """Return a plan of a roof that sells everything: the more, the better."""
    blocks = [
        Pv.of(id="pv", node="home", yield_kw_per_kwp=SUN, size=Size(unit="kWp", most=most_kwp, annual_eur=annual_eur)),
        Tariff(
            id="meter", node="home", import_eur_per_kwh=0.3, export_eur_per_kwh=0.1, co2_g_per_kwh=300.0, export_co2_share=1.0
        ),
    ]
    return Planner(blocks, Horizon.whole(len(SUN)))


def injections(planner: Planner, fixed_kw: float = 0.0, tan_phi: float = 0.0) -> Injections:
    fixed = np.full((1, len(SUN)), fixed_kw)
    return Injections.of(planner.matrices, ["c"], (fixed, 0.0 * fixed), {"pv": {"c": 1.0}}, {"pv": tan_phi})


def test_a_year_is_that_of_the_quadratic_equation():
    _, ac = check()
    year = ac.run(np.array([[0.0, 100.0, -100.0, 251.0]]), np.zeros((1, 4)))
    r = R_OHM / OHM_PU  # 0.1
    drawn, fed = ((1.0 + (1.0 - 4.0 * r * p) ** 0.5) / 2.0 for p in (1.0, -1.0))
    assert year.vm_pu[0, :3] == pytest.approx([1.0, drawn, fed])
    assert year.line_percent[1] == pytest.approx(100.0 / drawn)
    assert year.loss_kw[1] == pytest.approx(r * drawn**-2 * BASE_KVA)
    assert year.diverged.tolist() == [False, False, False, True]  # 250 kW are the most that 0.16 ohm carry
    assert np.isnan(year.vm_pu[0, 3])
    assert year.broken(RULES).tolist() == [False, True, True, True]
    assert year.excess(RULES)[1] == pytest.approx(100.0 / drawn / 100.0 - 1.0)


def test_steps_that_stay_are_not_computed_again():
    grid, ac = check()
    load = np.array([[1.0, 2.0, 3.0]])
    ac.run(load, 0.0 * load)
    changed = np.array([[1.0, 2.5, 3.0]])
    year = ac.run(changed, 0.0 * load)
    assert grid.solved == 4
    assert year.vm_pu == pytest.approx(ac.once(changed, 0.0 * load).vm_pu)


def test_a_plan_feeds_in_what_the_voltage_allows_and_not_a_watt_less():
    planner = plan()
    optimum, found = agree(planner, COST, injections(planner), check()[1], RULES)
    most = fed_in_kw(R_OHM, 1.05)  # 1.05 * 0.05 / 0.1 pu = 52.5 kW
    assert most == pytest.approx(52.5)
    assert found.agreed
    assert optimum.value("pv.generated_kw") == pytest.approx([0.0, most, most, most], rel=2e-3)
    assert found.vm_max_pu == pytest.approx(1.05, abs=2e-4)
    assert (found.worst["what"], found.worst["where"]) == ("voltage high", "b1")
    first, last = found.rounds[0], found.rounds[-1]
    assert (first["steps_broken"], last["steps_broken"]) == (3, 0)
    assert last["eur"] > first["eur"]


def test_a_line_s_rating_limits_either_direction():
    planner = plan()
    optimum, found = agree(planner, COST, injections(planner), check(limit_kva=30.0)[1], RULES)
    # 30 kVA at nominal voltage are 0.3 pu of current; it lifts the end to 1.03, where it carries 30.9 kW
    assert optimum.value("pv.generated_kw")[2] == pytest.approx(30.9, rel=2e-3)
    assert found.line_percent == pytest.approx(100.0, abs=0.1)


def test_inverters_that_take_up_reactive_power_load_the_line_with_it():
    planner, (_, ac) = plan(), check()
    own = injections(planner, tan_phi=-0.75)
    p_kw, q_kvar = own.loads(planner.ask().answer.values)
    assert q_kvar == pytest.approx(-0.75 * p_kw)
    cuts = NetworkCuts(replace(ac.linear, limit_kva=np.array([50.0])), own, GridRules(vm_max_pu=1.2))
    power = cuts.state(planner.ask().answer.values)[1]
    assert abs(power[0, 2]) == pytest.approx(1.25 * 500.0)
    cuts.add(planner.program, cuts.broken(planner.ask().answer.values))
    values = planner.program.solve().values
    # 50 kVA at cos phi 0.8 are 40 kW
    assert values[planner.matrices.columns["pv.generated_kw"]].max() == pytest.approx(40.0)


def test_a_plan_that_breaks_nothing_stays_as_it_is():
    planner = plan(most_kwp=20.0)
    before = planner.ask()
    optimum, found = agree(planner, COST, injections(planner), check()[1], RULES, optimum=before)
    assert found.agreed
    assert len(found.rounds) == 1
    assert optimum.eur == before.eur


def test_a_load_that_no_plan_can_help_is_named():
    # 100 kW drawn at night leave 0.8873 pu: below the band whatever the roof does; in the sun it could be mended
    planner = plan()
    optimum, found = agree(planner, COST, injections(planner, fixed_kw=100.0), check(limit_kva=500.0)[1], RULES)
    assert optimum.usable
    assert not found.agreed
    assert found.rounds[-1]["steps_broken"] == 1
    assert (found.worst["step"], found.worst["what"], found.worst["where"]) == (0, "voltage low", "b1")
    assert found.worst["value"] == pytest.approx((1.0 + 0.6**0.5) / 2.0)
    assert any("in 4 of 4 steps the network is beyond them without" in note for note in optimum.answer.notes)
    assert optimum.eur == pytest.approx(sum(eur for eur, _ in optimum.totals().values()))  # no penalty in it


def test_another_goal_goes_on_with_the_same_rows():
    planner, (_, ac) = plan(), check()
    own = injections(planner)
    cuts = NetworkCuts(ac.linear, own, RULES)
    agree(planner, COST, own, ac, RULES, cuts=cuts)
    rows = len(cuts.rows)
    _, found = agree(planner, Goal(eur_per_kg=0.2), own, ac, RULES, cuts=cuts)
    assert found.agreed
    assert found.rounds[0]["steps_broken"] == 0
    assert len(cuts.rows) == rows
    cuts.release(planner.program)
    assert planner.ask(COST).value("pv.generated_kw").max() == pytest.approx(500.0)


def test_rows_can_be_given_to_another_plan_beforehand():
    planner, (_, ac) = plan(), check()
    own = injections(planner)
    cuts = NetworkCuts(ac.linear, own, RULES)
    optimum, _ = agree(planner, COST, own, ac, RULES, cuts=cuts)
    again = Planner([*planner.blocks, NetworkLimits(id="network", cuts=(cuts.as_limits("rows"),))], planner.horizon).ask(COST)
    # the last power flow may still have moved them by what counts as settled
    assert again.eur == pytest.approx(optimum.eur, rel=SETTLED)
    assert again.value("pv.generated_kw") == pytest.approx(optimum.value("pv.generated_kw"), rel=SETTLED)


def test_a_limit_on_greenhouse_gases_is_kept_together_with_the_network():
    planner, (_, ac) = plan(annual_eur=1000.0), check()
    own = injections(planner)
    # 80 t at 0.3 kg/kWh are 121.766 kW over the four steps of 2190 h; at noon the line takes 52.5, so the other two need
    # 69.266 kW of 0.75 kW/kWp: 92.35 kWp. Without the network 69.58 kWp would do.
    goal = Goal(most_co2_kg=-80_000.0)
    assert planner.ask(goal).sizes()["pv", "size_kwp"] == pytest.approx(80_000.0 / 0.3 / 2190.0 / 1.75)
    optimum, found = agree(planner, goal, own, ac, RULES)
    assert found.agreed
    assert optimum.co2_kg == pytest.approx(-80_000.0, rel=1e-6)
    assert optimum.sizes()["pv", "size_kwp"] == pytest.approx((80_000.0 / 0.3 / 2190.0 - 52.5) / 0.75, rel=3e-3)
    # 200 t need more than the line can carry in all three hours: the limit is kept, and the voltage it costs is said
    over, found = agree(planner, Goal(most_co2_kg=-200_000.0), own, ac, RULES)
    assert not found.agreed
    assert over.co2_kg == pytest.approx(-200_000.0, rel=1e-6)
    assert found.worst["what"] == "voltage high"
    assert found.rounds[-1]["missed_kw"] > 0.0


def test_shares_that_do_not_fit_the_grid_are_all_named():
    planner = plan()
    with pytest.raises(ModelError, match=r"pv is at elsewhere.*shares of pv add up to 0.9000, not 1"):
        Injections.of(planner.matrices, ["c"], (np.zeros((1, 4)),) * 2, {"pv": {"elsewhere": 0.9}})


def test_a_plan_that_does_not_exist_has_no_voltages():
    planner = plan()
    _, found = agree(planner, Goal(most_co2_kg=-1e12), injections(planner), check()[1], RULES)
    assert not found.agreed
    assert np.isnan(found.vm_max_pu)
    assert found.rounds[0]["status"] == "infeasible"


def test_a_grid_of_three_phases_gets_each_load_on_its_own():
    class Recorder(OneLine):
        phases = True
        seen: Any = None

        def solve(self, p_kw: Any, q_kvar: Any, set_points: Any) -> Any:
            self.seen = p_kw
            values = super().solve(p_kw, q_kvar, set_points)
            values["bus"] |= {f"vm_{phase}_pu": values["bus"]["vm_pu"] for phase in "abc"}
            return values

    grid = Recorder(R_OHM)
    linear = LinearFlow.of(network([(0, 1)], [R_OHM]), ["b1", "b1"])
    AcCheck(grid, linear, ["b", "abc"]).run(np.array([[6.0], [3.0]]), np.zeros((2, 1)))
    assert grid.seen.tolist() == [[0.0, 6.0, 0.0], [1.0, 1.0, 1.0]]

# SPDX-License-Identifier: Apache-2.0
"""A planner asked more than once: weights go on from the last answer, a limit's optimum is that of the limit as a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planning import ours, village
from benchmarks.planning.problem import make
from benchmarks.planning.tools import bare
from twinergy.planning import optimise
from twinergy.planning.draft import Draft
from twinergy.planning.horizon import Horizon
from twinergy.planning.limited import Bracket
from twinergy.planning.optimise import CO2, COST, Goal, Planner
from twinergy.planning.program import compiled
from twinergy.planning.solving import Answer, Program, Status

HOURS = 336


@pytest.fixture(scope="module")
def planner():
    return Planner(village.blocks(2, HOURS), Horizon.whole(HOURS))


@pytest.fixture(scope="module")
def ends(planner):
    return planner.ask(COST), planner.ask(CO2)


def as_row(most, blocks, goal, *, co2=True):
    """Return the cost with the limit as an ordinary row, from nothing: what the way by prices must come to."""
    matrices = compiled(Draft.of(blocks, Horizon.whole(HOURS)))
    program = Program(matrices)
    program.goal(matrices.costs(goal.eur, goal.eur_per_kg))
    row = program.limit(matrices.costs(0.0, 1.0) if co2 else matrices.costs(), most=most)
    answer = program.solve()
    return answer.objective, -answer.duals[row]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_limit_on_co2_by_its_price_is_the_optimum_of_the_row(planner, ends, share):
    most = ends[1].co2_kg + share * (ends[0].co2_kg - ends[1].co2_kg)
    found = planner.ask(Goal(most_co2_kg=most))
    cost, price = as_row(most, planner.blocks, COST)
    assert found.answer.objective == pytest.approx(cost, rel=1e-7)
    assert found.co2_kg == pytest.approx(most, rel=1e-9)
    assert found.prices["co2"] == pytest.approx(price, rel=1e-3)
    assert found.answer.proof.holds


def test_limit_on_cost(planner, ends):
    most = 0.5 * (ends[0].eur + ends[1].eur)
    goal = Goal(eur=0.0, eur_per_kg=1.0, most_eur=most)
    found = planner.ask(goal)
    kg, price = as_row(most, planner.blocks, goal, co2=False)
    assert found.answer.objective == pytest.approx(kg, rel=1e-7)
    assert found.eur <= most * (1.0 + 1e-9)
    assert found.prices["eur"] == pytest.approx(price, rel=1e-3)


def test_limit_that_does_not_bind_costs_nothing(planner, ends):
    found = planner.ask(Goal(most_co2_kg=1.1 * ends[0].co2_kg))
    assert found.prices == {"co2": 0.0}
    assert found.answer.objective == pytest.approx(ends[0].answer.objective, rel=1e-12)


def test_limit_that_nobody_can_keep_is_a_status(planner, ends):
    found = planner.ask(Goal(most_co2_kg=0.9 * ends[1].co2_kg))
    assert found.answer.status is Status.INFEASIBLE
    assert not found.usable
    assert "least possible total" in found.answer.notes[0]


def test_two_limits_at_once(planner, ends):
    most_kg, most_eur = 0.5 * (ends[0].co2_kg + ends[1].co2_kg), 1.5 * ends[0].eur
    found = planner.ask(Goal(most_co2_kg=most_kg, most_eur=most_eur))
    assert found.answer.objective == pytest.approx(as_row(most_kg, planner.blocks, COST)[0], rel=1e-7)
    assert found.eur <= most_eur


def test_order_of_questions_does_not_matter(planner, ends):
    weighted = Goal(eur_per_kg=0.08)
    first = planner.ask(weighted).answer.objective
    planner.ask(CO2)
    assert planner.ask(weighted).answer.objective == pytest.approx(first, rel=1e-9)
    fresh = Planner(planner.blocks, planner.horizon)
    assert fresh.ask(weighted).answer.objective == pytest.approx(first, rel=1e-9)
    assert planner.ask(COST).answer.objective == pytest.approx(ends[0].answer.objective, rel=1e-9)


def test_a_cut_between_two_questions_counts(planner, ends):
    fresh = Planner(planner.blocks, planner.horizon)
    fresh.ask(COST)
    column = fresh.matrices.columns["homes_1_pv.size_roofs_kwp"]
    row = np.zeros(fresh.matrices.n_columns)
    row[column] = 1.0
    fresh.program.limit(row, most=1.0)
    assert fresh.ask(COST).value("homes_1_pv.size_roofs_kwp")[0] == pytest.approx(1.0)


def test_by_way_of_weeks_to_the_same_optimum_as_at_once(monkeypatch):
    """The other tool: the same site as matrices by hand, solved by HiGHS as it comes."""
    monkeypatch.setattr(optimise, "WORTH_A_START_H", 1800)  # the weeks have up to 1680 h
    hours = 12 * 168
    site = make(hours)
    planner = Planner(ours.blocks(site), Horizon.whole(hours))
    assert planner.weeks is not None
    found = planner.ask()
    assert found.answer.objective == pytest.approx(bare.solve(site, "")[0], rel=1e-9)
    assert found.answer.notes[0].startswith("sizes of the weeks")


def test_numbers_of_the_benchmark_come_back_as_they_were(tmp_path):
    site = make(48)
    site.write(tmp_path)
    assert np.array_equal(type(site).read(tmp_path).import_eur_per_kwh, site.import_eur_per_kwh)


class TestBracket:
    """Three corners by hand: cost 0, 1, 4 at totals 10, 6, 4; from 10 to 6 a unit less costs 1/4, from 6 to 4 it costs 3/2."""

    def bracket(self, most):
        corners = np.eye(3)
        costs, totals = np.array([0.0, 1.0, 4.0]), np.array([10.0, 6.0, 4.0])

        def ask(price):
            value = totals + 1e-6 * costs if np.isinf(price) else costs + price * totals
            point = corners[int(np.argmin(value))]
            return Answer(Status.OPTIMAL, float(value @ point), 0.0, point, np.zeros(1), np.zeros(3), 0.0, 1)

        class Fine:
            holds, gap = True, 0.0

        return Bracket(ask, costs, totals, most, lambda _costs, _answer: Fine())

    @pytest.mark.parametrize(("most", "cost", "price"), [(8.0, 0.5, 0.25), (5.0, 2.5, 1.5), (9.0, 0.25, 0.25), (4.5, 3.25, 1.5)])
    def test_between_two_corners(self, most, cost, price):
        bracket = self.bracket(most)
        bracket.look(0.0)
        bracket.look(np.inf)
        kept = bracket.close()
        assert kept.answer.objective == pytest.approx(cost)
        assert kept.price == pytest.approx(price)
        assert bracket.totals @ kept.answer.values == pytest.approx(most)

    def test_a_solve_that_fails_leads_nowhere(self):
        bracket = self.bracket(8.0)
        bracket.look(0.0)
        bracket.look(np.inf)
        nothing = Answer(Status.UNFINISHED, np.nan, np.nan, np.zeros(3), np.zeros(1), np.zeros(3), 0.0, 0)
        bracket.ask = lambda _price: nothing
        assert bracket.close() is None
        assert bracket.failed is nothing


def in_packs(kwh, kw):
    """Return the site with batteries and CHP units that are sold in packs."""
    found = []
    for block in ours.blocks(make(HOURS)):
        if block.kind == "battery":
            found.append(replace(block, capacity=replace(block.capacity, step=kwh)))
        elif block.kind == "chp":
            found.append(replace(block, size=replace(block.size, step=kw)))
        else:
            found.append(block)
    return found


@pytest.mark.parametrize("gap", [0.05, 0.0])
def test_packs_are_whole_and_within_the_gap(gap):
    """The best by trying every number of packs near the optimum without them, each as an ordinary problem."""
    kwh, kw = 60.0, 30.0
    found = Planner(in_packs(kwh, kw), Horizon.whole(HOURS), gap=gap).ask()
    capacity, power = (found.sizes()["site-battery", "capacity_kwh"], found.sizes()["site-chp", "size_kw"])
    assert capacity / kwh == pytest.approx(round(capacity / kwh), abs=1e-6)
    assert power / kw == pytest.approx(round(power / kw), abs=1e-6)
    matrices = compiled(Draft.of(ours.blocks(make(HOURS)), Horizon.whole(HOURS)))
    columns = np.array([matrices.columns[f"site_{name}"][0] for name in ("battery.capacity_kwh", "chp.size_kw")])
    program, best = Program(matrices), np.inf
    for packs in range(6):
        for units in range(8):
            sizes = np.array([packs * kwh, units * kw])
            program.bound(columns, sizes, sizes)
            answer = program.solve()
            best = min(best, answer.objective) if answer.usable else best
    assert best * (1.0 - 1e-9) <= found.answer.objective <= best * (1.0 + gap + 1e-6)
    assert found.answer.gap <= gap + 1e-9
    assert found.answer.proof.feasible


def test_packs_that_cannot_be_are_a_status():
    blocks = [replace(b, size=replace(b.size, most=10.0)) if b.kind == "boiler" else b for b in in_packs(60.0, 30.0)]
    blocks = [replace(b, size=replace(b.size, most=30.0)) if b.kind == "chp" else b for b in blocks]
    assert Planner(blocks, Horizon.whole(HOURS)).ask().answer.status is Status.INFEASIBLE

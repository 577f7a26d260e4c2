# SPDX-License-Identifier: Apache-2.0
"""Status and optimality are checked, never assumed; a way over guessed sizes ends at the optimum whatever was guessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csc_array

from benchmarks.planning.ours import blocks
from benchmarks.planning.problem import make
from twinergy.planning.draft import Draft
from twinergy.planning.horizon import Horizon
from twinergy.planning.program import Matrices, compiled
from twinergy.planning.proof import Ledger
from twinergy.planning.solving import Program, Status

INF = np.inf
HOURS = 96


@pytest.fixture(scope="module")
def site():
    return compiled(Draft.of(blocks(make(HOURS)), Horizon.whole(HOURS)))


class Small(Matrices):
    """A few numbers written by hand, with their own costs."""

    def costs(self, eur=1.0, eur_per_kg=0.0):
        return eur * np.asarray(self.terms[0]) + eur_per_kg * np.asarray(self.terms[1])


def small(matrix, row_lower, row_upper, costs, lower=0.0, upper=INF, whole=(), co2=None):
    table = csc_array(np.atleast_2d(np.asarray(matrix, float)))
    n = table.shape[1]
    return Small(
        horizon=Horizon.whole(1),
        columns={f"x{number}": np.array([number]) for number in range(n)},
        rows={},
        terms=(costs, co2 if co2 is not None else np.zeros(n)),
        choices=(),
        flows=(),
        lower=np.broadcast_to(np.asarray(lower, float), n).copy(),
        upper=np.broadcast_to(np.asarray(upper, float), n).copy(),
        row_lower=np.asarray(row_lower, float),
        row_upper=np.asarray(row_upper, float),
        starts=table.indptr.astype(np.int32),
        indices=table.indices.astype(np.int32),
        values=table.data,
        whole=np.array(whole, dtype=np.int64),
    )


def knapsack(**more):
    """Two variables: max 3x + 5y, x <= 4, 2y <= 12, 3x + 2y <= 18; 2, 6 and 36 (Hillier, Lieberman: Wyndor Glass)."""
    return small([[1, 0], [0, 2], [3, 2]], [-INF] * 3, [4, 12, 18], np.array([-3.0, -5.0]), **more)


def test_textbook_optimum_and_its_prices():
    """Shadow prices 0, 3/2 and 1 (Hillier, Lieberman: Introduction to Operations Research, the Wyndor example)."""
    answer = Program(knapsack()).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.values == pytest.approx([2.0, 6.0])
    assert answer.objective == pytest.approx(-36.0)
    assert -answer.duals == pytest.approx([0.0, 1.5, 1.0])
    assert answer.proof.holds
    assert answer.gap <= 1e-12


def test_the_site_has_the_optimum_of_scipys_interior_point(site):
    """Another tool and another method: scipy.optimize.linprog, highs-ipm."""
    answer = Program(site).solve()
    table = csc_array((site.values, site.indices, site.starts), shape=(len(site.row_lower), site.n_columns))
    equal = site.row_lower == site.row_upper
    up, low = ~equal & np.isfinite(site.row_upper), ~equal & np.isfinite(site.row_lower)
    from scipy.sparse import vstack

    rows = table.tocsr()
    theirs = linprog(
        site.costs(),
        vstack([rows[up], -rows[low]]),
        np.concatenate([site.row_upper[up], -site.row_lower[low]]),
        rows[equal],
        site.row_lower[equal],
        np.column_stack([site.lower, site.upper]),
        method="highs-ipm",
    )
    assert answer.objective == pytest.approx(theirs.fun, rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.0, 3000.0), min_size=6, max_size=6))
def test_any_guess_of_the_sizes_ends_at_the_optimum(site, guess):
    best = Program(site).solve().objective
    names = [choice.variable for choice in site.choices]
    program = Program(site)
    answer = program.from_sizes(dict(zip(names, guess, strict=True)))
    assert answer.status is Status.OPTIMAL
    assert answer.objective == pytest.approx(best, rel=1e-9)
    assert program.check(site.costs(), answer).holds


def test_good_guess_stays_feasible_all_the_way(site):
    first = Program(site).solve()
    sizes = {choice.variable: 1.02 * float(first.values[site.columns[choice.variable]][0]) for choice in site.choices}
    answer = Program(site).from_sizes(sizes)
    assert answer.notes[0].startswith("sizes of the weeks x 1: optimal")
    assert all(note.startswith("sizes let go: optimal") for note in answer.notes[1:])


def test_what_cannot_be_is_a_status():
    program = Program(small([[1.0]], [5.0], [INF], np.array([1.0]), upper=4.0))
    answer = program.solve()
    assert answer.status is Status.INFEASIBLE
    assert not answer.usable
    assert np.isnan(answer.values).all()
    assert answer.proof is None


def test_what_has_no_end_is_told_from_what_cannot_be():
    assert Program(small([[1.0, -1.0]], [0.0], [0.0], np.array([-1.0, 0.0]))).solve().status is Status.UNBOUNDED
    assert Program(small([[1.0, 1.0]], [-INF], [-1.0], np.array([-1.0, -1.0]))).solve().status is Status.INFEASIBLE


def test_guess_that_no_growth_makes_possible():
    """Sizes that are fixed at nothing: nothing meets the need."""
    matrices = small([[1.0, -1.0], [1.0, 0.0]], [-INF, 5.0], [0.0, INF], np.array([0.0, 1.0]), upper=[INF, 4.0])
    assert Program(matrices).from_sizes({"x1": 0.0}).status is Status.INFEASIBLE


def test_guess_of_nothing_is_let_go():
    matrices = small([[1.0, -1.0], [1.0, 0.0]], [-INF, 5.0], [0.0, INF], np.array([0.0, 1.0]))
    answer = Program(matrices).from_sizes({"x1": 0.0})
    assert answer.values == pytest.approx([5.0, 5.0])


def test_no_time_is_not_called_an_optimum(site):
    answer = Program(site, time_limit_s=0.0).solve()
    assert answer.status is Status.UNFINISHED
    assert np.isnan(answer.objective)


def test_time_limit_counts_each_solve_for_itself(site):
    """The clock of HiGHS runs on from solve to solve: after a limit's worth of solves nothing would be solved any more."""
    program = Program(site, time_limit_s=0.5)
    program.solve()
    spent = 0.0
    while spent < 0.7:
        program._highs.clearSolver()
        answer = program.solve()
        assert answer.status is Status.OPTIMAL
        spent += answer.seconds


def test_whole_numbers():
    """max 5x + 4y, 6x + 4y <= 24, x + 2y <= 6, whole: 4, 0 and 20 (relaxed: 3, 1.5 and 21; Taha, Operations Research, 2.1)."""
    table, most = [[6.0, 4.0], [1.0, 2.0]], [24.0, 6.0]
    matrices = small(table, [-INF, -INF], most, np.array([-5.0, -4.0]), whole=(0, 1))
    answer = Program(matrices, gap=0.0).solve()
    assert (answer.status, answer.objective) == (Status.OPTIMAL, pytest.approx(-20.0))
    assert np.isnan(answer.duals).all()
    relaxed = Program(matrices, relaxed=True).solve()
    assert relaxed.objective == pytest.approx(-21.0)
    assert relaxed.values == pytest.approx([3.0, 1.5])


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_units_do_not_change_the_optimum(site, scale):
    """The same site in W or in GW."""
    scaled = replace(
        site,
        row_lower=site.row_lower * scale,
        row_upper=site.row_upper * scale,
        lower=site.lower * scale,
        upper=site.upper * scale,
    )
    answer = Program(scaled).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.objective == pytest.approx(scale * Program(site).solve().objective, rel=1e-6)


def test_coefficients_far_apart_are_solved_or_refused():
    """x + 1e9 y = 1e9, 2e-9 z >= 1: from 1e-9 to 1e9 in one problem; y = 1 and z = 5e8 cost 1 each."""
    matrices = small([[1.0, 1e9, 0.0], [0.0, 0.0, 2e-9]], [1e9, 1.0], [1e9, INF], np.array([1.0, 1.0, 2e-9]))
    answer = Program(matrices).solve()
    assert answer.status in {Status.OPTIMAL, Status.UNFINISHED}
    assert answer.status is Status.UNFINISHED or answer.objective == pytest.approx(2.0, rel=1e-6)


def test_degenerate_problem():
    """Beale's example, on which the simplex method cycles without care: -1/20 (Beale, 1955, in Dantzig's form)."""
    table = [[0.25, -60.0, -1 / 25, 9.0], [0.5, -90.0, -1 / 50, 3.0], [0.0, 0.0, 1.0, 0.0]]
    matrices = small(table, [-INF] * 3, [0.0, 0.0, 1.0], np.array([-0.75, 150.0, -0.02, 6.0]))
    for primal in (False, True):
        assert Program(matrices).solve(primal=primal).objective == pytest.approx(-0.05)


class TestProof:
    """The check finds what is wrong; each of these was made wrong by hand."""

    def verdict(self, values, duals, matrices=None):
        matrices = matrices or knapsack()
        return Ledger(matrices).check(matrices.costs(), np.array(values, float), np.array(duals, float))

    def test_the_optimum_passes(self):
        assert self.verdict([2, 6], [0, -1.5, -1]).holds

    def test_a_point_that_is_not_the_best_has_a_gap(self):
        found = self.verdict([4, 3], [0, -1.5, -1])
        assert found.feasible
        assert found.gap == pytest.approx((36 - 27) / 27)
        assert not found.holds

    def test_a_broken_row_is_found(self):
        found = self.verdict([2, 6.1], [0, -1.5, -1])
        assert found.broken == pytest.approx(0.2 / 12.2)
        assert not found.feasible

    def test_a_broken_bound_is_found(self):
        assert self.verdict([-0.5, 6], [0, -1.5, -1]).broken == pytest.approx(0.5)

    def test_a_price_on_the_wrong_side_is_found(self):
        found = self.verdict([2, 6], [0, 1.5, -1])
        assert found.priced > 0.1
        assert not found.holds

    def test_a_missing_price_is_found(self):
        assert not self.verdict([2, 6], [0, 0, -1]).holds

    def test_half_a_pack_is_found(self):
        found = Ledger(knapsack(whole=(0,))).check(np.zeros(2), np.array([1.5, 6.0]), None)
        assert found.broken == pytest.approx(0.5)
        assert np.isnan(found.gap)

    def test_rows_added_later_count(self):
        program = Program(knapsack())
        program.limit(np.array([1.0, 1.0]), most=7.0)
        answer = program.solve()
        assert answer.objective == pytest.approx(-33.0)
        assert answer.proof.holds
        assert not program.check(program.matrices.costs(), replace(answer, values=np.array([2.0, 6.0]))).feasible
        program.move(3, most=8.0)
        assert program.solve().objective == pytest.approx(-36.0)

    def test_it_says_what_it_found(self):
        assert "bound differ by" in str(self.verdict([4, 3], [0, -1.5, -1]))

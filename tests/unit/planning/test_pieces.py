# SPDX-License-Identifier: Apache-2.0
"""A problem in pieces: nothing is lost or counted twice, and together they are the optimum of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import block_diag, coo_array, csc_array, csgraph

from benchmarks.planning import village
from twinergy.planning import optimise, pieces
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import COST, Goal, Planner
from twinergy.planning.pieces import Pieces, cut, split
from twinergy.planning.program import Matrices
from twinergy.planning.solving import Program, Status

HOURS = 168
FAR = Goal(eur_per_kg=0.5)


def problem(matrix, row_lower, upper=10.0):
    """Return a problem with rows of at least so much, columns from 0 to 10; it has no sizes."""
    form = csc_array(matrix)
    n_rows, n_columns = form.shape
    return Matrices(
        horizon=Horizon.whole(1),
        columns={},
        rows={},
        terms=(),
        choices=(),
        flows=(),
        lower=np.zeros(n_columns),
        upper=np.full(n_columns, upper),
        row_lower=np.asarray(row_lower, float),
        row_upper=np.full(n_rows, np.inf),
        starts=form.indptr.astype(np.int32),
        indices=form.indices.astype(np.int32),
        values=form.data,
        whole=np.zeros(0, dtype=np.int64),
    )


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(pieces, "SMALL", 1)
    monkeypatch.setattr(optimise, "WORTH_PIECES", 1)


@pytest.fixture
def planner():
    return Planner(village.blocks(3, HOURS), Horizon.whole(HOURS))


@pytest.fixture
def whole():
    """The same problem, asked without looking for pieces."""
    found = Planner(village.blocks(3, HOURS), Horizon.whole(HOURS))
    found.__dict__["pieces"] = None
    return found


def covers(found, matrices):
    columns, rows = (np.concatenate([piece[place] for piece in found]) for place in (0, 1))
    return sorted(columns) == list(range(matrices.n_columns)) and sorted(rows) == list(range(len(matrices.row_lower)))


def test_every_node_of_a_village_is_a_piece_and_nothing_is_lost(planner):
    found = split(planner.matrices)
    assert len(found) == 3
    assert covers(found, planner.matrices)


@pytest.mark.parametrize("goal", [COST, Goal(eur_per_kg=0.1), FAR])
def test_pieces_together_are_the_optimum_of_the_whole(planner, whole, goal):
    one, other = planner.ask(goal), whole.ask(goal)
    assert "3 pieces" in one.answer.notes[0]
    assert one.answer.objective == pytest.approx(other.answer.objective, rel=1e-9)
    assert one.answer.proof.holds
    # duals and reduced costs of the parts are a proof for the whole, worked out anew
    assert whole.program.check(whole.program.costs, one.answer).holds


def test_asked_again_near_by_far_away_and_back(planner, whole):
    goals = [COST, Goal(eur_per_kg=0.05), FAR, Goal(eur_per_kg=0.55), COST]
    for goal in goals:
        assert planner.ask(goal).answer.objective == pytest.approx(whole.ask(goal).answer.objective, rel=1e-9)


def test_the_whole_goes_on_where_the_pieces_ended(planner):
    found = planner.ask()
    again = planner.program.solve()
    assert again.objective == pytest.approx(found.answer.objective, rel=1e-9)
    assert again.iterations <= 3


def test_a_row_that_spans_pieces_makes_them_one():
    apart = np.kron(np.eye(3), np.ones((2, 2)))
    spanning = np.vstack([apart, np.array([1.0, 0, 0, 1.0, 0, 0])])
    assert [len(columns) for columns, _ in split(problem(apart, np.ones(6)))] == [2, 2, 2]
    assert [len(columns) for columns, _ in split(problem(spanning, np.ones(7)))] == [4, 2]
    assert not len(Pieces(problem(np.ones((2, 4)), np.ones(2)), 60.0))


def test_a_chain_of_a_year_is_one_piece():
    steps = np.arange(8760)
    ring = coo_array((np.ones(2 * 8760), (np.tile(steps, 2), np.concatenate([steps, np.roll(steps, 1)]))))
    assert len(split(problem(ring, np.zeros(8760)))) == 1


def test_what_is_small_goes_together_and_limits_on_nothing_go_along(monkeypatch):
    monkeypatch.setattr(pieces, "SMALL", 3)
    matrix = block_diag([np.ones((1, 4)), np.ones((1, 1)), np.ones((1, 2)), np.zeros((1, 0))])
    found = split(problem(matrix.toarray(), np.zeros(4)))
    assert [columns.tolist() for columns, _ in found] == [[0, 1, 2, 3], [4, 5, 6]]
    assert [rows.tolist() for _, rows in found] == [[0], [1, 2, 3]]
    only = np.vstack([np.ones((1, 4)), np.zeros((1, 4))])
    assert [rows.tolist() for _, rows in split(problem(only, np.zeros(2)))] == [[0, 1]]


def test_a_piece_without_sizes_is_solved_all_the_same(planner):
    sizes = {choice.variable: 50.0 for choice in planner.matrices.choices if choice.block.startswith("homes-1")}
    asked = planner.ask(COST, sizes)
    assert asked.answer.objective == pytest.approx(planner.ask(COST).answer.objective, rel=1e-9)


def test_a_limit_over_all_pieces_or_a_size_that_is_bound_is_solved_as_a_whole(planner):
    free = planner.ask()
    row = np.zeros(planner.matrices.n_columns)
    for name in ("homes_1", "homes_2", "homes_3"):
        row[planner.matrices.columns[f"{name}_pv.size_roofs_kwp"]] = 1.0
    most = 0.5 * float(row @ free.answer.values)
    added = planner.program.limit(row, most=most)
    bound = planner.ask()
    assert row @ bound.answer.values == pytest.approx(most)
    assert bound.answer.objective > free.answer.objective
    assert not any("pieces" in note for note in bound.answer.notes)
    planner.program.move(added)
    assert planner.ask().answer.objective == pytest.approx(free.answer.objective, rel=1e-9)


def test_bounds_that_are_given_back_leave_the_pieces_right(planner):
    free = planner.ask()
    column = planner.matrices.columns["homes_1_pv.size_roofs_kwp"]
    planner.program.bound(column, np.zeros(1), np.zeros(1))
    bound = planner.ask()
    assert bound.value("homes_1_pv.size_roofs_kwp")[0] == pytest.approx(0.0)
    assert not any("pieces" in note for note in bound.answer.notes)
    planner.program.restore(column)
    again = planner.ask()
    assert "3 pieces" in again.answer.notes[0]
    assert again.answer.objective == pytest.approx(free.answer.objective, rel=1e-9)


def test_a_piece_that_finds_nothing_leaves_the_answer_to_the_whole(planner):
    part = planner.pieces.parts[0].program
    part.cut(np.array([0, 1]), np.array([0, 0]), np.ones(2), np.array([1.0, -np.inf]), np.array([np.inf, -1.0]))
    assert planner.pieces.solve(planner.matrices.costs(), {}, anew=True)[0].status is Status.INFEASIBLE
    found = planner.ask()
    assert found.answer.status is Status.OPTIMAL
    assert not any("pieces" in note for note in found.answer.notes)


blocks = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6)), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(shapes=blocks, order=st.integers(0, 10**6))
def test_random_blocks_in_any_order(shapes, order):
    """The other tools: scipy's connected components, and the whole problem in HiGHS."""
    parts = []
    for n_rows, n_columns, seed in shapes:
        random = np.random.default_rng(seed)
        part = random.uniform(0.5, 2.0, (n_rows, n_columns)) * (random.random((n_rows, n_columns)) < 0.6)
        part[:, 0] = 1.0
        parts.append(part)
    random = np.random.default_rng(order)
    matrix = block_diag(parts).toarray()
    matrix = matrix[random.permutation(matrix.shape[0])][:, random.permutation(matrix.shape[1])]
    made = problem(matrix, random.uniform(0.5, 2.0, len(matrix)))
    found = split(made)
    both = np.block([[np.zeros((len(matrix),) * 2), matrix], [matrix.T, np.zeros((matrix.shape[1],) * 2)]])
    assert len(found) == csgraph.connected_components(csc_array(both), directed=False)[0]
    assert covers(found, made)
    costs = random.uniform(1.0, 2.0, matrix.shape[1])
    program = Program(made)
    program.goal(costs)
    apart = 0.0
    for columns, rows in found:
        part = Program(cut(made, columns, rows))
        part.goal(costs[columns])
        apart += part.solve().objective
    assert apart == pytest.approx(program.solve().objective, rel=1e-9)

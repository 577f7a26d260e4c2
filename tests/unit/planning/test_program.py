# SPDX-License-Identifier: Apache-2.0
"""What arrives in the matrices is what the blocks wrote, also where Pyomo has to read it row by row."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csc_array

from benchmarks.planning.ours import blocks
from benchmarks.planning.problem import make
from twinergy.planning.draft import Draft, templates
from twinergy.planning.horizon import Horizon
from twinergy.planning.program import SMALLEST, compiled
from twinergy.planning.stencil import NotAStencil, Stencil


@pytest.fixture
def draft():
    return Draft.of(blocks(make(48)), Horizon.whole(48))


def dense(matrices):
    shape = (len(matrices.row_lower), matrices.n_columns)
    return csc_array((matrices.values, matrices.indices, matrices.starts), shape=shape).toarray()


def test_matrices_are_those_of_pyomos_own_compiler(draft):
    """The other tool: Pyomo's standard form, row by row and column by column (Pyomo 6.10)."""
    ours = compiled(draft)
    form = LinearStandardFormCompiler().write(draft.model, mixed_form=True, set_sense=None)
    place = {id(entry): column for column, entry in enumerate(form.columns)}
    columns = [place[id(entry)] for name in ours.columns for entry in draft.named(name).values()]
    rows = {}
    for number, row in enumerate(form.rows):
        rows.setdefault(row.constraint.parent_component().name, []).append(number)
    order = [number for name in ours.rows for number in rows[name]]
    theirs = form.A.toarray()[order][:, columns]
    np.testing.assert_array_equal(dense(ours), np.where(np.abs(theirs) <= SMALLEST, 0.0, theirs))
    kinds = np.array([row.bound_type for row in form.rows])[order]
    right = np.asarray(form.rhs)[order]
    np.testing.assert_array_equal(ours.row_lower, np.where(kinds == 1, -np.inf, right))
    np.testing.assert_array_equal(ours.row_upper, np.where(kinds == -1, np.inf, right))


def test_every_limit_of_the_blocks_is_a_stencil(draft):
    """Left to Pyomo, a year would take ten times as long to compile."""
    columns = {id(variable): np.arange(len(variable)) for variable in draft.model.component_objects(pyo.Var)}
    stencil = Stencil(columns)
    found = [stencil.rows(limit) for limit in draft.model.component_objects(pyo.Constraint)]
    assert len(found) >= 10
    assert {len(rows.lower) for rows in found} == {48}


class Parts(NamedTuple):
    """What a rule may be made of."""

    x: Any
    y: Any
    c: Any
    before: Any


def written(rule, *, as_template=True, **more):
    """Return the matrices of a draft with one limit over x[0..3] and y."""
    draft = Draft(Horizon.whole(4))
    room = draft.room("test")
    x, y = draft.power(room, "x"), pyo.Var(bounds=(1.0, 5.0), **more)
    draft.variable(room, "y", y)
    course = draft.course(room, "course", np.array([1.0, 2.0, 3.0, 4.0]))
    with templates() if as_template else nullcontext():
        room.limit = pyo.Constraint(draft.model.steps, rule=lambda _, step: rule(Parts(x, y, course, draft.model.previous), step))
    return compiled(draft)


RULES = {
    "at most": (lambda p, t: p.x[t] + p.c[t] * p.y <= 7.0, 1.0, [-np.inf] * 4, [7.0] * 4),
    "at least": (lambda p, t: p.c[t] <= p.x[t] + p.c[t] * p.y, 1.0, [1.0, 2.0, 3.0, 4.0], [np.inf] * 4),
    "equal": (lambda p, t: p.x[t] + p.c[t] * p.y - p.c[t] == 3.0, 1.0, [4.0, 5.0, 6.0, 7.0], [4.0, 5.0, 6.0, 7.0]),
    "between": (lambda p, t: (-1.0, p.x[t] + p.c[t] * p.y, 2.0), 1.0, [-1.0] * 4, [2.0] * 4),
    "quotient": (lambda p, t: (2.0 * p.x[t] + 2.0 * p.c[t] * p.y) / 2.0 <= 7.0, 1.0, [-np.inf] * 4, [7.0] * 4),
    "twice the same": (lambda p, t: p.x[t] + p.x[t] + p.c[t] * p.y <= 7.0, 2.0, [-np.inf] * 4, [7.0] * 4),
}


@pytest.mark.parametrize("name", RULES)
def test_a_limit_by_hand(name):
    rule, of_x, lower, upper = RULES[name]
    found = written(rule)
    expected = np.hstack([of_x * np.eye(4), [[1.0], [2.0], [3.0], [4.0]]])
    np.testing.assert_allclose(dense(found), expected, atol=1e-15)
    np.testing.assert_allclose(found.row_lower, lower, atol=1e-15)
    np.testing.assert_allclose(found.row_upper, upper, atol=1e-15)


def test_step_before_the_first_is_the_last():
    found = written(lambda p, t: p.x[t] - 0.5 * p.x[p.before[t]] + p.c[t] * p.y == 0.0)
    expected = np.eye(4) - 0.5 * np.roll(np.eye(4), -1, axis=1)
    np.testing.assert_allclose(dense(found)[:, :4], expected)


def test_what_no_template_holds_is_read_row_by_row():
    """A branch on the step has no template."""
    found = written(lambda p, t: p.x[t] + p.c[t] * p.y <= (7.0 if t else 8.0), as_template=False)
    np.testing.assert_allclose(dense(found), np.hstack([np.eye(4), [[1.0], [2.0], [3.0], [4.0]]]))
    np.testing.assert_allclose(found.row_upper, [8.0, 7.0, 7.0, 7.0])


def test_stencil_says_what_it_cannot_read():
    draft = Draft(Horizon.whole(2))
    room = draft.room("test")
    x = draft.power(room, "x")
    room.limit = pyo.Constraint(draft.model.steps, rule=lambda _, step: x[step] <= 1.0)
    with pytest.raises(NotAStencil):
        Stencil({id(x): np.arange(2)}).rows(room.limit)


def test_nonlinear_limit_is_named():
    with pytest.raises(ValueError, match=r"test.limit\[0\] is not linear"):
        written(lambda p, t: p.x[t] * p.y <= 7.0, as_template=False)


def test_bounds_whole_numbers_and_fixed_variables():
    found = written(lambda p, t: p.x[t] + p.y <= 7.0, domain=pyo.Integers)
    assert found.whole.tolist() == [4]
    assert (found.lower[4], found.upper[4]) == (1.0, 5.0)
    assert found.lower[:4].tolist() == [0.0] * 4
    assert np.isinf(found.upper[:4]).all()


def test_coefficients_below_what_the_solver_takes_are_left_out():
    assert dense(written(lambda p, t: p.x[t] + 1e-12 * p.c[t] * p.y <= 7.0))[:, 4].tolist() == [0.0] * 4


def test_a_limit_that_was_switched_off_is_left_out(draft):
    before = compiled(draft)
    draft.model.find_component("site_chp.power_within_size").deactivate()
    after = compiled(draft)
    assert len(before.row_lower) - len(after.row_lower) == 48
    assert "site_chp.power_within_size" not in after.rows

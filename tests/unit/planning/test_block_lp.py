# SPDX-License-Identifier: Apache-2.0
"""Each block alone against a stored LP; no limit without one."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

import numpy as np
import pyomo.environ as pyo
import pytest
from scipy.sparse import csc_matrix

import twinergy.planning.blocks as folder
from tests.unit.planning.block_cases import CASES, lp
from twinergy.planning import draft as drafting
from twinergy.planning.draft import Block, Draft
from twinergy.planning.program import compiled

STORED = Path(__file__).parents[2] / "reference" / "planning" / "lp"


@pytest.mark.parametrize("case", CASES)
def test_a_block_alone_is_the_stored_lp(case):
    assert lp(case) == (STORED / f"{case}.lp").read_text(encoding="utf-8")


def test_no_lp_is_stored_for_nothing():
    assert {path.stem for path in STORED.glob("*.lp")} == set(CASES)


def test_every_block_of_the_folder_has_a_case():
    modules = [importlib.import_module(f"{folder.__name__}.{module.name}") for module in pkgutil.iter_modules(folder.__path__)]
    there = {kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Block)}
    assert there - {Block} == {type(block) for _, blocks in CASES.values() for block in blocks}


def _places(path: Path) -> set[tuple[str, int]]:
    """Return file and first line of every `pyo.Constraint(...)` in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {(path.name, call.lineno) for call in calls if ast.unparse(call.func) == "pyo.Constraint"}


def test_every_limit_that_a_block_can_add_is_in_a_stored_lp(monkeypatch):
    written = set()
    constraint = pyo.Constraint

    class Noted(constraint):
        def __new__(cls, *args, **more):
            caller = sys._getframe(1)
            written.add((Path(caller.f_code.co_filename).name, caller.f_lineno))
            return constraint(*args, **more)

    monkeypatch.setattr(pyo, "Constraint", Noted)
    for horizon, blocks in CASES.values():
        Draft.of(blocks, horizon)
    files = [*Path(folder.__path__[0]).glob("*.py"), Path(drafting.__file__)]
    there = set().union(*(_places(path) for path in files))
    assert len(there) > 30
    assert there - written == set()


@pytest.mark.parametrize("case", CASES)
def test_every_limit_of_all_steps_is_one_template(case):
    horizon, blocks = CASES[case]
    limits = Draft.of(blocks, horizon).model.component_objects(pyo.Constraint, descend_into=True)
    plain = [limit.name for limit in limits if limit.is_indexed() and not hasattr(next(iter(limit.values())), "template_expr")]
    assert plain == []


@pytest.mark.parametrize("case", CASES)
def test_templates_compile_to_the_same_matrices_as_single_limits(case):
    horizon, blocks = CASES[case]
    one, other = (compiled(Draft.of(blocks, horizon, expanded=expanded)) for expanded in (False, True))
    assert {name: rows.tolist() for name, rows in one.columns.items()} == {n: r.tolist() for n, r in other.columns.items()}
    assert one.rows.keys() == other.rows.keys()
    tables = [csc_matrix((m.values, m.indices, m.starts), shape=(len(m.row_lower), m.n_columns)).toarray() for m in (one, other)]
    for name, rows in one.rows.items():
        mine, theirs = tables[0][rows], tables[1][other.rows[name]]
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(one.row_lower[rows], other.row_lower[other.rows[name]], rtol=1e-12)
        np.testing.assert_allclose(one.row_upper[rows], other.row_upper[other.rows[name]], rtol=1e-12)
    for name in ("lower", "upper", "whole"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.costs(1.0, 2.0), other.costs(1.0, 2.0))

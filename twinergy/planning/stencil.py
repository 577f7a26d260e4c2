# SPDX-License-Identifier: Apache-2.0
"""Limits of Pyomo as arrays: one walk over the template of a limit gives its rows for all steps at once.

Pyomo expands a template step by step, which for a year costs ten times what the rest of a compilation does. A template says the
same of every step, so its coefficients are arrays and its columns are arrays. What this walk does not know (functions, sums over
sets, two indices) is left to Pyomo, row by row; the result is the same, only slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pyomo.core.base import SortComponents
from pyomo.core.base.param import IndexedParam, ScalarParam
from pyomo.core.base.var import IndexedVar, ScalarVar
from pyomo.core.expr import numeric_expr, relational_expr, template_expr
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import VarRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]


class NotAStencil(Exception):  # noqa: N818 - says where to go on, is no error
    """A limit that has to be left to Pyomo."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A linear expression of all steps: ``constant + sum(coefficient * column)``.

    Attributes
    ----------
    constant : ndarray or float
        Of each step, or of all.
    terms : tuple of (coefficient, columns)
        Each an array of the steps or one value for all.
    """

    constant: Any
    terms: tuple[tuple[Any, Any], ...] = ()

    def plus(self, other: Sum) -> Sum:
        """Return the sum of both."""
        return Sum(self.constant + other.constant, self.terms + other.terms)

    def times(self, factor: Any) -> Sum:
        """Return it times a number, or one number for each step."""
        return Sum(self.constant * factor, tuple((coefficient * factor, columns) for coefficient, columns in self.terms))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a limit: entries by row (counted from 0), column and value, and the rows' bounds."""

    row: IntArray
    column: IntArray
    value: FloatArray
    lower: FloatArray
    upper: FloatArray


class Stencil:
    """Reads limits of one model.

    Parameters
    ----------
    columns : mapping of int to ndarray of int64
        Columns of each variable of Pyomo by its ``id``, in the order of its index.
    """

    def __init__(self, columns: Mapping[int, IntArray]) -> None:
        self._columns = columns
        self._data: dict[int, FloatArray] = {}
        self._counted: dict[int, bool] = {}
        self._index: Any = None
        self._walks: dict[type, Callable[[Any], Sum]] = {
            numeric_expr.SumExpression: self._sum,
            numeric_expr.LinearExpression: self._sum,
            numeric_expr.NPV_SumExpression: self._sum,
            numeric_expr.ProductExpression: self._product,
            numeric_expr.NPV_ProductExpression: self._product,
            numeric_expr.MonomialTermExpression: self._product,
            numeric_expr.DivisionExpression: self._quotient,
            numeric_expr.NPV_DivisionExpression: self._quotient,
            numeric_expr.NegationExpression: self._negative,
            numeric_expr.NPV_NegationExpression: self._negative,
            template_expr.Numeric_GetItemExpression: self._item,
            template_expr.NPV_Numeric_GetItemExpression: self._item,
            template_expr.IndexTemplate: self._counter,
            ScalarParam: self._number,
            ScalarVar: self._variable,
        }

    def rows(self, limit: Any) -> Rows:
        """Return the rows of an indexed limit that has a template.

        Raises
        ------
        NotAStencil
            If the limit has no template, or one that only Pyomo can read.
        """
        one = next(iter(limit.values()))
        if not hasattr(one, "template_expr"):
            raise NotAStencil
        relation, indices = one.template_expr()
        if len(indices) != 1 or not self._is_counted(limit):
            raise NotAStencil
        self._index = np.arange(len(limit))
        return self._related(relation, len(limit))

    def _related(self, relation: Any, n_rows: int) -> Rows:
        kind, parts = type(relation), [self._walk(part) for part in relation.args]
        if kind is relational_expr.EqualityExpression:
            body = parts[0].plus(parts[1].times(-1.0))
            return _table(body, 0.0, 0.0, n_rows)
        if kind is relational_expr.InequalityExpression and not parts[0].terms:
            return _table(parts[1], parts[0].constant, np.inf, n_rows)
        if kind is relational_expr.InequalityExpression:
            return _table(parts[0].plus(parts[1].times(-1.0)), -np.inf, 0.0, n_rows)
        if kind is relational_expr.RangedExpression and not (parts[0].terms or parts[2].terms):
            return _table(parts[1], parts[0].constant, parts[2].constant, n_rows)
        raise NotAStencil

    def _walk(self, expression: Any) -> Sum:
        if isinstance(expression, (int, float, np.number)):
            return Sum(float(expression))
        known = self._walks.get(type(expression))
        if known is None:
            raise NotAStencil
        return known(expression)

    def _sum(self, expression: Any) -> Sum:
        total = Sum(0.0)
        for part in expression.args:
            total = total.plus(self._walk(part))
        return total

    def _product(self, expression: Any) -> Sum:
        left, right = (self._walk(part) for part in expression.args)
        if left.terms and right.terms:
            raise NotAStencil
        return left.times(right.constant) if left.terms else right.times(left.constant)

    def _quotient(self, expression: Any) -> Sum:
        left, right = (self._walk(part) for part in expression.args)
        if right.terms:
            raise NotAStencil
        return left.times(1.0 / right.constant)

    def _negative(self, expression: Any) -> Sum:
        return self._walk(expression.args[0]).times(-1.0)

    def _item(self, expression: Any) -> Sum:
        component, *places = expression.args
        if len(places) != 1 or not isinstance(component, (IndexedVar, IndexedParam)):
            raise NotAStencil
        place = self._place(places[0])
        if not self._is_counted(component) or np.max(place) >= len(component):
            raise NotAStencil
        if isinstance(component, IndexedVar):
            return Sum(0.0, ((1.0, self._columns[id(component)][place]),))
        return Sum(self._values(component)[place])

    def _place(self, place: Any) -> Any:
        if isinstance(place, int):
            return place
        found = self._walk(place)
        if found.terms:
            raise NotAStencil
        places = np.asarray(found.constant).astype(np.int64)
        if places.size and places.min() < 0:
            raise NotAStencil
        return places

    def _values(self, component: Any) -> FloatArray:
        if id(component) not in self._data:
            try:
                self._data[id(component)] = np.fromiter(component.extract_values().values(), float, len(component))
            except (TypeError, ValueError) as error:
                raise NotAStencil from error
        return self._data[id(component)]

    def _is_counted(self, component: Any) -> bool:
        """Return whether something is indexed 0, 1, 2 … in this order."""
        places = component.index_set()
        if id(places) not in self._counted:
            self._counted[id(places)] = list(places) == list(range(len(places)))
        return self._counted[id(places)] and len(component) == len(places)

    def _counter(self, _expression: Any) -> Sum:
        return Sum(self._index)

    def _number(self, expression: Any) -> Sum:
        return Sum(float(expression.value))

    def _variable(self, expression: Any) -> Sum:
        return Sum(0.0, ((1.0, self._columns[id(expression)][0]),))


class RowReader:
    """Reads limits row by row, with Pyomo's own reader of linear expressions.

    Parameters
    ----------
    columns : mapping of int to ndarray of int64
        Columns of each variable of Pyomo by its ``id``, in the order of its index.
    """

    def __init__(self, columns: Mapping[int, IntArray]) -> None:
        self._columns = columns
        self._place: dict[int, int] = {}
        self._seen: dict[int, Any] = {}
        self._reader = LinearRepnVisitor({}, var_recorder=VarRecorder(self._seen, SortComponents.UNSORTED))

    def rows(self, limit: Any) -> Rows:
        """Return the rows of a limit, those of its members that are active.

        Raises
        ------
        ValueError
            If it is not linear.
        """
        row: list[int] = []
        column: list[int] = []
        coefficients: list[float] = []
        bounds: list[tuple[float, float]] = []
        for member in limit.values():
            if not member.active:
                continue
            least, body, most = member.to_bounded_expression(evaluate_bounds=True)
            read = self._reader.walk_expression(body)
            if read.nonlinear is not None:
                message = f"{member.name} is not linear; a plan is made of linear limits and whole numbers"
                raise ValueError(message)
            row.extend([len(bounds)] * len(read.linear))
            column.extend(self._column(variable) for variable in read.linear)
            coefficients.extend(read.linear.values())
            bounds.append((-np.inf if least is None else least - read.constant, np.inf if most is None else most - read.constant))
        lower, upper = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
        return Rows(np.array(row, dtype=np.int64), np.array(column, dtype=np.int64), np.array(coefficients, float), lower, upper)

    def _column(self, variable: int) -> int:
        if variable not in self._place:
            parent = self._seen[variable].parent_component()
            self._place.update(zip(map(id, parent.values()), self._columns[id(parent)].tolist(), strict=True))
        return self._place[variable]


def _table(body: Sum, least: Any, most: Any, n_rows: int) -> Rows:
    row = np.arange(n_rows)
    count = len(body.terms)
    value, column = np.empty((count, n_rows)), np.empty((count, n_rows), dtype=np.int64)
    for number, (coefficient, columns) in enumerate(body.terms):
        value[number], column[number] = coefficient, columns
    lower, upper = (np.broadcast_to(np.asarray(bound - body.constant, dtype=np.float64), n_rows) for bound in (least, most))
    return Rows(np.tile(row, count), column.ravel(), value.ravel(), lower, upper)

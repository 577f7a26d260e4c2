# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinergy.results.settlement import PRICES, settle

MONEY = ("energy_eur", "grid_fee_eur", "levy_eur", "standing_eur", "vat_eur", "feed_in_revenue_eur", "net_cost_eur", "co2_kg")
STEP_S = 900.0


def floats(shape, low, high):
    return arrays(np.float64, shape, elements=st.floats(low, high, allow_subnormal=False))


@st.composite
def cases(draw):
    """Arguments of `settle` whose total price is the sum of its parts."""
    steps, connections, tariffs = (draw(st.integers(1, 6)) for _ in range(3))
    parts = [draw(floats((steps, tariffs), -0.5, 1.0)) for _ in range(4)]
    others = [sum(parts), draw(floats((steps, tariffs), -0.5, 1.0)), draw(floats((steps, tariffs), 0.0, 1000.0))]
    return {
        "p_kw": draw(floats((steps, connections), -50.0, 50.0)),
        "step_s": STEP_S,
        "prices": dict(zip(PRICES, [*parts, *others], strict=True)),
        "tariff_row": draw(arrays(np.int64, connections, elements=st.integers(0, tariffs - 1))),
        "standing_eur_per_year": draw(floats(tariffs, 0.0, 500.0)),
        "vat_percent": draw(floats(tariffs, 0.0, 30.0)),
    }


def per_step(case):
    for row in range(len(case["p_kw"])):
        rows = slice(row, row + 1)
        yield settle(**case | {"p_kw": case["p_kw"][rows], "prices": {name: part[rows] for name, part in case["prices"].items()}})


def assert_same(one, other, factor=1.0):
    for name in MONEY:
        np.testing.assert_allclose(getattr(one, name), factor * getattr(other, name), rtol=1e-9, atol=1e-10, err_msg=name)


@given(cases())
def test_what_is_paid_is_received_in_every_step_and_in_total(case):
    settlement = settle(**case)
    assert settlement.residual_max_eur <= 1e-10
    assert settlement.residual_total_eur == pytest.approx(0.0, abs=1e-10)


@given(cases())
def test_the_sum_over_steps_is_the_total(case):
    added = reduce(add, per_step(case))
    whole = settle(**case)
    assert_same(added, whole)
    assert added.received_eur == pytest.approx(whole.received_eur, abs=1e-10)


@given(cases())
def test_splitting_every_step_into_two_gives_the_same_bill(case):
    halves = case | {
        "p_kw": np.repeat(case["p_kw"], 2, axis=0),
        "prices": {name: np.repeat(part, 2, axis=0) for name, part in case["prices"].items()},
        "step_s": STEP_S / 2,
    }
    assert_same(settle(**halves), settle(**case))


@given(cases(), st.floats(0.0, 10.0))
def test_the_bill_is_linear_in_energy(case, factor):
    plain = case | {"standing_eur_per_year": np.zeros_like(case["standing_eur_per_year"])}
    assert_same(settle(**plain | {"p_kw": factor * case["p_kw"]}), settle(**plain), factor)


@given(cases())
def test_the_order_of_connections_does_not_matter(case):
    turned = settle(**case | {"p_kw": case["p_kw"][:, ::-1], "tariff_row": case["tariff_row"][::-1]})
    np.testing.assert_allclose(turned.net_cost_eur[::-1], settle(**case).net_cost_eur, rtol=1e-12, atol=1e-12)


@given(cases())
def test_import_less_export_is_the_energy_of_the_power(case):
    settlement = settle(**case)
    energy_kwh = case["p_kw"].sum(axis=0) * STEP_S / 3600.0
    np.testing.assert_allclose(settlement.energy_import_kwh - settlement.energy_export_kwh, energy_kwh, rtol=1e-9, atol=1e-9)
    assert (settlement.energy_import_kwh >= 0.0).all()
    assert (settlement.energy_export_kwh >= 0.0).all()

# SPDX-License-Identifier: Apache-2.0
"""kind: tool. The optimum equals that of a second formulation in Pyomo, solved by HiGHS through another door."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.home_energy.optimum import HomeModel, Limits
from tests.reference.optimum_pyomo import optimum_eur
from tests.unit.optimum_sample import PARTS, random_home, random_outlook, random_weights

EXACT = Limits(mip_gap=0.0, accept=0.0, nodes=2000)
SEED = st.integers(0, 2**32 - 1)
OWNED = st.frozensets(st.sampled_from(PARTS))


def both(seed: int, n_steps: int, parts: frozenset[str], *, odd_prices: bool) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    home = random_home(rng, n_steps, parts)
    outlook, weights = random_outlook(rng, home, parts, odd_prices=odd_prices), random_weights(rng)
    plan = HomeModel(home, EXACT).solve(outlook, weights)
    assert plan.status == "optimal"
    return plan.objective_eur, optimum_eur(home, outlook, weights)


@given(seed=SEED, n_steps=st.sampled_from([1, 2, 5, 16]), parts=OWNED, odd_prices=st.booleans())
@settings(max_examples=60, deadline=None)
def test_random_homes(seed: int, n_steps: int, parts: frozenset[str], odd_prices: bool):
    ours, theirs = both(seed, n_steps, parts, odd_prices=odd_prices)
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("parts", [{"battery", "pv", "tank", "room"}, {"battery", "pv", "car", "machines"}])
def test_a_whole_day_of_quarter_hours(parts: set[str]):
    ours, theirs = both(11, 96, frozenset(parts), odd_prices=False)
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)

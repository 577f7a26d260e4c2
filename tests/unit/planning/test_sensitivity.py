# SPDX-License-Identifier: Apache-2.0
"""One assumption at a time: by hand where a boiler is all there is, and what cannot be changed or planned is said."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.planning.exploring_site import Need, site
from twinergy.errors import ModelError
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.draft import HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.sensitivity import Change, costed, scaled, sensitivity
from twinergy.planning.size import Size

DAY, WEEK = Horizon.whole(24), Horizon.whole(168)


def boiler_house() -> list[Need | Boiler]:
    # 10 kW round the clock: 87,600 kWh x 0.1 EUR = 8,760 EUR of fuel, 10 kW x 50 EUR of boiler, 17,520 kg
    size = Size(unit="kW", most=15.0, annual_eur=50.0)
    fuel = {"fuel_eur_per_kwh": np.full(24, 0.1), "fuel_co2_g_per_kwh": 200.0}
    new = Boiler(id="boiler", node="n", size=size, efficiency=1.0, **fuel)
    return [Need(id="need", node="n", carrier=HEAT, demand_kw=10.0), new]


def changes() -> list[Change]:
    return [
        *costed("boiler cost", "boiler", (0.5, 2.0)),
        *scaled("fuel price", "boiler", "fuel_eur_per_kwh", (0.8, 1.2)),
        *scaled("demand", "demand", "demand_kw", (0.9, 1.1)),
    ]


def test_a_tornado_by_hand() -> None:
    found = sensitivity(boiler_house(), DAY, changes())
    assert (found.base.eur, found.base.co2_kg) == pytest.approx((9260.0, 17520.0))
    assert [(name, [row.eur for row in bar]) for name, bar in found.tornado()] == [
        ("fuel price", pytest.approx([-1752.0, 1752.0])),
        ("demand", pytest.approx([-926.0, 926.0])),
        ("boiler cost", pytest.approx([-250.0, 500.0])),
    ]
    demand = found.tornado()[1][1]
    assert [row.sizes["boiler.size_kw"] for row in demand] == pytest.approx([-1.0, 1.0])
    assert [row.co2_kg for row in demand] == pytest.approx([-1752.0, 1752.0])


def test_a_change_without_a_plan_is_a_row_that_says_why() -> None:
    found = sensitivity(boiler_house(), DAY, [*changes(), *scaled("demand", "demand", "demand_kw", (2.0,))])
    name, bar = found.tornado()[0]
    assert (name, bar[-1].outcome.status) == ("demand", "infeasible")
    assert np.isnan(bar[-1].eur)
    assert "boiler: size_kw is at most 15 kW, existing and new; raise it by 5 kW" in bar[-1].outcome.why


def test_a_change_that_nothing_can_be_made_of_is_a_row_that_says_why() -> None:
    """The other rows stand where they stood."""
    found = sensitivity(boiler_house(), DAY, [*costed("cost of wind", "wind", (0.8,)), *changes()])
    bars = dict(found.tornado())
    (row,) = bars["cost of wind"]
    assert (row.outcome.status, np.isnan(row.eur)) == ("failed", True)
    assert "no block of kind 'wind'" in row.outcome.why
    assert [row.eur for row in bars["fuel price"]] == pytest.approx([-1752.0, 1752.0])
    assert found.as_dict()["rows"][0]["why"] == row.outcome.why


def test_parts_of_blocks_are_scaled_too() -> None:
    more_sun = scaled("sun", "pv", "yield_kw_per_kwp", (1.5,))[0].apply(site(168))
    assert np.array_equal(more_sun[2].faces[0].yield_kw_per_kwp, 1.5 * site(168)[2].faces[0].yield_kw_per_kwp)


def test_blocks_given_stay_as_they_are() -> None:
    blocks = boiler_house()
    changed = scaled("fuel price", "boiler", "fuel_eur_per_kwh", (2.0,))[0].apply(blocks)
    assert changed[0] is blocks[0]
    assert blocks[1].fuel_eur_per_kwh[0] == 0.1
    assert changed[1].fuel_eur_per_kwh[0] == 0.2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (scaled("x", "boilr", "fuel_eur_per_kwh", (2.0,)), "no block of kind 'boilr' to change: did you mean 'boiler'"),
        (scaled("x", "boiler", "price", (2.0,)), "blocks of kind 'boiler' have no price to change"),
        (costed("x", "demand", (2.0,)), "blocks of kind 'demand' have no size to change"),
    ],
)
def test_what_cannot_be_changed_is_said(change: list[Change], said: str) -> None:
    (row,) = sensitivity(boiler_house(), DAY, change).rows
    assert row.outcome.status == "failed"
    assert said in row.outcome.why
    with pytest.raises(ValueError, match=said):
        change[0].apply(boiler_house())


def test_without_a_plan_to_compare_with_there_is_no_table() -> None:
    blocks = [Need(id="need", node="n", carrier=HEAT, demand_kw=20.0), boiler_house()[1]]
    with pytest.raises(ModelError, match="no plan to compare with: no plan keeps all limits"):
        sensitivity(blocks, DAY, changes())


def test_a_table_is_plain_data() -> None:
    rows = sensitivity(boiler_house(), DAY, changes()).as_dict()["rows"]
    assert [row["level"] for row in rows] == ["x 0.8", "x 1.2", "x 0.9", "x 1.1", "x 0.5", "x 2"]

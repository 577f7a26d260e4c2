# SPDX-License-Identifier: Apache-2.0
"""Sizes before the future is known: a newsvendor's boiler by hand, and what must hold whatever the futures are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning.exploring_site import Need, home
from twinergy.errors import ModelError
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import ELECTRICITY, HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import optimise
from twinergy.planning.size import Size
from twinergy.planning.uncertain import Future, Risk, robust

if TYPE_CHECKING:
    from twinergy.planning.draft import Block

DAY = Horizon.whole(24)
FUEL, DEAR, ANNUAL = 438.0, 1314.0, 200.0
"""A kW of heat for a year at 0.05 and at 0.15 EUR/kWh, and a kW of boiler [EUR/a]."""


def boiler_house(demand_kw: float, *, annual_eur: float = ANNUAL, backup_kw: float = 1000.0, **options: Any) -> list[Block]:
    backup = Size(unit="kW", existing=backup_kw, most=0.0)
    size = Size(unit="kW", most=500.0, annual_eur=annual_eur, **options)
    return [
        Need(id="need", node="n", carrier=HEAT, demand_kw=demand_kw),
        Boiler(id="boiler", node="n", size=size, efficiency=1.0, fuel_eur_per_kwh=0.05, fuel_co2_g_per_kwh=250.0),
        Boiler(id="backup", node="n", size=backup, efficiency=1.0, fuel_eur_per_kwh=0.15),
    ]


def futures(high: float, **options: Any) -> list[Future]:
    """Return 50 kW of demand, or 100 kW with some probability."""
    return [
        Future(name="low", probability=1.0 - high, blocks=boiler_house(50.0, **options)),
        Future(name="high", probability=high, blocks=boiler_house(100.0, **options)),
    ]


@pytest.mark.parametrize(("high", "size_kw"), [(0.22, 50.0), (0.24, 100.0)])
def test_the_boiler_grows_at_the_critical_ratio(high: float, size_kw: float) -> None:
    # the kW beyond 50 saves 1,314 - 438 = 876 EUR in the high future and costs 200 EUR: from a probability of 0.2283 on
    assert robust(futures(high), DAY).sizes["boiler.size_kw"] == pytest.approx(size_kw)


def test_value_of_information_and_of_the_stochastic_solution_by_hand() -> None:
    found = robust(futures(0.1), DAY)
    low, high = 50.0 * (ANNUAL + FUEL), 100.0 * (ANNUAL + FUEL)
    here = 0.9 * low + 0.1 * (50.0 * ANNUAL + 50.0 * FUEL + 50.0 * DEAR)
    # the mean demand is 55 kW, and so is the boiler for it
    mean = 0.9 * (55.0 * ANNUAL + 50.0 * FUEL) + 0.1 * (55.0 * ANNUAL + 55.0 * FUEL + 45.0 * DEAR)
    assert found.alone_eur == pytest.approx({"low": low, "high": high})
    assert found.mean_eur == pytest.approx(here)
    assert found.information_eur == pytest.approx(here - 0.9 * low - 0.1 * high)
    assert found.mean_sizes["boiler.size_kw"] == pytest.approx(55.0)
    assert found.stochastic_eur == pytest.approx(mean - here)


def test_the_least_regret_by_hand() -> None:
    # regret is 200 (x - 50) in the low future and (876 - 200) (100 - x) in the high one: equal at x = 77,600 / 876
    found = robust(futures(0.1), DAY, Risk(rule="regret"))
    assert found.sizes["boiler.size_kw"] == pytest.approx(77600.0 / 876.0)
    assert found.regret_eur == pytest.approx(200.0 * (77600.0 / 876.0 - 50.0))


def test_the_worst_case_is_served_best() -> None:
    found = robust(futures(0.01), DAY, Risk(rule="worst"))
    assert found.sizes["boiler.size_kw"] == pytest.approx(100.0)
    assert found.worst_eur == pytest.approx(63800.0)


@pytest.mark.parametrize(("weight", "size_kw"), [(0.0, 50.0), (0.39, 50.0), (0.40, 100.0), (1.0, 100.0)])
def test_weight_of_the_dear_part_by_hand(weight: float, size_kw: float) -> None:
    # the dear tenth is half high, half low future: a kW is worth (0.05 (1 - w) + 0.5 w) 876 EUR, as much as 200 EUR at w = 0.3962
    found = robust(futures(0.05), DAY, Risk(rule="cvar", tail=0.1, weight=weight))
    assert found.sizes["boiler.size_kw"] == pytest.approx(size_kw)


def test_a_price_on_greenhouse_gases_counts() -> None:
    # 250 g/kWh at 0.4 EUR/kg is 0.1 EUR/kWh: now both fuels cost the same, and no boiler is worth its money
    assert robust(futures(0.5), DAY, Risk(eur_per_kg=0.4)).sizes["boiler.size_kw"] == pytest.approx(0.0, abs=1e-9)


def test_sizes_for_the_mean_that_cannot_serve_a_future_are_worth_infinitely_less() -> None:
    found = robust(futures(0.1, backup_kw=0.0), DAY)
    assert found.sizes["boiler.size_kw"] == pytest.approx(100.0)
    assert found.stochastic_eur == float("inf")
    assert "sizes for the mean future cannot serve high" in found.notes


def test_packs_are_common_to_all_futures() -> None:
    found = robust(futures(0.5, step=30.0), DAY)
    # 90 or 120 kW: the fourth pack costs 6,000 EUR and saves 10 kW x 876 EUR x 0.5
    assert found.sizes["boiler.size_kw"] == pytest.approx(90.0)


def test_technology_cost_may_be_uncertain() -> None:
    # dear boilers at 1,500 EUR/kW pay in no future, cheap ones at 100 EUR/kW in each: the mean of 520 EUR decides, below 876 EUR
    several = [
        Future(name="cheap", probability=0.7, blocks=boiler_house(50.0, annual_eur=100.0)),
        Future(name="dear", probability=0.3, blocks=boiler_house(50.0, annual_eur=1500.0)),
    ]
    found = robust(several, DAY)
    assert found.sizes["boiler.size_kw"] == pytest.approx(50.0)
    assert found.mean_eur == pytest.approx(50.0 * (520.0 + FUEL))
    assert found.stochastic_eur == pytest.approx(0.0, abs=1e-6)
    assert found.information_eur == pytest.approx(0.3 * 50.0 * (1500.0 - 876.0))


def test_the_mean_of_two_weather_years_by_hand() -> None:
    # 0.2 kW/kWp in three years of four and 0.8 in the fourth are 0.35 on average: 10 kW of load want 10 / 0.35 kWp of modules,
    # which save 0.35 x 0.3 EUR/kWh x 8,760 h = 920 EUR/kWp and cost 500; in the dull years alone they would save 526 EUR/kWp
    def year(yielded: float) -> list[Block]:
        face = Face(name="flat", yield_kw_per_kwp=np.full(24, yielded), size=Size(unit="kWp", most=100.0, annual_eur=500.0))
        return [
            Need(id="need", node="n", carrier=ELECTRICITY, demand_kw=10.0),
            Tariff(id="meter", node="n", import_eur_per_kwh=0.3, export_eur_per_kwh=0.0),
            Pv(id="pv", node="n", faces=(face,)),
        ]

    several = [
        Future(name="dull", probability=0.75, blocks=year(0.2)),
        Future(name="bright", probability=0.25, blocks=year(0.8)),
    ]
    found = robust(several, DAY)
    assert found.mean_sizes["pv.size_flat_kwp"] == pytest.approx(10.0 / 0.35)
    # up to 12.5 kWp both years use it all, beyond only the dull ones do: 0.75 x 526 EUR is less than 500
    assert found.sizes["pv.size_flat_kwp"] == pytest.approx(12.5)


def test_one_future_is_the_plain_plan() -> None:
    found = robust([Future(name="only", probability=1.0, blocks=home("n", 24))], DAY)
    assert found.mean_eur == pytest.approx(optimise(home("n", 24), DAY).eur, rel=1e-9)
    assert found.information_eur == pytest.approx(0.0, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(
    demands=st.lists(st.floats(10.0, 200.0), min_size=2, max_size=4),
    weights=st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4),
    annual=st.floats(10.0, 800.0),
)
def test_knowing_is_worth_something_and_rules_keep_their_word(demands: list[float], weights: list[float], annual: float) -> None:
    total = sum(weights[: len(demands)])
    several = [
        Future(name=f"{number}", probability=weights[number] / total, blocks=boiler_house(demand, annual_eur=annual))
        for number, demand in enumerate(demands)
    ]
    plain, worst, regret = (robust(several, DAY, Risk(rule=rule)) for rule in ("mean", "worst", "regret"))
    close = 1e-6 * plain.mean_eur
    assert plain.information_eur >= -close
    assert plain.stochastic_eur >= -close
    assert plain.mean_eur <= min(worst.mean_eur, regret.mean_eur) + close
    assert worst.worst_eur <= min(plain.worst_eur, regret.worst_eur) + close
    assert regret.regret_eur <= min(plain.regret_eur, worst.regret_eur) + close


def test_futures_must_offer_the_same() -> None:
    several = [
        Future(name="one", probability=0.5, blocks=boiler_house(50.0)),
        Future(name="other", probability=0.5, blocks=boiler_house(50.0)[:2]),
    ]
    with pytest.raises(ModelError, match=r"same sizes to choose, but only some of them have backup\.size_kw"):
        robust(several, DAY)


def test_a_future_without_a_plan_is_named() -> None:
    several = [*futures(0.5)[:1], Future(name="frost", probability=0.5, blocks=boiler_house(5000.0))]
    with pytest.raises(ModelError, match="future 'frost' has no plan \\(infeasible\\)"):
        robust(several, DAY)


@pytest.mark.parametrize(
    ("shares", "said"),
    [((0.5, 0.4), r"got a sum of 0\.9"), ((1.2, -0.2), r"got a sum of 1 \(high: -0\.2\)")],
)
def test_probabilities_are_checked(shares: tuple[float, float], said: str) -> None:
    several = [Future(name=name, probability=share, blocks=[]) for name, share in zip(("low", "high"), shares, strict=True)]
    with pytest.raises(ValueError, match=said):
        robust(several, DAY)


def test_the_dear_part_is_a_part() -> None:
    with pytest.raises(ValueError, match=r"in \(0, 1\].*got 0\.0 and 0\.5"):
        Risk(rule="cvar", tail=0.0)

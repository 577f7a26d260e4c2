# SPDX-License-Identifier: Apache-2.0
"""The front between cost and greenhouse gases: by hand where it is a line, against limits and by its shape elsewhere."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.planning.exploring_site import Need, site
from twinergy.errors import ModelError
from twinergy.planning import optimise
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.draft import HEAT
from twinergy.planning.front import Front, front
from twinergy.planning.front_asked import Question, asking
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import CO2, COST, Goal, Planner
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Callable

DAY, WEEK = Horizon.whole(24), Horizon.whole(168)


def two_fuels(clean: Size | None = None, demand_kw: float = 10.0) -> Planner:
    dirty = Boiler(
        id="dirty",
        node="n",
        size=Size(unit="kW", existing=20.0, most=0.0),
        efficiency=1.0,
        fuel_eur_per_kwh=0.08,
        fuel_co2_g_per_kwh=200.0,
    )
    green = Boiler(
        id="clean", node="n", size=clean or Size(unit="kW", existing=20.0, most=0.0), efficiency=1.0, fuel_eur_per_kwh=0.12
    )
    return Planner([Need(id="need", node="n", carrier=HEAT, demand_kw=demand_kw), dirty, green], DAY)


def shape(found: Front) -> tuple[np.ndarray, np.ndarray]:
    return np.array([point.eur for point in found.points]), np.array([point.co2_kg for point in found.points])


def test_two_fuels_make_a_line() -> None:
    # 87,600 kWh a year; all dirty 7,008 EUR and 17,520 kg, all clean 10,512 EUR and 0 kg: 3,504 EUR for 17.52 t is 200 EUR/t
    found = front(two_fuels(), 5)
    eur, co2_kg = shape(found)
    assert co2_kg == pytest.approx([17520.0, 13140.0, 8760.0, 4380.0, 0.0], abs=1e-3)
    assert eur == pytest.approx([7008.0, 7884.0, 8760.0, 9636.0, 10512.0], rel=1e-9)
    assert [point.eur_per_t for point in found.points[1:]] == pytest.approx([200.0] * 4, rel=1e-6)


def test_a_point_between_two_optima_keeps_every_limit() -> None:
    planner = two_fuels()
    middle = front(planner, 3).points[1].optimum
    heat = sum(middle.value(f"{boiler}.heat_kw") for boiler in ("dirty", "clean"))
    assert heat == pytest.approx(10.0)


def test_ends_are_least_cost_and_least_co2() -> None:
    found = front(Planner(site(168, 2), WEEK), 6)
    assert found.points[0].eur == pytest.approx(Planner(site(168, 2), WEEK).ask(COST).eur, rel=1e-6)
    assert found.points[-1].co2_kg == pytest.approx(Planner(site(168, 2), WEEK).ask(CO2).co2_kg, rel=1e-6)


def test_every_point_costs_what_a_limit_on_its_emissions_costs() -> None:
    found, other = front(Planner(site(168, 2), WEEK), 8), Planner(site(168, 2), WEEK)
    for point in found.points:
        limited = other.ask(Goal(most_co2_kg=point.co2_kg * (1.0 + 1e-9)))
        assert point.eur == pytest.approx(limited.eur, rel=2e-6)
        assert point.eur >= limited.eur * (1.0 - 1e-6)
        assert point.eur - limited.eur <= point.gap_eur + 1e-6 * limited.eur


@pytest.mark.parametrize("nodes", [1, 2])
def test_the_front_falls_bends_one_way_and_is_even(nodes: int) -> None:
    found = front(Planner(site(168, nodes), WEEK), 10)
    eur, co2_kg = shape(found)
    slopes = np.diff(eur) / -np.diff(co2_kg)
    assert len(found.points) == 10
    assert (np.diff(eur) > 0.0).all()
    assert (np.diff(co2_kg) < 0.0).all()
    assert (np.diff(slopes) >= -1e-6 * slopes[1:]).all()
    assert np.abs(np.diff(co2_kg) / np.diff(co2_kg).mean() - 1.0).max() <= 0.21


def test_prices_lie_between_the_ways_before_and_after() -> None:
    found = front(Planner(site(168, 2), WEEK), 8)
    eur, co2_kg = shape(found)
    slopes = 1000.0 * np.diff(eur) / -np.diff(co2_kg)
    for number, point in enumerate(found.points[1:-1], start=1):
        assert slopes[number - 1] * (1.0 - 1e-4) <= point.eur_per_t <= slopes[number] * (1.0 + 1e-4)


def test_where_the_cheapest_plan_is_the_cleanest_there_is_one_point() -> None:
    planner = two_fuels()
    planner = Planner([*planner.blocks[:1], replace(planner.blocks[2], fuel_eur_per_kwh=0.05)], DAY)
    found = front(planner, 5)
    assert len(found.points) == 1
    assert "1 of 5 points" in found.notes[-1]


def test_whole_numbers_are_solved_with_limits() -> None:
    # packs of 4 kW that emit nothing and cost 100 EUR/kW/a, beside fuel that is dearer by 350.4 EUR/kW/a of clean heat
    found = front(two_fuels(Size(unit="kW", most=12.0, step=4.0, annual_eur=100.0)), 4)
    eur, co2_kg = shape(found)
    packs = [round(point.sizes["clean.size_kw"] / 4.0, 6) for point in found.points]
    assert packs == [0.0, 1.0, 2.0, 3.0]
    # limits at thirds of 17,520 kg ask for 3.33, 6.67 and 10 kW of clean heat: 4, 8 and 12 kW of boiler
    assert eur == pytest.approx(
        [7008.0, 7008.0 + 400 + 350.4 * 10 / 3, 7008.0 + 800 + 350.4 * 20 / 3, 7008.0 + 1200 + 3504.0], rel=1e-4
    )
    assert (np.diff(co2_kg) < 0.0).all()


@pytest.fixture
def by_way_of_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    """One week is worth its while from two on; pieces from the first column on."""
    monkeypatch.setattr(optimise, "START_WEEKS", 1)
    monkeypatch.setattr(optimise, "WORTH_A_START_H", 168)
    monkeypatch.setattr(optimise, "WORTH_PIECES", 1)


def test_with_weeks_there_are_few_optima_of_the_year_and_they_are_those_of_limits(by_way_of_weeks: None) -> None:
    hours = 3 * 168
    planner = Planner(site(hours, 2), Horizon.whole(hours))
    assert planner.weeks is not None
    found = front(planner, 6)
    assert found.solves <= 6 + 3
    other = Planner(site(hours, 2), Horizon.whole(hours))
    for point in found.points[1:-1]:
        limited = other.ask(Goal(most_co2_kg=point.co2_kg * (1.0 + 1e-9)))
        assert point.eur == pytest.approx(limited.eur, rel=1e-4)
        assert point.eur >= limited.eur * (1.0 - 1e-6)


def test_two_processes_find_the_same_points() -> None:
    alone = front(Planner(site(168, 2), WEEK), 5)
    several = front(Planner(site(168, 2), WEEK), 5, workers=2)
    assert several.solves == alone.solves
    for one, other in zip(several.points, alone.points, strict=True):
        assert one.as_dict()["sizes"].keys() == other.as_dict()["sizes"].keys()
        figures = [(point.eur, point.co2_kg, point.eur_per_t) for point in (one, other)]
        assert figures[0] == pytest.approx(figures[1], rel=1e-9)
    assert several.points[1].optimum is None
    assert alone.points[1].optimum is not None


def test_a_worker_that_dies_is_said() -> None:
    class Dead:
        def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
            lost: Future[Any] = Future()
            lost.set_exception(OSError("out of memory"))
            return lost

    with asking(two_fuels(), Dead()) as ask:
        assert ask([Question(COST)]) == ["the worker ended with OSError: out of memory"]
    with pytest.raises(ModelError, match="no plan, so no front"):
        front(two_fuels(), 3, Dead())


def test_a_front_needs_two_ends() -> None:
    with pytest.raises(ValueError, match="at least 2 points, got 1"):
        front(two_fuels(), 1)


def test_without_a_plan_there_is_no_front() -> None:
    with pytest.raises(ModelError, match="no plan, so no front"):
        front(two_fuels(demand_kw=100.0), 3)


def test_a_front_is_plain_data() -> None:
    first = front(two_fuels(), 2).as_dict()["points"][0]
    assert set(first) == {"eur", "co2_kg", "eur_per_t", "gap_eur", "sizes"}

# SPDX-License-Identifier: Apache-2.0
"""Typical periods: what is exact when nothing is left out, what is kept otherwise, and what a plan made with them misses."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.planning.exploring_site import Need, shapes, site
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.draft import HEAT
from twinergy.planning.fixed import error_of
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import optimise
from twinergy.planning.periods import Typical, series_of, typical
from twinergy.planning.size import Size

DAYS = 28
STEPS = 24 * DAYS


def of_site(count: int = 6, length: int = 24) -> Typical:
    pytest.importorskip("tsam", reason="typical periods need tsam")
    return typical(series_of(site(STEPS), STEPS), count, length)


def test_series_are_found_in_blocks_and_their_parts() -> None:
    blocks = site(STEPS)
    found = series_of(blocks, STEPS)
    assert sorted(found) == [
        "heat-demand.demand_kw",
        "homes-1-load.demand_kw",
        "homes-1-meter.co2_g_per_kwh",
        "homes-1-meter.import_eur_per_kwh",
        "homes-1-pv.faces.south.yield_kw_per_kwp",
    ]
    assert (
        series_of([*blocks, Need(id="twin", node="n", carrier=HEAT, demand_kw=blocks[1].demand_kw)], STEPS).keys() == found.keys()
    )


def test_weights_add_up_to_the_year_and_keep_its_sums() -> None:
    found = of_site(12)
    assert found.horizon.hours.sum() == pytest.approx(8760.0)
    assert sum(found.counts) == DAYS
    assert max(abs(error) for error in found.sums.values()) < 1e-6
    for name, values in series_of(site(STEPS), STEPS).items():
        picked = found.horizon.of(values) @ found.horizon.hours
        assert picked / 8760.0 == pytest.approx(values.mean(), rel=1e-6), name


def test_periods_are_real_ones_each_standing_for_itself() -> None:
    found = of_site()
    assert all(first % 24 == 0 for first in found.firsts)
    assert len(found.assigned) == DAYS
    assert [found.assigned[first // 24] for first in found.firsts] == list(range(len(found.firsts)))
    assert (np.diff(np.reshape(found.horizon.source, (-1, 24)), axis=1) == 1).all()


def test_the_highest_demand_and_the_least_sun_are_among_them() -> None:
    found, course = of_site(3), shapes(STEPS)
    days = {first // 24 for first in found.firsts}
    assert int(np.argmax(course["load_kw"])) // 24 in days
    assert int(np.argmax(course["heat_kw"])) // 24 in days
    assert int(np.argmin(np.reshape(course["sun"], (DAYS, 24)).sum(axis=1))) in days


def test_a_period_seen_by_hand() -> None:
    # days of 1, 1, 1, 5, 5, 9 kW: three sorts, the highest is one of them; sums are kept by the counts themselves
    pytest.importorskip("tsam", reason="typical periods need tsam")
    levels = np.repeat([1.0, 1.0, 1.0, 5.0, 5.0, 9.0], 24)
    found = typical({"n.demand_kw": levels}, 3, 24)
    assert sorted(zip(levels[list(found.firsts)], found.weights, strict=True)) == [
        (1.0, pytest.approx(3.0)),
        (5.0, pytest.approx(2.0)),
        (9.0, pytest.approx(1.0)),
    ]


def test_with_all_periods_nothing_is_lost() -> None:
    blocks, found = site(STEPS), of_site(DAYS)
    error = error_of(optimise(blocks, found.horizon), blocks, Horizon.whole(STEPS), compare=True)
    # days close on themselves, the year as a whole: a plan of days may cost more, never less than what it then costs
    assert error.unmet_kwh == {}
    assert error.planned_eur >= error.eur * (1.0 - 1e-9)
    assert 0.0 <= error.regret + 1e-9 < 0.002


def test_the_error_of_a_few_days_is_shown_and_small() -> None:
    blocks, found = site(STEPS), of_site(6)
    error = error_of(optimise(blocks, found.horizon), blocks, Horizon.whole(STEPS), compare=True)
    assert error.best_eur <= error.eur * (1.0 + 1e-9)
    assert abs(error.cost_error) < 0.02
    assert error.as_dict()["regret"] == error.regret


def test_what_a_plan_without_the_peak_cannot_meet_is_counted() -> None:
    # 1 kW but for one hour of 5 kW in 14 days; planned with the first day only, the boiler has 1 kW: 4 kW are missing in one hour
    # of 336, which stands for 8,760 / 336 h of a year
    demand_kw = np.ones(336)
    demand_kw[200] = 5.0
    new = Boiler(id="boiler", node="n", size=Size(unit="kW", most=9.0, annual_eur=50.0), efficiency=1.0, fuel_eur_per_kwh=0.1)
    blocks = [Need(id="need", node="n", carrier=HEAT, demand_kw=demand_kw), new]
    planned = optimise(blocks, Horizon.periods([0], 24, np.array([365.0])))
    error = error_of(planned, blocks, Horizon.whole(336))
    assert error.planned_eur == pytest.approx(50.0 + 876.0)
    assert error.unmet_kwh == {"n heat": pytest.approx(4.0 * 8760.0 / 336.0)}
    assert error.eur == pytest.approx(50.0 + 876.0)
    assert np.isnan(error.best_eur)


@pytest.mark.parametrize(
    ("series", "count", "said"),
    [
        ({}, 3, "must be there and equally long, got lengths of none"),
        ({"a": np.ones(48), "b": np.ones(47)}, 1, r"equally long, got lengths \[47, 48\]"),
        ({"a": np.array([1.0, np.nan] * 24)}, 1, "series have gaps, first at a: step 1: fill them"),
        ({"a": np.ones(48)}, 3, "3 typical periods of 24 steps asked for; the data have 2 of them: ask for 1 to 2"),
    ],
)
def test_bad_series_are_said(series: dict[str, np.ndarray], count: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        typical(series, count, 24)

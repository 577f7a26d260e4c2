# SPDX-License-Identifier: Apache-2.0
"""What is learned of homes, by hand and against what was simulated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from controllers.home_energy.analysis import (
    PLUG,
    History,
    Likeness,
    Window,
    base_load_kw,
    compare,
    costs,
    flexibility,
    idle_kw,
    portraits,
    programmes,
    supply,
    usage,
)
from controllers.home_energy.analysis.calendar import calendar
from controllers.home_energy.analysis.peers import BASES
from controllers.home_energy.analysis.runs import find_runs

MONDAY = int(datetime(2024, 1, 8, tzinfo=UTC).timestamp())


def window(step_s=3600, timezone="UTC", start=MONDAY, **series):
    """Return a window of homes ``a``, ``b`` … from columns."""
    values = {name: np.array(column, dtype=float) for name, column in series.items()}
    values = {name: column[:, None] if column.ndim == 1 else column for name, column in values.items()}
    ids = tuple("abcdefghij"[: next(iter(values.values())).shape[1]])
    return Window(ids=ids, start_epoch_s=start, step_s=step_s, timezone=timezone, values=values)


# --- time and memory ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "Europe/Athens", "UTC", "America/New_York"])
def test_local_time_is_that_of_pandas_through_a_year(zone):
    got = calendar(MONDAY, 900, 366 * 96, zone)
    local = pd.date_range("2024-01-08", periods=366 * 96, freq="15min", tz="UTC").tz_convert(zone)
    assert np.array_equal(got.hour, local.hour)
    assert np.array_equal(got.weekend, local.dayofweek >= 5)
    days = (local.tz_localize(None).normalize() - local[0].tz_localize(None).normalize()).days
    assert np.array_equal(got.day, days)


def test_seasons_are_those_of_the_standard_load_profiles():
    """VDEW: summer 15 May to 14 September, winter 1 November to 20 March."""
    borders = {(3, 20): 0, (3, 21): 1, (5, 14): 1, (5, 15): 2, (9, 14): 2, (9, 15): 1, (10, 31): 1, (11, 1): 0}
    for (month, day), season in borders.items():
        noon = int(datetime(2023, month, day, 12, tzinfo=UTC).timestamp())
        assert calendar(noon, 3600, 1, "UTC").season[0] == season


def test_the_night_of_the_clock_change_has_its_hours_once_and_twice():
    begin = int(datetime(2024, 10, 27, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    assert calendar(begin, 3600, 5, "Europe/Berlin").hour.tolist() == [0, 1, 2, 2, 3]


def test_history_keeps_the_last_days_in_order_and_shows_gaps():
    kept = History(["a"], ["p_household_kw"], step_s=21_600, days=1, timezone="UTC")
    for hour, value in ((0, 1.0), (6, 2.0), (18, 4.0), (24, 5.0)):  # 12:00 is missing
        kept.add(MONDAY + 3600 * hour, {"p_household_kw": np.array([value])})
    got = kept.window()
    assert got.start_epoch_s == MONDAY + 21_600
    assert np.array_equal(got["p_household_kw"][:, 0], [2.0, np.nan, 4.0, 5.0], equal_nan=True)
    assert kept.window(0.5)["p_household_kw"][:, 0].tolist() == [4.0, 5.0]
    with pytest.raises(ValueError, match=f"readings of {MONDAY} s come after those of {MONDAY + 86400} s"):
        kept.add(MONDAY, {})


def test_history_forgets_what_lies_before_a_long_silence():
    kept = History(["a"], ["p_household_kw"], step_s=3600, days=1, timezone="UTC")
    kept.add(MONDAY, {"p_household_kw": np.array([1.0])})
    kept.add(MONDAY + 10 * 86400, {"p_household_kw": np.array([2.0])})
    assert kept.window()["p_household_kw"][:, 0].tolist() == [2.0]


def test_a_window_refuses_series_of_different_shape():
    with pytest.raises(ValueError, match=r"shape \(n_steps, 1\).*p_pv_kw \(3, 1\)"):
        window(p_grid_kw=[1.0, 2.0], p_pv_kw=[1.0, 2.0, 3.0])


def test_an_unknown_series_names_what_there_is():
    with pytest.raises(KeyError, match="did you mean 'p_grid_kw'"):
        window(p_grid_kw=[1.0])["p_gird_kw"]


# --- runs and use ------------------------------------------------------------------------------------------------------


def test_runs_by_hand():
    """Quarter hours: 1 kW for two steps, a pause of one, 2 kW for one; later one that does not end."""
    p_kw = np.array([0, 1, 1, 0, 2, 0, 0, 0, 1], dtype=float)[:, None]
    runs = find_runs(p_kw, 900.0, on_kw=0.1, merge_s=1800.0)
    assert (runs.begin.tolist(), runs.end.tolist()) == ([1, 8], [5, 9])
    assert runs.energy_kwh == pytest.approx([1.0, 0.25])
    assert runs.whole.tolist() == [True, False]
    assert len(find_runs(p_kw, 900.0, on_kw=0.1, merge_s=0.0).home) == 3


def test_a_run_with_a_gap_in_it_is_not_whole():
    p_kw = np.array([0, 1, np.nan, 1, 0, 1, 0], dtype=float)[:, None]
    assert find_runs(p_kw, 900.0, on_kw=0.1, merge_s=1800.0).whole.tolist() == [False]
    assert find_runs(p_kw, 900.0, on_kw=0.1, merge_s=0.0).whole.tolist() == [False, False, True]


def test_runs_do_not_cross_homes():
    p_kw = np.array([[0.0, 1.0], [1.0, 0.0]])
    runs = find_runs(p_kw, 900.0, on_kw=0.1, merge_s=1e6)
    assert (runs.home.tolist(), runs.begin.tolist(), runs.end.tolist()) == ([0, 1], [1, 0], [2, 1])


def test_use_of_a_kettle_by_hand():
    """Two weeks of hours; 1 kW at 7:00 on working days and at 9:00 on Saturdays and Sundays, 10 W always."""
    hour, day = np.arange(14 * 24) % 24, np.arange(14 * 24) // 24 % 7
    on = np.where(day < 5, hour == 7, hour == 9)
    got = usage(window(p_cooking_kw=0.01 + on * 1.0), PLUG["cooking"])
    assert got.starts_per_week[0] == pytest.approx(7.0)
    assert got.energy_per_use_kwh[0] == pytest.approx(1.0)
    assert got.duration_s[0] == 3600.0
    assert got.standby_kw[0] == pytest.approx(0.01)
    assert (got.workday_kwh[0], got.weekend_kwh[0]) == (pytest.approx(1.24), pytest.approx(1.24))
    assert got.start_share[7, 0] == pytest.approx(5 / 7)
    assert got.start_share[9, 0] == pytest.approx(2 / 7)
    assert got.hour_kwh[7, 0] == pytest.approx(0.01 + 5 / 7)
    assert got.hour_kwh.sum() == pytest.approx(got.day_kwh[0])
    assert got.season_kwh[0, 0] == pytest.approx(1.24)
    assert np.isnan(got.season_kwh[1:, 0]).all()


def test_gaps_are_left_out_and_not_counted_as_rest():
    p_kw = np.full(7 * 24, 0.2)
    p_kw[24:96] = np.nan
    got = usage(window(p_other_kw=p_kw), PLUG["other"])
    assert got.day_kwh[0] == pytest.approx(4.8)
    assert got.seen_share[0] == pytest.approx(4 / 7)


def test_a_home_without_the_plug_is_not_known():
    got = usage(window(p_other_kw=np.full(48, np.nan)), PLUG["other"])
    assert np.isnan([got.starts_per_week[0], got.energy_per_use_kwh[0], got.standby_kw[0], got.day_kwh[0]]).all()


def test_long_steps_do_not_tell_runs_of_a_compressor_apart():
    assert np.isnan(usage(window(900, p_cold_kw=np.full(96, 0.05)), PLUG["cold"]).starts_per_week).all()


def test_base_load_and_idle_power_by_hand():
    """50 W always and 1 kW for 23 h a day: a plug rests for half an hour in it, a home not for three hours."""
    p_kw = np.full(3 * 96, 0.05)
    p_kw[np.arange(3 * 96) % 96 < 92] += 1.0
    assert base_load_kw(window(900, p_household_kw=p_kw))[0] == pytest.approx(0.05 + 2 / 3)
    assert idle_kw(window(900, p_other_kw=p_kw), "p_other_kw")[0] == pytest.approx(0.05)


def test_a_day_that_was_hardly_seen_has_no_base_load():
    p_kw = np.full(48, 0.1)
    p_kw[24:] = np.nan
    p_kw[28:32] = 0.0
    assert base_load_kw(window(p_household_kw=p_kw))[0] == pytest.approx(0.1)
    assert np.isnan(base_load_kw(window(p_household_kw=np.full(48, np.nan)))[0])


# --- supply and costs --------------------------------------------------------------------------------------------------


def test_supply_of_a_home_with_battery_by_hand():
    """Four hours. Sun 4 kW: load 1, battery 2, export 1. Load 3: battery 2, import 1. Load 1 and the battery buys 1. Load 1.

    Used 1 + 3 + 1 + 1; generated 4; bought 1 + 2 + 1; sold 1.
    """
    got = supply(window(p_grid_kw=[-1.0, 1.0, 2.0, 1.0], p_pv_kw=[-4.0, 0.0, 0.0, 0.0], p_battery_kw=[2.0, -2.0, 1.0, 0.0]))
    assert (got.consumption_kwh[0], got.generation_kwh[0]) == (6.0, 4.0)
    assert (got.import_kwh[0], got.export_kwh[0]) == (4.0, 1.0)
    assert (got.charged_kwh[0], got.discharged_kwh[0]) == (3.0, 2.0)
    assert got.self_consumption[0] == pytest.approx(1 - 1 / 4)
    assert got.self_sufficiency[0] == pytest.approx(1 - 4 / 6)


def test_steps_in_which_something_is_missing_do_not_count():
    got = supply(window(p_grid_kw=[1.0, 1.0, np.nan], p_pv_kw=[-1.0, np.nan, -1.0]))
    assert (got.consumption_kwh[0], got.import_kwh[0]) == (2.0, 1.0)
    assert got.seen_share[0] == pytest.approx(1 / 3)


def test_a_home_without_pv_and_battery_has_no_share_of_them():
    got = supply(window(p_grid_kw=[1.0, 1.0], p_pv_kw=[np.nan, np.nan], p_battery_kw=[np.nan, np.nan]))
    assert got.seen_share[0] == 1.0
    assert np.isnan(got.self_consumption[0])
    assert got.self_sufficiency[0] == 0.0


PRICES = {
    "energy_eur_per_kwh": np.array([0.1, 0.2]),
    "grid_fee_eur_per_kwh": np.array([0.05, 0.05]),
    "levy_eur_per_kwh": np.array([0.05, 0.05]),
    "vat_eur_per_kwh": np.array([0.04, 0.06]),
    "buy_eur_per_kwh": np.array([0.24, 0.36]),
    "feed_in_eur_per_kwh": np.array([0.08, 0.08]),
}


def test_costs_by_component_and_by_what_used_the_energy_by_hand():
    """2 kWh bought in the first hour for 1.5 kW of cooking and 0.5 kW of other; 1 kWh sold in the second."""
    seen = window(p_grid_kw=[2.0, -1.0], p_pv_kw=[0.0, -2.0], p_cooking_kw=[1.5, 1.0], p_other_kw=[0.5, 0.0])
    got = costs(seen, PRICES, ["p_cooking_kw", "p_other_kw"], standing_eur_per_year=8760.0, vat_percent=20.0)
    parts = {name: value[0] for name, value in got.component_eur.items()}
    assert parts == pytest.approx({"energy": 0.2, "grid_fee": 0.1, "levy": 0.1, "standing": 2.0, "vat": 0.08 + 0.4})
    assert got.feed_in_revenue_eur[0] == pytest.approx(0.08)
    assert got.net_cost_eur[0] == pytest.approx(2.88 - 0.08)
    assert {name: value[0] for name, value in got.group_eur.items()} == pytest.approx(
        {"p_cooking_kw": 0.36, "p_other_kw": 0.12, "rest": 0.0}
    )


def test_what_no_plug_explains_is_the_rest():
    got = costs(window(p_grid_kw=[2.0, 0.0], p_cooking_kw=[0.5, 0.0]), PRICES, ["p_cooking_kw"])
    assert got.group_eur["rest"][0] == pytest.approx(0.75 * 0.48)


# --- peers -------------------------------------------------------------------------------------------------------------


def test_peers_by_hand():
    """Six alike of 1 … 6 MWh: the fourth has three of five below, and the median of the others is 3 MWh."""
    homes = [Likeness(2, 100.0, "boiler")] * 6 + [Likeness(5, 200.0, "heat_pump")]
    got = compare(1000.0 * np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 20.0]), homes)
    assert got.percentile[3] == pytest.approx(3 / 5)
    assert got.difference_kwh[3] == pytest.approx(1000.0)
    assert got.n_peers.tolist() == [5] * 6 + [6]
    assert got.basis == (BASES[0],) * 6 + ("all homes",)


def test_likeness_is_relaxed_step_by_step():
    homes = [Likeness(2, area, "boiler") for area in (50.0, 70.0, 100.0, 130.0, 200.0, 70.0)]
    assert set(compare(np.arange(6.0), homes).basis) == {"residents and heating"}
    homes = [Likeness(1 + row, 100.0, "boiler") for row in range(6)]
    assert set(compare(np.arange(6.0), homes).basis) == {"heating"}


def test_fewer_than_five_peers_are_not_compared():
    got = compare(np.arange(5.0), [Likeness(2, 100.0, "boiler")] * 5)
    assert np.isnan(got.percentile).all()
    assert got.basis == ("",) * 5
    with pytest.raises(ValueError, match="with 4 homes tells too much"):
        compare(np.arange(9.0), [Likeness(2, 100.0, "boiler")] * 9, least=4)


def test_a_home_without_readings_is_nobody_s_peer():
    energy = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, np.nan])
    got = compare(energy, [Likeness(2, 100.0, "boiler")] * 7)
    assert got.n_peers.tolist() == [5] * 6 + [0]


def test_equal_homes_stand_in_the_middle():
    got = compare(np.full(8, 3.0), [Likeness(2, 100.0, "boiler")] * 8)
    assert got.percentile == pytest.approx(0.5)
    assert got.difference_kwh == pytest.approx(0.0)


# --- flexibility and programmes ----------------------------------------------------------------------------------------


def test_flexibility_by_hand():
    """A dishwasher that waits with 6 h, then 5 h, then runs with 1 kW for an hour of a day with 4 kWh."""
    day = np.zeros(24)
    wait, slack, power = day.copy(), day.copy(), day.copy()
    wait[[8, 9]], slack[[8, 9]], power[10] = 1.0, [6 * 3600.0, 5 * 3600.0], 1.0
    got = flexibility(
        window(p_household_kw=np.full(24, 4 / 24), dishwasher_p_kw=power, dishwasher_pending=wait, dishwasher_slack_s=slack)
    )
    assert got.shiftable_share[0] == pytest.approx(0.25)
    assert got.tolerance_s["dishwasher"][:, 0].tolist() == [6 * 3600.0] * 3
    assert got.jobs["dishwasher"].tolist() == [1]
    assert np.isnan(got.tolerance_s["tumble_dryer"]).all()


def test_programme_of_a_machine_with_two_programmes_is_one_of_them():
    long, short = [2.0, 0.2, 0.2, 1.0], [2.0, 0.4]
    p_kw = np.zeros(400)
    for place, shape in zip(range(10, 390, 40), [long, short, long, long, short, long, long, short, long, long], strict=True):
        p_kw[place : place + len(shape)] = shape
    got = programmes(window(900, washing_machine_p_kw=p_kw), "washing_machine")
    assert got.of(0) == pytest.approx(long)
    assert got.energy_kwh[0] == pytest.approx(3.4 / 4)
    assert got.runs[0] == 10
    assert got.mean_kwh[0] == pytest.approx((7 * 3.4 + 3 * 2.4) / 40)


def test_two_runs_are_not_enough_for_a_programme():
    p_kw = np.zeros(100)
    p_kw[[10, 50]] = 2.0
    got = programmes(window(900, washing_machine_p_kw=p_kw), "washing_machine")
    assert not got.known[0]
    assert np.isnan(got.energy_kwh[0])
    assert len(got.of(0)) == 0


def test_portrait_of_a_home_puts_it_together():
    """An hour of 1 kW at 19:00 each day, 50 W always, sun enough for half of it."""
    load = 0.05 + (np.arange(14 * 24) % 24 == 19)
    sun = -0.5 * (np.arange(14 * 24) % 24 == 12)
    seen = window(p_household_kw=load, p_cooking_kw=load - 0.05, p_pv_kw=sun, p_grid_kw=load + sun)
    (home,) = portraits(seen)
    assert home.dwelling == "a"
    assert home.base_load_kw == pytest.approx(0.05)
    assert home.day_kwh == pytest.approx(2.2)
    assert home.self_consumption == pytest.approx(0.1)
    (cooking,) = [each for each in home.plugs if each.plug == "cooking"]
    assert (cooking.starts_per_week, cooking.busiest_hour) == (pytest.approx(7.0), 19)
    assert home.start == datetime(2024, 1, 8, tzinfo=UTC)
    assert home.end - home.start == timedelta(days=14)

# SPDX-License-Identifier: Apache-2.0
"""Households against what others published or measured. No expected number stems from the model itself."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from simulators.household.standard_load import StandardLoad
from tests.shared_data import shared_data
from tests.unit.test_household_fleet import days, devices_of, fleet_of, homes, run
from twinergy.timebase import BLOCK_S, TimeAxis, local_midnight

H0 = StandardLoad(shape="h0", timezone="Europe/Berlin", country="DE-NW")
YEAR = days(date(2023, 1, 1), 365)
ANNUAL_KWH = 3500.0


@cache
def year_of_100() -> np.ndarray:
    return homes([ANNUAL_KWH] * 100, YEAR)


@cache
def standard_kw() -> np.ndarray:
    return H0.relative(YEAR.start_epoch_s, YEAR.n_steps) * ANNUAL_KWH / 8760.0


def peak_per_home(p_kw: np.ndarray, size: int, groups: int = 60) -> float:
    """Mean over random groups of a size of the peak of their mean load."""
    rng = np.random.default_rng(size)
    columns = [rng.choice(p_kw.shape[1], size, replace=False) for _ in range(groups if size < p_kw.shape[1] else 1)]
    return float(np.mean([p_kw[:, chosen].mean(axis=1).max() for chosen in columns]))


# --- the standard load -----------------------------------------------------------------------------------------------


def dynamisation(day_of_year: int) -> float:
    """VDEW, "Anwendung der Repräsentativen VDEW-Lastprofile step-by-step" (2000), equation for H0."""
    t = float(day_of_year)
    return -3.92e-10 * t**4 + 3.2e-7 * t**3 - 7.02e-5 * t**2 + 2.1e-3 * t + 1.24


@pytest.mark.parametrize(
    ("column", "day"),
    [
        ("winter", date(2023, 1, 14)),
        ("summer", date(2023, 7, 8)),
        ("transition", date(2023, 4, 15)),
        ("winter.1", date(2023, 1, 15)),
        ("summer.1", date(2023, 7, 9)),
        ("winter.2", date(2023, 2, 8)),
        ("summer.2", date(2023, 7, 12)),
    ],
)
def test_h0_is_the_table_of_the_vdew(column, day):
    """Table of the H0 profile as used with the WPuQ data (ISFH), Saturdays, Sundays and working days, W at 1000 kWh/a."""
    table = pd.read_csv(shared_data("loads", "wpuq_slpe.csv"), sep=";", header=0, index_col=0, skiprows=[1])
    watts = table[column].to_numpy(dtype=float) * dynamisation(day.timetuple().tm_yday)
    ours = H0.relative(int(local_midnight(day, "Europe/Berlin").timestamp()), 96) * 1000.0 / 8760.0 * 1000.0
    assert ours == pytest.approx(watts, rel=0.012)  # days of the year counted in fractions, each year scaled to 8760 h


# --- annual energy and the sum of many --------------------------------------------------------------------------------


def test_annual_energy_of_homes_of_all_sizes_within_5_percent():
    sizes = np.tile([1000.0, 1500.0, 2500.0, 3500.0, 5000.0, 8000.0], 20)
    energy_kwh = homes(sizes, YEAR).sum(axis=0) / 4.0
    assert np.abs(energy_kwh / sizes - 1.0).max() < 0.05


def test_annual_energy_of_100_homes_within_1_percent():
    assert year_of_100().sum() / 4.0 == pytest.approx(100 * ANNUAL_KWH, rel=0.01)


def test_100_homes_follow_h0_over_a_year():
    assert np.corrcoef(year_of_100().mean(axis=1), standard_kw())[0, 1] >= 0.95


@pytest.mark.parametrize("months", [(12, 1, 2), (6, 7, 8)], ids=["winter", "summer"])
def test_mean_working_day_of_100_homes_is_that_of_h0(months):
    local = pd.to_datetime(YEAR.start_epoch_s + 900 * np.arange(YEAR.n_steps), unit="s", utc=True).tz_convert("Europe/Berlin")
    chosen = local.month.isin(months) & (local.dayofweek < 5)
    quarter = np.asarray(local.hour * 4 + local.minute // 15)[chosen]
    ours, wanted = (
        np.bincount(quarter, values[chosen]) / np.bincount(quarter) for values in (year_of_100().mean(axis=1), standard_kw())
    )
    assert np.corrcoef(ours, wanted)[0, 1] > 0.99
    assert ours == pytest.approx(wanted, rel=0.12)  # 6400 home-days: 4 standard deviations of 3 %


def test_weeks_join_without_a_dip():
    """The first hours of a week consist of events that were drawn with the week before."""
    p_kw = homes([ANNUAL_KWH] * 200, TimeAxis(2770 * BLOCK_S, 900, 672 * 12)).mean(axis=1).reshape(12, 672)
    wanted = H0.relative(2770 * BLOCK_S, 672 * 12).reshape(12, 672) * ANNUAL_KWH / 8760.0
    for hours in (slice(0, 12), slice(660, 672)):
        assert p_kw[:, hours].mean() == pytest.approx(wanted[:, hours].mean(), rel=0.05)


# --- single homes and coincidence -------------------------------------------------------------------------------------


def test_annual_peak_of_a_home_lies_between_those_of_simbench():
    """Full-load hours of the household profiles H0-A, -B, -C, -G and -L of SimBench, 15 min of 2016, give their peaks."""
    profiles = pd.read_parquet(shared_data("loads", "simbench_profiles_2016_15min_pu.parquet"))
    columns = [f"H0-{letter}_pload" for letter in "ABCGL"]
    peaks_kw = ANNUAL_KWH / 8784.0 * (profiles[columns].max() / profiles[columns].mean()).to_numpy()
    ours = year_of_100().max(axis=0)
    assert peaks_kw.min() < np.median(ours) < peaks_kw.max()
    assert np.median(ours) == pytest.approx(peaks_kw.mean(), rel=0.3)
    assert ours.min() > 4.0
    assert ours.max() < 8.0


def test_single_homes_scatter_as_measured_ones():
    """Coefficient of variation of quarter hours: between the German houses of HAMLET and the profiles of the IEEE feeder."""
    hamlet = pd.read_parquet(shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet")).to_numpy(dtype=float)
    minutes = pd.read_parquet(shared_data("loads", "ieee_eu_lv_feeder_100_profiles_1min_kw.parquet")).to_numpy(dtype=float)
    quarters = minutes.reshape(96, 15, 100).mean(axis=1)
    low, ours, high = ((each.std(axis=0) / each.mean(axis=0)).mean() for each in (hamlet, year_of_100(), quarters))
    assert low < ours < high


@pytest.mark.parametrize(("size", "tolerance"), [(1, 0.25), (5, 0.25), (10, 0.2), (16, 0.2), (55, 0.1), (100, 0.1)])
def test_daily_peak_per_home_falls_with_their_number_as_in_the_ieee_feeder(size, tolerance):
    """100 one-day profiles of the IEEE European LV test feeder, 15 min, relative to their mean; ours are winter days."""
    minutes = pd.read_parquet(shared_data("loads", "ieee_eu_lv_feeder_100_profiles_1min_kw.parquet")).to_numpy(dtype=float)
    quarters = minutes.reshape(96, 15, 100).mean(axis=1)
    ours = homes(quarters.mean(axis=0) * 8760.0, days(date(2023, 1, 9), 12))[: 12 * 96].reshape(12, 96, 100)
    relative = np.mean([peak_per_home(day, size) / day.mean() for day in ours])
    assert relative == pytest.approx(peak_per_home(quarters, size) / quarters.mean(), rel=tolerance)


@pytest.mark.parametrize(("size", "tolerance"), [(4, 0.5), (10, 0.5), (16, 0.5)])
def test_peak_per_home_of_groups_against_the_houses_of_hamlet(size, tolerance):
    """16 German houses over six weeks of 2021. In six weeks 16 of them peak lower than 16 of the IEEE feeder in a day."""
    measured = pd.read_parquet(shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet")) / 1000.0
    axis = days(date(2021, 2, 15), 45)
    share = H0.relative(axis.start_epoch_s, axis.n_steps).mean()
    ours = np.mean([peak_per_home(homes(measured.mean() * 8760.0 / share, axis, seed=seed), size) for seed in range(12)])
    assert ours == pytest.approx(peak_per_home(measured.to_numpy(dtype=float), size), rel=tolerance)


def test_demand_after_diversity_as_planned_and_measured():
    """DIN 18015-1 plans 110 kVA for 100 dwellings without electric hot water; Low Carbon London measured 0.54 to 1.78 kW.

    Konstantelos, Sun, Strbac, "Quantifying demand diversity of households", Low Carbon London, Imperial College, 2014.
    """
    per_home_kw = peak_per_home(year_of_100(), 100)
    assert per_home_kw == pytest.approx(1.10 * 0.97, rel=0.2)
    assert 0.54 < per_home_kw < 1.78


@pytest.mark.parametrize("size", [2, 5, 10, 16, 55])
def test_coincidence_lies_on_or_below_the_curve_of_rusck(size):
    """S. Rusck, "The simultaneous demand in distribution network supplying domestic consumers", ASEA Journal 10 (1956) 59-61.

    Peak per home = limit + (peak of one - limit) / sqrt(n) holds for normally distributed loads; homes are skewed, so groups
    of some homes come down faster from the peak of a single one, but not below the limit.
    """
    one, hundred = peak_per_home(year_of_100(), 1), peak_per_home(year_of_100(), 100)
    limit = (hundred - one / 10.0) / 0.9
    rusck = limit + (one - limit) / np.sqrt(size)
    assert limit < peak_per_home(year_of_100(), size) < 1.05 * rusck
    assert peak_per_home(year_of_100(), size) > 0.75 * rusck


def test_power_factor_lies_between_planning_and_simbench_profiles():
    """SimBench: loads with p and q at a factor of 0.93; profiles of 2016 whose mean q over mean p is 0.24 to 0.32 of that."""
    profiles = pd.read_parquet(shared_data("loads", "simbench_profiles_2016_15min_pu.parquet")).mean()
    of_network = np.tan(np.arccos(0.93))
    low = min(profiles[f"H0-{letter}_qload"] / profiles[f"H0-{letter}_pload"] for letter in "ABCGL") * of_network
    fleet = fleet_of(devices_of([{"annual_kwh": ANNUAL_KWH}] * 50), days(date(2023, 1, 2), 1))
    assert np.all(low < fleet._tan_phi)
    assert np.all(fleet._tan_phi < of_network)


# --- measured profiles ------------------------------------------------------------------------------------------------


def measured_run(axis, annual_kwh: float = ANNUAL_KWH, **profile) -> np.ndarray:
    options = [{"annual_kwh": annual_kwh, "profile": {"kind": "measured", **profile}}]
    return run(fleet_of(devices_of(options), axis, folder=shared_data("loads")), axis)[:, 0]


def test_hamlet_replays_as_measured_over_a_change_of_the_clock():
    measured = pd.read_parquet(shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet"))
    p_kw = measured_run(
        days(date(2021, 2, 15), 45), path="hamlet_16_households_2021q1_15min_w.parquet", column="hh_3564_0_w", unit="w"
    )
    assert p_kw == pytest.approx(measured["hh_3564_0_w"].to_numpy(dtype=float) / 1000.0, abs=1e-9)


def test_simbench_scaled_to_a_leap_year():
    p_kw = measured_run(
        days(date(2016, 1, 1), 366),
        path="simbench_profiles_2016_15min_pu.parquet",
        column="H0-A_pload",
        unit="pu",
        scale_to_annual=True,
    )
    assert p_kw.sum() / 4.0 == pytest.approx(ANNUAL_KWH)


@pytest.mark.parametrize("step_s", [60, 900, 3600])
def test_load_profile_generator_has_its_annual_energy_at_any_step(step_s):
    """CHR01 uses 2972 kWh in the year, as its description says."""
    p_kw = measured_run(
        days(date(2021, 1, 1), 365, step_s),
        path="lpg_chr01_couple_both_at_work_2021_1min.parquet",
        column="electricity_w",
        unit="w",
        timezone="Etc/GMT-1",
    )
    assert p_kw.sum() * step_s / 3600.0 == pytest.approx(2972.0, abs=1.0)

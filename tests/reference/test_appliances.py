# SPDX-License-Identifier: Apache-2.0
"""Homes built from the bottom up against what others published or measured. No expected number stems from the model itself."""

from __future__ import annotations

import json
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from simulators.household import programmes
from simulators.household.catalogue import MACHINES, NAMES
from simulators.household.expectation import activity_by_role
from simulators.household.hot_water import kwh_per_l
from simulators.household.kind import _regions
from simulators.household.params import HomeParams
from simulators.household.people import People
from simulators.household.traits import draw_traits
from tests.reference.test_household import H0, YEAR, peak_per_home, standard_kw
from tests.shared_data import shared_data
from tests.unit.test_appliances_fleet import home, series
from tests.unit.test_household_fleet import STEINHEIM, WEEK, days, devices_of, fleet_of, run
from twinergy.community.twin import BuildContext, Twin
from twinergy.timebase import TimeAxis

PILOT_SIZES = (1,) * 22 + (2,) * 38 + (3,) * 18 + (4,) * 16 + (5,) * 6
"""Residents of 100 homes as in the pilot Hagedorn."""
WITHOUT_WATER = 1.0 - 0.121
"""Share of the electricity that is not for hot water (EnergieAgentur.NRW 2015)."""
HOURLY = TimeAxis(YEAR.start_epoch_s, 3600, 8760)
GROUPS = ("cold", "wet", "cooking", "lighting", "electronics", "other")


@cache
def village() -> dict[str, np.ndarray]:
    """100 homes over the quarter hours of a year."""
    fleet = fleet_of(devices_of([{**home(), "residents": people} for people in PILOT_SIZES]), YEAR)
    ports = ("p_kw", "q_kvar", "heat_gain_kw")
    kept = {port: np.empty((YEAR.n_steps, 100), dtype=np.float32) for port in ports}
    for block in YEAR.blocks():
        fleet.prepare(block)
        for row in range(len(block)):
            step = fleet.step(YEAR.step(block, block.first + row), {})
            for port in ports:
                kept[port][block.first + row] = step[port]
    return kept


# German, English and Italian annual energies are inputs (data/appliances); what is tested is that days, events, programmes,
# seasons and sizes of homes give them back.
@cache
def annual_kwh(region: str, residents: int, count: int = 90) -> dict[str, float]:
    """Mean energy of a year by group of homes of one size, from every fourth week."""
    fleet = fleet_of(devices_of([{**home(region=region), "residents": residents}] * count), HOURLY)
    power: dict[str, list[float]] = {group: [] for group in GROUPS}
    for block in list(HOURLY.blocks())[1:-1:4]:
        fleet.prepare(block)
        for row in range(len(block)):
            step = fleet.step(HOURLY.step(block, block.first + row), {})
            for group, values in power.items():
                values.append(step[f"p_{group}_kw"].mean())
    return {group: float(np.mean(values)) * 8760.0 for group, values in power.items()}


# --- energies of a year ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "share"),
    [("cold", 0.167), ("electronics", 0.266), ("lighting", 0.105), ("cooking", 0.119), ("wet", 0.175), ("other", 0.168)],
)
def test_annual_energy_by_group_of_german_homes_of_two(group, share):
    """EnergieAgentur.NRW, "Wo im Haushalt bleibt der Strom?" (2015): 2850 kWh, shares without electric hot water."""
    assert annual_kwh("DE", 2)[group] == pytest.approx(share * 2850.0 * WITHOUT_WATER, rel=0.1)


@pytest.mark.parametrize(("residents", "total_kwh"), [(1, 1798.0), (2, 2850.0), (3, 3733.0), (4, 4480.0), (5, 5311.0)])
def test_annual_energy_by_size_of_home(residents, total_kwh):
    """EnergieAgentur.NRW, consumption by size of home (2011, 2015)."""
    assert sum(annual_kwh("DE", residents).values()) == pytest.approx(total_kwh * WITHOUT_WATER, rel=0.1)


@pytest.mark.parametrize(
    ("group", "kwh"), [("cold", 566.0), ("electronics", 537.0 + 207.0), ("lighting", 483.0), ("cooking", 448.0), ("wet", 437.0)]
)
def test_annual_energy_by_group_of_english_homes(group, kwh):
    """Household Electricity Survey (Palmer et al., "Electrical appliances at home: tuning in to energy saving", 2013)."""
    assert annual_kwh("GB", 2)[group] == pytest.approx(kwh, rel=0.12)


def traits_of(region: str, count: int = 1500):
    devices = devices_of([home(region=region)] * count)
    context = BuildContext(twin=Twin(site=STEINHEIM, devices=devices), axis=WEEK, seed=3, folder=shared_data())
    params = HomeParams.of(devices, context)
    regions = _regions(devices, params, context)
    return draw_traits(params, [device.options.profile for device in devices], list(regions.values()), 3)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("washing_machine", "Washing_machine"), ("dishwasher", "Dish_washer"), ("tumble_dryer", "Tumble_drier"),
        ("freezer", "Freezer"), ("microwave", "Microwave_oven"), ("television", "TV"), ("refrigerator", "Fridge"),
    ],
)  # fmt: skip
def test_italian_ownership_and_annual_energy_of_owners(ours, theirs):
    """RECOpt (cadema-PoliTO), distribution in central Italy after eLTDome, class A after CLASSE."""
    report = pd.read_csv(shared_data("loads", "recopt_it_eltdome_report.csv"), sep=";", index_col=1, skiprows=[1])
    energy = pd.read_csv(shared_data("loads", "recopt_it_classenerg_report.csv"), sep=";", index_col=0, skiprows=[1])
    drawn = traits_of("IT").annual_kwh[:, NAMES.index(ours)]
    assert (drawn > 0.0).mean() == pytest.approx(float(report.loc[theirs, "Distribution Centre"]), abs=0.04)
    assert drawn[drawn > 0.0].mean() == pytest.approx(float(energy.loc[theirs, "A"]), rel=0.05)


@pytest.mark.parametrize(
    ("appliance", "share"),
    [("washing_machine", 0.958), ("television", 0.962), ("computer", 0.916), ("tumble_dryer", 0.486), ("freezer", 0.486)],
)
def test_german_ownership(appliance, share):
    """Destatis, Laufende Wirtschaftsrechnungen 2019; dryer and freezer IT.NRW 2020."""
    assert (traits_of("DE").annual_kwh[:, NAMES.index(appliance)] > 0.0).mean() == pytest.approx(share, abs=0.04)


# --- the sum of many ---------------------------------------------------------------------------------------------------


def test_100_homes_follow_h0_over_a_year():
    """What people are inclined to do by the hour was fitted to the mean days of H0; this is how well 100 homes keep to it."""
    assert np.corrcoef(village()["p_kw"].mean(axis=1), standard_kw())[0, 1] >= 0.95


@pytest.mark.parametrize("months", [(12, 1, 2), (6, 7, 8), (3, 4, 5, 9, 10, 11)], ids=["winter", "summer", "between"])
@pytest.mark.parametrize("weekdays", [(0, 1, 2, 3, 4), (5,), (6,)], ids=["working day", "Saturday", "Sunday"])
def test_mean_day_of_100_homes_is_that_of_h0(months, weekdays):
    local = pd.to_datetime(YEAR.start_epoch_s + 900 * np.arange(YEAR.n_steps), unit="s", utc=True).tz_convert("Europe/Berlin")
    chosen = local.month.isin(months) & local.dayofweek.isin(weekdays)
    quarter = np.asarray(local.hour * 4 + local.minute // 15)[chosen]
    mean_kw = village()["p_kw"].mean(axis=1, dtype=np.float64)
    ours, wanted = (np.bincount(quarter, each[chosen]) / np.bincount(quarter) for each in (mean_kw, standard_kw()))
    assert np.corrcoef(ours, wanted)[0, 1] > 0.96
    scale = mean_kw.mean() / standard_kw().mean()
    assert ours.mean() == pytest.approx(wanted.mean() * scale, rel=0.07)


@pytest.mark.parametrize("size", [1, 5, 10, 16, 55, 100])
def test_daily_peak_per_home_falls_with_their_number_between_hamlet_and_the_ieee_feeder(size):
    """IEEE European LV test feeder: 100 homes on a winter's day. HAMLET: 16 German houses over six weeks of 2021."""
    minutes = pd.read_parquet(shared_data("loads", "ieee_eu_lv_feeder_100_profiles_1min_kw.parquet")).to_numpy(dtype=float)
    quarters = minutes.reshape(96, 15, 100).mean(axis=1)
    winter = village()["p_kw"][9 * 96 : 21 * 96].reshape(12, 96, 100)
    ours = np.mean([peak_per_home(day, size) / day.mean() for day in winter])
    assert ours == pytest.approx(peak_per_home(quarters, size) / quarters.mean(), rel=0.3)
    hamlet = pd.read_parquet(shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet")).to_numpy(dtype=float)
    if size <= 16:
        few = hamlet[: 44 * 96].reshape(44, 96, 16)
        assert ours > 0.9 * np.mean([peak_per_home(day, size) / day.mean() for day in few])


def test_demand_after_diversity_as_measured():
    """Low Carbon London measured 0.54 to 1.78 kW per home (Konstantelos, Sun, Strbac, Imperial College, 2014)."""
    assert 0.54 < peak_per_home(village()["p_kw"], 100) < 1.78


def test_single_homes_scatter_as_measured_ones():
    hamlet = pd.read_parquet(shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet")).to_numpy(dtype=float)
    minutes = pd.read_parquet(shared_data("loads", "ieee_eu_lv_feeder_100_profiles_1min_kw.parquet")).to_numpy(dtype=float)
    quarters, ours = minutes.reshape(96, 15, 100).mean(axis=1), village()["p_kw"]
    low, mine, high = ((each.std(axis=0) / each.mean(axis=0)).mean() for each in (hamlet, ours, quarters))
    assert low < mine < 1.1 * high


def test_power_factor_lies_between_planning_and_simbench_profiles():
    """SimBench: loads with p and q at a factor of 0.93; its profiles of 2016 come to 0.99 over the year."""
    factor = np.cos(np.arctan2(village()["q_kvar"].sum(axis=0), village()["p_kw"].sum(axis=0)))
    assert factor.min() > 0.93
    assert factor.max() < 0.99


def test_share_of_the_electricity_that_heats_the_home():
    """CHR01 of the LoadProfileGenerator releases 91 %, PHPP counts 50 to 100 % by appliance."""
    lpg = pd.read_parquet(shared_data("loads", "lpg_chr01_couple_both_at_work_2021_1min.parquet"))
    most = lpg["device_heat_gain_w"].sum() / lpg["electricity_w"].sum()
    assert 0.6 < village()["heat_gain_kw"].sum() / village()["p_kw"].sum() < most


# --- wet appliances ----------------------------------------------------------------------------------------------------


def traced_runs(appliance: str) -> list[tuple[float, float, float]]:
    """Energy [kWh], duration [min] and peak [kW] of each run in the traces without gaps in them."""
    traces = pd.read_parquet(shared_data("loads", "tracebase_de_appliance_traces_10s.parquet"))
    runs = []
    for name in [each for each in traces["trace_id"].cat.categories if each.startswith(appliance)]:
        power = traces.loc[traces["trace_id"] == name, "power_w"].to_numpy(dtype=float)
        running = np.flatnonzero(power > 5.0)
        for part in np.split(running, np.flatnonzero(np.diff(running) > 90) + 1):
            run_w = power[part[0] : part[-1] + 1]
            if len(run_w) > 100 and not np.isnan(run_w).any():
                runs.append((run_w.sum() / 360_000.0, len(run_w) / 6.0, run_w.max() / 1000.0))
    return runs


@pytest.mark.parametrize(
    ("machine", "appliance", "count"),
    [("washing_machine", "Washingmachine", 3), ("dishwasher", "Dishwasher", 5), ("tumble_dryer", "LaundryDryer", 3)],
)
def test_traced_runs_have_a_programme_like_them(machine, appliance, count):
    """tracebase (Darmstadt 2011/12), www.tracebase.org, Open Database License: energy, duration and peak of single runs."""
    runs = traced_runs(appliance)
    assert len(runs) >= count
    mine = [n for n, each in enumerate(programmes.PROGRAMMES) if each.machine == machine]
    for energy_kwh, minutes, peak_kw in runs:
        assert any(
            programmes.ENERGY_KWH[n] == pytest.approx(energy_kwh, rel=0.25)
            and programmes.DURATION_S[n] / 60.0 == pytest.approx(minutes, rel=0.25)
            and programmes.POWER_KW[n].max() == pytest.approx(peak_kw, rel=0.25)
            for n in mine
        ), (energy_kwh, minutes, peak_kw)


def test_a_normal_dishwasher_run_takes_what_dishwashers_on_the_market_take():
    """HiSIM's inventory of 14 dishwashers sold in Germany around 2021: energy of the standard cycle."""
    market = json.loads(shared_data("devices", "hisim_smart_devices.json").read_text(encoding="utf-8"))["Dishwasher"]
    energy_kwh = [each["Standard Cycle Energy Consumption"] for each in market]
    normal = [each.name for each in programmes.PROGRAMMES].index("normal")
    assert min(energy_kwh) * 0.9 < programmes.ENERGY_KWH[normal] < max(energy_kwh) * 1.1


def test_runs_in_a_year_are_those_people_report():
    """Three to four washes a week: 164 a year per household (Stamminger 2011, Germany); dishwashers run 4 to 6 times a week."""
    traits = traits_of("DE")
    runs = [
        traits.annual_kwh[:, NAMES.index(name)][traits.annual_kwh[:, NAMES.index(name)] > 0.0].mean() / programmes.MEAN_KWH[n]
        for n, name in enumerate(MACHINES)
    ]
    assert runs[0] == pytest.approx(164.0, rel=0.2)
    assert 3.5 * 52 < runs[1] < 6.0 * 52


# --- people and hot water ----------------------------------------------------------------------------------------------


def test_hours_of_a_couple_at_work_as_in_the_load_profile_generator():
    """CHR01, both at work, working days: 6.5 h active at home, 7.5 h asleep, 10 h outside."""
    lpg = pd.read_parquet(shared_data("loads", "lpg_chr01_couple_both_at_work_2021_1min.parquet"))
    working = lpg[pd.to_datetime(lpg.index).dayofweek < 5]
    assert activity_by_role()[0, 0].sum() / 4.0 == pytest.approx(working["persons_high"].mean() / 2.0 * 24.0, abs=1.5)


def test_people_sleep_as_long_as_they_say():
    """Time use in Germany 2012/13 (Destatis): 8 h 29 min of sleep on the mean day."""
    devices = devices_of([{**home(), "residents": 2}] * 300)
    params = HomeParams.of(devices, BuildContext(twin=Twin(site=STEINHEIM), axis=WEEK, seed=1, folder=shared_data()))
    week = People(params, STEINHEIM, 1).lived(2810)
    awake = week.pulses["awake"]
    assert 24.0 - (awake.end_s - awake.start_s).mean() / 3600.0 == pytest.approx(8.48, abs=0.6)


def test_litres_per_person_and_day():
    """40 l at 45 degC, of which showers draw 40 % (Jordan and Vajen, IEA SHC Task 26, 2001)."""
    devices = devices_of([{**home(), "residents": 1 + n % 5} for n in range(300)])
    params = HomeParams.of(devices, BuildContext(twin=Twin(site=STEINHEIM), axis=WEEK, seed=1, folder=shared_data()))
    week = People(params, STEINHEIM, 1).lived(2810)
    draws = week.pulses["water"]
    litres = draws.power_kw * (draws.end_s - draws.start_s) / 3600.0 / kwh_per_l(float(week.days.of_year.mean()))
    assert litres.sum() / params.residents.sum() / len(week.days.start_s) == pytest.approx(40.0, rel=0.05)
    assert litres[(litres > 20.0) & (litres < 60.0)].sum() / litres.sum() == pytest.approx(0.4, abs=0.03)


def test_heat_of_hot_water_of_a_year():
    """VDI 2067-22 and DIN V 18599 take 500 to 800 kWh of useful heat per person and year."""
    axis = days(date(2023, 1, 2), 28, 3600)
    heat_kw = run(fleet_of(devices_of([{**home(), "residents": 2}] * 60), axis), axis, "hot_water_kw")
    assert 500.0 < heat_kw.mean() / 2.0 * 8760.0 < 800.0


def test_a_storage_heater_draws_the_heat_and_its_losses():
    """Useful heat of 40 l a day is 1.63 kWh; an 80 l store of class C loses 1 kWh a day (regulation (EU) 812/2013, from 2017)."""
    axis = days(date(2023, 4, 10), 28, 3600)
    got = series([{**home(hot_water="electric"), "residents": 2}] * 60, axis)
    assert got["p_hot_water_kw"].mean() * 24.0 == pytest.approx(2 * 1.63 + 1.0, rel=0.07)


def test_a_day_shifted_by_six_hours_is_not_h0():
    """The comparison bites: six hours off, little of the correlation is left."""
    shifted = H0.relative(YEAR.start_epoch_s - 6 * 3600, YEAR.n_steps)
    assert np.corrcoef(village()["p_kw"].mean(axis=1), shifted)[0, 1] < 0.5

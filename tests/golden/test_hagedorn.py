# SPDX-License-Identifier: Apache-2.0
"""Hagedorn's week: key figures that change only with a line in the changelog, and figures from outside they are held against."""

from __future__ import annotations

import numpy as np
import pytest

from twinergy.community.scenario import load
from twinergy.cosim.runner import run


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    return run(load("hagedorn"), out=tmp_path_factory.mktemp("runs"), report=False)


GOLDEN = {
    "consumption_kwh": 6775.0,
    "generation_kwh": 12013.0,
    "self_consumption": 0.413,
    "self_sufficiency": 0.673,
    "cost_eur": 1034.0,
    "peak_import_kw": 54.9,
}


@pytest.mark.parametrize(("name", "value"), GOLDEN.items())
def test_key_figures_of_the_week(week, name, value):
    """Kind: regression; the models behind them have their own values from outside."""
    assert week.kpis[name].value == pytest.approx(value, rel=0.01)


def test_nothing_failed_and_everything_adds_up(week):
    unclean = [figure.name for figure in week.kpis.values() if not figure.clean]
    assert unclean == []
    assert week.kpis["power_balance_max_kw"].value < 1e-5
    assert week.kpis["storage_balance_max_kwh"].value < 1e-9
    assert week.kpis["money_balance_max_eur"].value < 1e-9


def test_the_peak_of_many_homes_is_what_networks_are_planned_for(week):
    """DIN 18015-1 plans about 1.1 kVA per home of 100 homes in the highest quarter hour of a year; a week in May stays below."""
    homes = week.wide("household", "p_kw")
    assert 0.4 < homes.sum(axis=1).max() / homes.shape[1] < 1.1
    assert 2.0 < homes.max().median() < 8.0


def test_pv_lies_between_a_dull_and_a_clear_week(week):
    """PVGIS gives about 120 kWh/kWp for a south roof near Kassel in May: 27 a week; all directions together have less."""
    scenario = load("hagedorn")
    p_dc_kwp = sum(device.options.p_dc_kwp for device in scenario.twin.of_kind("pv"))
    assert 14.0 < week.kpis["generation_kwh"].value / p_dc_kwp < 34.0


def test_the_night_has_no_sun_and_noon_feeds_in(week):
    power = week.wide("pv", "p_kw").tz_convert("Europe/Berlin").sum(axis=1)
    assert (power[power.index.hour < 4] == 0.0).all()
    assert power[power.index.hour == 13].mean() < -50.0


def test_peak_shaving_keeps_its_transformer_under_the_limit_while_it_can(week, tmp_path):
    plain = run(load("hagedorn", ["controllers.peak_shaving=null"]), out=tmp_path, report=False)
    over = {}
    for label, finished in (("with", week), ("without", plain)):
        power = finished.wide("transformer", "p_kw")["s1-trafo"]
        over[label] = int((power.abs() > 100.0).sum())
    assert over["without"] >= 20
    assert over["with"] <= over["without"] / 4
    soc = week.wide("battery", "soc")["community-battery"]
    assert soc.max() > soc.min() + 0.2


def test_every_home_feels_its_neighbours(week):
    """Voltage at the end of a feeder moves with the sun: highest at noon, lowest in the evening."""
    voltage = week.wide("bus", "vm_pu")["s1-load-34"].tz_convert("Europe/Berlin")
    hourly = voltage.groupby(voltage.index.hour).mean()
    assert hourly.idxmax() in range(9, 16)
    assert hourly.idxmin() in range(17, 23)
    assert np.ptp(voltage) > 0.005

# SPDX-License-Identifier: Apache-2.0
"""Athens' hot week: key figures that change only with a line in the changelog, and figures from outside they are held against."""

from __future__ import annotations

import pytest

from simulators.sensor.classes import CLASSES
from twinergy.community.scenario import load
from twinergy.cosim.runner import run


@pytest.fixture(scope="module")
def scenario():
    return load("athens")


@pytest.fixture(scope="module")
def week(scenario, tmp_path_factory):
    return run(scenario, out=tmp_path_factory.mktemp("runs"), report=False)


GOLDEN = {
    "consumption_kwh": 11620.0,
    "pv_kwh": 940.7,
    "cooling_kwh": 4637.0,
    "cool_kwh": 18088.0,
    "ev_charged_kwh": 1349.0,
    "temp_indoor_degc": 27.3,
    "cost_eur": 2395.0,
    "peak_import_kw": 154.8,
    "diversified_peak_kw": 1.628,
}


@pytest.mark.parametrize(("name", "value"), GOLDEN.items())
def test_key_figures_of_the_week(week, name, value):
    """Kind: regression; the models behind them have their own values from outside."""
    assert week.kpis[name].value == pytest.approx(value, rel=0.02)


def test_nothing_failed_and_everything_adds_up(week):
    unclean = [figure.name for figure in week.kpis.values() if not figure.clean]
    assert unclean == []
    assert week.kpis["power_balance_max_kw"].value < 1e-5
    assert week.kpis["money_balance_max_eur"].value < 1e-9


def test_pv_lies_between_a_hazy_and_the_clearest_week(week):
    """NSRDB 2019 at Athens: 7.4 kWh/m2 a day in July, 4.9 on the darkest of summer; performance ratios of 0.75 to 0.85."""
    assert 7 * 4.9 * 0.75 * 0.85 < week.kpis["pv_kwh"].value / 30.0 < 7 * 7.9 * 0.85


def test_air_conditioning_keeps_its_set_point_and_the_others_swelter(week, scenario):
    """Sakka et al., Energy and Buildings (2012): fifty homes without it in hot Athens had 28 to 40 degC."""
    indoor = week.wide("building", "temp_indoor_degc").loc["2024-07-18":]
    cools = {device.id: device.options.cooling == "air_conditioner" for device in scenario.twin.of_kind("building")}
    cooled = indoor[[name for name, has in cools.items() if has]]
    hot = indoor[[name for name, has in cools.items() if not has]]
    assert 26.0 < cooled.to_numpy().mean() < 28.0
    assert (cooled.quantile(0.05) > 24.0).all()
    assert 28.0 < hot.to_numpy().mean() < 34.0
    assert 32.0 < hot.to_numpy().max() < 40.0


def test_cooling_follows_the_afternoon(week):
    """Hottest between 14 and 17 h local time; walls and masses delay by an hour or two."""
    power = week.wide("building", "p_cooling_kw").tz_convert("Europe/Athens").sum(axis=1)
    hourly = power.groupby(power.index.hour).mean()
    assert hourly.idxmax() in range(15, 20)
    assert hourly.idxmin() in range(4, 9)


def test_an_air_conditioner_gives_more_cold_than_it_takes_power_as_its_label_says(week):
    """Rated 3.2 at 35 degC; seasonal labels of split units begin at 3.6 (class D, Regulation (EU) 626/2011) and end at 8.5."""
    assert 3.2 < week.kpis["cool_kwh"].value / week.kpis["cooling_kwh"].value < 8.5


def test_flats_load_one_phase_and_unbalance_stays_within_the_standard(week, scenario):
    """EN 50160: negative over positive sequence up to 2 % for 95 % of the week; voltage of each phase within 10 %."""
    assert {place.phases for place in scenario.twin.connections if place.id.startswith("flat")} == {"a", "b", "c"}
    unbalance = week.wide("bus", "unbalance_percent")
    assert 0.05 < unbalance.quantile(0.95).max() < 2.0
    for phase in "abc":
        voltage = week.wide("bus", f"vm_{phase}_pu")
        assert voltage.to_numpy().min() > 0.9
        assert voltage.to_numpy().max() < 1.1
    assert week.wide("bus", "vm_a_pu").sub(week.wide("bus", "vm_c_pu")).abs().to_numpy().max() > 0.005


def test_garages_charge_on_one_phase_and_hubs_within_their_limit(week):
    """16 A at 230 V are 3.68 kW."""
    power = week.wide("charging", "p_kw")
    assert power.filter(like="flat").to_numpy().max() == pytest.approx(3.68, abs=0.01)
    assert power.filter(like="square").sum(axis=1).max() <= 100.0 + 1e-4
    office = power.filter(like="office").sum(axis=1).tz_convert("Europe/Athens")
    assert office.max() <= 30.0 + 1e-4
    assert office.index[office > 5.0].dayofweek.max() <= 4  # nobody charges for long at a closed office


def test_cars_take_what_others_measured(week):
    """ADAC Ecotest: 14.7 to 28.1 kWh/100 km from the socket, a tenth less from the battery."""
    assert 13.0 < week.kpis["ev_kwh_per_100km"].value < 25.5


def test_sensors_read_what_the_rooms_have_to_their_accuracy(week):
    """Class ``room``: largest systematic error, five standard deviations of noise, and what a room changes in a step."""
    channel = CLASSES["room"]["temp_indoor_degc"]
    read = week.wide("sensor", "temp_indoor_degc")
    true = week.wide("building", "temp_indoor_degc")
    for name in read:
        room = true[f"flat-{int(name.split('-')[1]):04d}-building"]
        allowed = channel.accuracy + 5.0 * channel.noise + room.diff().abs().max()
        assert (read[name] - room).abs().max() < allowed

# SPDX-License-Identifier: Apache-2.0
"""Heat, comfort, cars, plants and emissions of two modern homes over four hours, against values worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.unit.results_sample import SUMMER, HomeOptions, PlantOptions, block_of, modern
from twinergy.results.kpis import Kpis
from twinergy.results.settlement import PRICES
from twinergy.timebase import TimeAxis

PLACE = modern(2)
AXIS = TimeAxis(int(SUMMER.timestamp()), 3600, 4)
ZERO = [[0.0, 0.0]] * 4

# Home 000 has a heat pump (COP 3, then 4), home 001 a boiler of 90 % and heat from the network in the last hour.
BUILDING = {
    "p_kw": [[1.0, 0.1], [2.0, 0.1], [0.0, 0.1], [0.5, 0.1]],
    "p_heat_pump_kw": [[1.0, 0.0], [2.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
    "p_cooling_kw": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.5, 0.0]],
    "heat_space_kw": [[3.0, 4.0], [6.0, 4.0], [0.0, 0.0], [0.0, 1.0]],
    "heat_water_kw": [[0.0, 0.5], [2.0, 0.5], [0.0, 0.0], [0.0, 0.0]],
    "heat_network_kw": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0]],
    "cool_kw": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.5, 0.0]],
    "fuel_kw": [[0.0, 5.0], [0.0, 5.0], [0.0, 0.0], [0.0, 0.0]],
    "cop": [[3.0, np.nan], [4.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]],
    "temp_indoor_degc": [[20.5, 21.0], [22.0, 25.5], [25.8, 26.5], [27.5, 19.0]],
    "co2_ppm": [[900.0, 1000.0], [1100.0, 1001.0], [1300.0, 800.0], [1201.0, 700.0]],
    "temp_low_k": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0]],
    "temp_high_k": [[0.0, 0.5], [0.0, 0.0], [0.0, 0.75], [1.5, 0.0]],  # half a kelvin is the thermostat's own
    "heat_unserved_kw": [[0.0, 0.0], [0.0, 0.25], [0.0, 0.0], [0.0, 0.0]],
    "hot_water_unserved_kw": ZERO,
}
EV = {
    "drive_kw": [[0.0, 0.0], [8.0, 0.0], [0.0, 3.0], [0.0, 0.0]],
    "p_loss_kw": ZERO,
    "distance_km": [[0.0, 0.0], [40.0, 0.0], [40.0, 15.0], [40.0, 15.0]],
    "unserved_kwh": [[0.0, 0.0], [2.0, 0.0], [2.0, 0.5], [5.0, 0.5]],
    "shortfall_kwh": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0]],
}
CHARGING = {
    "p_kw": [[3.0, 0.0], [0.0, 4.0], [0.0, 4.0], [-2.0, 0.0]],
    "energy_kwh": [[3.0, 0.0], [3.0, 4.0], [3.0, 8.0], [3.0, 8.0]],
    "energy_out_kwh": [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [2.0, 0.0]],
    "unserved_kwh": [[0.0, 0.0], [0.0, 0.0], [0.0, 1.25], [0.0, 1.25]],
    "sessions_count": [[1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [2.0, 1.0]],
    "no_show_count": [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 0.0]],
    "refused_count": [[0.0, 0.0], [0.0, 3.0], [0.0, 3.0], [0.0, 3.0]],
    "queue": [[0.0, 0.0], [0.0, 2.0], [0.0, 1.0], [0.0, 0.0]],
}
CHP = {
    "p_kw": [[-10.0], [-10.0], [0.0], [0.0]],
    "heat_kw": [[20.0], [20.0], [0.0], [0.0]],
    "boiler_heat_kw": [[0.0], [0.0], [0.0], [0.9]],
    "fuel_kw": [[36.0], [36.0], [0.0], [1.0]],
    "heat_supplied_kw": [[0.0], [0.0], [0.0], [1.05]],
    "heat_unserved_kw": [[0.0], [0.0], [0.0], [0.05]],
    "heat_dumped_kw": [[0.0], [1.5], [0.0], [0.0]],
    "heat_demand_kw": [[0.0], [0.0], [0.0], [1.1]],  # 1 kW of the building and 0.1 kW of the pipe
    "starts": [[1.0], [1.0], [1.0], [2.0]],
    "hours_h": [[1.0], [2.0], [2.0], [2.0]],
}
HAND = {
    "household": {"p_kw": [[1.0, 1.0]] * 4, "occupants": [[2.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 1.0]]},
    "building": BUILDING,
    "ev": EV,
    "charging": CHARGING,
    "chp": CHP,
    "pv": {"p_kw": [[-1.0, 0.0], [-2.0, -1.0], [-3.0, -1.0], [-2.0, 0.0]]},
    "wind": {"p_kw": [[-4.0], [-4.0], [-2.0], [0.0]]},
}
CARBON = [[300.0], [500.0], [400.0], [200.0]]


def prices() -> dict[str, list[list[float]]]:
    """Four parts of 0.1 EUR/kWh make 0.4; feed-in earns 0.1."""
    return {name: [[0.1]] * 4 for name in PRICES} | {"buy_eur_per_kwh": [[0.4]] * 4, "co2_g_per_kwh": CARBON}


def computed(values: dict, cuts: tuple[int, ...] = (4,), place: object = PLACE) -> Kpis:
    kpis, first = Kpis(place.twin, AXIS), 0
    for end in cuts:
        part = {table: {port: rows[first:end] for port, rows in ports.items()} for table, ports in values.items()}
        kpis.add(block_of(place, part, start=SUMMER + timedelta(hours=first)))
        first = end
    return kpis


def changed(table: str, **ports: list) -> dict:
    return HAND | {table: HAND[table] | ports}


@pytest.fixture(scope="module")
def found() -> dict:
    return computed(HAND | {"prices": prices()}).result()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("heat_space_kwh", 3 + 4 + 6 + 4 + 1),
        ("heat_water_kwh", 0.5 + 2 + 0.5),
        ("heat_pump_kwh", 1 + 2),
        ("heat_pump_heat_kwh", 1 * 3 + 2 * 4),
        ("heat_pump_spf", 11 / 3),
        ("fuel_kwh", 10.0),
        ("boiler_heat_kwh", 4 + 4 + 1 + 1 - 1),  # all heat of home 001 less what came from the network
        ("heat_network_kwh", 1.0),
        ("heat_unserved_kwh", 0.25),
        ("hot_water_unserved_kwh", 0.0),
        ("cooling_kwh", 0.5),
        ("cool_kwh", 1.5),
        ("chp_heat_kwh", 40.0),
        ("chp_boiler_heat_kwh", 0.9),
        ("chp_supplied_kwh", 1.05),
        ("chp_dumped_kwh", 1.5),
        ("network_unserved_kwh", 0.05),
    ],
)
def test_heat(found: dict, name: str, value: float) -> None:
    assert found[name].value == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("comfort_outside_h", 1.5),  # hour 4 of home 000, hours 3 and 4 of home 001
        ("comfort_outside", 3 / 6),  # somebody in: hours 1, 2, 4 and 2, 3, 4
        ("comfort_cold_kh", 0.5),
        ("comfort_warm_kh", (1.5 + 0.75) / 2),
        ("comfort_category_1", 2 / 6),  # occupied: 20.5, 22.0, 27.5 and 25.5, 26.5, 19.0: 22.0 and 25.5 (the limit itself)
        ("comfort_category_2", 3 / 6),  # and 20.5
        ("comfort_category_3", 5 / 6),  # and 26.5 and 19.0
        ("temp_indoor_degc", (20.5 + 21 + 22 + 25.5 + 25.8 + 26.5 + 27.5 + 19) / 8),
        ("temp_indoor_min_degc", 19.0),
        ("temp_indoor_max_degc", 27.5),
        ("air_1000_h", (3 + 1) / 2),  # 1,000 itself is not above
        ("air_1200_h", 2 / 2),
    ],
)
def test_comfort(found: dict, name: str, value: float) -> None:
    assert found[name].value == pytest.approx(value)


def test_backup_heat_is_part_of_the_factor_and_direct_heaters_are_not() -> None:
    """An hour at COP 3 with 1 kW of backup: 3 + 1 kWh of heat from 1 + 1 kWh; beside it a direct heater of 5 kWh."""
    homes = tuple(
        replace(device, options=HomeOptions(heating="heat_pump" if device.id == "building 000" else "electric"))
        if device.kind == "building"
        else device
        for device in PLACE.twin.devices
    )
    place = replace(PLACE, twin=replace(PLACE.twin, devices=homes))
    ports = dict.fromkeys(BUILDING, ZERO) | {"cop": [[3.0, 1.0]] * 4}
    ports["p_heat_pump_kw"] = [[2.0, 5.0], *ZERO[1:]]
    ports["heat_space_kw"] = [[4.0, 5.0], *ZERO[1:]]
    found = computed(HAND | {"building": ports}, place=place).result()
    values = [found[name].value for name in ("heat_pump_spf", "heat_pump_kwh", "electric_heater_kwh")]
    assert values == pytest.approx([2.0, 2.0, 5.0])


def test_comfort_says_where(found: dict) -> None:
    assert (found["temp_indoor_max_degc"].where, found["temp_indoor_max_degc"].when) == (
        "building 000",
        (SUMMER + timedelta(hours=3)).isoformat(),
    )
    assert found["comfort_outside_h"].where == "building 001"


def test_who_is_in_unknown_counts_all_hours() -> None:
    values = HAND | {"household": {"p_kw": HAND["household"]["p_kw"]}}
    assert computed(values).result()["comfort_outside"].value == pytest.approx(3 / 8)


def test_a_temperature_that_is_missing_is_no_temperature() -> None:
    values = changed("building", temp_indoor_degc=[[21.0, np.nan], [np.nan, 23.0], [22.0, 22.0], [20.0, 22.0]])
    result = computed(values).result()
    assert result["temp_indoor_degc"].value == pytest.approx((21 + 23 + 22 + 22 + 20 + 22) / 6)
    assert result["comfort_category_2"].value == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ev_distance_km", 55.0),
        ("ev_charged_kwh", 11.0),
        ("ev_returned_kwh", 2.0),
        ("ev_drive_kwh", 11.0),
        ("ev_kwh_per_100km", 20.0),  # 11 kWh over 55 km
        ("ev_unserved_kwh", 5.5),
        ("ev_short_departures", 3.0),  # home 000 in hours 2 and 4, home 001 in hour 3
        ("ev_shortfall_kwh", 1.0),
        ("charging_unserved_kwh", 1.25),
        ("charging_short_departures", 1.0),
        ("charging_sessions", 3.0),
        ("charging_no_shows", 1.0),
        ("charging_refused", 3.0),
        ("charging_queue", 2.0),
    ],
)
def test_mobility(found: dict, name: str, value: float) -> None:
    assert found[name].value == pytest.approx(value)


def test_a_car_that_never_drove_has_no_consumption() -> None:
    still = computed(changed("ev", distance_km=ZERO)).result()["ev_kwh_per_100km"]
    assert (math.isnan(still.value), still.sentence) == (True, "No car drove")


def test_what_cars_feed_back_is_not_generated(found: dict) -> None:
    assert found["generation_kwh"].value == pytest.approx(20 + 10 + 10)  # CHP, PV, wind
    assert found["consumption_kwh"].value == pytest.approx(8 + 3.5 + 0.4 + 11 - 2)  # households, buildings, cars


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pv_kwh", 10.0),
        ("pv_yield_kwh_per_kwp", 10 / 10),
        ("wind_kwh", 10.0),
        ("wind_full_load_h", 10 / 20),
        ("chp_kwh", 20.0),
        ("chp_full_load_h", 20 / 20),
        ("chp_run_h", 2.0),
        ("chp_starts", 2.0),
    ],
)
def test_plants(found: dict, name: str, value: float) -> None:
    assert found[name].value == pytest.approx(value)


def test_emissions_by_source(found: dict) -> None:
    """Home 000 draws −10, −13, −4 and −2.5 kW, home 001 1.1, 4.1, 4.1 and 1.1 kW: together −8.9, −8.9, 0.1 and −1.4 kW."""
    assert found["co2_kg"].value == pytest.approx(0.1 * 0.4)  # the third hour alone imports
    assert found["co2_credit_kg"].value == pytest.approx(8.9 * 0.3 + 8.9 * 0.5 + 1.4 * 0.2)
    shares = {"pv": 1 / 15 * 0.3 + 3 / 17 * 0.5, "wind": 4 / 15 * 0.3 + 4 / 17 * 0.5, "chp": 10 / 15 * 0.3 + 10 / 17 * 0.5}
    last = {"pv": 1.4 * 0.2, "wind": 0.0, "chp": 0.0}  # PV of 2 kW is all there is, and more than the export
    for name, share in shares.items():
        assert found[f"co2_credit_{name}_kg"].value == pytest.approx(8.9 * share + last[name])
    assert found["co2_boiler_kg"].value == pytest.approx(10 * 0.18176, rel=1e-3)  # 56.1 kg/GJ · 3.6 MJ/kWh · 0.9
    assert found["co2_chp_kg"].value == pytest.approx(73 * 0.18176, rel=1e-3)
    parts = [found[name].value for name in ("co2_kg", "co2_boiler_kg", "co2_chp_kg")]
    assert found["co2_total_kg"].value == pytest.approx(sum(parts))


def test_oil_emits_more_than_gas() -> None:
    oil = modern(2, plants=PlantOptions(fuel="heating_oil"))
    found = computed(HAND | {"prices": prices()}, place=oil).result()
    assert found["co2_chp_kg"].value == pytest.approx(73 * 0.2534, rel=1e-3)  # 74.1 kg/GJ · 3.6 MJ/kWh · 0.95


class BurnerOptions(HomeOptions):
    """A building that says more about its plant."""

    fuel: str = "natural_gas"
    water_heater: str = "generator"
    hot_water: str = "tank"


def with_homes(**options: object) -> object:
    """Return the place with these options of home 001's building; home 000 has a heat pump."""
    plain = BurnerOptions(heating="heat_pump")
    own = {"building 000": plain, "building 001": BurnerOptions(**options)}
    devices = tuple(replace(device, options=own.get(device.id, device.options)) for device in PLACE.twin.devices)
    return replace(PLACE, twin=replace(PLACE.twin, devices=devices))


@pytest.mark.parametrize(
    ("fuel", "kg_per_kwh"),
    [
        ("heating_oil", 74.1 * 3.6e-3 * 0.95),
        ("lpg", 63.1 * 3.6e-3 * 0.95),
        ("natural_gas", 56.1 * 3.6e-3 * 0.9),
        ("wood", 0.0),
    ],
)
def test_each_boiler_has_the_factor_of_its_fuel(fuel: str, kg_per_kwh: float) -> None:
    """10 kWh of fuel by higher heating value; kg/GJ of lower heating value and the ratio of both of the 2006 IPCC Guidelines."""
    found = computed(HAND | {"prices": prices()}, place=with_homes(heating="boiler", fuel=fuel)).result()
    assert found["co2_boiler_kg"].value == pytest.approx(10.0 * kg_per_kwh)
    parts = [found[name].value for name in ("co2_kg", "co2_boiler_kg", "co2_chp_kg")]
    assert found["co2_total_kg"].value == pytest.approx(sum(parts))


def test_carbon_dioxide_of_wood_is_told_apart() -> None:
    """112 kg/GJ of lower heating value, 92 % of the higher: 0.371 kg/kWh."""
    wood = computed(HAND, place=with_homes(heating="boiler", fuel="wood")).result()
    assert wood["co2_biogenic_kg"].value == pytest.approx(10.0 * 0.371, rel=2e-3)
    assert "co2_biogenic_kg" not in computed(HAND).result()


def test_water_of_an_immersion_heater_is_not_the_heat_pumps() -> None:
    """A heat pump with 1 kWh at COP 3 for the room, and beside it an immersion heater of 2 kWh for the tank."""
    ports = dict.fromkeys(BUILDING, ZERO) | {"cop": [[0.0, 3.0]] * 4}
    ports["p_heat_pump_kw"] = [[0.0, 1.0], [0.0, 2.0], *ZERO[2:]]
    ports["heat_space_kw"] = [[0.0, 3.0], *ZERO[1:]]
    ports["heat_water_kw"] = [[0.0, 0.0], [0.0, 2.0], *ZERO[2:]]
    for heater, expected in (("immersion", (3.0, 1.0, 3.0)), ("generator", (5.0 / 3.0, 3.0, 5.0))):
        place = with_homes(heating="heat_pump", water_heater=heater)
        found = computed(HAND | {"building": ports}, place=place).result()
        values = [found[name].value for name in ("heat_pump_spf", "heat_pump_kwh", "heat_pump_heat_kwh")]
        assert values == pytest.approx(expected)
        assert ("electric_heater_kwh" in found) == (heater == "immersion")


def test_a_month_without_electricity_has_no_coefficient_of_performance() -> None:
    """Two heat pumps and four hours: below 2 * 0.01 kW * 4 h = 0.08 kWh there is none."""
    place = with_homes(heating="heat_pump")
    for power_kw, expected in ((0.015, False), (0.03, True)):
        ports = dict.fromkeys(BUILDING, ZERO) | {"cop": ZERO}
        ports["p_heat_pump_kw"], ports["heat_space_kw"] = [[power_kw, 0.0]] * 4, [[0.3, 0.0]] * 4
        months = computed(HAND | {"building": ports}, place=place).tables()["months"]
        assert ("heat_pump_cop" in months) == expected
    assert months["heat_pump_cop"] == pytest.approx([10.0])


def test_heat_network_adds_up(found: dict) -> None:
    assert found["heat_balance_max_kw"].value < 1e-12
    assert found["heat_balance_max_kw"].clean


def test_heat_that_nobody_supplies_is_found() -> None:
    lost = computed(changed("chp", heat_supplied_kw=[[0.0], [0.0], [0.0], [0.8]])).result()["heat_balance_max_kw"]
    assert (lost.value, lost.where, lost.clean) == (pytest.approx(0.25), "north", False)


def test_heat_that_no_unit_took_on_is_found() -> None:
    network = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 3.0]]
    assert computed(changed("building", heat_network_kw=network)).result()["heat_balance_max_kw"].value == pytest.approx(1.9)


def test_without_a_demand_port_supply_is_held_against_the_buildings() -> None:
    ports = {name: rows for name, rows in CHP.items() if name != "heat_demand_kw"}
    assert computed(HAND | {"chp": ports}).result()["heat_balance_max_kw"].value == pytest.approx(0.1)  # the pipe


def test_two_networks_do_not_help_each_other() -> None:
    devices = tuple(
        replace(device, heat_network="south") if device.id == "building 001" else device for device in PLACE.twin.devices
    )
    place = replace(PLACE, twin=replace(PLACE.twin, devices=devices))
    ports = {name: rows for name, rows in CHP.items() if name != "heat_demand_kw"}
    assert computed(HAND | {"chp": ports}, place=place).result()["heat_balance_max_kw"].value == pytest.approx(1.1)


@pytest.mark.parametrize("cuts", [(1, 4), (2, 3, 4), (1, 2, 3, 4)])
def test_cutting_into_blocks_changes_nothing(found: dict, cuts: tuple[int, ...]) -> None:
    parts = computed(HAND | {"prices": prices()}, cuts)
    whole = computed(HAND | {"prices": prices()})
    for name, figure in parts.result().items():
        assert figure.value == pytest.approx(found[name].value, rel=1e-12, abs=1e-12), name
        assert (figure.where, figure.when) == (found[name].where, found[name].when), name
    for name, columns in whole.tables().items():
        for column, values in columns.items():
            assert parts.tables()[name][column] == (values if isinstance(values[0], str) else pytest.approx(values)), column


def test_any_kind_may_be_absent() -> None:
    gone = {
        "building": {"heat_space_kwh", "comfort_outside_h", "temp_indoor_degc"},
        "ev": {"ev_distance_km", "ev_unserved_kwh"},
        "charging": {"ev_charged_kwh", "charging_queue"},
        "chp": {"chp_kwh", "heat_balance_max_kw"},
        "wind": {"wind_kwh"},
        "pv": {"pv_kwh"},
        "household": set(),
    }
    for missing, figures in gone.items():
        names = computed({name: ports for name, ports in HAND.items() if name != missing}).result()
        assert "consumption_kwh" in names
        assert not figures & set(names)


def test_dwellings_by_hand() -> None:
    table = computed(HAND | {"prices": prices()}).tables()["dwellings"]
    assert table["dwelling"] == ["home 000", "home 001"]
    assert table["consumption_kwh"] == pytest.approx([4 + 3.5 + 3 - 2, 4 + 0.4 + 8])
    assert table["generation_kwh"] == pytest.approx([8 + 20 + 10, 2.0])  # the plants stand alone behind the first meter
    assert table["ev_kwh"] == pytest.approx([3 - 2, 8.0])
    assert table["heat_kwh"] == pytest.approx([9 + 2, 9 + 1])
    assert table["comfort_outside_h"] == [1.0, 2.0]
    assert table["peak_kw"] == pytest.approx([-2.5, 1 + 0.1 + 4 - 1])  # home 000 feeds in all the time: 1 + 0.5 − 2 − 2 at best
    bought, sold = [0.0, 1.1 + 4.1 + 4.1 + 1.1], [10 + 13 + 4 + 2.5, 0.0]
    standing = 120.0 * 4 / 8760 * 1.19
    assert table["import_kwh"] == pytest.approx(bought)
    assert table["export_kwh"] == pytest.approx(sold)
    assert table["cost_eur"] == pytest.approx(
        [0.4 * one - 0.1 * other + standing for one, other in zip(bought, sold, strict=True)]
    )


def test_dwellings_that_share_a_meter_share_its_bill() -> None:
    twin = PLACE.twin
    flats = tuple(replace(dwelling, connection="home 001") for dwelling in twin.dwellings)
    place = replace(PLACE, twin=replace(twin, dwellings=flats))
    table = computed(HAND, place=place).tables()["dwellings"]
    assert table["import_kwh"] == pytest.approx([5.2, 5.2])  # half of 10.4 kWh each
    assert table["consumption_kwh"] == pytest.approx([8.5, 12.4])  # devices count for their own dwelling


def test_peaks_per_home(found: dict) -> None:
    assert found["dwelling_peak_kw"].value == pytest.approx((-2.5 + 4.1) / 2)
    assert found["diversified_peak_kw"].value == pytest.approx(0.1 / 2)  # hour 3, both homes together
    assert found["diversified_peak_kw"].when == (SUMMER + timedelta(hours=2)).isoformat()


def test_memory_grows_by_months_alone() -> None:
    """Within August, ninety more blocks need no more room; a new month needs its row."""
    import pickle

    sizes, first = [], datetime(2024, 7, 31, 22, tzinfo=UTC)  # midnight of 1 August in Berlin
    kpis = Kpis(PLACE.twin, TimeAxis(int(first.timestamp()), 3600, 4 * 190))
    for number in range(190):
        kpis.add(block_of(PLACE, HAND | {"prices": prices()}, start=first + timedelta(hours=4 * number)))
        sizes.append(len(pickle.dumps((kpis._sums, kpis._accounts))))
    assert kpis.tables()["months"]["month"] == ["2024-08", "2024-09"]
    assert abs(sizes[180] - sizes[90]) < 64
    assert 0 < sizes[189] - sizes[180] < 10_000  # 800 bins of temperature and the sums of the month

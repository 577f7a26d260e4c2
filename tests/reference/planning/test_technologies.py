# SPDX-License-Identifier: Apache-2.0
"""Numbers of the catalogue against the files that they are from."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.shared_data import shared_data
from twinergy.planning.catalogue import load
from twinergy.results.emissions import KG_PER_KWH

CHP_UNITS = Path(__file__).resolve().parents[3] / "data" / "chp" / "units.yaml"
INVESTMENTS = {
    ("rooftop_pv_residential", "size_eur_per_kwp"): "solar-rooftop residential",
    ("rooftop_pv_commercial", "size_eur_per_kwp"): "solar-rooftop commercial",
    ("ground_pv", "size_eur_per_kwp"): "solar-utility",
    ("onshore_wind", "size_eur_per_kw"): "onwind",
    ("home_battery", "capacity_eur_per_kwh"): "home battery storage",
    ("home_battery", "power_eur_per_kw"): "home battery inverter",
    ("community_battery", "capacity_eur_per_kwh"): "battery storage",
    ("community_battery", "power_eur_per_kw"): "battery inverter",
    ("gas_boiler", "size_eur_per_kw"): "decentral gas boiler",
    ("oil_boiler", "size_eur_per_kw"): "decentral oil boiler",
    ("pellet_boiler", "size_eur_per_kw"): "biomass boiler",
    ("district_gas_boiler", "size_eur_per_kw"): "central gas boiler",
    ("air_heat_pump", "size_eur_per_kw"): "decentral air-sourced heat pump",
    ("ground_heat_pump", "size_eur_per_kw"): "decentral ground-sourced heat pump",
    ("resistive_heater", "size_eur_per_kw"): "decentral resistive heater",
    ("district_resistive_heater", "size_eur_per_kw"): "central resistive heater",
    ("small_tank", "capacity_eur_per_kwh"): "decentral water tank storage",
    ("large_tank", "capacity_eur_per_kwh"): "central water tank storage",
    ("wallbox", "points_eur_per_point"): "Charging infrastructure slow (purely) battery electric vehicles passenger cars",
}
OTHERS = {"fixed_percent": "FOM", "lifetime_years": "lifetime"}


@pytest.fixture(scope="module")
def published() -> dict[tuple[str, str, int], float]:
    """Return the values of technology-data by technology, parameter and year."""
    file = shared_data("techno_economic", "technology_data_costs_subset_2025_2030_2040.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return {(row["technology"], row["parameter"], int(row["year"])): float(row["value"]) for row in csv.DictReader(text)}


@pytest.mark.parametrize(("ours", "theirs"), INVESTMENTS.items(), ids=lambda value: value if isinstance(value, str) else value[0])
def test_investments_are_those_of_technology_data(ours: tuple[str, str], theirs: str, published: dict) -> None:
    figure = load().entries[ours[0]].numbers[ours[1]]
    assert figure.value == {year: pytest.approx(published[theirs, "investment", year], abs=0.006) for year in (2025, 2030, 2040)}
    assert figure.currency_year == 2025  # its column names the year of the input instead, see the test of the index


@pytest.mark.parametrize(("ours", "theirs"), INVESTMENTS.items(), ids=lambda value: value if isinstance(value, str) else value[0])
@pytest.mark.parametrize("what", OTHERS)
def test_lives_and_operation_are_those_of_technology_data(what: str, ours: tuple[str, str], theirs: str, published: dict) -> None:
    name = f"{ours[1].split('_eur_', maxsplit=1)[0]}_{what}"
    figure = load().entries[ours[0]].numbers.get(name)
    given = {year: published.get((theirs, OTHERS[what], year), 0.0) for year in (2025, 2030, 2040)}
    assert (figure.value if figure else dict.fromkeys(given, 0.0)) == {
        year: pytest.approx(value) for year, value in given.items()
    }


def test_money_of_technology_data_is_that_of_2025(published: dict) -> None:
    """Three figures whose origin its file tells, turned into euro of 2025 by our index.

    1,400 EUR/kW of 2015 for a small CHP (PyPSA's old assumptions, from memory); 450 EUR/kg of 2020 for a
    hydrogen tank, 33.33 kWh/kg; the mean of 3,200 and 6,775 USD/kW of 2023 for a lignite plant at 1.09 USD/EUR.
    """
    index = load().money.index
    expected = {
        ("decentral CHP", 2015): 1400.0,
        ("hydrogen storage tank type 1", 2020): 450.0 / 33.333,
        ("lignite", 2023): (3200.0 + 6775.0) / 2.0 / 1.09,
    }
    for (name, year), eur in expected.items():
        assert published[name, "investment", 2025] == pytest.approx(eur * index[2025] / index[year], rel=2e-4)


def test_efficiencies_of_boilers_are_those_of_technology_data_by_the_higher_heating_value(published: dict) -> None:
    for ours, theirs, ratio in [
        ("gas_boiler", "decentral gas boiler", 0.9),
        ("district_gas_boiler", "central gas boiler", 0.9),
        ("oil_boiler", "decentral oil boiler", 0.95),
        ("pellet_boiler", "biomass boiler", 0.92),
    ]:
        assert load().technology(ours).number("efficiency") == pytest.approx(published[theirs, "efficiency", 2025] * ratio)


@pytest.mark.parametrize("technology", load().of("chp"), ids=lambda technology: technology.name)
def test_chp_units_are_those_that_scenarios_simulate(technology) -> None:
    unit = YAML(typ="safe").load(CHP_UNITS.read_text(encoding="utf-8"))[technology.entry.simulated_as]
    rated, fuel = unit["p_kw"][-1], unit["fuel_lhv_kw"][-1]
    given = {
        name: technology.entry.numbers[name].value[2025] for name in ("electric_efficiency", "thermal_efficiency", "least_load")
    }
    assert given["electric_efficiency"] == pytest.approx(rated / fuel, abs=6e-5)
    assert given["thermal_efficiency"] == pytest.approx(unit["heat_kw"][-1] / fuel, abs=6e-5)
    assert given["least_load"] == pytest.approx(unit["p_kw"][0] / rated, abs=6e-4)
    assert technology.number("size_step_kw") == rated


@pytest.mark.parametrize("technology", load().of("chp"), ids=lambda technology: technology.name)
def test_chp_prices_are_those_of_asue(technology) -> None:
    power_kw = technology.number("size_step_kw")
    # BHKW-Kenndaten 2014/15 as quoted in pyCity_calc: price by power, then what transport and installation add
    known = [(10.0, 9585.0, -0.542, 1.51), (100.0, 5438.0, -0.351, 1.46), (350.0, 4907.0, -0.352, 1.51)]
    _, factor, exponent, installed = next(row for row in known if power_kw <= row[0])
    assert technology.entry.numbers["size_eur_per_kw"].value[2025] == pytest.approx(
        factor * power_kw**exponent * installed, abs=1.0
    )


def test_fuels_emit_what_the_key_figures_of_a_run_count() -> None:
    assert {name: load().fuel(name).co2_g_per_kwh for name in KG_PER_KWH} == {
        name: pytest.approx(1000.0 * kg, rel=1e-4) for name, kg in KG_PER_KWH.items()
    }


def test_a_home_battery_loses_what_the_laboratory_measured() -> None:
    file = shared_data("battery", "bslib_database.csv")
    with file.open(encoding="utf-8") as text:
        row = next(row for row in csv.DictReader(text) if row["ID"] == "S2")
    cells = float(row["eta_BAT"]) / 100.0
    into = float(row["P_PV2BAT_out [W]"]) / float(row["P_AC2BAT_in [W]"])
    out = float(row["P_BAT2AC_out [W]"]) / float(row["P_BAT2AC_in [W]"])
    battery = load().technology("home_battery")
    assert battery.number("charge_efficiency") == pytest.approx(into * math.sqrt(cells), abs=1e-4)
    assert battery.number("discharge_efficiency") == pytest.approx(out * math.sqrt(cells), abs=1e-4)


def test_making_things_emits_what_hisim_says() -> None:
    file = shared_data("techno_economic", "hisim_emission_factors_and_costs_devices.csv")
    rows = [line.split(";") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    footprint = {row[0]: float(row[2]) for row in rows}
    for technology, name, device in [
        ("rooftop_pv_residential", "size_embodied_kg_per_kwp", "Photovoltaic panel"),
        ("home_battery", "capacity_embodied_kg_per_kwh", "Lithium iron phosphate battery"),
        ("chp_50kw", "size_embodied_kg_per_kw", "Gas powered Combined Heat and Power"),
        ("air_heat_pump", "size_embodied_kg_per_kw", "Heat pump"),
        ("gas_boiler", "size_embodied_kg_per_kw", "Gas boiler"),
        ("buffer_tank", "capacity_embodied_kg_per_kwh", "Hot Water tank"),
    ]:
        assert load().technology(technology).number(name) == footprint[device]


def test_chp_lives_as_long_as_districtgenerator_says() -> None:
    file = shared_data("techno_economic", "districtgenerator_decentral_device_data.json")
    devices = {device["abbreviation"]: device["specifications"] for device in json.loads(file.read_text(encoding="utf-8"))}
    life = next(row["value"] for row in devices["CHP"] if row["name"] == "life_time")
    assert {technology.number("size_lifetime_years") for technology in load().of("chp")} == {life}

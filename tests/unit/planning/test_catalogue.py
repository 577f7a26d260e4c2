# SPDX-License-Identifier: Apache-2.0
"""The catalogue of technologies: reading it, what it refuses, prices, overrides, the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from twinergy.errors import ScenarioError
from twinergy.planning.catalogue import FILE, load, priced
from twinergy.planning.catalogue_entries import ASSUMPTION
from twinergy.planning.catalogue_terms import PLANNED
from twinergy.planning.request import Financing, PlanRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = FILE.parents[1] / "docs" / "technologies.md"


@pytest.fixture
def wrong(tmp_path: Path) -> Callable[..., ScenarioError]:
    """Return what is said of the catalogue after texts in it were replaced."""

    def said(*pairs: tuple[str, str]) -> ScenarioError:
        text = FILE.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError) as caught:
            load(tmp_path / "mine.yaml")
        return caught.value

    return said


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == load().table(), "run: python -m twinergy.planning.catalogue > docs/technologies.md"


@pytest.mark.parametrize("sort", PLANNED)
def test_every_sort_of_a_request_has_a_default(sort: str) -> None:
    assert load().default(sort).entry.sort == sort


def test_every_assumption_has_a_reason() -> None:
    entries = [*load().entries.values(), *load().fuels.values()]
    figures = [figure for entry in entries for figure in entry.numbers.values()]
    assert [figure for figure in figures if figure.source == ASSUMPTION and not figure.note] == []
    assert {figure.source for figure in figures} - {ASSUMPTION} == set(load().sources), "a source is missing, or not used"


def test_what_a_scenario_names_is_in_its_table() -> None:
    from ruamel.yaml import YAML

    folder = FILE.parent
    named = {name for file in ("chp/units.yaml", "wind/turbines.yaml") for name in YAML(typ="safe").load(folder / file)}
    simulated = {entry.simulated_as for entry in load().entries.values() if entry.simulated_as}
    assert simulated
    assert simulated <= named


def test_a_price_by_hand() -> None:
    # DEA's 1,000 EUR/kW of 2025 in euro of 2024: index 130.32/133.58; boiler, 20 a at 5 %: 0.0802426; operation 6.6243 %
    boiler = load().technology("gas_boiler")
    size = priced(boiler, Financing(discount_rate=0.05)).sizes["size_kw"]
    eur = 406.69 * 130.32 / 133.58
    assert size.invest_eur == pytest.approx(eur)
    assert size.annual_eur == pytest.approx(eur * (0.0802426 + 0.066243), rel=1e-6)
    assert size.embodied_kg == pytest.approx(49.47 / 20.0)
    assert boiler.number("efficiency") == pytest.approx(0.8775)  # 0.975 by the lower heating value, 90 % of the higher


def test_bounds_are_those_of_the_first_size_or_by_name() -> None:
    battery = load().default("home_battery")
    sizes = priced(battery, Financing(), existing=5.0, least=1.0, most=20.0).sizes
    assert (sizes["capacity_kwh"].existing, sizes["capacity_kwh"].least, sizes["capacity_kwh"].most) == (5.0, 1.0, 20.0)
    assert (sizes["power_kw"].existing, sizes["power_kw"].least, sizes["power_kw"].most) == (0.0, 0.0, float("inf"))
    assert priced(battery, Financing(), most={"power_kw": 3.0}).sizes["power_kw"].most == 3.0


def test_later_years_are_cheaper() -> None:
    years = [PlanRequest(finance=Financing(catalogue_year=year)) for year in (2025, 2030, 2040)]
    costs = [load().default("pv").sizes(request)["size_kwp"].annual_eur for request in years]
    assert costs[0] > costs[1] > costs[2]


def test_a_subsidy_goes_by_name_before_sort() -> None:
    pump = load().default("heat_pump")
    full = priced(pump, Financing()).sizes["size_kw"].invest_eur
    by_sort = priced(pump, Financing(subsidies={"heat_pump": 0.3})).sizes["size_kw"].invest_eur
    by_name = priced(pump, Financing(subsidies={"heat_pump": 0.3, "air_heat_pump": 0.5})).sizes["size_kw"].invest_eur
    assert by_sort == pytest.approx(0.7 * full)
    assert by_name == pytest.approx(0.5 * full)


def test_what_is_paid_at_once() -> None:
    battery = load().default("home_battery").but({"capacity_eur_per_kwh": 400.0, "power_eur_per_kw": 200.0, "once_eur": 1000.0})
    home = priced(battery, Financing(subsidies={"home_battery": 0.5}), most=50.0)
    assert home.invest_eur({"capacity_kwh": 10.0, "power_kw": 5.0}) == pytest.approx(0.5 * (4000.0 + 1000.0 + 1000.0))
    assert home.invest_eur({"capacity_kwh": 0.0, "power_kw": 0.0}) == 0.0
    assert home.annual_eur({}) == 0.0
    assert home.annual_eur({"capacity_kwh": 1e-9}) == pytest.approx(home.sizes["capacity_kwh"].once_annual_eur)


def test_a_lifetime_from_the_twin_makes_a_battery_dearer() -> None:
    request = {"finance": {"discount_rate": 0.0, "horizon_years": 20}}
    worn = PlanRequest(**request, technologies={"home_battery": {"overrides": {"capacity_lifetime_years": 10.0}}})
    battery = load().default("home_battery")
    size = battery.sizes(worn)["capacity_kwh"]
    assert size.annual_eur == pytest.approx(size.invest_eur / 10.0)
    assert battery.sizes(PlanRequest(**request))["capacity_kwh"].annual_eur == pytest.approx(size.invest_eur / 22.5)
    assert battery.lifetime_years(250.0) == pytest.approx(10.0)  # 5 % standing, 250 of 5,000 cycles


def test_a_request_chooses_the_pack() -> None:
    request = PlanRequest(technologies={"chp": {"step": 0.0}, "v2g": {"step": 22.0}})
    assert load().default("chp").sizes(PlanRequest())["size_kw"].step == 50.0
    assert load().default("chp").sizes(request)["size_kw"].step == 0.0
    assert load().default("v2g").sizes(request)["size_kw"].step == 22.0


def test_a_number_it_may_have_and_has_not_is_nothing() -> None:
    assert load().default("boiler").number("service_eur_per_kwh") == 0.0
    with pytest.raises(ScenarioError, match="gas_boiler has no number 'cop'"):
        load().default("boiler").number("cop")


def test_only_batteries_wear_by_cycles() -> None:
    with pytest.raises(ScenarioError, match="rooftop_pv_residential has no number 'calendar_years'"):
        load().default("pv").lifetime_years(250.0)


def test_a_fuel_by_the_higher_heating_value() -> None:
    gas, wood = load().fuel("natural_gas"), load().fuel("wood")
    assert gas.co2_lifecycle_g_per_kwh == pytest.approx(216.0)  # 240 g/kWh by the lower heating value
    assert gas.eur_per_kwh == pytest.approx((0.1104 + 0.1233) / 2.0, abs=1e-4)
    assert wood.eur_per_kwh == pytest.approx(279.26 / 5000.0 * 0.92, rel=1e-3)


def test_the_price_of_a_fuel_is_the_requests_and_grows() -> None:
    finance = Financing(discount_rate=0.05, fuel_eur_per_kwh={"natural_gas": 0.1}, price_growth={"natural_gas": 0.03})
    assert load().fuel_eur_per_kwh("natural_gas", finance) == pytest.approx(0.1281057, abs=1e-6)
    assert load().fuel_eur_per_kwh("wood", finance) == pytest.approx(load().fuel("wood").eur_per_kwh)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: load().technology("home_batery"), "no such technology.*home_batery.*did you mean 'home_battery'"),
        (lambda: load().fuel("gas"), "no such fuel.*'gas'.*known: .*natural_gas"),
        (lambda: load().default("batteries"), "default of this sort.*'batteries'"),
    ],
)
def test_an_unknown_name_gets_the_closest(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        ask()


def test_wrong_overrides_are_all_named() -> None:
    overrides = {"capacity_eur_per_kw": 300.0, "power_eur_per_kw": -1.0, "charge_efficiency": 95.0}
    with pytest.raises(ScenarioError) as caught:
        load().default("home_battery").asked(PlanRequest(technologies={"home_battery": {"overrides": overrides}}))
    said = [str(finding) for finding in caught.value.findings]
    assert len(said) == 3
    assert said[0].startswith("technologies.home_battery.overrides.capacity_eur_per_kw: home_battery has no number")
    assert "did you mean 'capacity_eur_per_kwh'" in said[0]
    assert "cannot be -1 EUR/kW" in said[1]
    assert "(got 95.0); allowed: 0.3 to 1 -" in said[2]


def test_a_boiler_above_one_is_refused_by_the_higher_heating_value() -> None:
    with pytest.raises(ScenarioError, match=r"cannot be 1\.05 -"):
        load().default("boiler").but({"efficiency": 1.05})


def test_names_in_a_request_that_mean_nothing() -> None:
    request = PlanRequest(
        finance=Financing(subsidies={"heatpump": 0.3}, fuel_eur_per_kwh={"gas": 0.1}, price_growth={"power": 0.01}),
        technologies={"batteries": {}, "chp": {"technology": "gg50"}, "pv": {"overrides": {"price": 1.0}}},
    )
    paths = [finding.path for finding in load().findings(request)]
    assert paths == [
        "finance.subsidies.heatpump",
        "finance.fuel_eur_per_kwh.gas",
        "finance.price_growth.power",
        "technologies.batteries",
        "technologies.chp.technology",
        "technologies.pv.overrides.price",
    ]
    assert load().findings(PlanRequest()) == []


def test_a_negative_cost_is_found_where_it_stands(wrong: Callable[..., ScenarioError]) -> None:
    error = wrong(("value: {2025: 354.01,", "value: {2025: -354.01,"))
    (finding,) = error.findings
    lines = FILE.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "{2025: 354.01," in text)
    assert finding.path == "technologies.home_battery.numbers.capacity_eur_per_kwh.value[2025]"
    assert (finding.file.endswith("mine.yaml"), finding.line, finding.value) == (True, line, -354.01)
    assert "cannot be -354.01 EUR/kWh" in finding.message


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("efficiency: {value: {2025: 0.975,", "efficiency: {value: {2025: 97.5,"), "cannot be 97.5 -"),
        (("thermal_efficiency: {value: 0.5616,", "thermal_efficiency: {value: 0.9,"), "together are 1.24"),
        (("sort: home_battery", "sort: home_batery"), "no such sort.*did you mean 'home_battery'"),
        (("fuel: heating_oil", "fuel: oil"), "there is no such fuel .got 'oil'"),
        (("unit: EUR/kWp, source: dea_power", "unit: EUR/kW, source: dea_power"), "wrong unit .got 'EUR/kW'.; allowed: EUR/kWp"),
        (("source: hisim,", "source: hisin,"), "no such source.*did you mean 'hisim'"),
        (("currency_year: 2025, ", ""), "money of no known year.*say currency_year"),
        (("currency_year: 2025, ", "currency_year: 1999, "), "money of no known year.*got 1999"),
        (('heating_value: lower, note: "5.5/20.45 kW"', 'note: "5.5/20.45 kW"'), "say by which heating value"),
        (("    default: true\n", ""), "sort 'pv' has no default"),
        (("    sort: pv\n    numbers:", "    sort: pv\n    default: true\n    numbers:"), "sort 'pv' has 2 defaults"),
        (
            ("size_lifetime_years", "size_life_years"),
            "unknown number 'size_life_years'; allowed: did you mean 'size_lifetime_years'",
        ),
        (("      size_lifetime_years", "      size_step_kwp"), "number 'size_lifetime_years' is missing"),
        (("2040: 879.03}", "2050: 879.03}"), "2050"),
        (("2030: 1056.22, ", ""), "has no value for 2030"),
        (("  year: 2024", "  year: 2023.5"), "money.year"),
        (("  year: 2024", "  year: 2019"), "no value for the year of the catalogue's euro"),
        (('note: "design life by IEC 61400-2"', 'note: ""'), "assumption without a reason"),
        (("    title: PV on the ground", "    titel: PV on the ground"), "unknown key 'titel'.*did you mean 'title'"),
        (("technologies:\n", "technology:\n"), "unknown key 'technology'.*did you mean 'technologies'"),
    ],
)
def test_what_is_wrong_is_said(wrong: Callable[..., ScenarioError], pair: tuple[str, str], said: str) -> None:
    error = wrong(pair)
    assert any(re.search(said, str(finding)) for finding in error.findings), str(error)


def test_one_number_for_all_years_is_wrong_once(wrong: Callable[..., ScenarioError]) -> None:
    assert len(wrong(("value: 5745.0,", "value: -5745.0,")).findings) == 1


def test_everything_is_said_at_once(wrong: Callable[..., ScenarioError]) -> None:
    error = wrong(
        ("value: {2025: 354.01,", "value: {2025: -354.01,"),
        ("    title: PV on the ground", "    titel: PV on the ground"),
        ("fuel: heating_oil", "fuel: oil"),
    )
    assert len(error.findings) == 4  # the misspelt title is an unknown key, and the title is missing


def test_a_file_may_extend_the_catalogue(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    own = "technologies: {home_battery: {numbers: {capacity_eur_per_kwh: {value: 500, currency_year: 2024, source: offer}}}}\n"
    mine.write_text(f"extends: {FILE}\nsources: {{offer: my installer}}\n{own}", encoding="utf-8")
    battery = load(mine).default("home_battery")
    assert battery.numbers()["capacity_eur_per_kwh"] == 500.0
    assert battery.numbers()["power_eur_per_kw"] == load().default("home_battery").numbers()["power_eur_per_kw"]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no such file"):
        load(tmp_path / "none.yaml")

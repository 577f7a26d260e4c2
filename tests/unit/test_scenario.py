# SPDX-License-Identifier: Apache-2.0
"""Bad scenarios: every finding at once, with file, line, path, value and what is allowed."""

from __future__ import annotations

import re

import pytest

from tests.scenario_files import SMALL, small
from twinergy.community.document import pilots
from twinergy.community.scenario import find, load
from twinergy.errors import ScenarioError


def line_of(text):
    return next(number for number, line in enumerate(SMALL.splitlines(), 1) if text in line)


def findings(file, *assignments):
    with pytest.raises(ScenarioError) as caught:
        load(file, assignments)
    return caught.value.findings


def test_the_small_scenario_is_good(tmp_path):
    scenario = load(small(tmp_path))
    assert [c.id for c in scenario.twin.connections] == ["home-a", "home-b", "home-c"]
    assert scenario.axis.n_steps == 96
    assert scenario.axis.start.isoformat() == "2024-06-02T22:00:00+00:00"
    assert scenario.twin.device_by_id["pv-a"].connection == "home-a"


def test_all_findings_at_once(tmp_path):
    file = small(
        tmp_path,
        ("capacity_kwh: 8", "capacity_kwh: -8"),
        ("step_s: 900", "step_s: 700"),
    )
    found = findings(file)
    assert any("step" in f.message for f in found)
    broken = small(tmp_path, ("annual_kwh: 3500", "annual_kwh: 0"), ("capacity_kwh: 8", "capacity_kwh: -8"))
    found = findings(broken)
    assert {f.path for f in found} == {"devices[0].annual_kwh", "devices[4].capacity_kwh"}
    assert all(f.file == str(broken) and f.line and f.value is not None and f.allowed for f in found)


def case(old, new, where, said, name):
    return pytest.param([(old, new)], where, said, id=name)


STRONG = r"more than its connection 'home-a' carries.*44 kW.*≤ 30 kW"
CASES = [
    case("p_dc_kwp: 8", "p_dc_kwp: 40", "pv-a", r"40(\.0)? kWp|p_dc_kwp", "40 kWp on 60 m2 of roof"),
    case("p_charge_kw: 4}", "p_charge_kw: 4, soc: 80}", "battery-a", r"fraction.*did you mean 0\.8", "soc 80"),
    case("p_charge_kw: 4", "p_charge_kw: 44", "battery-a", STRONG, "battery stronger than its connection"),
    case("id: load-b", "id: load-a", "load-b", r"two devices are called 'load-a'; the other stands in line", "two of one id"),
    case("kind: pv", "kind: vp", "pv-a", r"no such kind of device \(got 'vp'\).*did you mean 'pv'", "unknown kind"),
    case("p_dc_kwp: 8", "p_dc_kwp: 8, tilt: 30", "pv-a", r"unknown key 'tilt'.*did you mean 'tilt_deg'", "unknown key"),
    case("dwelling: home-b,", "dwelling: home-x,", "load-b", r"no dwelling of this name \(got 'home-x'\)", "no such dwelling"),
]


@pytest.mark.parametrize(("changes", "where", "said"), CASES)
def test_one_mistake_names_its_place(tmp_path, changes, where, said):
    file = small(tmp_path, *changes)
    matching = [f for f in findings(file) if re.search(said, str(f))]
    assert matching
    assert matching[0].file == str(file)
    assert matching[0].line == line_of(where)


def test_a_device_on_a_bus_that_does_not_exist(tmp_path):
    file = small(tmp_path)
    text = re.sub(r"bus: \S+, tariff", "bus: s1-nowhere, tariff", file.read_text(encoding="utf-8"), count=1)
    file.write_text(text, encoding="utf-8")
    (finding,) = findings(file)
    assert "no bus of the grid of this name" in finding.message
    assert (finding.line, finding.value) == (line_of("BUS1"), "s1-nowhere")
    assert "known: s1-" in finding.allowed


def test_an_unknown_tariff_controller_and_pilot(tmp_path):
    found = findings(small(tmp_path, extra="controllers: {peek_shaving: {}}\n"), "connections.0.tariff=houshold")
    said = "\n".join(map(str, found))
    assert re.search(r"--set connections\[0\]\.tariff: there is no tariff.*did you mean 'household'", said)
    assert re.search(r"no such controller \(got 'peek_shaving'\); allowed: did you mean 'peak_shaving'", said)
    with pytest.raises(ScenarioError, match="did you mean 'hagedorn'"):
        find("hagedron")


def test_wrong_source_of_a_grid(tmp_path):
    (finding,) = findings(small(tmp_path), "grid.source=kerber")
    assert "kerber_dorfnetz" in str(finding)


def test_order_of_the_file_does_not_matter(tmp_path):
    scenario = load(small(tmp_path))
    lines = scenario.document.data["devices"]
    shuffled = load(small(tmp_path))
    shuffled.document.data["devices"] = lines[::-1]
    from twinergy.community.scenario import build

    assert [d.id for d in build(shuffled.document).twin.devices] == [d.id for d in scenario.twin.devices]


def test_the_resolved_scenario_loads_again(tmp_path):
    scenario = load(small(tmp_path)).with_set("run.seed=11")
    again = tmp_path / "again.yaml"
    again.write_text(scenario.yaml(), encoding="utf-8")
    assert load(again).document.data == scenario.document.data
    assert load(again).context.seed == 11


def test_growing_a_village_keeps_its_homes(tmp_path):
    few, many = load("hagedorn", ["community.homes=20"]), load("hagedorn", ["community.homes=40"])
    kept = {device.id: device.options for device in many.twin.devices}
    homes = [d for d in few.twin.devices if d.id.startswith("home")]
    assert len(homes) > 20
    assert all(kept[device.id] == device.options for device in homes)


def test_a_larger_share_keeps_the_owners():
    def owners(share):
        scenario = load("hagedorn", ["community.homes=57", f"pv.share={share}"])
        return {device.id for device in scenario.twin.of_kind("pv")}

    assert owners(0.2) < owners(0.5) < owners(0.9)
    assert len(owners(1.0)) == 57


def test_every_pilot_loads():
    assert "hagedorn" in pilots()
    for name in pilots():
        scenario = load(name)
        assert scenario.name == name
        assert scenario.twin.devices


def test_prices_may_be_written_in_the_sites_money(tmp_path):
    pounds = small(
        tmp_path,
        ("country: DE-NW}", "country: GB, currency: {code: GBP, eur_per_unit: 1.25}}"),
        ("price_eur_per_kwh: 0.2}", "price_gbp_per_kwh: 0.2}"),
    )
    scenario = load(pounds)
    assert scenario.twin.device_by_id["household"].options.energy.price_eur_per_kwh == 0.25
    assert (scenario.twin.site.currency, scenario.twin.site.eur_per_unit) == ("GBP", 1.25)


def test_a_device_is_on_phases_of_its_connection(tmp_path):
    file = small(tmp_path, ("home-c, bus", "home-c, phases: a, bus"), ("annual_kwh: 4500", "annual_kwh: 4500, phases: b"))
    (finding,) = findings(file)
    assert (finding.path, finding.value, finding.allowed) == ("devices[2].phases", "b", "a")
    assert "does not have" in finding.message
    assert finding.line


COMMUNITY = """\
community:
  homes: 4
  connection: {tariff: household, phases: PHASES, limit_kw: {choice: {22.5: 0.5, 30: 0.5}}}
"""


def test_a_grid_without_phases_of_its_own_cannot_give_them(tmp_path):
    (finding,) = findings(small(tmp_path, extra=COMMUNITY.replace("PHASES", "grid")))
    assert "do not say which phases" in finding.message


def test_numbers_that_are_keys_survive_being_written(tmp_path):
    scenario = load(small(tmp_path, extra=COMMUNITY.replace("PHASES", "abc")))
    file = tmp_path / "again.yaml"
    file.write_text(scenario.yaml(), encoding="utf-8")
    limits = {c.id: c.limit_kw for c in scenario.twin.connections if c.id.startswith("home-0")}
    assert set(limits.values()) <= {22.5, 30.0}
    assert {c.id: c.limit_kw for c in load(file).twin.connections if c.id in limits} == limits

# SPDX-License-Identifier: Apache-2.0
"""Gateways in a whole run: they read what is behind their meter in the same step, and say so in the results."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenario_files import every_kind, small
from twinergy.community.scenario import load
from twinergy.cosim.runner import assemble, run
from twinergy.cosim.world import drive
from twinergy.errors import ScenarioError

IDEAL = "accuracy_relative: 0, noise_relative: 0, resolution_kw: 0.000001, sensors: ideal"
SECOND_PV = (
    "  - {id: battery-a",
    "  - {id: pv-a2, kind: pv, dwelling: home-a, p_dc_kwp: 3, azimuth_deg: 90}\n  - {id: battery-a",
)
PAIRS = {
    "p_household_kw": ("household", "p_kw", "load-a"),
    "p_battery_kw": ("battery", "p_kw", "battery-a"),
    "soc": ("battery", "soc", "battery-a"),
    "p_heating_kw": ("building", "p_heat_pump_kw", "building-a"),
    "p_cooling_kw": ("building", "p_cooling_kw", "building-a"),
    "temp_indoor_degc": ("building", "temp_indoor_degc", "building-a"),
    "temp_tank_degc": ("building", "temp_tank_degc", "building-a"),
    "co2_ppm": ("building", "co2_ppm", "building-a"),
    "p_charging_kw": ("charging", "p_kw", "point-a"),
    "car_wanted_kwh": ("charging", "energy_wanted_kwh", "point-a"),
    "car_departure_s": ("charging", "departure_s", "point-a"),
}


def columns(file, *overrides):
    """Drive a scenario and return its values by table and port, and the ids of the rows."""
    scenario, kept = load(file, overrides), []
    drive(assemble(scenario, lambda block: kept.append(block.copy())).components)
    values = {
        name: {p: np.concatenate([b.tables[name].values[p] for b in kept]) for p in part.values}
        for name, part in kept[0].tables.items()
    }
    return values, {name: part.table.ids for name, part in kept[0].tables.items()}


def exact(tmp_path, *changes):
    """The small scenario with every kind, its gateway without error, and one in the other home."""
    file = every_kind(tmp_path, *changes)
    text = file.read_text(encoding="utf-8").replace(
        "kind: gateway, dwelling: home-a}", f"kind: gateway, dwelling: home-a, {IDEAL}}}"
    )
    more = f"  - {{id: gateway-b, kind: gateway, dwelling: home-b, {IDEAL}}}\nhubs:\n"
    file.write_text(text.replace("hubs:\n", more), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    return columns(exact(tmp_path_factory.mktemp("day"), SECOND_PV))


def test_a_gateway_reads_its_own_dwelling_in_the_same_step(day):
    values, ids = day
    row = ids["gateway"].index("gateway-a")
    for port, (table, source, device) in PAIRS.items():
        truth = values[table][source][:, ids[table].index(device)]
        np.testing.assert_allclose(values["gateway"][port][:, row], truth, atol=6e-7, err_msg=port)
        assert np.isfinite(truth).any(), port


def test_several_pv_systems_add_up(day):
    values, ids = day
    mine = [ids["pv"].index(name) for name in ("pv-a", "pv-a2")]
    truth = values["pv"]["p_kw"][:, mine].sum(axis=1)
    assert truth.min() < -5.0
    np.testing.assert_allclose(values["gateway"]["p_pv_kw"][:, ids["gateway"].index("gateway-a")], truth, atol=6e-7)


def test_what_a_dwelling_has_not_reads_nan(day):
    values, ids = day
    row = ids["gateway"].index("gateway-b")
    absent = {"p_pv_kw", "p_pv_available_kw", "p_battery_kw", "soc", "p_charging_kw", "car_wanted_kwh", "car_departure_s"}
    for port, series in values["gateway"].items():
        assert np.isnan(series[:, row]).all() == (port in absent), port


def test_the_parts_add_up_to_the_billing_meter(day):
    """What the gateway reads is all there is behind the meter of the home, but for pumps and fans of its heating."""
    values, ids = day
    row = ids["gateway"].index("gateway-a")
    parts = sum(
        values["gateway"][f"p_{name}_kw"][:, row] for name in ("household", "pv", "battery", "heating", "cooling", "charging")
    )
    rest = values["connection"]["p_kw"][:, ids["connection"].index("home-a")] - parts
    assert rest.min() > -1e-5
    assert rest.max() < 0.2


def test_a_gateway_alone_reads_what_it_reads_among_others(tmp_path, day):
    values, ids = day
    file = exact(tmp_path, SECOND_PV)
    text = file.read_text(encoding="utf-8")
    file.write_text("".join(line for line in text.splitlines(keepends=True) if "gateway-b" not in line), encoding="utf-8")
    alone, rows = columns(file)
    assert rows["gateway"] == ("gateway-a",)
    for port, series in alone["gateway"].items():
        np.testing.assert_array_equal(series[:, 0], values["gateway"][port][:, ids["gateway"].index("gateway-a")], err_msg=port)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{id: g, kind: gateway, dwelling: home-z}", "there is no dwelling of this name"),
        ("{id: g, kind: gateway}", "gateway 'g' belongs to no dwelling"),
        (
            "{id: g, kind: gateway, dwelling: home-a}\n  - {id: h, kind: gateway, dwelling: home-a}",
            "'h' is the second of its dwelling",
        ),
        ("{id: g, kind: gateway, dwelling: home-a, plugs: [fridge]}", "plugs"),
    ],
)
def test_a_gateway_in_the_wrong_place_is_refused_with_its_line(tmp_path, line, message):
    file = small(tmp_path, ("meters:\n", f"  - {line}\nmeters:\n"))
    with pytest.raises(ScenarioError, match=message) as caught:
        load(file)
    assert "scenario.yaml:" in str(caught.value)


def test_readings_are_in_the_run_folder_and_the_report(tmp_path):
    file = small(tmp_path, ("meters:\n", "  - {id: g, kind: gateway, dwelling: home-a, gap_probability: 0.3}\nmeters:\n"))
    finished = run(load(file), out=tmp_path / "runs")
    frame = finished.wide("gateway", "p_household_kw")
    assert 0.4 < frame["g"].notna().mean() < 1.0
    assert (finished.wide("gateway", "valid")["g"] == frame["g"].notna()).all()
    assert (finished.path / "report.html").exists()


def test_generated_homes_may_have_gateways(tmp_path):
    scenario = load("hagedorn", ["community.devices.gateway.share=0.25", "community.homes=60", "run.days=1"])
    homes = {device.dwelling for device in scenario.twin.of_kind("gateway")}
    assert 5 < len(homes) < 25
    assert len(homes) == len(scenario.twin.of_kind("gateway"))

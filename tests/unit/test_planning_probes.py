# SPDX-License-Identifier: Apache-2.0
"""Roofs, probes, benches and tallies of a year for planning."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.scenario_files import every_kind, small
from twinergy.community.scenario import load
from twinergy.cosim.planning.bench import stores_of, units_of
from twinergy.cosim.planning.probes import Faces, face, pv_kind, pv_probes, wind_probes
from twinergy.cosim.planning.pumps import BENCH_DEGC, cop_air, course, shown
from twinergy.cosim.planning.roofs import roofs_of
from twinergy.cosim.planning.tallies import Year
from twinergy.kinds import Table
from twinergy.ports import measured
from twinergy.results.block import ResultBlock, TableBlock


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    return load(every_kind(tmp_path_factory.mktemp("every")))


def options(**given):
    return pv_kind().options.model_validate({"p_dc_kwp": 8.0, **given})


def test_systems_that_yield_the_same_share_a_face():
    """Size, local control of reactive power and the law's cap are no part of a face; losses and the inverter per kWp are."""
    faces = Faces()
    plain = faces.name(face(options(tilt_deg=30).model_dump()))
    assert plain == "tilt30-azimuth180"
    assert faces.name(face(options(tilt_deg=30, p_dc_kwp=3.0, q_mode="q_v", feed_in_cap=0.7).model_dump())) == plain
    assert faces.name(face(options(tilt_deg=30, losses_percent=5).model_dump())) == "tilt30-azimuth180-v2"
    assert faces.name(face(options(tilt_deg=30, inverter_kva=4.0).model_dump())) == "tilt30-azimuth180-v3"
    assert faces.name(face(options(tilt_deg=30, p_dc_kwp=4.0, inverter_kva=2.0).model_dump())) == "tilt30-azimuth180-v3"
    assert faces.name(face(options(tilt_deg=17.5, azimuth_deg=360).model_dump())) == "tilt17p5-azimuth0"


def test_probes_are_a_kwp_each():
    faces = Faces()
    faces.name(face(options(inverter_kva=4.0, feed_in_cap=0.6).model_dump()))
    [probe] = pv_probes(faces, "home-a")
    assert (probe.options.p_dc_kwp, probe.options.inverter_kva, probe.options.feed_in_cap) == (1.0, 0.5, None)


def test_room_on_roofs_by_hand(village):
    """60 m2 x 0.2 kWp/m2 x 60 % = 7.2 kWp: less than the 8 that home a has; half to either side of the roof of home b."""
    roofs, notes = roofs_of(village, Faces())
    found = {one.id: one for one in roofs}
    assert set(found) == {"pv-a", "home-b", "home-b-back"}
    assert (found["pv-a"].existing_kwp, found["pv-a"].room_kwp) == (8.0, 0.0)
    assert found["home-b"].room_kwp == found["home-b-back"].room_kwp == pytest.approx(3.6)
    assert (found["home-b"].azimuth_deg, found["home-b-back"].azimuth_deg) == (180.0, 0.0)
    assert any("60 % of a dwelling's roof area (assumption)" in note for note in notes)


def test_a_house_that_is_turned_has_its_roof_turned(tmp_path):
    turned = ("kind: building, dwelling: home-b,", "kind: building, dwelling: home-b, rotation_deg: 22,")
    file = every_kind(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace(*turned), encoding="utf-8")
    found = {one.id: one.azimuth_deg for one in roofs_of(load(file), Faces())[0]}
    assert (found["home-b"], found["home-b-back"]) == (195.0, 15.0)


def test_a_roof_of_nothing_is_named(tmp_path):
    bare = ("{id: home-b, connection: home-b, roof_area_m2: 60}", "{id: home-b, connection: home-b, roof_area_m2: 0}")
    roofs, notes = roofs_of(load(small(tmp_path, bare)), Faces())
    assert {one.id for one in roofs} == {"pv-a"}
    assert any("1 dwellings have a roof of 0 m2 and so no room for modules: home-b" in note for note in notes)


def test_generated_homes_have_the_roof_they_would_be_given():
    """With a share of 100 % the scenario draws for every home what was taken for it at 45 %."""
    roofs, _ = roofs_of(load("hagedorn"), Faces())
    drawn = {one.connection: (one.tilt_deg, one.azimuth_deg) for one in roofs if one.connection.startswith("home-")}
    full = {
        one.connection: (one.options.tilt_deg, one.options.azimuth_deg)
        for one in load("hagedorn", ["community.devices.pv.share=1.0"]).twin.of_kind("pv")
    }
    assert len(full) == 114
    assert drawn == full


def test_turbines_of_the_scenario_come_before_the_small_one(village, tmp_path):
    assert [name for name, _ in wind_probes(village, "home-a")] == ["excel10"]
    assert [name for name, _ in wind_probes(load(small(tmp_path)), "home-a")] == ["nps100c-24"]


def test_efficiency_of_a_battery_by_hand(village):
    """bslib 0.7, system S2 at half power: losses 107.9 x2 + 34.85 x + 35.85 W of 3572 W, cells 0.9687 both ways."""
    [store] = stores_of(village)
    x = 0.5
    drawn_w, lost_w = x * 3572.0, 107.9 * x**2 + 34.85 * x + 35.85
    given_w, taken_w = x * 3507.0, 151.06 * x**2 + 22.76 * x + 37.42
    assert store.charge_efficiency == pytest.approx((1.0 - lost_w / drawn_w) * math.sqrt(0.9687), rel=2e-4)
    assert store.discharge_efficiency == pytest.approx(given_w / (given_w + taken_w) * math.sqrt(0.9687), rel=2e-4)
    assert (store.capacity_kwh, store.power_kw, store.connection) == (8.0, 4.0, "home-a")


def test_capacity_within_its_limits(tmp_path):
    file = small(tmp_path, ("capacity_kwh: 8,", "capacity_kwh: 8, min_soc: 0.1, max_soc: 0.9, p_discharge_kw: 3,"))
    [store] = stores_of(load(file))
    assert (store.capacity_kwh, store.power_kw) == (pytest.approx(6.4), 3.0)


def test_a_chp_unit_by_its_data_sheet(village):
    """SenerTec Dachs G 5.5: 5.5 kW of power, 12.5 of heat, 20.5 of fuel by lower heating value; natural gas 1.11 higher."""
    [unit] = units_of(village)
    assert unit.power_kw == pytest.approx(5.5)
    assert unit.heat_kw == pytest.approx(12.5)
    assert unit.electric_efficiency == pytest.approx(5.5 / (20.5 * 1.11), rel=0.01)
    assert unit.thermal_efficiency == pytest.approx(12.5 / (20.5 * 1.11), rel=0.01)
    assert unit.buffer_kwh == pytest.approx(1.6 * 12.5)
    assert (unit.boiler_kw, unit.boiler_efficiency) == (20.0, 0.9)


@pytest.mark.parametrize(("lift_k", "cop"), [(15.0, 5.137), (30.0, 3.747), (60.0, 1.818), (80.0, 1.818), (5.0, 5.137)])
def test_regression_of_heat_pumps_by_hand(lift_k, cop):
    """Staffell et al. (2012): 6.81 - 0.121 dT + 0.000630 dT2 from 15 to 60 K; no more is promised beyond."""
    assert float(cop_air(lift_k)) == pytest.approx(cop, abs=1e-3)


def test_a_heat_pump_on_the_bench(tmp_path):
    """A hand calculation with hplib's fit of the generic machine, at the end of a heating curve of 45 degC at -12 degC.

    hplib 1.9: COP = c1 t_in + c2 t_out + c3 + c4 t_amb; the row is read from the table here, and 0.8 of it reaches a house.
    """
    import csv

    from simulators.building.heat_pumps import TABLE

    with TABLE.open(encoding="utf-8", newline="") as file:
        row = next(one for one in csv.DictReader(file) if one["key"] == "generic_air")
    c1, c2, c3, c4 = (float(row[f"p{term}_cop"]) for term in range(1, 5))
    wanted = (
        "kind: building, dwelling: home-a,",
        "kind: building, dwelling: home-a, heat_pump: generic_air, flow_temp_degc: 45,",
    )
    path = every_kind(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(*wanted), encoding="utf-8")
    scenario = load(path)
    [house] = [one for one in scenario.twin.of_kind("building") if one.id == "building-a"]
    [found] = shown(scenario, [house])
    at = found[list(BENCH_DEGC).index(-12.0)]
    assert at == pytest.approx(0.8 * (c1 * -12.0 + c2 * 45.0 + c3 + c4 * -12.0), rel=1e-6)
    assert (np.diff(found[np.isfinite(found)]) <= 1e-9).all()  # the bench goes from warm to cold


def test_between_temperatures_a_course_is_straight():
    bench = np.where(BENCH_DEGC >= -5.0, 3.0 + 0.1 * BENCH_DEGC, np.nan)
    np.testing.assert_allclose(course(bench, np.array([10.0, 2.5, -5.0, -15.0, 30.0])), [4.0, 3.25, 2.5, 2.5, 5.0])
    assert course(np.full(len(BENCH_DEGC), np.nan), np.zeros(3)) is None


def test_a_kind_of_building_without_heat_pumps_shows_nothing(village):
    class Plain:
        options = pv_kind().options

    scenario = replace(village, kinds={**village.kinds, "building": Plain()})
    assert np.isnan(shown(scenario, list(village.twin.of_kind("building")))).all()


def test_tallies_add_up_by_place():
    """Three devices at two meters over two blocks, by hand; a table without the port adds nothing."""
    table = Table("load", ("a", "b", "c"), (measured("p_kw", "power"),))
    year = Year({"load": table}, 3)
    year.add(
        "together", 2, [("load", "p_kw", {"a": 1, "b": 0, "c": 1}), ("load", "q_kvar", {"a": 0}), ("none", "p_kw", {"a": 0})]
    )
    year.each("each", "load", "p_kw")
    values = np.array([[1.0, 2.0, 4.0], [10.0, 20.0, 40.0], [100.0, 200.0, 400.0]])
    for part in (values[:2], values[2:]):
        year.take(ResultBlock(np.arange(len(part)), 3600, {"load": TableBlock(table, {"p_kw": part})}))
    assert year["together"].tolist() == [[2.0, 20.0, 200.0], [5.0, 50.0, 500.0]]
    assert year["each"].tolist() == values.T.tolist()

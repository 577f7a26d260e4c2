# SPDX-License-Identifier: Apache-2.0
"""Physics of a building by hand: zone, tank, heating, cooling, air, light and sound."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log10

import numpy as np
import pvlib
import pytest
from scipy.integrate import solve_ivp

from simulators.building import model
from simulators.building.archetypes import archetype
from simulators.building.envelope import envelope
from simulators.building.facades import Sky, columns, saturation_hpa
from simulators.building.options import BuildingOptions
from simulators.building.thermal import AIR, CONVECTIVE, HEAT, network, transition, zone_matrix
from tests.unit.test_building_case import NOON, WINTER, acting, named, params

DARK = {**WINTER, "temp_degc": -10.0}


def settle(built, hours=24 * 60, **given):
    """Return the last outputs of many hours under the same inputs."""
    state, outputs = model.start(built), ()
    for _ in range(hours):
        state, outputs = model.step(built, state, acting(len(built.volume_m3), **given), 3600.0)
    return named(outputs)


def test_steady_heat_is_that_of_the_envelope():
    """Without sun: U A (20 - (-10)) less what the sky cools: H_roof 1.98 K and half of it for the walls (EN ISO 13790)."""
    built = params({"heating": "electric", "heat_power_kw": 50.0, "hot_water": "none"})
    options = BuildingOptions()
    house = envelope(options, archetype("DE", 1970, "existing"), 130.0)
    sky_k = 1.98 * (house.roof_share + 0.5 * house.wall_share)
    expected = house.opaque_w_per_k * (30.0 + sky_k) + (house.window_w_per_k + house.air_w_per_k) * 30.0
    # radiators give 30 % of their heat to surfaces, and the outer ones lose more of it than the air would
    assert expected < settle(built, weather=DARK)["heat_space_kw"][0] * 1e3 < 1.06 * expected


def test_convective_heat_meets_exactly_the_envelope():
    built = params({"heating": "electric", "hot_water": "none"})
    matrix = zone_matrix(built.zone, 1e9)[:, :, 0]  # so long that only the steady state is left
    house = envelope(BuildingOptions(), archetype("DE", 1970, "existing"), 130.0)
    total = (house.opaque_w_per_k + house.window_w_per_k + house.air_w_per_k) / 1e3
    assert 1.0 / matrix[CONVECTIVE, AIR] == pytest.approx(total, rel=1e-6)


def test_envelope_of_the_typical_house_is_that_of_tabula():
    """DE.N.SFH.05: h_Transmission 4.09, h_Ventilation 0.51 W/(m2 K) in the source, which cuts heat losses by 0.80."""
    house = archetype("DE", 1965, "existing")
    made = envelope(BuildingOptions(), house, house.area_m2)
    assert (made.opaque_w_per_k + made.window_w_per_k) / house.area_m2 == pytest.approx(4.09 * 0.80, rel=0.005)
    assert made.air_w_per_k / house.area_m2 == pytest.approx(0.51 * 0.80, rel=0.005)


def test_reduction_is_that_of_tabula():
    """DE.N.SFH.07: 1.69 W/(m2 K) and a reduction of 0.88 in the source."""
    house = archetype("DE", 1980, "existing")
    whole = envelope(BuildingOptions(partly_heated=False), house, house.area_m2)
    part = envelope(BuildingOptions(), house, house.area_m2)
    assert part.window_w_per_k / whole.window_w_per_k == pytest.approx(0.88, abs=0.005)


def test_zone_agrees_with_a_numerical_solution():
    built = params({"construction_year": 1990})
    net = network(built.zone)
    acts = np.array([-3.0, -5.0, 0.4, 1.2, 2.0, -0.3])
    found = solve_ivp(lambda _t, x: net.a[0] @ x + net.b[0] @ acts, (0.0, 0.25), [19.0, 21.0, 18.0], rtol=1e-11, atol=1e-11)
    phi, gamma, _, _ = transition(net, 0.25)
    assert phi[0] @ [19.0, 21.0, 18.0] + gamma[0] @ acts == pytest.approx(found.y[:, -1], abs=1e-8)


def test_room_is_kept_at_its_set_point():
    built = params({"heating": "boiler", "heat_power_kw": 30.0})
    assert settle(built, 48, weather=DARK)["temp_indoor_degc"][0] == pytest.approx(20.0, abs=1e-4)


def test_too_small_a_heater_leaves_the_room_cold_and_says_so():
    built = params({"heating": "electric", "heat_power_kw": 3.0, "hot_water": "none"})
    cold = settle(built, weather=DARK, occupants=1.0)
    assert cold["heat_space_kw"][0] == pytest.approx(3.0)
    assert cold["temp_low_k"][0] == pytest.approx(20.0 - cold["temp_indoor_degc"][0])
    assert cold["heat_unserved_kw"][0] > 1.0


def test_nobody_suffers_in_an_empty_room():
    built = params({"heating": "none", "hot_water": "none"})
    assert settle(built, 48, weather=DARK)["temp_low_k"][0] == 0.0


def test_carriers_of_a_boiler_a_network_and_an_electric_heater():
    homes = [{"heating": kind, "hot_water": "none", "heat_power_kw": 30.0} for kind in ("boiler", "network", "electric")]
    out = settle(params(*homes, {"heating": "boiler", "hot_water": "none", "boiler_efficiency": 0.95}), 48, weather=DARK)
    heat = out["heat_space_kw"]
    assert out["fuel_kw"] == pytest.approx([heat[0] / 0.88, 0.0, 0.0, heat[3] / 0.95])
    assert out["heat_network_kw"] == pytest.approx([0.0, heat[1], 0.0, 0.0])
    assert out["p_heat_pump_kw"] == pytest.approx([0.0, 0.0, heat[2], 0.0])
    assert out["p_kw"] == pytest.approx([0.02 * heat[0], 0.01 * heat[1], 1.01 * heat[2], 0.02 * heat[3]])
    assert out["q_kvar"] == pytest.approx(out["p_kw"] * 0.250624, rel=1e-5)  # tan(arccos(0.97))


def test_backup_does_not_help_to_heat_up_on_a_mild_morning():
    built = params({"heating": "heat_pump", "hot_water": "none", "heat_power_kw": 5.0, "temp_degc": 15.0})
    mild, cold = (
        model.step(built, model.start(built), acting(1, weather={**DARK, "temp_degc": t}), 900.0)[1] for t in (-4.0, -6.0)
    )
    assert named(mild)["p_heat_pump_kw"][0] < 3.0
    assert named(cold)["p_heat_pump_kw"][0] > 6.0


def test_heat_pump_draws_heat_over_cop():
    built = params({"heating": "heat_pump", "hot_water": "none", "emitter": "floor"})
    out = settle(built, 100, weather={**DARK, "temp_degc": 2.0})
    # curve: 25 degC at 20 degC outdoors to 35 at -12; COP of wolf_cha_07 by its row at 2 degC and 30.625 degC
    cop = (8.377337984653199 - 8.222697373392622) * 2.0 - 0.0734739026301907 * 30.625 + 6.808173255573938
    cop *= 0.8  # installed
    assert out["cop"][0] == pytest.approx(cop, rel=1e-9)
    assert out["p_heat_pump_kw"][0] == pytest.approx(out["heat_space_kw"][0] / cop)


def test_below_its_limit_only_the_backup_heats():
    built = params({"heating": "heat_pump", "hot_water": "none", "heat_pump_limit_degc": -5.0, "backup_kw": 4.0})
    out = settle(built, 48, weather=DARK)
    assert out["cop"][0] == 0.0
    assert out["heat_space_kw"][0] == out["p_heat_pump_kw"][0] == pytest.approx(4.0)


def test_generator_cycles_when_little_is_needed_and_the_room_does_not_notice():
    """A boiler of 30 kW makes at least 6 kW: it runs 10 minutes or more at a time."""
    built = params({"heating": "boiler", "heat_power_kw": 30.0, "hot_water": "none", "shortest_run_min": 10.0})
    state, seen = model.start(built), []
    for _ in range(24 * 60):
        state, out = model.step(built, state, acting(1, weather={**DARK, "temp_degc": 14.0}), 60.0)
        seen.append([named(out)[name][0] for name in ("fuel_kw", "temp_indoor_degc", "heat_space_kw")])
    fuel, air, heat = np.array(seen[240:]).T
    runs = np.diff(np.flatnonzero(np.diff(fuel > 0.0)))
    assert fuel.max() * 0.88 == pytest.approx(6.0)
    assert runs.min() >= 10
    assert np.ptp(air) < 1e-4
    assert fuel.mean() * 0.88 == pytest.approx(heat.mean(), rel=0.03)


def test_in_a_long_step_a_generator_runs_for_a_part_of_it():
    built = params({"heating": "boiler", "heat_power_kw": 30.0, "hot_water": "none"})
    out = settle(built, 100, weather={**DARK, "temp_degc": 14.0})
    assert 0.0 < out["heat_space_kw"][0] < 6.0
    assert out["fuel_kw"][0] == pytest.approx(out["heat_space_kw"][0] / 0.88)


def test_air_conditioner_cools_to_its_set_point_with_its_efficiency():
    """EER 3.2 at 35 degC; at 28 degC 3.2 (1 + 0.09 * 7) = 5.216."""
    built = params({"cooling": "air_conditioner", "cooling_power_kw": 20.0, "window_opening": False})
    out = settle(built, 100, weather=NOON, gain_kw=1.0)
    assert out["temp_indoor_degc"][0] == pytest.approx(26.0, abs=1e-4)
    assert out["cool_kw"][0] / out["p_cooling_kw"][0] == pytest.approx(5.216)


def test_warm_rooms_are_shaded_and_aired():
    homes = [{}, {"blinds": 1.0}, {"window_opening": False}]
    built = params(*[{"heating": "none", "hot_water": "none", **home} for home in homes])
    air = settle(built, 200, weather={**NOON, "temp_degc": 20.0}, occupants=2.0)["temp_indoor_degc"]
    assert air[0] < air[1]
    assert air[0] < air[2]


def test_limit_of_power_is_kept_and_comfort_suffers():
    built = params({"heating": "heat_pump", "heat_power_kw": 12.0, "backup_kw": 6.0, "ventilation": "mechanical"})
    free = settle(built, 200, weather=DARK, occupants=2.0, draw_kw=0.3)
    held = settle(built, 200, weather=DARK, occupants=2.0, draw_kw=0.3, p_max_kw=1.5)
    assert free["p_kw"][0] > 1.5
    assert held["p_kw"][0] == pytest.approx(1.5)
    assert held["temp_indoor_degc"][0] < free["temp_indoor_degc"][0] - 1.0
    assert held["heat_unserved_kw"][0] > 0.5


def test_tank_loses_what_its_class_allows():
    """200 l, class C: 16.66 + 8.33 * 200^0.4 = 86.0 W at 45 K, Regulation (EU) 812/2013; 0.2326 kWh/K."""
    built = params({"heating": "electric", "tank_l": 200.0, "tank_band_k": 20.0, "tank_temp_set_degc": 65.0})
    state = model.start(built)
    _, out = model.step(built, state, acting(1, tank_degc=65.0), 3600.0)
    loss_kw, capacity = 86.0e-3 / 45.0, 200.0 * 4.186 / 3600.0
    assert named(out)["temp_tank_degc"][0] == pytest.approx(20.0 + 45.0 * exp(-loss_kw / capacity), abs=2e-3)


def test_tank_is_charged_below_its_band_up_to_its_set_point():
    built = params({"heating": "electric", "heat_power_kw": 20.0, "tank_temp_set_degc": 50.0, "tank_band_k": 5.0})
    state, seen = model.start(built), []
    for _ in range(400):
        state, out = model.step(built, state, acting(1, draw_kw=0.2), 900.0)
        seen.append((named(out)["temp_tank_degc"][0], named(out)["heat_water_kw"][0]))
    tank, heat = np.array(seen[100:]).T
    assert tank.max() == pytest.approx(50.0)
    assert 45.0 < tank.min() < 45.5
    assert 0.0 < (heat > 0.0).mean() < 0.2


def test_hot_water_that_is_not_there_is_counted():
    built = params({"heating": "electric", "tank_l": 100.0})
    empty = settle(built, 24, draw_kw=2.0, p_max_kw=0.0)
    assert empty["temp_tank_degc"][0] < 40.5
    assert empty["hot_water_unserved_kw"][0] == pytest.approx(2.0, rel=0.05)


def test_instantaneous_heater_makes_what_is_drawn():
    built = params({"heating": "boiler", "hot_water": "instantaneous"}, {"heating": "boiler", "hot_water": "none"})
    out = settle(built, 5, draw_kw=8.0)
    assert out["heat_water_kw"] == pytest.approx([8.0, 0.0])
    assert out["hot_water_unserved_kw"] == pytest.approx([0.0, 0.0])


def test_immersion_heater_leaves_the_generator_to_the_room():
    built = params({"heating": "boiler", "water_heater": "immersion", "immersion_kw": 1.5})
    out = settle(built, 40, weather=DARK, draw_kw=1.0)
    assert out["p_heat_pump_kw"][0] == pytest.approx(out["heat_water_kw"][0])
    assert out["fuel_kw"][0] == pytest.approx(out["heat_space_kw"][0] / 0.88)


def test_carbon_dioxide_of_two_people_by_hand():
    """250 m3 at 0.5 air changes: 125 m3/h take up 2 * 19 l/h, so 420 + 38e-3 / 125 * 1e6 = 724 ppm in the end."""
    built = replace(params(), volume_m3=np.array([250.0]), air_m3_per_h=np.array([125.0]), spans={})
    assert settle(built, 100, occupants=2.0)["co2_ppm"][0] == pytest.approx(724.0, abs=0.1)


def test_carbon_dioxide_rises_with_the_time_constant_of_the_air():
    """At 0.5 per hour the rise has 1 - exp(-0.5) = 39.3 % of its end after an hour, and 1 - (1 - exp(-0.5)) / 0.5 in the mean."""
    built = replace(params(), volume_m3=np.array([250.0]), air_m3_per_h=np.array([125.0]), spans={})
    state, out = model.step(built, model.start(built), acting(1, occupants=2.0), 3600.0)
    assert state.gas[0, 0] == pytest.approx(420.0 + 304.0 * (1.0 - exp(-0.5)))
    assert named(out)["co2_ppm"][0] == pytest.approx(420.0 + 304.0 * (1.0 - (1.0 - exp(-0.5)) / 0.5))


def test_humidity_of_winter_air_warmed_up():
    """-10 degC and 80 % have 2.30 hPa (WMO: 2.87 hPa over water at saturation), at 20 degC 23.4 hPa are possible: 9.8 %."""
    built = params({"heating": "electric", "heat_power_kw": 50.0})
    assert settle(built, 300, weather=DARK)["humidity_percent"][0] == pytest.approx(9.8, abs=0.2)


def test_an_air_conditioner_dries_the_air():
    """The dew point of the coil is 12 degC (14 hPa): at 26 degC (33.6 hPa) the air cannot get drier than 41.7 %."""
    homes = [{"cooling": "air_conditioner", "window_opening": False}, {"cooling": "none", "window_opening": False}]
    out = settle(params(*homes), 200, weather={**NOON, "temp_degc": 32.0, "outdoor_humidity_percent": 55.0}, occupants=2.0)
    vapour = out["humidity_percent"] * np.array([saturation_hpa(temp) for temp in out["temp_indoor_degc"]])
    assert vapour[0] < 0.9 * vapour[1]
    assert 41.7 < out["humidity_percent"][0] < 75.0


@pytest.mark.parametrize(("temp", "expected"), [(0.01, 6.117), (20.0, 23.39), (30.0, 42.47)])
def test_saturation_pressure(temp, expected):
    """Steam tables IAPWS-IF97: 6.117, 23.39 and 42.47 hPa at 0.01, 20 and 30 degC."""
    assert saturation_hpa(temp) == pytest.approx(expected, rel=0.004)


def test_light_of_day_and_of_lamps():
    """110 lm/W: 800 W/m2 are 88 000 lx outdoors, a daylight factor of 2 % leaves 1760 lx; at night 150 lx of lamps."""
    built = params({"daylight_factor": 0.02})
    assert settle(built, 1, weather=NOON, active=1.0)["illuminance_lx"][0] == pytest.approx(1760.0)
    assert settle(built, 1, weather=DARK, active=1.0)["illuminance_lx"][0] == pytest.approx(150.0)
    assert settle(built, 1, weather=DARK, occupants=2.0)["illuminance_lx"][0] == 0.0


def test_sound_of_people_is_added_as_power():
    built = params({"background_dba": 30.0})
    assert settle(built, 1)["noise_dba"][0] == pytest.approx(30.0)
    assert settle(built, 1, active=2.0)["noise_dba"][0] == pytest.approx(10.0 * log10(1e3 + 2e5))


@pytest.mark.parametrize("azimuth", [90.0, 180.0, 270.0])
def test_facades_agree_with_pvlib(azimuth):
    """Isotropic sky and ground; direct light behind glass with pvlib's ASHRAE modifier (b = 0.1), other light 0.9."""
    sky = Sky(10.0, 50.0, 500.0, 650.0, 150.0, 55.0, 150.0, 0.2)
    total = pvlib.irradiance.get_total_irradiance(90.0, azimuth, 55.0, 150.0, 650.0, 500.0, 150.0, albedo=0.2, model="isotropic")
    angle = pvlib.irradiance.aoi(90.0, azimuth, 55.0, 150.0)
    expected = total["poa_direct"] * pvlib.iam.ashrae(angle, b=0.1) + 0.9 * total["poa_diffuse"]
    assert columns(sky, (azimuth,))[0] == pytest.approx(expected, rel=1e-9)


def test_fresh_air_of_people_is_warmed_to_the_set_point():
    """A class of 30 brings in 30 * 25.2 m3/h; heated by convection they need 0.34 Wh/(m3 K) * 756 m3/h * 20 K = 5.1408 kW more.

    Radiators warm surfaces too: they need as much more as a convector warms the air more than they do in the long run.
    """
    common = {"use": "school", "heating": "electric", "heat_power_kw": 60.0, "hot_water": "none"}
    built = params(common, {**common, "setback_degc": 19.0})
    state, weather = model.start(built), {**DARK, "temp_degc": 0.0}
    for _ in range(24 * 60):
        people = np.array([30.0, 0.0])
        now = acting(2, weather=weather)._replace(occupants=people, heat_gain_kw=-0.075 * people)
        state, out = model.step(built, state, now, 3600.0)
    assert state.air_degc == pytest.approx([20.0, 20.0], abs=1e-9)
    heat, steady = named(out)["heat_space_kw"], zone_matrix(built.zone, 1e9)[:, AIR, 0]
    assert heat[0] - heat[1] == pytest.approx(5.1408 * steady[CONVECTIVE] / steady[HEAT], rel=1e-4)

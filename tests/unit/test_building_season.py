# SPDX-License-Identifier: Apache-2.0
"""The end of the heating season, the air's own heat capacity, the range of heat pumps, and neighbours, by hand."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from simulators.building import model
from simulators.building.archetypes import archetype
from simulators.building.envelope import body, envelope
from simulators.building.heat_pumps import heat_pumps
from simulators.building.heating import powers
from simulators.building.options import BuildingOptions
from tests.unit.test_building_case import NOON, WINTER, acting, fleet, inputs, named, params, run

OLD = {"construction_year": 1900, "heating": "electric", "heat_power_kw": 60.0}
NAMES = ("heat_space_kw", "heat_water_kw", "temp_indoor_degc", "temp_low_k")


def hourly(built, temps, **given):
    """Return some outputs under hourly outdoor temperatures, shape (n_hours, 4, n_devices)."""
    state, seen = model.start(built), []
    for temp in temps:
        state, out = model.step(
            built, state, acting(len(built.volume_m3), weather={**WINTER, "temp_degc": temp}, **given), 3600.0
        )
        seen.append([named(out)[name] for name in NAMES])
    return np.array(seen)


def test_above_the_limit_rooms_are_not_heated_and_it_is_felt():
    """A week at 16 degC is above a limit of 15; hot water is made all the same."""
    built = params(OLD, {**OLD, "heating_limit_degc": None}, {**OLD, "heating_limit_degc": 17.0})
    space, water, air, low = hourly(built, [16.0] * 168, occupants=1.0, draw_kw=0.3)[100:].mean(axis=0)
    assert space[0] == 0.0
    assert (space[1:] > 0.5).all()
    assert water == pytest.approx(water[1] * np.ones(3), rel=0.05)
    assert low[0] == pytest.approx(20.0 - air[0])
    assert low[0] > 0.5


def test_a_cool_night_in_july_starts_no_heating_and_a_cold_week_does():
    """Days from 10 to 24 degC have a mean of 17; after a step to 8 degC the mean is 15 after 36 h ln(9 / 7) = 9 h."""
    july = 17.0 - 7.0 * np.cos(2.0 * np.pi * np.arange(240) / 24.0)
    space = hourly(params(OLD), [*july, *[8.0] * 48], set_degc=21.0)[:, 0, 0]
    assert not space[48:240].any()
    assert (space[240 + 18 :] > 0.0).all()


def test_mean_of_the_outdoor_temperature_by_hand():
    """First what there has been; after 36 h at 10 degC following a year at 0, 10 (1 - 1/e)."""
    assert model.Outdoor(0.0, 0.0).after(0.9, 12.0).mean_degc == pytest.approx(12.0)
    built = params()
    before = model.start(built)._replace(outdoor=model.Outdoor(0.0, 1.0))
    after, _ = model.step(built, before, acting(1, weather={**WINTER, "temp_degc": 10.0}), 36.0 * 3600.0)
    assert after.outdoor.mean_degc == pytest.approx(10.0 * (1.0 - exp(-1.0)))


def test_asking_for_warmth_does_not_end_the_summer():
    built, axis = fleet(OLD)
    assert run(built, axis, 4, weather={"temp_degc": 16.0}, temp_set_degc=24.0)[-1]["heat_space_kw"][0] == 0.0
    assert built.state()["outdoor_mean_degc"] == pytest.approx([16.0])


def test_buildings_with_and_without_a_limit_are_each_as_alone():
    homes = ({**OLD}, {**OLD, "heating_limit_degc": None}, {**OLD, "heating_limit_degc": 12.0, "furniture_kj_per_m2k": 0.0})
    together = hourly(params(*homes), [13.0] * 48)
    for row, home in enumerate(homes):
        np.testing.assert_array_equal(together[:, :, row], hourly(params(home), [13.0] * 48)[:, :, 0])


def test_capacity_of_air_and_furniture_is_that_of_the_standard():
    """EN ISO 52016-1: 10 kJ/(m2 K), so 130 m2 have 1300 kJ/K."""
    zone = params({}, {"furniture_kj_per_m2k": 0.0}).zone
    assert zone.c_air_kwh_per_k == pytest.approx([1300.0 / 3600.0, 0.0])


def test_air_warms_up_slower_with_furniture_and_stays_where_it_was_wanted():
    """A morning: 14 degC inside, 19 wanted. Without a capacity the mean of the first quarter is there at once or nearly so."""
    common = {"heating": "boiler", "heat_power_kw": 15.0, "temp_degc": 14.0, "hot_water": "none", "construction_year": 2000}
    built = params(common, {**common, "furniture_kj_per_m2k": 0.0})
    state, air = model.start(built), []
    for _ in range(48):
        state, out = model.step(built, state, acting(2, weather={**WINTER, "temp_degc": 0.0}, set_degc=19.0), 900.0)
        air.append(named(out)["temp_indoor_degc"])
    heavy, light = np.array(air).T
    assert 15.0 < heavy[0] < light[0] - 1.0
    assert heavy.max() < 19.05
    assert np.abs(heavy[6:] - 19.0).max() < 0.05  # it does not swing
    assert (np.diff(heavy[:3]) > 0.0).all()


def test_a_little_furniture_is_as_none():
    common = {"heating": "none", "hot_water": "none", "window_opening": False, "blinds": 1.0}
    built = params({**common, "furniture_kj_per_m2k": 1e-4}, {**common, "furniture_kj_per_m2k": 0.0})
    state = model.start(built)
    for weather in (WINTER, NOON, WINTER):
        state, out = model.step(built, state, acting(2, weather=weather, gain_kw=1.0), 900.0)
        one, none = named(out)["temp_indoor_degc"]
        assert one == pytest.approx(none, abs=0.01)
    assert state.store_degc[:, 0] == pytest.approx(state.store_degc[:, 1], abs=1e-3)


def cop(ambient, tank, **home):
    plant = params({"heating": "heat_pump", "heat_pump_limit_degc": -40.0, "installed_share": 1.0, **home}).plant
    return powers(plant, ambient, np.array([tank])).cop[:, 0]


def test_beyond_the_test_points_a_heat_pump_is_as_at_the_nearest_one():
    """EN 14825 tests from -15 to 12 degC outdoors. Unbounded, a tank of 50 degC at 35 degC outdoors would have 8.2, not 4.6."""
    pump = heat_pumps()["wolf_cha_07"]
    assert pump.cop_at(35.0, 55.0, 35.0) == pytest.approx(8.18, abs=0.01)
    assert cop(35.0, 50.0)[1] == pytest.approx(pump.cop_at(12.0, 55.0, 12.0))
    assert cop(-25.0, 30.0)[1] == pytest.approx(pump.cop_at(-15.0, 35.0, -15.0))
    assert cop(7.0, 75.0)[1] == pytest.approx(pump.cop_at(7.0, 65.0, 7.0))
    assert cop(7.0, 10.0)[1] == pytest.approx(pump.cop_at(7.0, 25.0, 7.0))
    assert cop(-12.0, 50.0, flow_temp_degc=75.0)[0] == pytest.approx(max(1.0, pump.cop_at(-12.0, 65.0, -12.0)))


def test_installed_the_same_heat_takes_more_electricity():
    common = {"heating": "heat_pump", "hot_water": "none", "heat_power_kw": 12.0}
    built = params({**common, "installed_share": 1.0}, {**common, "installed_share": 0.8})
    state = model.start(built)
    for _ in range(30):
        state, out = model.step(built, state, acting(2, weather={**WINTER, "temp_degc": -3.0}), 3600.0)
    found = named(out)
    assert found["heat_space_kw"][0] == pytest.approx(found["heat_space_kw"][1])
    assert found["p_heat_pump_kw"][0] / found["p_heat_pump_kw"][1] == pytest.approx(0.8)
    assert built.plant.heat_kw[0, 0] == built.plant.heat_kw[0, 1]


HOUSE = archetype("DE", 1970, "existing")


@pytest.mark.parametrize(("area_m2", "storeys", "envelope_m2"), [(1305.0, 5, 1651.7), (1230.7, 4, 1809.9)])
def test_a_compact_building_has_the_envelope_of_a_block(area_m2, storeys, envelope_m2):
    """Two multi-family houses of TABULA, DE.N.MFH.11 and AT.N.AB.01: floor, storeys, and the source's own estimate of their
    envelopes from its size (`A_Estim_Env_Sum`); a single-family house in proportion would have 4100 and 3900 m2."""
    made = body(BuildingOptions(shape="compact", storeys=storeys), HOUSE, area_m2)
    assert sum(made[:5]) == pytest.approx(envelope_m2, rel=0.15)


def test_large_uses_have_less_envelope_per_floor():
    spread = [sum(body(BuildingOptions(use="school"), HOUSE, area)[:5]) / area for area in (300.0, 900.0, 3000.0)]
    assert spread[0] > spread[1] > spread[2]
    assert sum(body(BuildingOptions(), HOUSE, 900.0)[:5]) / 900.0 > 1.5 * spread[1]


def test_a_flat_between_flats_loses_heat_through_its_facade_alone():
    made = body(BuildingOptions(neighbours="flat"), HOUSE, 75.0)
    assert made.roof_m2 == made.floor_m2 == 0.0
    assert made.window_m2 == pytest.approx(75.0 * HOUSE.window_m2 / HOUSE.area_m2)
    top = body(BuildingOptions(neighbours="flat", exposed_roof_share=1.0), HOUSE, 75.0)
    assert top.roof_m2 == pytest.approx(75.0 * HOUSE.roof_m2 / HOUSE.area_m2 * HOUSE.storeys)
    assert top.wall_m2 == made.wall_m2


def test_a_terraced_house_shares_half_of_its_facades():
    """Half of walls and windows together is gone, and it is wall: 177.55 - (177.55 + 34.21) / 2 m2 are left."""
    made = body(BuildingOptions(neighbours="terraced"), HOUSE, HOUSE.area_m2)
    assert made.wall_m2 == pytest.approx(177.55 - (177.55 + 34.21) / 2.0)
    assert (made.window_m2, made.roof_m2) == pytest.approx((34.21, 183.13))


def test_neighbours_lower_the_loss():
    kinds = [BuildingOptions(neighbours=kind) for kind in ("detached", "terraced", "flat")]
    losses = [envelope(kind, HOUSE, 90.0).design_w_per_k for kind in kinds]
    assert losses[0] > losses[1] > losses[2] > 0.0


def test_a_flat_is_kept_warm():
    built, axis = fleet({"neighbours": "flat", "heating": "electric", "heat_power_kw": 8.0}, area_m2=70.0)
    out = run(built, axis, 60, **{name: value for name, value in inputs(1).items() if name == "occupants"})
    assert out[-1]["temp_indoor_degc"][0] == pytest.approx(20.0, abs=0.01)

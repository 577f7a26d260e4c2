# SPDX-License-Identifier: Apache-2.0
"""Learned models of rooms and tanks: systems whose answer is known, and simulated buildings that were not learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.home_energy.analysis import Window, room_model, tank_model
from tests.unit.test_home_analysis_case import buildings

STEPS_PER_DAY, SIX_HOURS = 96, 24


def part(window, first, last):
    """Return some steps of a window."""
    values = {port: series[first:last] for port, series in window.values.items()}
    return replace(window, start_epoch_s=window.start_epoch_s + first * window.step_s, values=values)


def known_rooms(n_steps=14 * 96, noise_k=0.0, gaps=False):
    """Return three first-order rooms and their parameters: time constants of 10, 25 and 65 h, which are among those tried."""
    rng = np.random.default_rng(4)
    a = np.exp(-0.25 / np.array([10.0, 25.0, 65.0]))
    b, c, e, d = np.array([0.3, 0.2, 0.1]), 0.9 * (1.0 - a), np.array([0.5, 0.3, 0.1]), np.array([0.05, 0.02, 0.01])
    hour = np.arange(n_steps) / 4.0
    outdoor = 5.0 + 4.0 * np.sin(hour / 24 * 2 * np.pi) + 3.0 * np.sin(hour / 97)
    ghi = np.maximum(0.0, 400.0 * np.sin((hour % 24 - 6) / 12 * np.pi))
    heat = 2.0 * (rng.uniform(size=(n_steps // 8 + 1, 3)) < 0.5).repeat(8, axis=0)[:n_steps]
    temp = np.empty((n_steps, 3))
    last = np.full(3, 20.0)
    for row in range(n_steps):
        last = a * last + b * heat[row] + c * outdoor[row] + e * ghi[row] / 1000.0 + d
        temp[row] = last
    temp += rng.normal(0.0, noise_k, temp.shape)
    if gaps:
        temp[200:260, 0] = np.nan
        heat[700:720, 1] = np.nan
        temp[300] += 15.0  # a reading that is nonsense
    window = Window(
        ids=("x", "y", "z"), start_epoch_s=0, step_s=900, timezone="UTC", values={"temp_indoor_degc": temp, "p_heating_kw": heat}
    )
    return window, outdoor, ghi, (a, b, c, e, d)


def test_first_order_rooms_are_found_exactly():
    window, outdoor, ghi, (a, b, c, e, d) = known_rooms()
    got = room_model(window, outdoor, ghi)
    assert got.known.all()
    assert got.heats.all()
    assert got.a == pytest.approx(a, rel=1e-12)
    assert got.b_k_per_kw == pytest.approx(b, rel=1e-3)
    assert got.c == pytest.approx(c, rel=2e-3)
    assert got.e_k_per_kw_per_m2 == pytest.approx(e, rel=2e-2)
    assert got.d_k == pytest.approx(d, abs=2e-3)
    assert (got.rmse_k < 1e-3).all()


def test_noise_gaps_and_nonsense_change_little():
    """A tenth of a kelvin of noise, hours missing, one reading 15 K off: the response to heating stays within a twentieth."""
    window, outdoor, ghi, (a, b, _, _, _) = known_rooms(noise_k=0.1, gaps=True)
    got = room_model(window, outdoor, ghi)
    assert got.a == pytest.approx(a, rel=0.02)
    response = b * (1 - a**SIX_HOURS) / (1 - a)
    assert got.b_k_per_kw * (1 - got.a**SIX_HOURS) / (1 - got.a) == pytest.approx(response, rel=0.05)


def test_predict_is_the_recursion_itself():
    window, outdoor, ghi, _ = known_rooms()
    got = room_model(window, outdoor, ghi)
    temp, heat = window["temp_indoor_degc"], window["p_heating_kw"]
    ahead = got.predict(temp[100], heat[101:197], outdoor[101:197], ghi[101:197])
    assert ahead == pytest.approx(temp[101:197], abs=0.01)


def test_too_little_and_nothing_are_not_known():
    window, outdoor, ghi, _ = known_rooms()
    got = room_model(part(window, 0, 200), outdoor[:200], ghi[:200])
    assert not got.known.any()
    assert np.isnan(got.a).all()
    none = replace(window, values={**window.values, "temp_indoor_degc": np.full((window.n_steps, 3), np.nan)})
    assert not room_model(none, outdoor, ghi).known.any()
    assert not room_model(part(window, 0, 0), outdoor[:0], ghi[:0]).known.any()


def test_a_room_that_is_never_heated_answers_nothing():
    window, outdoor, ghi, _ = known_rooms()
    off = replace(window, values={**window.values, "p_heating_kw": np.zeros((window.n_steps, 3))})
    got = room_model(off, outdoor, ghi)
    assert not got.heats.any()
    assert (got.b_k_per_kw == 0.0).all()


def errors(window, first_day, last_day, learned_days=14):
    """Return errors of predictions six hours ahead, begun every hour, of models learned each midnight from the days before."""
    tank = window["temp_tank_degc"]
    room_kw = np.where(np.diff(tank, axis=0, prepend=tank[:1]) > 0.05, 0.0, window["p_heating_kw"])
    temp, outdoor, ghi = (window[name] for name in ("temp_indoor_degc", "outdoor_degc", "ghi_w_per_m2"))
    off = []
    for day in range(first_day, last_day):
        learned = part(window, (day - learned_days) * STEPS_PER_DAY, day * STEPS_PER_DAY)
        model = room_model(learned, learned["outdoor_degc"], learned["ghi_w_per_m2"])
        for now in range(day * STEPS_PER_DAY, (day + 1) * STEPS_PER_DAY, 4):
            ahead = slice(now + 1, now + 1 + SIX_HOURS)
            off.append(model.predict(temp[now], room_kw[ahead], outdoor[ahead], ghi[ahead])[-1] - temp[now + SIX_HOURS])
    return np.array(off)


@pytest.mark.parametrize("first_day", [7, 90, 280], ids=["winter", "spring", "autumn"])
def test_simulated_rooms_are_predicted_six_hours_ahead_within_half_a_kelvin(first_day):
    """Two-capacity buildings (VDI 6007-1) of four ages with people, sun and heat pumps; root mean square error of eleven days
    that were not learned from. What is predicted is the room; weather and heating are given."""
    off = errors(buildings(first_day=first_day), 14, 25)
    assert np.sqrt((off**2).mean(axis=0)).max() < 0.5


@pytest.mark.parametrize("first_day", [90, 280])
def test_predictions_beat_that_nothing_changes(first_day):
    window = buildings(first_day=first_day)
    temp = window["temp_indoor_degc"]
    same = temp[14 * 96 + SIX_HOURS : 25 * 96 + SIX_HOURS : 4] - temp[14 * 96 : 25 * 96 : 4]
    off = errors(window, 14, 25)
    assert ((off**2).mean(axis=0) < 0.7 * (same**2).mean(axis=0)).all()


def test_tanks_of_electric_heaters():
    """200 l of water hold 200 * 4.186 / 3600 kWh/K. A tank of class C loses (16.66 + 8.33 * 200**0.4) W at 45 K (EU 812/2013)."""
    window = buildings(first_day=180, days=14, heating="electric")
    got = tank_model(window)
    assert got.known.all()
    per_k = 200.0 * 4.186 / 3600.0
    assert got.kwh_per_k == pytest.approx(per_k, rel=0.1)


def test_tanks_of_heat_pumps_in_summer_and_their_losses():
    """Physics as above; the electricity per kelvin is that of the water over a coefficient of performance between 2.5 and 5."""
    got = tank_model(buildings(first_day=180))
    water_kwh_per_k = 200.0 * 4.186 / 3600.0
    assert got.known.all()
    assert (water_kwh_per_k / 5.0 < got.kwh_per_k).all()
    assert (got.kwh_per_k < water_kwh_per_k / 2.5).all()
    lost_kw_per_k = (16.66 + 8.33 * 200.0**0.4) / 45.0 / 1000.0
    assert got.loss_per_h == pytest.approx(lost_kw_per_k / water_kwh_per_k, rel=0.2)


def test_a_tank_by_hand():
    """0.25 kWh/K and 1 % an hour: an hour with 2 kW each evening, 8 K less its losses; drawn 5 K each morning."""
    temp, power, level = [], [], 50.0
    for step in range(30 * 96):
        on, draw = step % 96 in range(72, 76), step % 96 == 28
        level += (0.5 / 0.25 if on else 0.0) - 0.0025 * (level - 20.0) - (5.0 if draw else 0.0)
        temp.append(level)
        power.append(2.0 if on else 0.0)
    values = {"temp_tank_degc": np.array(temp)[:, None], "p_heating_kw": np.array(power)[:, None]}
    got = tank_model(Window(ids=("a",), start_epoch_s=0, step_s=900, timezone="UTC", values=values))
    assert got.loss_per_h[0] == pytest.approx(0.01, rel=0.01)
    assert got.kwh_per_k[0] == pytest.approx(0.25, rel=0.05)
    assert got.use_k_per_day[0] == pytest.approx(5.0, rel=0.05)

# SPDX-License-Identifier: Apache-2.0
"""What holds for any forecast of any weather: bounds, nights, issues that do not hang on who asks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.weather.params import ForecastOptions
from simulators.weather.service import EVERY_S, WeatherService
from simulators.weather.service_error import BRIGHTEST
from tests.properties.test_weather_properties import START_S, source
from twinergy.community.twin import Site
from twinergy.forecast.sun import sun_position
from twinergy.timebase import TimeAxis

DAY_S = 86_400
GHI, CLEAR, TEMP = "ghi_w_per_m2", "ghi_clear_w_per_m2", "temp_degc"
places = st.tuples(st.floats(-70.0, 70.0), st.floats(-180.0, 180.0))
qualities = st.builds(ForecastOptions, ghi_rrmse=st.floats(0.0, 0.6), temp_rmse_k=st.sampled_from([0.0, 1.7, 10.0]))


def service(seed: int, place: tuple[float, float], quality: ForecastOptions, step_s: int = 3600) -> WeatherService:
    site = Site(name="Somewhere", latitude_deg=place[0], longitude_deg=place[1], altitude_m=0.0, timezone="UTC", country="DE")
    axis = TimeAxis(start_epoch_s=START_S + 30 * DAY_S, step_s=step_s, n_steps=20 * DAY_S // step_s)
    return WeatherService(source(seed), site, axis, quality, seed, "weather")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), places, qualities, st.sampled_from([900, 3600, 7200]), st.integers(0, 60))
def test_a_forecast_is_physical(seed, place, quality, step_s, quarter_days):
    asked = service(seed, place, quality, step_s)
    now_s = START_S + 32 * DAY_S + quarter_days * EVERY_S
    said = asked.ahead(now_s, 3 * DAY_S // step_s)
    assert all(np.isfinite(values).all() for values in said.values())
    assert (said[GHI] >= 0.0).all()
    if quality.ghi_rrmse >= 0.4:  # below, part of it is the truth, which here does not even know of the sun
        assert (said[GHI] <= BRIGHTEST * said[CLEAR] + 1e-9).all()
        middle_s = now_s + (np.arange(len(said[GHI])) + 0.5) * step_s
        edges_deg = [sun_position(middle_s + part * step_s, *place)[0] for part in np.linspace(-0.5, 0.5, 25)]
        assert said[GHI][np.max(edges_deg, axis=0) < 0.0].tolist() == [0.0] * int((np.max(edges_deg, axis=0) < 0.0).sum())


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), places, st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_an_issue_does_not_hang_on_who_asked_before(seed, place, hours):
    asked, fresh = (service(seed, place, ForecastOptions()) for _ in range(2))
    for hour in hours:
        asked.ahead(START_S + 31 * DAY_S + hour * 3600, 30)
    now_s = START_S + 31 * DAY_S + hours[-1] * 3600
    for port, values in fresh.ahead(now_s, 30).items():
        assert asked.ahead(now_s, 30)[port].tobytes() == values.tobytes()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), places, st.integers(0, 100), st.integers(0, 23))
def test_inside_an_issue_time_only_passes(seed, place, issue, quarter):
    asked = service(seed, place, ForecastOptions(), 900)
    at_s = START_S + 31 * DAY_S + issue * EVERY_S + 4 * 3600
    now, later = asked.ahead(at_s, 96), asked.ahead(at_s + quarter * 900, 96 - quarter)
    for port, values in later.items():
        assert values.tobytes() == now[port][quarter:].tobytes()

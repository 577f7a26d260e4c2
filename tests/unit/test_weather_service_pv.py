# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from simulators.pv import model
from simulators.pv.irradiance import Sky, aspects
from simulators.pv.options import PvOptions
from simulators.pv.params import PvParams
from simulators.pv.sun import sun_over
from simulators.weather import KIND
from tests.shared_data import shared_data
from tests.unit.test_weather_service import DUESSELDORF, KASSEL, MEASURED
from tests.unit.test_weather_support import STEINHEIM, context, device
from twinergy.forecast import ForecastOptions, Provider, Scored, Scores, make
from twinergy.forecast.sun import ClearSky
from twinergy.forecast.yields import Yields

if TYPE_CHECKING:
    from twinergy.community.twin import Site

HOUR_S, PER_DAY = 3600, 24
GHI, CLEAR = "ghi_w_per_m2", "ghi_clear_w_per_m2"
ROOFS = ((35.0, 180.0), (30.0, 90.0), (45.0, 270.0))
FIRST = 19_700 * PER_DAY  # some midnight, in hours since 1970


def provider(kind: str = "weather_service", n_series: int = 1, site: Site = STEINHEIM, **options: Any) -> Provider:
    chosen = TypeAdapter(ForecastOptions).validate_python({"kind": kind, **options})
    return make(chosen, n_series, site, HOUR_S, role="pv", seed=1)


def bright(index: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a service says that forecasts these clear-sky indices."""
    return {GHI: 500.0 * index, CLEAR: np.full(len(index), 500.0)}


def roofs(site: Site, start: str, end: str, **options: Any) -> tuple[Any, int, np.ndarray]:
    """Return a weather fleet, the start and what the roofs make of its weather, shape (n_hours, 3). [kW]."""
    setting = context(site, start, end, HOUR_S)
    fleet = KIND.build([device(**options)], setting)
    params = PvParams.of([PvOptions(p_dc_kwp=8.0, tilt_deg=tilt, azimuth_deg=azimuth) for tilt, azimuth in ROOFS])
    state, nothing = model.start(len(ROOFS)), np.full(len(ROOFS), np.nan)
    made = []
    for block in setting.axis.blocks():
        fleet.prepare(block)
        for row, aspect in enumerate(aspects(params.plane, sun_over(site, block.middle_utc))):
            now = fleet.step(setting.axis.step(block, block.first + row), {})
            names = (GHI, "dni_w_per_m2", "dhi_w_per_m2", "temp_degc", "wind_m_per_s", "albedo")
            sky = Sky(*(now[name][0] for name in names))
            state, said = model.step(params, state, model.PvInputs(aspect, sky, np.ones(1), nothing, nothing), HOUR_S)
            made.append(said.p_available_kw)
    return fleet, setting.axis.start_epoch_s, np.array(made)


def scored(kind: str, site: Site, fleet: Any, start_s: int, made: np.ndarray, unscored_days: int = 21) -> list[float]:
    """Return nRMSE of leads up to 1, 6 and 24 h, forecast every five hours."""
    forecasts = provider(kind, made.shape[1], site)
    watched = Scored(forecasts, Scores(made.shape[1], HOUR_S, edges_h=(1.0, 6.0, 24.0)))
    for row, p_kw in enumerate(made):
        now_s = start_s + row * HOUR_S
        asked = watched if row >= unscored_days * PER_DAY else forecasts
        asked.observe(now_s, p_kw)
        if row % 5 == 4:
            asked.told(fleet.forecast(now_s + HOUR_S, PER_DAY))
            asked.predict(PER_DAY)
    return [row["nrmse"] for row in watched.scores.table()]


def test_it_beats_the_clear_sky_under_drawn_weather():
    fleet, start_s, made = roofs(STEINHEIM, "2024-05-01", "2024-07-10", **KASSEL)
    told, plain, naive = (
        scored(kind, STEINHEIM, fleet, start_s, made) for kind in ("weather_service", "clear_sky", "persistence")
    )
    assert told[2] < 0.85 * plain[2] < 0.85 * naive[2]
    assert told[1] < 0.97 * plain[1]
    assert told[0] < 1.05 * plain[0]


def test_it_beats_the_clear_sky_under_measured_weather():
    path = shared_data("weather", "duesseldorf_de_dwd_2024_15min.parquet")
    fleet, start_s, made = roofs(DUESSELDORF, "2024-03-01", "2024-05-10", source="file", path=path, columns=MEASURED)
    told, plain = (scored(kind, DUESSELDORF, fleet, start_s, made) for kind in ("weather_service", "clear_sky"))
    assert told[2] < 0.85 * plain[2]
    assert told[1] < 0.97 * plain[1]
    assert told[0] < 1.05 * plain[0]


def test_power_over_forecast_light_is_learned():
    """By hand: with p = 0.004 kW per W/m2 of L k, and with p = 0.005 L k + 0.002 L k (k - 1), the same comes back."""
    rng = np.random.default_rng(1)
    learned = Yields(4, 2, half_life_days=100.0, per_day=24)
    place, light, index = rng.random(4000), rng.uniform(0.0, 900.0, 4000), rng.random(4000)
    made = np.stack([0.004 * light * index, 0.005 * light * index + 0.002 * light * index * (index - 1.0)], axis=1)
    for number in range(4000):
        learned.learn(number, place[number], light[number], index[number], made[number])
    at = np.array([0.1, 0.5, 0.9])
    expected = learned.expect(at, np.full(3, 400.0), np.full(3, 0.5))
    assert expected[:, 0] == pytest.approx(0.8, rel=0.01)
    assert expected[:, 1] == pytest.approx(0.8, rel=0.02)
    assert learned.expect(at, np.full(3, 400.0), np.ones(3))[:, 1] == pytest.approx(2.0, rel=0.02)


def days_of(forecasts: Provider, indices: np.ndarray, kw_per_w_per_m2: float = 0.005) -> None:
    """Let hours pass that are as bright as was forecast."""
    light = ClearSky(STEINHEIM.latitude_deg, STEINHEIM.longitude_deg, HOUR_S).over(FIRST + np.arange(len(indices)))
    for row, index in enumerate(indices):
        forecasts.observe((FIRST + row) * HOUR_S, np.array([-kw_per_w_per_m2 * light.light_w_per_m2[row] * index]))
        forecasts.told(bright(indices[row + 1 : row + 1 + 48]))


def test_a_bright_day_after_dark_ones_is_foreseen():
    """What was told of the next day holds for it, whatever the days before were like; the clear sky alone cannot know."""
    indices = np.repeat([0.9, 0.3, 0.8, 0.2, 1.0, 0.9, 0.2, 0.3, 0.2, 0.9, 0.9], PER_DAY)
    light = ClearSky(STEINHEIM.latitude_deg, STEINHEIM.longitude_deg, HOUR_S).over(FIRST + 9 * PER_DAY + np.arange(PER_DAY))
    truth_kw = -0.005 * 0.9 * light.light_w_per_m2
    energy = {}
    for kind in ("weather_service", "clear_sky"):
        forecasts = provider(kind)
        days_of(forecasts, indices[: 9 * PER_DAY])
        forecasts.told(bright(indices[9 * PER_DAY :]))
        energy[kind] = forecasts.predict(PER_DAY)[:, 0].sum()
    assert energy["weather_service"] == pytest.approx(truth_kw.sum(), rel=0.1)
    assert energy["clear_sky"] > 0.6 * truth_kw.sum()  # far too little generation


def test_without_a_service_it_is_the_clear_sky():
    forecasts, plain = provider(), provider("clear_sky")
    rng = np.random.default_rng(3)
    for number in range(FIRST, FIRST + 100):
        p_kw = -rng.random(1) * (6 < number % 24 < 18)
        forecasts.observe(number * HOUR_S, p_kw)
        forecasts.told({})
        plain.observe(number * HOUR_S, p_kw)
    assert forecasts.predict(30).tobytes() == plain.predict(30).tobytes()
    assert forecasts.ready.tolist() == plain.ready.tolist()


def test_where_the_service_ends_the_clear_sky_goes_on():
    indices = np.full(10 * PER_DAY, 0.6)
    full, part, gap, plain = provider(), provider(), provider(), provider("clear_sky")
    for forecasts in (full, part, gap, plain):
        days_of(forecasts, indices)
    full.told(bright(np.full(48, 0.1)))
    part.told(bright(np.full(12, 0.1)))
    holed = bright(np.full(48, 0.1))
    holed[GHI][12] = np.nan
    gap.told(holed)
    assert part.predict(48)[:12].tolist() == full.predict(48)[:12].tolist()
    assert part.predict(48)[12:].tolist() == plain.predict(48)[12:].tolist()
    assert gap.predict(48).tolist() == part.predict(48).tolist()


def test_what_was_told_holds_until_it_is_told_anew():
    often, once = provider(), provider()
    indices = np.full(6 * PER_DAY, 0.7)
    for forecasts in (often, once):
        days_of(forecasts, indices)
    coming = np.linspace(0.2, 0.9, 60)
    often.told(bright(coming))
    once.told(bright(coming))
    for row in range(20):
        for forecasts in (often, once):
            forecasts.observe((FIRST + len(indices) + row) * HOUR_S, np.array([-0.5]))
        often.told(bright(coming[row + 1 :]))
    assert often.predict(24) == pytest.approx(once.predict(24), abs=1e-12)


def test_signs_nights_gaps_and_quantiles():
    forecasts = provider(n_series=2)
    rng = np.random.default_rng(5)
    for number in range(FIRST, FIRST + 20 * PER_DAY):
        p_kw = -5.0 * rng.random(2) * (6 < number % 24 < 17)
        forecasts.observe(number * HOUR_S, np.where(rng.random(2) < 0.1, np.nan, p_kw))
        forecasts.told(bright(rng.random(48)))
        forecasts.predict(24)
    point, spread = forecasts.predict(24), forecasts.quantiles((0.1, 0.5, 0.9), 24)
    assert np.isfinite(point).all()
    assert (point <= 0.0).all()
    assert (point[[0, 1, 2, 22, 23]] == 0.0).all()
    assert (np.diff(spread, axis=0) >= 0.0).all()
    assert (spread <= 0.0).all()
    assert point.min() < -0.5


def test_it_is_for_pv():
    with pytest.raises(ValueError, match="weather_service is for PV, not for 'load'"):
        make(TypeAdapter(ForecastOptions).validate_python({"kind": "weather_service"}), 1, STEINHEIM, HOUR_S)

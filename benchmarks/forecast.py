# SPDX-License-Identifier: Apache-2.0
"""How good and how fast the forecasts are: nRMSE on measured loads and on our own PV under measured weather, and milliseconds.

Loads: the single households H0-A, -B, -C, -G and -L of SimBench (2016, 15 min, scaled to 3,500 kWh a year) and the 16 houses of
HAMLET (six weeks of 2021). PV: twelve roofs of all orientations through `simulators.pv`, 2024 in Düsseldorf (Deutscher
Wetterdienst). Every forecast is made from what was measured before it; the first weeks are not scored.

    python benchmarks/forecast.py --data FOLDER [--days N] [--homes N] [--smoke]
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter

from twinergy.community.twin import Site
from twinergy.forecast import ForecastOptions, Perfect, Provider, Role, Scored, Scores, make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

STEP_S = 900
PER_DAY = 96
LEVELS = (0.1, 0.5, 0.9)
GERMANY = Site(
    name="Düsseldorf", latitude_deg=51.296, longitude_deg=6.769, altitude_m=37.0, timezone="Europe/Berlin", country="DE-NW"
)
KINDS: dict[Role, tuple[str, ...]] = {
    "load": ("persistence", "seasonal", "boosting", "perfect"),
    "pv": ("persistence", "seasonal", "clear_sky", "boosting", "perfect"),
}


class Measured(NamedTuple):
    """Series of powers with the outdoor temperature beside them.

    Attributes
    ----------
    epoch_s0 : int
        Start of the first step. [s]
    p_kw : ndarray, shape (n_steps, n_series)
        Load frame. [kW]
    temp_degc : ndarray, shape (n_steps,)
        NaN where it is not known. [degC]
    """

    epoch_s0: int
    p_kw: FloatArray
    temp_degc: FloatArray


def _table(path: Path) -> tuple[int, Any]:
    import pandas as pd  # noqa: PLC0415

    table = pd.read_parquet(path).astype(float)
    return int(table.index[0].timestamp()), table


def simbench(data: Path) -> Measured:
    """Return measured single households of a year, scaled to 3,500 kWh."""
    start, table = _table(data / "loads" / "simbench_profiles_2016_15min_pu.parquet")
    p = table[[f"H0-{name}_pload" for name in "ABCGL"]].to_numpy()
    return Measured(start, p / p.mean(axis=0) * 3500.0 / 8784.0, np.full(len(p), np.nan))


def hamlet(data: Path) -> Measured:
    """Return six weeks of 16 houses."""
    start, table = _table(data / "loads" / "hamlet_16_households_2021q1_15min_w.parquet")
    return Measured(start, table.to_numpy() / 1000.0, np.full(len(table), np.nan))


def roofs(data: Path, file: str = "duesseldorf_de_dwd_2024_15min", site: Site = GERMANY, days: slice = slice(None)) -> Measured:
    """Return what twelve roofs of all orientations make of some days of measured weather, by our own simulator."""
    import pandas as pd  # noqa: PLC0415

    from simulators.pv import model  # noqa: PLC0415
    from simulators.pv.irradiance import Sky, aspects  # noqa: PLC0415
    from simulators.pv.options import PvOptions  # noqa: PLC0415
    from simulators.pv.params import PvParams  # noqa: PLC0415
    from simulators.pv.sun import sun_over  # noqa: PLC0415

    _, table = _table(data / "weather" / f"{file}.parquet")
    table = table.iloc[slice(*(day and day * PER_DAY for day in (days.start, days.stop)))]
    planes = [(tilt, azimuth) for tilt in (15.0, 35.0, 50.0) for azimuth in (90.0, 150.0, 200.0, 270.0)]
    params = PvParams.of([PvOptions(p_dc_kwp=8.0, tilt_deg=tilt, azimuth_deg=azimuth) for tilt, azimuth in planes])
    sun = sun_over(site, table.index + pd.Timedelta(seconds=STEP_S / 2))
    ghi, dhi, air = (table[name].to_numpy() for name in ("ghi_w_m2", "dhi_w_m2", "temp_air_degc"))
    wind = table["wind_speed_m_s"].to_numpy()
    up = np.cos(np.radians(np.minimum(sun.zenith_deg, 88.0)))
    dni = np.where(sun.zenith_deg < 88.0, np.minimum(np.maximum(ghi - dhi, 0.0) / up, sun.dni_extra_w_per_m2), 0.0)
    state, nothing = model.start(len(planes)), np.full(len(planes), np.nan)
    rows = []
    for row, aspect in enumerate(aspects(params.plane, sun)):
        sky = Sky(ghi[row], dni[row], dhi[row], air[row], wind[row], 0.2)
        state, outputs = model.step(params, state, model.PvInputs(aspect, sky, np.ones(1), nothing, nothing), STEP_S)
        rows.append(outputs.p_available_kw)
    return Measured(int(table.index[0].timestamp()), np.array(rows), air)


def provider(kind: str, measured: Measured, role: Role, site: Site = GERMANY, **options: Any) -> Provider:
    """Return a fresh provider of this kind for these series."""
    truth = Perfect(measured.epoch_s0, STEP_S, np.nan_to_num(measured.p_kw)) if kind == "perfect" else None
    chosen = TypeAdapter(ForecastOptions).validate_python({"kind": kind, **options})
    return make(chosen, measured.p_kw.shape[1], site, STEP_S, role=role, seed=1, truth=truth)


def steps(measured: Measured) -> Iterator[tuple[int, FloatArray, dict[str, float]]]:
    """Yield each step as an agent would see it."""
    for row, (p_kw, temp_degc) in enumerate(zip(measured.p_kw, measured.temp_degc, strict=True)):
        yield measured.epoch_s0 + row * STEP_S, p_kw, {"temp_degc": float(temp_degc)}


def score(
    forecasts: Provider, measured: Measured, *, unscored: int, every: int = 4, levels: tuple[float, ...] = LEVELS
) -> Scores:
    """Return the scores of a provider that re-forecasts every so many steps; the first ones are only learned from."""
    watched = Scored(forecasts, Scores(forecasts.n_series, STEP_S, levels=levels))
    for row, (epoch_s, p_kw, weather) in enumerate(steps(measured)):
        asked = watched if row >= unscored else forecasts
        watched.observe(epoch_s, p_kw, weather)
        if row % every == every - 1:
            asked.predict(PER_DAY)
    return watched.scores


def compare(name: str, measured: Measured, role: Role, *, days: int, unscored_days: int) -> None:
    """Print the scores of all kinds on some series."""
    measured = Measured(measured.epoch_s0, measured.p_kw[: days * PER_DAY], measured.temp_degc[: days * PER_DAY])
    n_steps, n_series = measured.p_kw.shape
    print(f"\n{name}: {n_series} series, {n_steps / PER_DAY:.0f} days, the first {unscored_days} not scored")
    print(f"{'kind':12s}  nRMSE of leads up to 1 h, 6 h, 24 h   pinball 24 h  coverage of 0.1, 0.5, 0.9  bias/MAE 24 h in W")
    for kind in KINDS[role]:
        rows = score(provider(kind, measured, role), measured, unscored=unscored_days * PER_DAY).table()
        far = rows[-1]
        cover = "  ".join(f"{far[f'coverage_{level:g}']:.2f}" for level in LEVELS)
        errors = "  ".join(f"{row['nrmse']:.3f}" for row in rows)
        print(
            f"{kind:12s}  {errors:37s}  {1000 * far['pinball_kw']:8.1f} W    {cover:26s}"
            f"{1000 * far['bias_kw']:+.1f} / {1000 * far['mae_kw']:.1f}"
        )


def timed(role: Role, homes: int, days: int) -> None:
    """Print milliseconds of observing, predicting and training for many homes."""
    rng = np.random.default_rng(7)
    day = np.sin(np.linspace(0.0, 2 * np.pi, PER_DAY, endpoint=False))[:, None]
    p_kw = np.tile(np.maximum(0.0, 0.5 - 0.4 * day), (days, 1)) * rng.gamma(2.0, 0.5, (days * PER_DAY, homes))
    measured = Measured(1_704_067_200, -p_kw if role == "pv" else p_kw, np.full(len(p_kw), 10.0))
    print(f"\n{role}, {homes} homes, 96 steps; {days} days seen; medians (and longest) in ms of processor time")
    for kind in KINDS[role]:
        observe, predict, spread = milliseconds(provider(kind, measured, role), measured)
        print(
            f"{kind:12s}  observe {np.median(observe):6.3f}  predict {np.median(predict):6.2f}"
            f"  quantiles {np.median(spread):6.2f}  longest {max(observe):7.1f} / {max(predict):6.1f} / {max(spread):6.1f}"
        )


def milliseconds(forecasts: Provider, measured: Measured) -> tuple[list[float], list[float], list[float]]:
    """Return what each step's observation, and each hour's forecast and quantiles took of the processor. [ms]."""

    def took(call: Callable[[], object]) -> float:
        begun = time.thread_time()  # all of it is one thread, and other programs do not count
        call()
        return 1e3 * (time.thread_time() - begun)

    observed, predicted, spread = [], [], []
    for row, step in enumerate(steps(measured)):
        observed.append(took(partial(forecasts.observe, *step)))
        if row % 4 == 3:
            predicted.append(took(partial(forecasts.predict, PER_DAY)))
            spread.append(took(partial(forecasts.quantiles, LEVELS, PER_DAY)))
    return observed, predicted, spread


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, help="folder of the measured data, with `loads` and `weather`; without it only speed"
    )
    parser.add_argument("--days", type=int, default=120, help="days of the year-long series that are used")
    parser.add_argument("--homes", type=int, default=100)
    parser.add_argument("--smoke", action="store_true", help="a few days, to see that it runs")
    chosen = parser.parse_args()
    for role in KINDS:
        timed(role, 3 if chosen.smoke else chosen.homes, 8 if chosen.smoke else 29)
    if chosen.data is not None:
        few = chosen.smoke
        compare(
            "SimBench households", simbench(chosen.data), "load", days=10 if few else chosen.days, unscored_days=8 if few else 28
        )
        compare("HAMLET houses", hamlet(chosen.data), "load", days=10 if few else 45, unscored_days=8 if few else 21)
        compare(
            "Roofs in Düsseldorf",
            roofs(chosen.data, days=slice(60, None)),
            "pv",
            days=10 if few else chosen.days,
            unscored_days=8 if few else 28,
        )


if __name__ == "__main__":
    main()

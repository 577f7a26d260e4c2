# SPDX-License-Identifier: Apache-2.0
"""From a source's intervals to the steps of a block."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from simulators.weather.air import SEA_LEVEL_PRESSURE_HPA, pressure_hpa
from simulators.weather.model import between_middles, clean_sky_beam, close, diffuse_fraction, interval_means, spread
from simulators.weather.quarter_hours import QUARTER_S, varied
from simulators.weather.series import STATE
from simulators.weather.sun import Sun, sun_position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulators.weather.series import Source
    from simulators.weather.sun import Instants, Method
    from twinergy.community.twin import Site

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Raster:
    """Fine steps that divide both a source's intervals and the steps of a run, over whole intervals.

    Attributes
    ----------
    fine_s : int
        Length of a fine step. [s]
    first, count : int
        First interval and number of intervals.
    interval : ndarray of int, shape (n_fine,)
        Interval of each fine step, counted from `first`.
    middle_s : ndarray, shape (n_fine,)
        Middle of each fine step in epoch seconds. [s]
    steps : slice
        Fine steps that make up the run's steps.
    """

    fine_s: int
    first: int
    count: int
    interval: IntArray
    middle_s: FloatArray
    steps: slice

    @classmethod
    def over(cls, start_s: int, n_steps: int, step_s: int, source: Source) -> Raster:
        """Return the raster for steps that begin at `start_s`."""
        offset, span = start_s - source.origin_s, source.interval_s
        fine_s = gcd(gcd(step_s, span), offset)
        first = offset // span
        count = -((-(offset + n_steps * step_s)) // span) - first
        fine = np.arange(count * (span // fine_s), dtype=np.int64)
        begin = source.origin_s + first * span
        skip = (start_s - begin) // fine_s
        steps = slice(skip, skip + n_steps * (step_s // fine_s))
        return cls(fine_s, first, count, fine // (span // fine_s), (begin + (fine + 0.5) * fine_s).astype(np.float64), steps)

    def mean(self, values: FloatArray, n_steps: int) -> FloatArray:
        """Return means over the run's steps of values on the raster, last axis ``n_fine`` becomes ``n_steps``."""
        inside = values[..., self.steps]
        return np.asarray(inside.reshape(*inside.shape[:-1], n_steps, -1).mean(axis=-1))


def steps_of(source: Source, site: Site, start_s: int, n_steps: int, step_s: int) -> dict[str, FloatArray]:
    """Return the weather of consecutive steps.

    Parameters
    ----------
    source : Source
        Where the weather comes from.
    site : Site
        Place; the sun is computed for it, whatever place the source describes.
    start_s, n_steps, step_s : int
        Start of the first step in epoch seconds, number and length of steps. [s], [-], [s]

    Returns
    -------
    dict of str to ndarray
        One array of shape (n_steps,) per port of the kind.
    """
    raster = Raster.over(start_s, n_steps, step_s, source)
    if raster.fine_s == step_s:
        fine = sun_at(site, raster.middle_s)
        sun = fine.part(raster.steps)
    else:
        fine = sun_at(site, raster.middle_s, method="ephemeris")
        sun = sun_at(site, start_s + (np.arange(n_steps) + 0.5) * step_s)
    window = source.window(raster.first - 1, raster.count + 2)
    ghi, beam = spread(*_global_and_beam(window, raster, fine), raster.interval, fine.extra_horizontal)
    noise = _noise(raster, source)
    if noise is not None:
        ghi, beam = varied(ghi, beam, raster.interval, fine.extra_horizontal, noise)
    ghi, beam = raster.mean(ghi, n_steps), raster.mean(beam, n_steps)
    limit = clean_sky_beam(sun.dni_extra, sun.apparent_zenith_deg, pressure_hpa(site.altitude_m) / SEA_LEVEL_PRESSURE_HPA)
    dni, dhi = close(ghi, beam, sun.cos_zenith, limit)
    states = between_middles(np.vstack([window[name] for name in STATE]), _position(raster, source))
    return {
        "ghi_w_per_m2": ghi,
        "dni_w_per_m2": dni,
        "dhi_w_per_m2": dhi,
        **dict(zip(STATE, raster.mean(states, n_steps), strict=True)),
        "dni_extra_w_per_m2": sun.dni_extra,
        "solar_zenith_deg": sun.zenith_deg,
        "solar_apparent_zenith_deg": sun.apparent_zenith_deg,
        "solar_azimuth_deg": sun.azimuth_deg,
    }


def sun_at(site: Site, epoch_s: Instants, *, method: Method = "nrel_numpy") -> Sun:
    """Return the sun at a site at instants in epoch seconds, shape (n,); see `sun_position`."""
    return sun_position(epoch_s, site.latitude_deg, site.longitude_deg, site.altitude_m, method=method)


def _position(raster: Raster, source: Source) -> FloatArray:
    # The window begins one interval before the raster: the middle of its first lies half an interval before the raster.
    begin = source.origin_s + raster.first * source.interval_s
    return (raster.middle_s - begin) / source.interval_s + 0.5


def _noise(raster: Raster, source: Source) -> FloatArray | None:
    """Return the source's noise at the fine steps: held inside a quarter of an hour, its mean over longer steps."""
    begin_s, end_s = raster.middle_s[0] - raster.fine_s / 2.0, raster.middle_s[-1] + raster.fine_s / 2.0
    first = int(begin_s // QUARTER_S)
    quarters = source.noise(first * QUARTER_S, int(-(-end_s // QUARTER_S)) - first)
    if quarters is None:
        return None
    per_step = max(raster.fine_s // QUARTER_S, 1)
    at = (raster.middle_s - raster.fine_s / 2.0).astype(np.int64) // QUARTER_S - first
    return np.asarray(quarters[at[:, None] + np.arange(per_step)].mean(axis=1))


def _global_and_beam(window: Mapping[str, FloatArray], raster: Raster, sun: Sun) -> tuple[FloatArray, FloatArray]:
    """Return mean global and mean horizontal beam irradiance of each interval of the raster, whatever the source gives."""
    inner = {name: values[1:-1] for name, values in window.items()}
    ghi, dhi, dni = (inner.get(f"{name}_w_per_m2") for name in ("ghi", "dhi", "dni"))
    up = interval_means(np.maximum(sun.cos_zenith, 0.0), raster.interval, raster.count)
    if ghi is None:
        beam = (dni if dni is not None else 0.0) * up
        return beam + (dhi if dhi is not None else 0.0), beam
    if dhi is not None:
        return ghi, np.clip(ghi - dhi, 0.0, ghi)
    if dni is not None:
        return ghi, np.minimum(dni * up, ghi)
    outside = interval_means(sun.extra_horizontal, raster.interval, raster.count)
    clearness = np.divide(ghi, outside, out=np.zeros_like(ghi), where=outside > 0.0)
    return ghi, ghi * (1.0 - diffuse_fraction(np.minimum(clearness, 1.0)))

# SPDX-License-Identifier: Apache-2.0
"""Physics of the weather: irradiance inside a coarse interval, its three components, and quantities between samples.

Weather is exogenous, so there is no state to advance; these pure functions turn what a source says about intervals into
what holds in each step. All powers are per area and never negative, so there is no sign frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

CLEARNESS_LIMIT: Final = 1.0
"""Largest ratio of global to extraterrestrial horizontal irradiance that is spread with the sun's course. [-]"""

HORIZON_DEG: Final = 90.0
THIN_MASS: Final = 20.0
OVERCAST, CLEAR = 0.22, 0.8


def interval_means(values: FloatArray, interval: IntArray, n_intervals: int) -> FloatArray:
    """Return the mean of fine values over each interval, shape (n_intervals,); 0 where an interval has no value."""
    count = np.bincount(interval, minlength=n_intervals)
    return np.bincount(interval, weights=values, minlength=n_intervals) / np.maximum(count, 1)


def spread(ghi: FloatArray, beam: FloatArray, interval: IntArray, extra_horizontal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distribute interval means of irradiance over the fine steps inside, with constant clearness.

    Inside an interval the global irradiance follows the extraterrestrial one, so a step in which the sun is down gets
    none and the interval's mean is kept to rounding. What a clearness of `CLEARNESS_LIMIT` cannot carry (twilight, an
    interval whose sunny part falls between the middles of the steps) is diffuse and spread evenly.

    Parameters
    ----------
    ghi, beam : ndarray, shape (n_intervals,)
        Mean global and mean horizontal beam irradiance, ``0 <= beam <= ghi``. [W/m2]
    interval : ndarray of int, shape (n_steps,)
        Interval in which each fine step lies.
    extra_horizontal : ndarray, shape (n_steps,)
        Extraterrestrial irradiance on the horizontal at the middle of each step, not negative. [W/m2]

    Returns
    -------
    ghi, beam : ndarray, shape (n_steps,)
        Global and horizontal beam irradiance of each fine step, ``0 <= beam <= ghi``. [W/m2]
    """
    outside = interval_means(extra_horizontal, interval, len(ghi))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        clearness = np.where(outside > 0.0, np.minimum(ghi / outside, CLEARNESS_LIMIT), 0.0)
        beam_share = np.where(outside > 0.0, np.minimum(beam / outside, clearness), 0.0)
    even = np.maximum(ghi - clearness * outside, 0.0)
    return clearness[interval] * extra_horizontal + even[interval], beam_share[interval] * extra_horizontal


def close(ghi: FloatArray, beam: FloatArray, cos_zenith: FloatArray, dni_limit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return beam normal and diffuse irradiance with ``ghi = dhi + dni cos_zenith`` in every step with the sun up.

    Parameters
    ----------
    ghi, beam : ndarray, shape (n_steps,)
        Global and horizontal beam irradiance. [W/m2]
    cos_zenith : ndarray, shape (n_steps,)
        Cosine of the true zenith angle at mid-step, negative when the sun is down. [-]
    dni_limit : ndarray, shape (n_steps,)
        Physical cap of the beam (`clean_sky_beam`); what exceeds it is counted as diffuse. [W/m2]

    Returns
    -------
    dni, dhi : ndarray, shape (n_steps,)
        Beam normal (0 when the sun is down) and diffuse horizontal irradiance. [W/m2]
    """
    up = np.maximum(cos_zenith, 0.0)
    with np.errstate(over="ignore"):
        dni = np.minimum(np.divide(beam, up, out=np.zeros_like(beam), where=up > 0.0), dni_limit)
    return dni, np.maximum(ghi - dni * up, 0.0)


def clean_sky_beam(dni_extra: FloatArray, apparent_zenith_deg: FloatArray, pressure_ratio: float) -> FloatArray:
    """Return the beam normal irradiance under a clean and dry sky: an upper limit for any measured beam.

    ``dni_extra exp(-0.8662 m d(m))`` [1]_ (eq. 4 with a Linke turbidity of 1), d the optical thickness of the Rayleigh
    atmosphere [2]_, m the air mass of Kasten and Young (1989) times `pressure_ratio`.

    Parameters
    ----------
    dni_extra : ndarray, shape (n_steps,)
        Extraterrestrial normal irradiance. [W/m2]
    apparent_zenith_deg : ndarray, shape (n_steps,)
        Refraction-corrected zenith angle. [deg]
    pressure_ratio : float
        Air pressure of the site over that at sea level. [-]

    Returns
    -------
    ndarray, shape (n_steps,)
        Limit; 0 when the sun is down. [W/m2]

    References
    ----------
    .. [1] Rigollier, Bauer, Wald, "On the clear sky model of the ESRA", Solar Energy 68 (2000) 33-48.
    .. [2] Kasten, "The Linke turbidity factor based on improved values of the integral Rayleigh optical thickness",
       Solar Energy 56 (1996) 239-244.
    """
    zenith = np.minimum(apparent_zenith_deg, HORIZON_DEG)
    mass = pressure_ratio / (np.cos(np.radians(zenith)) + 0.50572 * (96.07995 - zenith) ** -1.6364)
    thin = 6.6296 + mass * (1.7513 + mass * (-0.1202 + mass * (0.0065 - 0.00013 * mass)))
    thickness = 1.0 / np.where(mass <= THIN_MASS, thin, 10.4 + 0.718 * mass)
    return np.where(apparent_zenith_deg < HORIZON_DEG, dni_extra * np.exp(-0.8662 * mass * thickness), 0.0)


def diffuse_fraction(clearness: FloatArray) -> FloatArray:
    """Return the diffuse share of the global irradiance for a clearness index, same shape.

    Erbs, Klein, Duffie, "Estimation of the diffuse radiation fraction for hourly, daily and monthly-average global
    radiation", Solar Energy 28 (1982) 293-302, hourly correlation.
    """
    cloudy = 1.0 - 0.09 * clearness
    partly = 0.9511 + clearness * (-0.1604 + clearness * (4.388 + clearness * (-16.638 + 12.336 * clearness)))
    return np.select([clearness <= OVERCAST, clearness <= CLEAR], [cloudy, partly], 0.165)


def between_middles(values: FloatArray, position: FloatArray) -> FloatArray:
    """Interpolate linearly between the middles of intervals.

    Parameters
    ----------
    values : ndarray, shape (n_quantities, n_intervals)
        Mean of each interval.
    position : ndarray, shape (n_steps,)
        Time counted in intervals from the middle of interval 0, from 0 up to ``n_intervals - 1``.

    Returns
    -------
    ndarray, shape (n_quantities, n_steps)
        Values at those times.
    """
    low = np.clip(position.astype(np.int64), 0, values.shape[1] - 2)
    weight = position - low
    return values[:, low] * (1.0 - weight) + values[:, low + 1] * weight

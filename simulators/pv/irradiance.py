# SPDX-License-Identifier: Apache-2.0
"""From horizontal irradiance to the module plane, and what of it passes the glass.

Sky diffuse light by Hay and Davies, reflection losses by Martin and Ruiz. What hangs on the sun's place alone is worked out
once per block (`aspects`); a step only weighs it with the weather (`simulators.pv.kernel`, and `plane_irradiance` for itself).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.pv.kernel import light, on_plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.pv.params import ModulePlane
    from simulators.pv.sun import Sun

    FloatArray = NDArray[np.float64]

HORIZON_DEG: Final = 90.0
LOWEST_COS_ZENITH: Final = 0.01745
"""Cosine of 89 degrees: keeps the projection ratio finite at sunrise, as pvlib does."""


class Sky(NamedTuple):
    """Weather of one step, means over it: numbers or arrays of one element for the whole fleet, or of shape ``(n_devices,)``.

    Attributes
    ----------
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 : float or ndarray
        Global horizontal, direct normal and diffuse horizontal irradiance. [W/m2]
    temp_degc, wind_m_per_s : float or ndarray
        Air temperature, and wind speed at a height of 10 m. [degC], [m/s]
    albedo : float or ndarray
        Reflectance of the ground. [-]
    """

    ghi_w_per_m2: float | FloatArray
    dni_w_per_m2: float | FloatArray
    dhi_w_per_m2: float | FloatArray
    temp_degc: float | FloatArray
    wind_m_per_s: float | FloatArray
    albedo: float | FloatArray


class Aspect(NamedTuple):
    """How a fleet faces the sun in one step; astronomy and geometry, no weather.

    Attributes
    ----------
    is_down : bool
        Whether the true sun stands below the horizon.
    dni_extra_w_per_m2 : float
        Extraterrestrial normal irradiance. [W/m2]
    cos_zenith : float
        Cosine of the apparent zenith, not below `LOWEST_COS_ZENITH`. [-]
    beam_share : ndarray, shape (2, n_devices)
        What of direct normal light falls on the module plane, and what of it reaches the cells. [-]
    """

    is_down: bool
    dni_extra_w_per_m2: float
    cos_zenith: float
    beam_share: FloatArray


def aspects(plane: ModulePlane, sun: Sun) -> list[Aspect]:
    """Return how a fleet faces the sun in each step of a block."""
    cosine, cos_zenith = incidence_cosine(plane, sun)
    return [
        Aspect(*row)
        for row in zip(
            (sun.zenith_deg > HORIZON_DEG).tolist(),
            sun.dni_extra_w_per_m2.tolist(),
            np.maximum(cos_zenith, LOWEST_COS_ZENITH).tolist(),
            np.stack([cosine, cosine * angular_modifier(plane, cosine)], axis=1),
            strict=True,
        )
    ]


def incidence_cosine(plane: ModulePlane, sun: Sun) -> tuple[FloatArray, FloatArray]:
    """Return the cosine of the angle of incidence, 0 behind the plane, and the cosine of the apparent zenith. [-], [-].

    Shapes ``(n_steps, n_devices)`` and ``(n_steps,)``. Equality with `pvlib.irradiance.aoi_projection` is tested.
    """
    zenith, azimuth = np.radians(sun.apparent_zenith_deg), np.radians(sun.azimuth_deg)
    sin_zenith, cos_zenith = np.sin(zenith), np.cos(zenith)
    to_sun = np.stack([sin_zenith * np.cos(azimuth), sin_zenith * np.sin(azimuth), cos_zenith], axis=1)
    north, east, up = (np.multiply.outer(to_sun[:, axis], plane.normal[axis]) for axis in range(3))
    return np.maximum(north + east + up, 0.0), cos_zenith


def angular_modifier(plane: ModulePlane, cosine: FloatArray) -> FloatArray:
    """Return the share of direct light that passes the glass, relative to normal incidence. [-].

    Martin and Ruiz [1]_, equation 3, from the cosine: `pvlib.iam.martin_ruiz` wants the angle and takes its cosine again.
    Equality with pvlib is tested.

    References
    ----------
    .. [1] N. Martin, J. M. Ruiz, "Calculation of the PV modules angular losses under field conditions by means of an analytical
       model", Solar Energy Materials & Solar Cells 70 (2001) 25-38, and its corrigendum 110 (2013) 154.
    """
    return (1.0 - np.exp(-cosine / plane.a_r)) * plane.iam_scale


def is_night(aspect: Aspect, sky: Sky) -> bool:
    """Return whether no device can see light: no irradiance and the sun below the horizon. NaN is not night."""
    return aspect.is_down and not np.count_nonzero(sky.ghi_w_per_m2)


def plane_irradiance(plane: ModulePlane, aspect: Aspect, sky: Sky) -> FloatArray:
    """Return irradiance on the module plane and the part of it that reaches the cells, shape ``(2, n_devices)``. [W/m2].

    Circumsolar light has the angle of the direct light; isotropic sky and ground light have the mean modifiers of Martin and
    Ruiz for the tilt. Equality with `pvlib.irradiance.get_total_irradiance` is tested.

    References
    ----------
    .. [1] J. E. Hay, J. A. Davies, "Calculations of the solar radiation incident on an inclined surface", Proc. First Canadian
       Solar Radiation Data Workshop, 1980, equation 7 as in P. G. Loutzenhiser et al., Solar Energy 81 (2007) 254-267.
    """
    fallen = light(sky.dni_w_per_m2, sky.dhi_w_per_m2, sky.ghi_w_per_m2, sky.albedo, aspect.dni_extra_w_per_m2, aspect.cos_zenith)
    arriving: FloatArray = on_plane(aspect.beam_share, plane.sky_share, plane.ground_share, *fallen)
    return arriving

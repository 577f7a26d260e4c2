# SPDX-License-Identifier: Apache-2.0
"""From horizontal irradiance to the module plane, and what of it passes the glass.

Sky diffuse light by Hay and Davies (pvlib), reflection losses by Martin and Ruiz.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.pv.params import ModulePlane

    FloatArray = NDArray[np.float64]

HORIZON_DEG: Final = 90.0
LOWEST_COS_ZENITH: Final = 0.01745
"""Cosine of 89 degrees: keeps the projection ratio finite at sunrise, as pvlib does."""


class Sky(NamedTuple):
    """Weather of one step; arrays of shape ``(1,)`` or ``(n_devices,)``.

    Irradiance is the mean over the step, the sun stands where it is at the middle of the step.

    Attributes
    ----------
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, dni_extra_w_per_m2 : ndarray
        Global horizontal, direct normal, diffuse horizontal and extraterrestrial normal irradiance. [W/m2]
    temp_degc, wind_m_per_s : ndarray
        Air temperature, and wind speed at a height of 10 m. [degC], [m/s]
    albedo : ndarray
        Reflectance of the ground. [-]
    solar_zenith_deg, solar_apparent_zenith_deg, solar_azimuth_deg : ndarray
        True zenith, zenith with refraction, azimuth from north over east. [deg]
    """

    ghi_w_per_m2: FloatArray
    dni_w_per_m2: FloatArray
    dhi_w_per_m2: FloatArray
    dni_extra_w_per_m2: FloatArray
    temp_degc: FloatArray
    wind_m_per_s: FloatArray
    albedo: FloatArray
    solar_zenith_deg: FloatArray
    solar_apparent_zenith_deg: FloatArray
    solar_azimuth_deg: FloatArray


def is_night(sky: Sky) -> bool:
    """Return whether no device can see light: no irradiance and the sun below the horizon. NaN is not night."""
    return not sky.ghi_w_per_m2.any() and bool(sky.solar_zenith_deg.min() > HORIZON_DEG)


def incidence_cosine(plane: ModulePlane, sky: Sky) -> tuple[FloatArray, FloatArray]:
    """Return the cosine of the angle of incidence, 0 behind the plane, and the cosine of the zenith. [-], [-].

    A product with the precomputed normal: `pvlib.irradiance.aoi_projection` takes the trigonometry of every tilt and azimuth
    anew each step (measured for 60 systems: 8.7 us, this 5.9 us). Equality with pvlib is tested.
    """
    zenith, azimuth = np.radians(sky.solar_apparent_zenith_deg), np.radians(sky.solar_azimuth_deg)
    sin_zenith, cos_zenith = np.sin(zenith), np.cos(zenith)
    north, east, up = plane.normal
    cosine = north * (sin_zenith * np.cos(azimuth)) + east * (sin_zenith * np.sin(azimuth)) + up * cos_zenith
    return np.maximum(cosine, 0.0), cos_zenith


def angular_modifier(plane: ModulePlane, cosine: FloatArray) -> FloatArray:
    """Return the share of direct light that passes the glass, relative to normal incidence. [-].

    Martin and Ruiz [1]_, equation 3, from the cosine: `pvlib.iam.martin_ruiz` wants the angle in degrees and takes its cosine
    again (measured for 60 systems with the arc cosine: 10.9 us, this 1.5 us). Equality with pvlib is tested.

    References
    ----------
    .. [1] N. Martin, J. M. Ruiz, "Calculation of the PV modules angular losses under field conditions by means of an analytical
       model", Solar Energy Materials & Solar Cells 70 (2001) 25-38, and its corrigendum 110 (2013) 154.
    """
    return (1.0 - np.exp(-cosine / plane.a_r)) * plane.iam_scale


def plane_irradiance(plane: ModulePlane, sky: Sky) -> tuple[FloatArray, FloatArray]:
    """Return irradiance on the module plane and the part of it that reaches the cells, shape ``(n_devices,)``. [W/m2].

    Circumsolar light has the angle of the direct light; isotropic sky and ground light have the mean modifiers of Martin and
    Ruiz for the tilt.

    References
    ----------
    .. [1] J. E. Hay, J. A. Davies, "Calculations of the solar radiation incident on an inclined surface", Proc. First Canadian
       Solar Radiation Data Workshop, 1980, equation 7 as in P. G. Loutzenhiser et al., Solar Energy 81 (2007) 254-267.
    """
    from pvlib.irradiance import get_ground_diffuse, haydavies  # noqa: PLC0415 - not at the start of `twinergy --help`

    cosine, cos_zenith = incidence_cosine(plane, sky)
    diffuse = haydavies(
        plane.tilt_deg,
        None,
        sky.dhi_w_per_m2,
        sky.dni_w_per_m2,
        sky.dni_extra_w_per_m2,
        projection_ratio=cosine / np.maximum(cos_zenith, LOWEST_COS_ZENITH),
        return_components=True,
    )
    direct = sky.dni_w_per_m2 * cosine + diffuse["poa_circumsolar"]
    ground = get_ground_diffuse(plane.tilt_deg, sky.ghi_w_per_m2, sky.albedo)
    isotropic = diffuse["poa_isotropic"]
    reaching = direct * angular_modifier(plane, cosine) + isotropic * plane.iam_sky + ground * plane.iam_ground
    return direct + isotropic + ground, reaching

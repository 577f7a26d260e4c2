# SPDX-License-Identifier: Apache-2.0
"""Sun and daylight on the facades in one step: plain numbers, the same for all buildings."""

from __future__ import annotations

from math import cos, exp, radians, sin
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.envelope import ABSORPTION, DIFFUSE, OUTER_M2K_PER_W, SKY_K

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.building.envelope import Envelope

    FloatArray = NDArray[np.float64]

STEP_DEG: Final = 15.0
"""Directions of facades are taken to the next multiple of this."""
HORIZON_DEG: Final = 90.0
EFFICACY_LM_PER_W: Final = 110.0
"""Luminous efficacy of global daylight: 105 to 120 lm/W (P. Littlefair, Lighting Res. Technol. 20 (1988) 177-188). [lm/W]"""
GLASS: Final = 0.1
"""ASHRAE's incidence angle modifier of glazing: 1 - 0.1 (1/cos - 1). [-]"""


class Sky(NamedTuple):
    """Weather of one step, means over it, plain numbers.

    Attributes
    ----------
    temp_degc, humidity_percent : float
        Outdoor air. [degC], [%]
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 : float
        Global horizontal, direct normal, diffuse horizontal irradiance. [W/m2]
    zenith_deg, azimuth_deg : float
        The sun, azimuth clockwise from north. [deg]
    albedo : float
        Reflectance of the ground. [-]
    """

    temp_degc: float
    humidity_percent: float
    ghi_w_per_m2: float
    dni_w_per_m2: float
    dhi_w_per_m2: float
    zenith_deg: float
    azimuth_deg: float
    albedo: float


def columns(sky: Sky, directions_deg: Sequence[float]) -> list[float]:
    """Return what the sun matrix weighs: light behind glass per direction, then outdoor air, roof, walls, and 1.

    Isotropic sky and ground; direct light behind glass with ASHRAE's angular modifier, other light with 0.9.

    Parameters
    ----------
    sky : Sky
        Weather of the step.
    directions_deg : sequence of float
        Directions of facades, clockwise from north. [deg]

    Returns
    -------
    list of float
        ``len(directions_deg) + 4`` numbers: W/m2 per direction, degC, W/m2 on the roof, mean W/m2 on walls, 1.
    """
    diffuse = 0.5 * (sky.dhi_w_per_m2 + sky.albedo * sky.ghi_w_per_m2)
    seen = DIFFUSE * diffuse
    flat = sin(radians(sky.zenith_deg)) if sky.zenith_deg < HORIZON_DEG else 0.0
    if not (flat and sky.dni_w_per_m2):
        return [*[seen] * len(directions_deg), sky.temp_degc, sky.ghi_w_per_m2, diffuse, 1.0]
    light = [seen + sky.dni_w_per_m2 * _behind_glass(flat * cos(radians(sky.azimuth_deg - d))) for d in directions_deg]
    turn = radians(sky.azimuth_deg)
    walls = diffuse + sky.dni_w_per_m2 * flat * (abs(cos(turn)) + abs(sin(turn))) / 4.0
    return [*light, sky.temp_degc, sky.ghi_w_per_m2, walls, 1.0]


def _behind_glass(cosine: float) -> float:
    if cosine <= GLASS / (1.0 + GLASS):
        return 0.0
    return cosine * (1.0 - GLASS * (1.0 / cosine - 1.0))


def sun_matrix(houses: Sequence[Envelope], rotations_deg: Sequence[float]) -> tuple[tuple[float, ...], FloatArray]:
    """Return the directions of all facades and what turns `columns` into what acts on a zone.

    Returns
    -------
    directions : tuple of float
        Clockwise from north. [deg]
    matrix : ndarray, shape (n_directions + 4, 3, n_devices)
        Rows as in `thermal.INPUTS`: equivalent outdoor temperature in degC (EN ISO 13790, 11.3.4 and 11.4.6: sun absorbed by and
        heat radiated from the outer surfaces), gain through windows in kW, outdoor air in degC.
    """
    facing = [[(quarter * 90.0 + _stepped(turn)) % 360.0 for quarter in (1, 2, 3, 0)] for turn in rotations_deg]
    directions = tuple(sorted({direction for house in facing for direction in house}))
    matrix = np.zeros((len(directions) + 4, 3, len(houses)))
    matrix[-4, 2] = 1.0
    for column, (house, faces) in enumerate(zip(houses, facing, strict=True)):
        for direction, aperture in zip(faces, house.aperture_m2, strict=True):
            matrix[directions.index(direction), 1, column] += aperture / 1e3
        absorbed = ABSORPTION * OUTER_M2K_PER_W
        matrix[-4:, 0, column] = (
            1.0,
            absorbed * house.roof_share,
            absorbed * house.wall_share,
            -SKY_K * (house.roof_share + 0.5 * house.wall_share),
        )
    return directions, matrix


def _stepped(turn_deg: float) -> float:
    return STEP_DEG * round(turn_deg / STEP_DEG)


def vapour_hpa(sky: Sky) -> float:
    """Return the pressure of water vapour outdoors, Magnus formula of `air.saturation_hpa`. [hPa]."""
    return sky.humidity_percent / 100.0 * saturation_hpa(sky.temp_degc)


def saturation_hpa(temp_degc: float) -> float:
    """Return the saturation pressure of water vapour over water, Magnus formula with the WMO's constants. [hPa].

    WMO-No. 8, Guide to Meteorological Instruments and Methods of Observation, annex 4.B.

    >>> round(saturation_hpa(20.0), 2)
    23.33
    """
    return 6.112 * exp(17.62 * temp_degc / (243.12 + temp_degc))

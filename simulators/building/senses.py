# SPDX-License-Identifier: Apache-2.0
"""Light and sound in the room, as simple sensors would see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.building.params import COOLING_DBA_PER_KW, PERSON_DBA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.building.params import BuildingParams

    FloatArray = NDArray[np.float64]


def illuminance(params: BuildingParams, outdoor_lx: float, active: FloatArray) -> FloatArray:
    """Return the illuminance of the room: daylight, and lamps where people are awake and daylight is less than theirs. [lx].

    Parameters
    ----------
    params : BuildingParams
        Constants.
    outdoor_lx : float
        Illuminance of the open ground. [lx]
    active : ndarray, shape (n_devices,)
        People awake; below one, the share of the step in which somebody is. [-]
    """
    lamps = np.minimum(active, 1.0)
    lamps *= params.lamps_lx
    if outdoor_lx <= 0.0:
        return lamps
    day = params.daylight * outdoor_lx
    lamps *= day < params.lamps_lx
    day += lamps
    return day


def noise(params: BuildingParams, active: FloatArray, cooling_kw: FloatArray | None) -> FloatArray:
    """Return the sound level of the room: background, people and the indoor unit of an air conditioner, powers added. [dB(A)].

    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> noise(SimpleNamespace(background=np.array([1000.0])), np.array([0.0]), None).round(6)
    array([30.])
    """
    sound: FloatArray = active * 10.0 ** (PERSON_DBA / 10.0)
    sound += params.background
    if cooling_kw is not None:
        sound += cooling_kw * 10.0 ** (COOLING_DBA_PER_KW / 10.0)
    np.log10(sound, out=sound)
    sound *= 10.0
    return sound

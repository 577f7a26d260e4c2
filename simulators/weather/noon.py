# SPDX-License-Identifier: Apache-2.0
"""The noon check: whether the irradiance of a table culminates when the sun does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.weather.reading.times import epoch_seconds
from simulators.weather.sun import solar_hour

if TYPE_CHECKING:
    import pandas as pd

ENOUGH_DAYS: Final = 28


def noon_offset_min(frame: pd.DataFrame, longitude_deg: float) -> float:
    """Return how far the irradiance-weighted noon of a table lies after solar noon.

    Cloudier mornings or afternoons move it by up to some 20 minutes; a wrong label moves it by half an interval, a wrong
    time zone or summer time by an hour.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `simulators.weather.read_weather` returns it.
    longitude_deg : float
        Longitude of the place, east positive. [deg]

    Returns
    -------
    float
        Minutes, positive when irradiance is late; NaN without four weeks of global irradiance. [min]
    """
    start_s = epoch_seconds(frame.index)
    interval_s = int(start_s[1] - start_s[0])
    if "ghi_w_per_m2" not in frame or len(frame) * interval_s < ENOUGH_DAYS * 86_400:
        return float("nan")
    ghi = frame["ghi_w_per_m2"].to_numpy()
    if not ghi.sum() > 0.0:
        return float("nan")
    hour = (solar_hour(start_s + interval_s / 2.0, longitude_deg)) % 24.0
    return float(60.0 * (np.sum(ghi * hour) / np.sum(ghi) - 12.0))

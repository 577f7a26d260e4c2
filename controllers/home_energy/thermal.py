# SPDX-License-Identifier: Apache-2.0
"""Rooms and hot water as they can be planned with, from what was learned; a home without a clear answer is left alone.

Comfort is held by construction: a plan only stores heat (or cold) beyond what the home's own thermostat asks for, within the band
that the household allows. Set-points are raised for a while (lowered for cooling), never the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from controllers.home_energy.optimum import Room, Tank

if TYPE_CHECKING:
    from controllers.home_energy.homes import Home
    from controllers.home_energy.learning import Learning
    from twinergy.kinds import FloatArray

TRUSTED_RMSE_K: Final = 0.8
"""A room that cannot be predicted better six hours ahead is not planned with (assumption). [K]"""
LEAST_GAIN_K: Final = 0.01
"""Full power must warm the room by this much in a step, or its response is not known. [K]"""
WARMER_LOSS: Final = 2.0
"""Losses of the tank are counted so much higher: hotter water also costs coefficient of performance (assumption). [-]"""
BEYOND_K: Final = 0.2
"""Less than this beyond the own set-point is noise. [K]"""
TANK_MOST_DEGC: Final = 60.0
DAY_H: Final = (6.0, 23.0)
"""Local hours in which people are up: their thermostats keep the day's temperature and they draw hot water (assumption). [h]"""
HOT: Final = "heats"
COLD: Final = "cools"
RASTER: Final = 3


@dataclass(frozen=True, slots=True)
class Thermal:
    """What of a home's heat and cold can be planned with.

    Attributes
    ----------
    room, tank : Room, Tank or None
        As the optimiser wants them.
    mode : str
        ``heats`` or ``cools``, empty without a room.
    set_degc : float
        What its thermostat keeps by itself by day: the lower edge while heating, the upper while cooling. [degC]
    night_degc : float
        The same by night. [degC]
    band_k : float
        How far beyond the plan may go. [K]
    sun_k_per_kw_per_m2, rest_k, draw_kw : float
        Of the room's model, and mean power drawn as hot water while people are up, as electricity. [K m2/kW], [K], [kW]
    """

    room: Room | None = None
    tank: Tank | None = None
    mode: str = ""
    set_degc: float = float("nan")
    night_degc: float = float("nan")
    band_k: float = 0.0
    sun_k_per_kw_per_m2: float = 0.0
    rest_k: float = 0.0
    draw_kw: float = 0.0

    def outlook(self, local_h: FloatArray, outdoor_degc: FloatArray, ghi_w_per_m2: FloatArray) -> dict[str, Any]:
        """Return the fields of the outlook that belong to room and tank, for steps at these local hours."""
        fields: dict[str, Any] = {}
        if self.room is not None:
            own = np.where((local_h >= DAY_H[0]) & (local_h < DAY_H[1]), self.set_degc, self.night_degc)
            heats = self.mode == HOT
            fields |= {
                "temp_outdoor_degc": outdoor_degc,
                "gain_k": self.sun_k_per_kw_per_m2 * ghi_w_per_m2 / 1000.0 + self.rest_k,
                "comfort_low_degc": own if heats else own - self.band_k,
                "comfort_high_degc": np.full(len(local_h), self.set_degc + self.band_k) if heats else own,
            }
        if self.tank is not None:
            fields["draw_kw"] = np.where((local_h >= DAY_H[0]) & (local_h < DAY_H[1]), self.draw_kw, 0.0)
        return fields


NOTHING: Final = Thermal()


def thermal(home: Home, row: int, learning: Learning) -> Thermal:
    """Return what of a home's heat can be planned with by now."""
    if "building" not in home.devices or learning.rooms is None:
        return NOTHING
    room, mode = _room(row, learning) if home.steers("heating") else (None, "")
    tank, draw_kw = _tank(home, row, learning) if home.steers("hot_water") else (None, 0.0)
    rooms, cools = learning.rooms, mode == COLD
    options = home.devices["building"].options
    return Thermal(
        room=room,
        tank=tank,
        mode=mode,
        set_degc=options.temp_cool_set_degc if cools else options.temp_set_degc,  # type: ignore[attr-defined]
        night_degc=options.temp_cool_set_degc if cools else options.night_degc,  # type: ignore[attr-defined]
        band_k=home.wishes.comfort_band_k,
        sun_k_per_kw_per_m2=float(np.nan_to_num(rooms.e_k_per_kw_per_m2[row])),
        rest_k=float(np.nan_to_num(rooms.d_k[row])),
        draw_kw=draw_kw,
    )


def _room(row: int, learning: Learning) -> tuple[Room | None, str]:
    rooms = learning.rooms
    if rooms is None or not rooms.known[row] or not rooms.rmse_k[row] <= TRUSTED_RMSE_K:
        return None, ""
    heat_kw, cool_kw = learning.heat_max_kw[row], learning.cool_max_kw[row]
    for mode, gain, most_kw in ((HOT, rooms.b_k_per_kw[row], heat_kw), (COLD, rooms.b_cool_k_per_kw[row], cool_kw)):
        if abs(gain) * most_kw >= LEAST_GAIN_K:
            found = Room(
                keep=round(float(rooms.a[row]), RASTER + 2),
                gain_k_per_kw=round(float(gain), RASTER + 1),
                leak=round(float(rooms.c[row]), RASTER + 2),
                p_max_kw=round(float(most_kw), 1),
            )
            return found, mode
    return None, ""


def _tank(home: Home, row: int, learning: Learning) -> tuple[Tank | None, float]:
    tanks = learning.tanks
    if tanks is None or not tanks.known[row] or learning.heat_max_kw[row] <= 0.0:
        return None, 0.0
    usual_degc = float(home.option("building", "tank_temp_set_degc", 50.0))
    band_k = float(home.option("building", "tank_band_k", 5.0))
    per_k = round(float(tanks.kwh_per_k[row]), RASTER) or 10.0**-RASTER
    tank = Tank(
        kwh_per_k=per_k,
        loss_kw_per_k=round(float(tanks.loss_per_h[row]) * per_k * WARMER_LOSS, RASTER + 2),
        p_max_kw=round(float(learning.heat_max_kw[row]), 1),
        low_degc=usual_degc - band_k,
        high_degc=max(TANK_MOST_DEGC, usual_degc),
    )
    hours = DAY_H[1] - DAY_H[0]
    return tank, float(tanks.use_k_per_day[row]) * tank.kwh_per_k / hours


def told_degc(planned_degc: FloatArray, usual_degc: FloatArray, *, heats: bool) -> FloatArray:
    """Return the set-points to ask for: the plan where it goes clearly beyond what the home does by itself, else NaN."""
    beyond = planned_degc > usual_degc + BEYOND_K if heats else planned_degc < usual_degc - BEYOND_K
    return np.where(beyond, planned_degc, np.nan)

# SPDX-License-Identifier: Apache-2.0
"""Set-points and presence by local time, made once per kind of hour and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.plant import FLOW_HEATER_DEGC
from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.building.options import BuildingOptions
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]

QUARTER_S: Final = 900
QUARTERS_PER_DAY: Final = 96
FRIDAY: Final = 4
SUNDAY: Final = 6
LEGIONELLA_H: Final = (2.0, 4.0)
NIGHT_H: Final = (21.0, 5.0)
DRAWN_QUARTERS: Final = 12
"""Nights that nobody sets begin and end at these hours or up to 2.75 h later, so a village does not heat up at once."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A day of a use, by hour.

    Attributes
    ----------
    presence : tuple of float
        People present over the design number, 24 hours from midnight. [-]
    activity : tuple of float
        People who are awake over those present. [-]
    """

    presence: tuple[float, ...]
    activity: tuple[float, ...]


_NONE: Final = (0.0,) * 24
_AWAKE: Final = (1.0,) * 24
_HOME_AWAKE: Final = (0.0,) * 6 + (0.5,) + (1.0,) * 15 + (0.7, 0.2)

PROFILES: Final[dict[str, tuple[Profile, Profile]]] = {
    "residential": (
        Profile(
            (1.0,) * 6 + (0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 0.8, 0.8, 0.8, 1.0, 1.0), _HOME_AWAKE
        ),
        Profile((1.0,) * 6 + (0.8,) * 16 + (1.0, 1.0), _HOME_AWAKE),
    ),
    "office": (
        Profile((*_NONE[:7], 0.2, 0.6, 0.6, 0.7, 0.7, 0.4, 0.6, 0.7, 0.7, 0.6, 0.2, *_NONE[18:]), _AWAKE),
        Profile(_NONE, _AWAKE),
    ),
    "school": (Profile((*_NONE[:8], 0.6, 0.7, 0.6, 0.4, 0.3, 0.7, 0.6, 0.4, 0.2, *_NONE[17:]), _AWAKE), Profile(_NONE, _AWAKE)),
    "nursery": (
        Profile((*_NONE[:7], 0.4, 0.8, 0.8, 0.3, 0.3, 0.8, 0.3, 0.3, 0.4, 0.3, *_NONE[17:]), _AWAKE),
        Profile(_NONE, _AWAKE),
    ),
}
"""Weekday and weekend. EN 16798-1:2019 annex C (residential, apartment; landscaped office; classroom; kindergarten), rounded;
holidays are weekdays."""
AREA_PER_PERSON_M2: Final = {"residential": 28.3, "office": 17.0, "school": 5.4, "nursery": 3.8}
"""Design floor area per person, EN 16798-1:2019 annex C. [m2]"""
FLOW_PER_PERSON_M3_PER_H: Final = {"residential": 0.0, "office": 25.2, "school": 25.2, "nursery": 25.2}
"""Fresh air that other uses bring in for each person: 7 l/s, EN 16798-1 category II for adapted persons and below; homes have a
constant air change instead. [m3/h]"""
GAIN_W_PER_M2: Final = {"residential": 2.0, "office": 8.0, "school": 5.0, "nursery": 4.0}
"""Heat of appliances and lamps while people are there, where no other device supplies it (homes: all day, with the people about
the 3 W/m2 of TABULA; others: assumption after SIA 2024). [W/m2]"""


class Plan(NamedTuple):
    """What the local clock says for one step, arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    temp_set_degc, tank_set_degc : ndarray
        Set-points of heating and tank. [degC]
    occupants, active_occupants, gain_kw : ndarray
        People and heat that follow a schedule. [-], [-], [kW]
    anybody : bool
        Whether any of them is not 0.
    """

    temp_set_degc: FloatArray
    tank_set_degc: FloatArray
    occupants: FloatArray
    active_occupants: FloatArray
    gain_kw: FloatArray
    anybody: bool


def night_of(options: BuildingOptions, seed: int, device_id: str) -> tuple[float, float]:
    """Return the local times when a building's night begins and ends, drawn where the scenario names none. [h], [h]."""
    drawn = device_generator(seed, device_id, "building night").integers(0, DRAWN_QUARTERS, 2) / 4.0
    begin = NIGHT_H[0] + float(drawn[0]) if options.setback_from_h is None else options.setback_from_h
    end = NIGHT_H[1] + float(drawn[1]) if options.setback_until_h is None else options.setback_until_h
    return begin, end


class Planner:
    """Plans of all buildings: buildings share few schedules, and a schedule changes a few times a day.

    Parameters
    ----------
    options : sequence of BuildingOptions
        The buildings.
    people : sequence of float
        Design number of people of each that follow a schedule; 0 where a household supplies them. [-]
    area_m2 : sequence of float
        Floor areas. [m2]
    nights : sequence of (float, float)
        Local times when the night begins and ends. [h]
    """

    def __init__(
        self,
        options: Sequence[BuildingOptions],
        people: Sequence[float],
        area_m2: Sequence[float],
        nights: Sequence[tuple[float, float]],
    ) -> None:
        keys = [
            (option.use, *night) if option.use == "residential" else (option.use, 0.0, 0.0)
            for option, night in zip(options, nights, strict=True)
        ]
        self._schedules = sorted(set(keys))
        row = {key: index for index, key in enumerate(self._schedules)}
        self._row = np.array([row[key] for key in keys], dtype=np.intp)
        self._day = np.array([option.temp_set_degc for option in options])
        self._night = np.array([option.night_degc for option in options])
        hot = [option.tank_temp_set_degc if option.hot_water == "tank" else FLOW_HEATER_DEGC for option in options]
        self._tank = np.array(hot)
        disinfected = [option.legionella_degc or 0.0 if option.hot_water == "tank" else 0.0 for option in options]
        self._disinfected = np.maximum(self._tank, disinfected)
        self._people = np.array(people, dtype=np.float64)
        gains = [GAIN_W_PER_M2[option.use] for option in options]
        self._gain = np.where(self._people > 0.0, np.array(gains) * np.array(area_m2) / 1e3, 0.0)
        self._kept: dict[tuple[object, ...], Plan] = {}
        self._plans: dict[int, Plan] = {}

    def of_block(self, block: Block, timezone: str) -> list[Plan]:
        """Return the plan of every step of a block; the clock at the start of the step counts."""
        local = block.local(timezone)
        quarters = np.asarray(local.hour * 4 + local.minute // 15)
        days = np.maximum(np.asarray(local.weekday) - FRIDAY, 0)  # 0 for all working days, Saturday, Sunday
        moments = (days * QUARTERS_PER_DAY + quarters).tolist()
        for moment in set(moments).difference(self._plans):
            self._plans[moment] = self._plan(*divmod(moment, QUARTERS_PER_DAY))
        return [self._plans[moment] for moment in moments]

    def _plan(self, day: int, quarter: int) -> Plan:
        hour, weekend = quarter / 4.0, day > 0
        disinfect = day == SUNDAY - FRIDAY and LEGIONELLA_H[0] <= hour < LEGIONELLA_H[1]
        states = tuple(_moment(key, hour, weekend=weekend) for key in self._schedules)
        kept = (states, disinfect)
        if kept not in self._kept:
            self._kept[kept] = self._made(states, disinfect=disinfect)
        return self._kept[kept]

    def _made(self, states: tuple[tuple[bool, float, float, float], ...], *, disinfect: bool) -> Plan:
        night, presence, activity, gain = np.array(states, dtype=np.float64).T[:, self._row]
        occupants = presence * self._people
        return Plan(
            np.where(night > 0.0, self._night, self._day),
            (self._disinfected if disinfect else self._tank).copy(),
            occupants,
            activity * occupants,
            gain * self._gain,
            bool(self._people.any()),
        )


def _moment(key: tuple[str, float, float], hour: float, *, weekend: bool) -> tuple[bool, float, float, float]:
    """Return whether it is night, presence, activity and gains over their design value."""
    use, begin, end = key
    profile = PROFILES[use][weekend]
    present, awake = profile.presence[int(hour)], profile.activity[int(hour)]
    if use == "residential":
        night = begin <= hour < end if begin <= end else hour >= begin or hour < end
        return night, present, awake, 1.0
    warm_up_h = int(hour + 2.0) if hour + 2.0 < len(profile.presence) else int(hour)
    return not (present or profile.presence[warm_up_h]), present, awake, present

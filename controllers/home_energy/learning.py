# SPDX-License-Identifier: Apache-2.0
"""What the module learns of each home, day by day: how its room and its hot water behave, and how its people live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis import History, portraits, room_model, tank_model
from controllers.home_energy.analysis.plugs import GROUPS
from controllers.home_energy.anomalies import Watch
from controllers.home_energy.outlook import WEATHER
from controllers.home_energy.reading import PORTS
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controllers.home_energy.analysis import RoomModel, TankModel
    from controllers.home_energy.analysis.portrait import Portrait
    from controllers.home_energy.anomalies import Anomaly
    from controllers.home_energy.homes import Homes
    from controllers.home_energy.reading import Reading
    from twinergy.community.twin import BuildContext
    from twinergy.kinds import FloatArray

KEPT_DAYS: Final = 28
MODEL_DAYS: Final = 10.0
"""Of which days rooms and tanks are learned: the walls remember a week, the season must not be another (assumption)."""
MOST_FOUND: Final = 1000
"""Findings that are kept for the accounts."""
FIRST_DAYS: Final = 3.0
OUTDOORS: Final = ("temp_outdoor_degc", "ghi_w_per_m2")
_NOT_KEPT: Final = (
    "valid",
    "age_s",
    "p_pv_available_kw",
    "humidity_percent",
    "co2_ppm",
    "illuminance_lx",
    "noise_dba",
    "car_departure_s",
)
_KEPT: Final = (*(port for port in PORTS if port not in _NOT_KEPT), "p_grid_kw", *OUTDOORS)


class Learning:
    """Keeps four weeks of readings and what has been learned from them.

    Parameters
    ----------
    homes : Homes
        The homes.
    context : BuildContext
        Time axis and site.

    Attributes
    ----------
    rooms, tanks : RoomModel, TankModel or None
        As learned in the last night; None before anything was.
    plugged : bool ndarray, shape (n_homes,)
        Whose plugs tell appliances apart; of the others "other" is all there is, and nothing can be found in it.
    found : list of Anomaly
        Everything that was found so far.
    """

    def __init__(self, homes: Homes, context: BuildContext) -> None:
        step_s = context.axis.step_s
        dwellings = tuple(homes[row].dwelling.id for row in range(len(homes)))
        zone = context.twin.site.timezone
        self.history = History(dwellings, _KEPT, step_s=step_s, days=KEPT_DAYS, timezone=zone)
        self.watch = Watch(dwellings, step_s)
        self.rooms: RoomModel | None = None
        self.tanks: TankModel | None = None
        self.heat_max_kw = np.zeros(len(homes))
        self.cool_max_kw = np.zeros(len(homes))
        self.found: list[Anomaly] = []
        self.plugged = np.zeros(len(homes), dtype=bool)
        self._thermal = any("building" in homes[row].devices for row in range(len(homes)))
        self._per_day = SECONDS_PER_DAY // step_s
        self._steps = 0

    def observe(self, reading: Reading, outdoors: Mapping[str, float]) -> list[Anomaly]:
        """Take note of a step, learn anew once a day, and return anomalies that were found in it."""
        n_homes = len(reading.net_kw)
        weather = {port: np.full(n_homes, outdoors.get(source, np.nan)) for port, source in zip(OUTDOORS, WEATHER, strict=True)}
        self.history.add(reading.epoch_s, {**reading.values, "p_grid_kw": reading.net_kw, **weather})
        self._steps += 1
        if self._thermal and self._steps % self._per_day == 0 and self.history.days >= FIRST_DAYS:
            self._learn()
        self.plugged |= sum(np.nan_to_num(reading.values[f"p_{group}_kw"]) for group in GROUPS if group != "other") > 0
        rest_kw = np.where(self.plugged, reading.values["p_other_kw"], np.nan)
        found = self.watch.observe(reading.epoch_s, {**reading.values, "p_other_kw": rest_kw})
        self.found = [*self.found, *found][-MOST_FOUND:]
        return found

    def _learn(self) -> None:
        window = self.history.window(MODEL_DAYS)
        self.rooms = room_model(window, window["temp_outdoor_degc"], window["ghi_w_per_m2"])
        self.tanks = tank_model(window)
        self.heat_max_kw = _highest(window["p_heating_kw"])
        self.cool_max_kw = _highest(window["p_cooling_kw"])

    def portraits(self) -> tuple[Portrait, ...]:
        """Return what measured data say of each home by now (PUC01.02)."""
        return portraits(self.history.window())


def _highest(p_kw: FloatArray) -> FloatArray:
    """Return the highest power of each home, 0 where nothing was said."""
    return np.asarray(np.nan_to_num(p_kw).max(axis=0, initial=0.0))

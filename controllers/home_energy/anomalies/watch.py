# SPDX-License-Identifier: Apache-2.0
"""All detectors together, fed with what gateways say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from controllers.home_energy.analysis.plugs import PLUG, PLUGS
from controllers.home_energy.anomalies.dead_plug import DeadPlug
from controllers.home_energy.anomalies.findings import Watched
from controllers.home_energy.anomalies.left_running import LeftRunning
from controllers.home_energy.anomalies.short_cycling import ShortCycling
from controllers.home_energy.anomalies.standby import StandbyGrown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.anomalies.findings import Anomaly, CannotTell

    FloatArray = NDArray[np.float64]

ALL_PLUGS: Final = tuple(plug.name for plug in PLUGS)
TOTAL: Final = "p_household_kw"


class Detector(Protocol):
    """What finds one kind of anomaly; its state never grows."""

    @property
    def cannot_tell(self) -> tuple[CannotTell, ...]:
        """What is not looked for, and why."""

    def observe(self, epoch_s: int, p_kw: FloatArray, total_kw: FloatArray) -> list[Anomaly]:
        """Take in a step, shapes (n_plugs, n_homes) and (n_homes,), and return what is found in it. [kW]."""


class Watch:
    """Watches the plugs of all homes for everything that can be found at this step length.

    Parameters
    ----------
    dwellings : sequence of str
        Homes.
    step_s : int
        Time between readings. [s]
    plugs : sequence of str
        Names of plugs; all by default.
    """

    def __init__(self, dwellings: Sequence[str], step_s: int, plugs: Sequence[str] = ALL_PLUGS) -> None:
        self._watched = Watched(dwellings=tuple(dwellings), plugs=tuple(plugs), step_s=step_s)
        self._ports = tuple(PLUG[name].port for name in plugs)
        self._nothing = np.full(len(dwellings), np.nan)
        kinds = (LeftRunning, StandbyGrown, ShortCycling, DeadPlug)
        self.detectors: tuple[Detector, ...] = tuple(kind(self._watched) for kind in kinds)

    @property
    def ports(self) -> tuple[str, ...]:
        """Ports of the gateway that are looked at."""
        return (*self._ports, TOTAL)

    @property
    def cannot_tell(self) -> tuple[CannotTell, ...]:
        """What cannot be told, and why; to be reported once, and shown beside findings."""
        return tuple(each for detector in self.detectors for each in detector.cannot_tell)

    def observe(self, epoch_s: int, values: Mapping[str, FloatArray]) -> list[Anomaly]:
        """Take in the readings of a step and return what is found in it.

        Parameters
        ----------
        epoch_s : int
            Start of the step; steps come in order, and may be left out. [s]
        values : mapping of str to ndarray, shape (n_homes,)
            Ports of gateways; a port that is missing is a gap. [kW]
        """
        p_kw = np.array([values.get(port, self._nothing) for port in self._ports])
        total_kw = values.get(TOTAL, self._nothing)
        return [found for detector in self.detectors for found in detector.observe(epoch_s, p_kw, total_kw)]

# SPDX-License-Identifier: Apache-2.0
"""Simulated charging points of a running scenario, attached to somebody's central system.

The simulated device stays in the run: its readings go out, and the charging profiles that come in act as its set-points.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.station.build import stations_of
from hardware_in_loop.ocpp.station.station import Station

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hardware_in_loop.ocpp.station.options import StationSpec
    from twinergy.adapters import Attached, LinkContext


class Mirror:
    """A physics that is told its readings, and remembers what it is asked for.

    Both directions replace whole mappings, so one thread may tell while another one reads.
    """

    def __init__(self) -> None:
        self.readings: dict[str, Mapping[str, float]] = {}
        self.asked: dict[str, Mapping[str, float]] = {}

    def read(self, device: str, port: str) -> float:
        """Return what was told last, NaN for nothing."""
        return self.readings.get(device, {}).get(port, math.nan)

    def write(self, device: str, port: str, value: float) -> None:
        """Remember a set-point."""
        self.asked[device] = {**self.asked.get(device, {}), port: value}


class AttachedStations:
    """Stations that show simulated charging points.

    Parameters
    ----------
    attached : sequence of Attached
        Devices whose adapter block has ``dial``.
    context : LinkContext
        Journal, folder and seed.
    specs : sequence of StationSpec, optional
        The stations themselves, where there is no scenario.

    Raises
    ------
    DeviceError
        If an adapter block has no ``dial``, or a station cannot be built.

    Examples
    --------
    In the loop of the drivers: ``await stations.start()``; at each step ``stations.update(device, readings)`` with the measured
    ports of the step, then ``stations.limits()`` are the set-points for the next one; ``await stations.close()``.
    """

    def __init__(self, attached: Sequence[Attached], context: LinkContext, *, specs: Sequence[StationSpec] = ()) -> None:
        self._mirror = Mirror()
        chosen = [*specs, *stations_of(attached, context, outward=True)]
        self.stations = [Station(spec, self._mirror, journal=context.journal) for spec in chosen]

    async def start(self) -> None:
        """Begin to connect in the background; returns at once."""
        for station in self.stations:
            await station.start()

    async def close(self) -> None:
        """Hang up and end all tasks."""
        for station in self.stations:
            await station.close()

    def update(self, device: str, readings: Mapping[str, float]) -> None:
        """Tell the measured ports of a device as they are now; from any thread."""
        self._mirror.readings[device] = dict(readings)

    def limits(self) -> dict[str, Mapping[str, float]]:
        """Return the set-point ports of each device as the central system wants them, NaN for the local mode; from any thread.

        Returns
        -------
        dict
            By device: ``p_max_kw``, ``p_min_kw``, ``p_set_kw``, and ``reserved`` once it was reserved.
        """
        return dict(self._mirror.asked)

    def said(self) -> dict[str, str]:
        """Return how each station is connected, or why it is not, for people."""
        return {station.spec.station: station.said for station in self.stations}

# SPDX-License-Identifier: Apache-2.0
"""Software charging stations that connect to the central system of a scenario, with physics and injectable faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.station.build import stations_of
from hardware_in_loop.ocpp.station.station import Station
from twinergy.adapters import Bench

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.adapters import Attached, FaultBoard, LinkContext, Physics


class OcppBench(Bench):
    """Stations for adapter blocks: those with the same address and identity are EVSEs of one station.

    Parameters
    ----------
    attached : sequence of Attached
        Devices of kind ``charging``.
    physics : Physics
        What is behind them.
    faults : FaultBoard
        Faults by link; those of the connection hold for all EVSEs of a station.
    context : LinkContext
        Journal, folder, seed.
    facts : mapping, optional
        Fields of `StationSpec` that differ from its defaults, such as ``tick_s`` where there are a thousand of them.

    Raises
    ------
    DeviceError
        If a station cannot be built.
    """

    def __init__(
        self,
        attached: Sequence[Attached],
        physics: Physics,
        faults: FaultBoard,
        context: LinkContext,
        *,
        facts: Mapping[str, float] | None = None,
    ) -> None:
        specs = stations_of(attached, context, facts=facts)
        self.stations = [Station(spec, physics, journal=context.journal, trouble=faults.has) for spec in specs]

    async def start(self) -> Mapping[str, str]:
        """Begin to connect, again and again until the central system is there; return where each link goes to."""
        for station in self.stations:
            await station.start()
        return {
            evse.link: f"{station.spec.url}/{station.spec.station} EVSE {evse.evse}"
            for station in self.stations
            for evse in station.spec.evses
        }

    async def close(self) -> None:
        """Hang up."""
        for station in self.stations:
            await station.close()

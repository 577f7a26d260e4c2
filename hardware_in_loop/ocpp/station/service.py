# SPDX-License-Identifier: Apache-2.0
"""What a station does after it has answered a request: send what was triggered, restart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.station.events import Happening
from hardware_in_loop.ocpp.station.tasks import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.station import Station


async def repeat_status(evses: Sequence[Evse]) -> None:
    """Tell the state of connectors again."""
    for evse in evses:
        evse.tell_status(again=True)


async def meter_now(evses: Sequence[Evse], *, in_transaction: bool = False) -> None:
    """Send meter values that were asked for: as they are, or as an event of the transaction."""
    for evse in evses:
        happening = Happening.UPDATED if in_transaction and evse.transaction is not None else Happening.METER
        evse.emit(happening, "Trigger", evse.station.now(), "Trigger", evse.station.settings.sampled)


async def end(evse: Evse, trigger: str, reason: str) -> None:
    """End a transaction, and with it the flow of energy."""
    evse.end(trigger, reason, evse.station.now())
    evse.station.follow(evse.station.now())


async def reset(station: Station, reason: str) -> None:
    """End all transactions for a reason (none goes on with them), send that, and restart."""
    if reason:
        for evse in station.evses:
            evse.end("ResetCommand", reason, station.now())
    deadline_s = time.monotonic() + station.spec.timeout_s
    await until(lambda: not (station.online and station.outbox.waiting) or time.monotonic() >= deadline_s)
    station.connection.restart("RemoteReset")


async def reset_on_idle(station: Station) -> None:
    """Restart as soon as nobody charges."""
    await until(lambda: all(evse.transaction is None for evse in station.evses))
    await reset(station, "ImmediateReset")

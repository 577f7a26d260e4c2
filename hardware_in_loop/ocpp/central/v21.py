# SPDX-License-Identifier: Apache-2.0
"""OCPP 2.1: as 2.0.1, and points that feed back, set-points, validity while offline, tokens without fixed types."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.central.v201 import VARIABLES, DialectV201

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.books import Books
    from hardware_in_loop.ocpp.central.dialect import Ask, Payload
    from hardware_in_loop.ocpp.central.smart_charging import Profile

NEW_SILENT: Final = (
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "NotifyPriorityCharging",
    "NotifyPeriodicEventStream",
    "ReportDERControl",
)


class DialectV21(DialectV201):
    """OCPP 2.1."""

    variables = (*VARIABLES, ("V2XChargingCtrlr", "Enabled"))
    feeds_back = True

    def __init__(self, books: Books, ask: Ask) -> None:
        super().__init__(books, ask)
        self.handlers |= {action: lambda _: {} for action in NEW_SILENT}
        # Schedules of ours are not dynamic: nobody may pull an update of them.
        self.handlers["PullDynamicScheduleUpdate"] = lambda _: {"status": "Rejected"}

    def _profile(self, profile: Profile) -> Payload:
        written = super()._profile(profile)
        if profile.offline_s is not None and math.isfinite(profile.offline_s):
            written |= {"maxOfflineDuration": int(profile.offline_s), "invalidAfterOfflineDuration": True}
        return written

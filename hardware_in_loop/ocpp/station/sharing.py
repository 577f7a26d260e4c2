# SPDX-License-Identifier: Apache-2.0
"""How EVSEs share the limit of their station."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.station.composite import Situation, rule_at

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.station import Station


def share_w(station: Station, evse: Evse) -> float:
    """Return what the station's own limits leave to an EVSE while others charge too. [W]."""
    busy = [one for one in station.evses if one.transaction is not None]
    if len(busy) < 2 or evse not in busy:  # noqa: PLR2004 - alone it has everything
        return math.inf
    limit = rule_at(station.profiles.installed, station.now(), Situation(evse=0)).limit
    if limit is None:
        return math.inf
    return water_filled({one.place: one.limits.wants_w for one in busy}, limit.total_w)[evse.place]


def water_filled(wants: dict[int, float], total: float) -> dict[int, float]:
    """Return shares of a total: nobody gets more than he wants, and those who are short get the same.

    >>> water_filled({1: 4.0, 2: 20.0, 3: 20.0}, 24.0)
    {1: 4.0, 2: 10.0, 3: 10.0}
    """
    shares, left, count = {}, total, len(wants)
    for place, want in sorted(wants.items(), key=lambda item: (item[1], item[0])):
        shares[place] = min(want, left / count)
        left -= shares[place]
        count -= 1
    return shares

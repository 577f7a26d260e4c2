# SPDX-License-Identifier: Apache-2.0
"""Messages and servers for tests of the bus."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from twinergy.messages import ControlAction

SENT = datetime(2024, 6, 3, tzinfo=UTC)


def action(number=0, *, source="peak_shaving", pilot="small", **changes):
    """Return a control action; its value is its number."""
    fields = {
        "id": f"{source}-{number}",
        "source": source,
        "pilot": pilot,
        "sent": SENT,
        "valid_s": 900.0,
        "table": "battery",
        "port": "p_set_kw",
        "devices": ("battery-a",),
        "value": float(number),
        "reason": "transformer at 100 kW, limit 80 kW",
    }
    return ControlAction(**(fields | changes))


def eventually(condition, timeout_s=10.0):
    """Wait until a condition holds and return whether it does."""
    until = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(condition())

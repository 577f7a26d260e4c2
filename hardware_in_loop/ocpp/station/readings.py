# SPDX-License-Identifier: Apache-2.0
"""What an EVSE reads from the physics behind it and asks of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.station.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.adapters import Physics

AVAILABLE, RESERVED, IDLE, CHARGING, FEEDING, FINISHED, FAULT = range(7)
"""Port ``state`` of kind ``charging``."""
PLUGGED: Final = frozenset({IDLE, CHARGING, FEEDING, FINISHED})
REPEAT_S: Final = 1.0
"""How often a set-point that stands is asked for again, since a simulated device forgets those that are old."""


class Readings:
    """Ports of one device.

    Parameters
    ----------
    physics : Physics
        The devices.
    device : str
        Which one.
    frozen : callable
        Whether its values stand still.
    """

    def __init__(self, physics: Physics, device: str, frozen: Callable[[], bool]) -> None:
        self.physics = physics
        self.device = device
        self.frozen = frozen
        self._last: dict[str, float] = {}
        self._asked: dict[str, tuple[float, float]] = {}

    def read(self, port: str) -> float:
        """Return a measured port, NaN where the device has none."""
        if self.frozen() and port in self._last:
            return self._last[port]
        value = self._last[port] = self.physics.read(self.device, port)
        return value

    def state(self) -> int:
        """Return what the point does; a fault where the physics does not say."""
        value = self.read("state")
        return int(value) if math.isfinite(value) else FAULT

    def snapshot(self, now_s: float, offered_kw: float, phases: int) -> Snapshot:
        """Return what its meter shows."""
        p_kw, out_kwh = self.read("p_kw"), self.read("energy_out_kwh")
        return Snapshot(
            time_s=now_s,
            p_kw=p_kw,
            energy_kwh=self.read("energy_kwh"),
            energy_out_kwh=out_kwh,
            soc=self.read("soc"),
            offered_kw=offered_kw,
            phases=phases,
        )

    def ask(self, values: Mapping[str, float], now_s: float) -> None:
        """Ask for set-points, NaN lets go; what has not changed is asked for once a second."""
        for port, value in values.items():
            old, when_s = self._asked.get(port, (math.inf, -math.inf))
            same = value == old or (math.isnan(value) and math.isnan(old))
            if not same or now_s - when_s >= REPEAT_S:
                self.physics.write(self.device, port, value)
                self._asked[port] = (value, now_s)

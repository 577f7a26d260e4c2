# SPDX-License-Identifier: Apache-2.0
"""What a software device measures: the physics behind it, standing still where it is frozen, and what adds up over time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twinergy.adapters import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.adapters import FaultBoard, Physics

SECONDS_PER_HOUR: Final = 3600.0


@dataclass
class Senses:
    """One device as its own electronics see it.

    Attributes
    ----------
    link, device : str
        The link, whose faults count, and the device of the physics.
    physics : Physics
        Behind it.
    faults : FaultBoard
        What is wrong.
    signs : mapping of str to str
        ``load`` or ``generation`` by port, where this device does not count as its profile says.
    clock : callable
        Monotonic time. [s]
    """

    link: str
    device: str
    physics: Physics
    faults: FaultBoard
    signs: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _counted: dict[str, float] = field(default_factory=dict)
    _still: dict[str, float] = field(default_factory=dict)
    _still_s: float | None = None
    _begin_s: float = 0.0

    def __post_init__(self) -> None:
        self._begin_s = self.clock()

    def read(self, port: str) -> float:
        """Return a measured port in its unit, load frame; a frozen device repeats what it said when it froze."""
        if not self.frozen:
            return self.physics.read(self.device, port)
        if port not in self._still:
            self._still[port] = self.physics.read(self.device, port)
        return self._still[port]

    def count(self, port: str) -> float:
        """Return a measured port that counts up, from zero again since the device has restarted."""
        return self.read(port) - self._counted.setdefault(port, 0.0)

    def or_zero(self, port: str) -> float:
        """Return a measured port, 0 where the device has none."""
        value = self.read(port)
        return value if math.isfinite(value) else 0.0

    @property
    def frozen(self) -> bool:
        """Whether everything stands still."""
        frozen = self.faults.has(self.link, Fault.FROZEN)
        if not frozen and self._still_s is not None:
            self._still.clear()
            self._still_s = None
        elif frozen and self._still_s is None:
            self._still_s = self.clock()
        return frozen

    @property
    def local(self) -> bool:
        """Whether somebody at the device has control."""
        return self.faults.has(self.link, Fault.LOCAL)

    @property
    def heartbeat(self) -> int:
        """Seconds since it started."""
        now_s = self._still_s if self.frozen and self._still_s is not None else self.clock()
        return int(now_s - self._begin_s)

    def restart(self) -> None:
        """Begin to count anew."""
        self._begin_s = self.clock()
        for port in self._counted:
            self._counted[port] = self.physics.read(self.device, port)


@dataclass
class Counter:
    """Energy that adds up in one direction, by the power at each reading.

    Attributes
    ----------
    power_kw : callable
        Power now, counted positive. [kW]
    clock : callable
        Monotonic time. [s]
    total_kwh : float
        So far. [kWh]
    """

    power_kw: Callable[[], float]
    clock: Callable[[], float] = time.monotonic
    total_kwh: float = 0.0
    _at_s: float | None = None

    def read(self) -> float:
        """Add what has come since the last reading, and return the total. [kWh]."""
        now_s = self.clock()
        power_kw = self.power_kw()
        if self._at_s is not None and math.isfinite(power_kw):
            self.total_kwh += max(power_kw, 0.0) * (now_s - self._at_s) / SECONDS_PER_HOUR
        self._at_s = now_s
        return self.total_kwh

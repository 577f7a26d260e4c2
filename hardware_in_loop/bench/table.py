# SPDX-License-Identifier: Apache-2.0
"""Physics from a table: values that stand where they were put, set-points that are written down, and a simple battery law."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Written:
    """A set-point that arrived: when on the clock, for which device and port, and its value. [s]."""

    at_s: float
    device: str
    port: str
    value: float


@dataclass(frozen=True, slots=True)
class BatteryLaw:
    """How the power of a device follows what is asked of it, and its state of charge the power.

    Lossless: a bench proves protocols, the physics is in the simulators.

    Attributes
    ----------
    capacity_kwh : float
        Usable energy. [kWh]
    rated_kw : float
        Most power in both directions. [kW]
    local_kw : float
        Power in local mode, load frame. [kW]
    """

    capacity_kwh: float = 10.0
    rated_kw: float = 5.0
    local_kw: float = 0.0

    def power_kw(self, asked: Mapping[str, float], soc: float) -> float:
        """Return the terminal power under set-points by port, load frame. [kW]."""
        wanted_kw = asked.get("p_set_kw", math.nan)
        power_kw = self.local_kw if math.isnan(wanted_kw) else wanted_kw
        low_kw, high_kw = asked.get("p_min_kw", math.nan), asked.get("p_max_kw", math.nan)
        power_kw = max(power_kw, -self.rated_kw if math.isnan(low_kw) else max(low_kw, -self.rated_kw))
        power_kw = min(power_kw, self.rated_kw if math.isnan(high_kw) else min(high_kw, self.rated_kw))
        reserve = asked.get("min_soc", math.nan)
        empty = soc <= (0.0 if math.isnan(reserve) else reserve)
        return 0.0 if (power_kw > 0.0 and soc >= 1.0) or (power_kw < 0.0 and empty) else power_kw


class TablePhysics:
    """Devices whose values stand in a table.

    Parameters
    ----------
    values : mapping of str to mapping of str to float
        Measured values by device and port, in the ports' units and the load frame.
    follows : mapping of (str, str) to str, optional
        Measured port that takes over what is asked of a set-point port at once, by device and set-point port:
        ``{("car-1", "p_set_kw"): "p_kw"}``. NaN sets it back to the value it had at the beginning.
    batteries : mapping of str to BatteryLaw, optional
        Devices whose ``p_kw`` and ``soc`` move by a law.
    clock : callable
        Monotonic time. [s]

    Attributes
    ----------
    values : dict of str to dict of str to float
        The table; tests change it as they like.
    asked : dict of str to dict of str to float
        Latest set-points by device and port; NaN for local mode.
    writes : list of Written
        All of them, in order.

    Examples
    --------
    >>> physics = TablePhysics({"battery-1": {"soc": 0.5}}, batteries={"battery-1": BatteryLaw(rated_kw=3.0)})
    >>> physics.write("battery-1", "p_set_kw", 4.5)
    >>> physics.read("battery-1", "p_kw"), physics.read("battery-1", "voltage_v")
    (3.0, nan)
    """

    def __init__(
        self,
        values: Mapping[str, Mapping[str, float]],
        *,
        follows: Mapping[tuple[str, str], str] | None = None,
        batteries: Mapping[str, BatteryLaw] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.values = {device: dict(ports) for device, ports in values.items()}
        self.asked: dict[str, dict[str, float]] = {}
        self.writes: list[Written] = []
        self._begin = {device: dict(ports) for device, ports in values.items()}
        self._follows = dict(follows or {})
        self._batteries = dict(batteries or {})
        self._clock = clock
        self._moved_s = dict.fromkeys(self._batteries, clock())

    def read(self, device: str, port: str) -> float:
        """Return a measured port, NaN where the table has none."""
        self._move(device)
        return self.values.get(device, {}).get(port, math.nan)

    def write(self, device: str, port: str, value: float) -> None:
        """Write down a set-point, and follow it where that is wanted."""
        self._move(device)
        self.writes.append(Written(self._clock(), device, port, value))
        self.asked.setdefault(device, {})[port] = value
        measured = self._follows.get((device, port))
        if measured is not None:
            begin = self._begin.get(device, {}).get(measured, math.nan)
            self.set(device, measured, begin if math.isnan(value) else value)

    def set(self, device: str, port: str, value: float) -> None:
        """Put a measured value into the table."""
        self.values.setdefault(device, {})[port] = value

    def last(self, device: str, port: str) -> float:
        """Return the latest set-point, NaN where nothing was asked or the device is in its local mode."""
        return self.asked.get(device, {}).get(port, math.nan)

    def _move(self, device: str) -> None:
        """Let a battery go on from where it was last looked at; all at once would make each look dearer by every other device."""
        law = self._batteries.get(device)
        if law is None:
            return
        now_s = self._clock()
        hours, self._moved_s[device] = (now_s - self._moved_s[device]) / SECONDS_PER_HOUR, now_s
        ports, asked = self.values.setdefault(device, {}), self.asked.get(device, {})
        soc = ports.get("soc", 0.5)
        soc = min(max(soc + law.power_kw(asked, soc) * hours / law.capacity_kwh, 0.0), 1.0)
        ports["soc"], ports["p_kw"] = soc, law.power_kw(asked, soc)

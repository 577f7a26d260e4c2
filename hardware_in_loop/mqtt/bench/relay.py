# SPDX-License-Identifier: Apache-2.0
"""The switch and the counters inside a plug."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

SECONDS_PER_HOUR: Final = 3600.0
WATTS_PER_KW: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Fallback:
    """A device has gone back to its safe state by itself, because nobody asked any more.

    Attributes
    ----------
    link : str
        Link of the device.
    port : str
        Set-point port.
    value : float
        Value that the physics was given; NaN is the local mode.
    at_s : float
        When, on the clock of the event loop. [s]
    """

    link: str
    port: str
    value: float
    at_s: float


class Relay:
    """A switch that flips back when its timer ends.

    Parameters
    ----------
    port : str
        Set-point port behind it, empty for none.
    on : bool
        Whether it is on after power has come back.
    """

    def __init__(self, port: str, *, on: bool = True) -> None:
        self.port = port
        self.on = self._first = on
        self.source = "init"
        self.started_s = self.lasts_s = math.nan
        self.started_at_s = math.nan

    def switch(self, *, on: bool, source: str, now_s: float, after_s: float | None = None) -> bool:
        """Switch; with `after_s` it flips back then, without it a running timer is forgotten. Returns what it was."""
        before, self.on, self.source = self.on, on, source
        self.started_s, self.lasts_s = (now_s, after_s) if after_s else (math.nan, math.nan)
        self.started_at_s = round(time.time(), 2)
        return before

    def expire(self, now_s: float) -> bool:
        """Flip back if it is time, and return whether it was."""
        if not self.timed or now_s < self.started_s + self.lasts_s:
            return False
        self.switch(on=not self.on, source="timer", now_s=now_s)
        return True

    @property
    def timed(self) -> bool:
        """Whether a timer runs."""
        return not math.isnan(self.lasts_s)

    def left_s(self, now_s: float) -> float:
        """Return how long the timer still runs, 0 where there is none. [s]."""
        return max(self.started_s + self.lasts_s - now_s, 0.0) if self.timed else 0.0

    def by_hand(self) -> None:
        """Somebody presses the button: it is in its other state, and no timer runs."""
        self.switch(on=not self.on, source="button", now_s=0.0)

    def restart(self) -> None:
        """Begin as after a power cut."""
        self.switch(on=self._first, source="init", now_s=0.0)


class EnergyCounter:
    """Adds up power, as the chip inside a plug does.

    Attributes
    ----------
    import_wh, export_wh : float
        Energy drawn and fed in since the last restart. [Wh]
    """

    def __init__(self) -> None:
        self.import_wh = self.export_wh = 0.0
        self._last: tuple[float, float] | None = None

    def add(self, p_kw: float, now_s: float) -> None:
        """Count the power since the last call up to now; a gap in the power is not counted."""
        if self._last is not None:
            then_s, before_kw = self._last
            energy_wh = before_kw * WATTS_PER_KW * (now_s - then_s) / SECONDS_PER_HOUR
            self.import_wh += max(energy_wh, 0.0)
            self.export_wh += max(-energy_wh, 0.0)
        self._last = None if math.isnan(p_kw) else (now_s, p_kw)

    def restart(self) -> None:
        """Begin at zero."""
        self.import_wh = self.export_wh = 0.0


class Registers:
    """Energy registers of a device: those of the physics where it has some, else added up from the power.

    Attributes
    ----------
    import_wh, export_wh : float
        As the device shows them; after a restart they begin at zero. [Wh]
    """

    def __init__(self) -> None:
        self._own = EnergyCounter()
        self._given = (math.nan, math.nan)
        self._offset = (0.0, 0.0)

    def update(self, p_kw: float, import_kwh: float, export_kwh: float, now_s: float) -> None:
        """Take the present power and the registers of the physics, NaN where it has none. [kW, kWh]."""
        self._own.add(p_kw, now_s)
        self._given = (import_kwh * WATTS_PER_KW, export_kwh * WATTS_PER_KW)

    @property
    def import_wh(self) -> float:
        """Energy drawn. [Wh]."""
        given = self._given[0] - self._offset[0]
        return self._own.import_wh if math.isnan(given) else given

    @property
    def export_wh(self) -> float:
        """Energy fed in. [Wh]."""
        given = self._given[1] - self._offset[1]
        return self._own.export_wh if math.isnan(given) else given

    def restart(self) -> None:
        """Begin at zero."""
        self._own.restart()
        self._offset = (self._given[0], self._given[1])
        if math.isnan(self._offset[0]):
            self._offset = (0.0, 0.0)

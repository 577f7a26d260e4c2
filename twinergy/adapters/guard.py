# SPDX-License-Identifier: Apache-2.0
"""The guard of one device: what a controller asks for comes out of it within the limits, whoever asked and whatever for.

It stands between a run and a link and knows nothing of protocols. What it changes it names, so that it can be counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from twinergy.adapters.quality import Quality

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from twinergy.adapters.contract import Attached
    from twinergy.adapters.options import LimitOptions
    from twinergy.adapters.quality import Reading

SET: Final = "p_set_kw"
LOW: Final = "p_min_kw"
HIGH: Final = "p_max_kw"
POWERS: Final = (SET, LOW, HIGH)
SWITCH: Final = "_on"
SMALL_KW: Final = 1e-6
NOBODY: Final = float("nan")


def fold(asked: Mapping[str, float], writes: Collection[str]) -> dict[str, float]:
    """Return what is asked in terms of the ports that a device takes.

    A device that takes a power but no limits gets the power within the limits, 0 within them where only limits are asked for, as
    the simulated devices do; one that takes only an upper limit gets the lower of limit and power.

    >>> fold({"p_set_kw": 5.0, "p_max_kw": 3.0}, {"p_set_kw"})
    {'p_set_kw': 3.0}
    >>> fold({"p_set_kw": 5.0}, {"p_max_kw"})
    {'p_max_kw': 5.0}
    """
    result = {port: asked.get(port, NOBODY) for port in writes}
    wanted, low, high = (asked.get(port, NOBODY) for port in POWERS)
    if SET in result:
        missing = (low if LOW not in writes else NOBODY, high if HIGH not in writes else NOBODY)
        if math.isnan(wanted) and not all(map(math.isnan, missing)):
            wanted = 0.0
        result[SET] = _within(wanted, low, high)  # also where it takes limits: which of them it lets win is not known
    elif HIGH in result:
        result[HIGH] = min((value for value in (high, wanted) if not math.isnan(value)), default=NOBODY)
        if LOW in result and wanted < 0.0:
            result[LOW] = wanted if math.isnan(low) else max(low, wanted)
    elif LOW in result and not math.isnan(wanted):
        result[LOW] = wanted if math.isnan(low) else max(low, wanted)
    return result


def _within(value: float, low: float, high: float) -> float:
    """Return a value within bounds that may be NaN; where they cross, the upper one holds."""
    if math.isnan(value):
        return value
    if not math.isnan(low):
        value = max(value, low)
    return value if math.isnan(high) else min(value, high)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be asked of the device now.

    Attributes
    ----------
    values : dict of str to float
        By port; NaN lets go.
    reasons : tuple of str
        What was changed and why; empty where nothing was.
    """

    values: dict[str, float]
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class _Switch:
    """What is remembered of one thing that is switched."""

    on: bool = False
    since_s: float = float("-inf")
    day: int = -1
    count: int = 0
    value: float = NOBODY


@dataclass(slots=True)
class _Sent:
    """The last command that reached the device."""

    values: dict[str, float] = field(default_factory=dict)
    at_s: float = float("-inf")


class Guard:
    """Limits of one device.

    Parameters
    ----------
    attached : Attached
        The device: its limits, rating and connection.
    """

    def __init__(self, attached: Attached) -> None:
        self._limits: LimitOptions = attached.options.limits
        self._zone = ZoneInfo(attached.timezone)
        contract = attached.limit_kw if self._limits.contract else math.inf
        rated = attached.rated_kw or math.inf
        self._low_kw = _known(self._limits.p_min_kw, -rated)
        self._high_kw = _known(self._limits.p_max_kw, rated)
        self._contract_kw = contract
        self._least_soc = self._limits.soc_min if self._limits.soc_min is not None else NOBODY
        self._hours = [_hours(text) for text in self._limits.allowed_hours]
        self._sent = _Sent()
        self._switches: dict[str, _Switch] = {}

    def judge(
        self,
        asked: Mapping[str, float],
        seen: Mapping[str, Reading],
        *,
        now_s: float,
        epoch_s: float,
        others_kw: tuple[float, float] = (0.0, 0.0),
        reserve: float = NOBODY,
    ) -> Verdict:
        """Return what may be asked for.

        Parameters
        ----------
        asked : mapping of str to float
            Set-points by port, as `fold` returns them.
        seen : mapping of str to Reading
            What the device says: ``p_kw`` and ``soc`` where it has them.
        now_s : float
            Monotonic time. [s]
        epoch_s : float
            Wall time, seconds since 1970. [s]
        others_kw : (float, float)
            Most and least that everything else behind the same connection may draw. [kW]
        reserve : float
            State of charge that a controller wants to keep, beside what the limits say; NaN for none. [-]
        """
        if not any(math.isfinite(value) for value in asked.values()):
            return Verdict(dict.fromkeys(asked, NOBODY))
        if not self._allowed(epoch_s):
            return Verdict(dict.fromkeys(asked, NOBODY), ("outside of the hours in which it may be controlled",))
        reasons: list[str] = []
        values = self._switched(asked, now_s, epoch_s, reasons)
        for port in (SET,) if SET in values else (HIGH, LOW):
            if port in values:
                values[port] = self._ramped(port, values[port], seen, now_s, reasons)
        bounds = self._bounds(seen, others_kw, reserve, reasons)
        if self._too_soon(values, now_s):
            values = {port: self._sent.values.get(port, NOBODY) for port in values}
            reasons.append("the last command is too recent, the newest one waits")
        # last: what must not be cut short, moves slowly, or has to wait, may still be too much
        values = {port: self._power(port, value, *bounds, reasons) for port, value in values.items()}
        return Verdict(values, tuple(reasons))

    def tried(self, values: Mapping[str, float], *, now_s: float, epoch_s: float) -> None:
        """Take note of a command that is about to be sent: what is switched may be, whether or not that is acknowledged."""
        for port, value in values.items():
            if self._is_switch(port) and not math.isnan(value):
                self._note(port, value, now_s, epoch_s)

    def forget(self) -> None:
        """Forget what was sent, of a device that has been away: it may have fallen back. What was switched stays counted."""
        self._sent = _Sent()

    def sent(self, values: Mapping[str, float], *, now_s: float, epoch_s: float) -> None:
        """Take note of a command that has reached the device."""
        if not same(values, self._sent.values):
            self._sent = _Sent(dict(values), now_s)
        self.tried(values, now_s=now_s, epoch_s=epoch_s)

    def _note(self, port: str, value: float, now_s: float, epoch_s: float) -> None:
        switch, on = self._switches.setdefault(port, _Switch()), _is_on(value)
        switch.value = value
        day = datetime.fromtimestamp(epoch_s, self._zone).toordinal()
        if day != switch.day:
            switch.day, switch.count = day, 0
        if on != switch.on or switch.since_s == float("-inf"):
            switch.count += on
            switch.on, switch.since_s = on, now_s

    def _allowed(self, epoch_s: float) -> bool:
        if not self._hours:
            return True
        local = datetime.fromtimestamp(epoch_s, self._zone)
        minute = local.hour * 60 + local.minute
        return any(first <= minute < last if first <= last else not last <= minute < first for first, last in self._hours)

    def _bounds(
        self, seen: Mapping[str, Reading], others_kw: tuple[float, float], reserve: float, reasons: list[str]
    ) -> tuple[float, float]:
        """Return least and most power; where others exceed the contract by themselves, nothing is asked but to stand still."""
        most_kw, least_kw = others_kw
        low = max(self._low_kw, min(-self._contract_kw - least_kw, 0.0))
        high = min(self._high_kw, max(self._contract_kw - most_kw, 0.0))
        return self._window(low, high, seen, reserve, reasons)

    @staticmethod
    def _power(port: str, value: float, low: float, high: float, reasons: list[str]) -> float:
        if port not in POWERS or math.isnan(value):
            return value
        inside = _within(value, low, max(high, low) if low <= 0.0 else high)
        if abs(inside - value) > SMALL_KW:
            reasons.append(f"{port} {value:g} kW is not within {low:g} to {high:g} kW")
        return inside

    def _window(
        self, low: float, high: float, seen: Mapping[str, Reading], reserve: float, reasons: list[str]
    ) -> tuple[float, float]:
        """Narrow the bounds where the state of charge has reached its window, or is not known."""
        kept = [value for value in (self._least_soc, reserve) if not math.isnan(value)]
        least, most = max(kept, default=NOBODY), self._limits.soc_max
        if not kept and most is None:
            return low, high
        reading = seen.get("soc")
        if reading is None or reading.quality > Quality.LOCAL or math.isnan(reading.value):
            reasons.append("its state of charge is not known, so neither charging nor discharging is asked for")
            return 0.0, 0.0
        if reading.value <= least:  # never, where there is none
            low = max(low, 0.0)
        if most is not None and reading.value >= most:
            high = min(high, 0.0)
        return low, high

    def _ramped(self, port: str, value: float, seen: Mapping[str, Reading], now_s: float, reasons: list[str]) -> float:
        ramp = self._limits.ramp_kw_per_s
        if ramp is None or math.isnan(value):
            return value
        last = self._sent.values.get(port, NOBODY)
        since_s = max(now_s - self._sent.at_s, 0.0)
        if math.isnan(last):
            reading = seen.get("p_kw")
            last = reading.value if reading is not None and math.isfinite(reading.value) else 0.0
            since_s = 0.0 if math.isinf(since_s) else since_s
        room = ramp * min(since_s, 1.0)  # a long pause is no licence for a jump
        inside = min(max(value, last - room), last + room)
        if abs(inside - value) > SMALL_KW:
            reasons.append(f"{port} moves at most {ramp:g} kW/s")
        return inside

    def _is_switch(self, port: str) -> bool:
        limits = self._limits
        counts = limits.min_on_s > 0.0 or limits.min_off_s > 0.0 or limits.switches_per_day is not None
        return counts and (port.endswith(SWITCH) or port in {SET, HIGH})

    def _switched(self, values: Mapping[str, float], now_s: float, epoch_s: float, reasons: list[str]) -> dict[str, float]:
        result = dict(values)
        for port, value in values.items():
            switch = self._switches.get(port)
            if switch is None or math.isnan(value) or not self._is_switch(port) or _is_on(value) == switch.on:
                continue
            refused = self._refused(switch, now_s, epoch_s)
            if refused:
                result[port] = switch.value
                reasons.append(f"{port}: {refused}")
        return result

    def _refused(self, switch: _Switch, now_s: float, epoch_s: float) -> str:
        limits, passed_s = self._limits, now_s - switch.since_s
        if switch.on:
            return f"on for {passed_s:.0f} s, at least {limits.min_on_s:g}" if passed_s < limits.min_on_s else ""
        if passed_s < limits.min_off_s:
            return f"off for {passed_s:.0f} s, at least {limits.min_off_s:g}"
        same_day = datetime.fromtimestamp(epoch_s, self._zone).toordinal() == switch.day
        most = limits.switches_per_day
        return f"switched on {switch.count} times today, at most {most}" if most and same_day and switch.count >= most else ""

    def _too_soon(self, values: Mapping[str, float], now_s: float) -> bool:
        if not self._sent.values or now_s - self._sent.at_s >= self._limits.min_interval_s:
            return False
        return not same(values, self._sent.values)


def same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Return whether two commands ask for the same, NaN equal to NaN.

    >>> same({"p_set_kw": float("nan")}, {"p_set_kw": float("nan")})
    True
    """
    return one.keys() == other.keys() and all(
        value == other[port] or (math.isnan(value) and math.isnan(other[port])) for port, value in one.items()
    )


def _is_on(value: float) -> bool:
    return abs(value) > SMALL_KW


def _known(value: float | None, default: float) -> float:
    return default if value is None else value


def _hours(text: str) -> tuple[int, int]:
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return first, last

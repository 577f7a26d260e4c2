# SPDX-License-Identifier: Apache-2.0
"""The check of one real device before it may take part: what it says, how fast, and whether it does what it is told.

Writing happens only when somebody has armed it, within a window around what the device is doing that cannot harm, and ends with
the device in its safe state.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.adapters import LinkState, Mode, Quality
from twinergy.adapters.live import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinergy.adapters.engine import Engine
    from twinergy.adapters.live import Live

UP_S: Final = 10.0
READ_S: Final = 2.0
EVERY_S: Final = 0.1
PROOF_S: Final = 5.0
WINDOW: Final = 0.05
"""Part of the rating by which a set-point may differ from what the device does anyway."""
LEAST_WINDOW_KW: Final = 0.1
LONGEST_FALL_BACK_S: Final = 180.0
NEAR: Final = 0.3
"""Part of that window within which a power counts as the one that was asked for."""
MOST_OVER: Final = 1.2
"""Of the rating, up to which a power is believed."""
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
BINS_MS: Final = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at."""

    name: str
    result: str
    detail: str


@dataclass
class Outcome:
    """What a check has found.

    Attributes
    ----------
    link : str
        The link.
    items : list of Item
        In the order in which they were looked at.
    took_s : list of float
        How long each reading took. [s]
    """

    link: str
    said: str = ""
    items: list[Item] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(item.result != FAILED for item in self.items)


class Checking:
    """Checks the one device of an engine.

    Parameters
    ----------
    engine : Engine
        An engine with one link, not started.
    reads : int
        How often the device is read.
    arm : bool
        Whether it may be written to.
    say : callable
        Takes what is found, line by line.
    """

    def __init__(self, engine: Engine, *, reads: int, arm: bool, say: Callable[[str], None]) -> None:
        self._engine, self._reads, self._arm, self._say = engine, reads, arm, say
        self._one, self._covers = engine.attached[0]
        self.outcome = Outcome(self._one.id)

    def run(self) -> Outcome:
        """Check the device and let go of it.

        Raises
        ------
        DeviceError
            If something on this side is wrong.
        """
        self._engine.start()
        try:
            if self._connect():
                self._read()
                self._judge_readings()
                self._write()
        finally:
            self._engine.close()
        return self.outcome

    @property
    def _live(self) -> Live:
        return self._engine.lives[self._one.id]

    def _note(self, name: str, result: str, detail: str) -> None:
        self.outcome.items.append(Item(name, result, detail))
        self._say(f"{result:8}{name}: {detail}")

    def _connect(self) -> bool:
        start_s = time.monotonic()
        self._engine.wait_up(UP_S)
        up = self._live.link.state is LinkState.UP
        took_s = time.monotonic() - start_s
        self.outcome.said = self._live.link.said
        detail = f"{took_s:.2f} s; {self.outcome.said}" if up else f"not within {UP_S:g} s; {self.outcome.said}"
        self._note("connects", PASSED if up else FAILED, detail)
        return up

    def _read(self) -> None:
        live = self._live
        for _ in range(self._reads):
            done, start_s = live.counts.sampled, time.monotonic()
            self._engine.schedule(start_s)
            while (live.counts.sampled == done or live.sampling) and time.monotonic() - start_s < READ_S:
                time.sleep(1e-4)
            self.outcome.took_s.append(time.monotonic() - start_s)
        p50, p99 = np.percentile(self.outcome.took_s, [50, 99]) * 1e3
        self._note("reads", PASSED, f"{self._reads} times, {p50:.1f} ms median, {p99:.1f} ms at the 99th percentile")

    def _judge_readings(self) -> None:
        self._wait_for_readings()
        for port in self._covers.reads:
            reading = self._engine.image.reading(self._one.id, port)
            if port != "p_kw" and (reading.quality is Quality.MISSING or math.isnan(reading.value)):
                self._note(port, SKIPPED, f"no value within {UP_S:g} s: it may not say that, or not now")
                continue
            text = f"{reading.value:g}, {reading.quality.name.lower()}, {reading.age_s:.2f} s old"
            wrong = self._unlikely(port, reading.value)
            good = reading.quality <= Quality.LOCAL and not wrong
            self._note(port, PASSED if good else FAILED, "; ".join(part for part in (text, reading.reason, wrong) if part))

    def _wait_for_readings(self) -> None:
        """Wait for what the device says by itself, as charging points do."""
        start_s = time.monotonic()
        while time.monotonic() - start_s < UP_S and not all(
            self._engine.image.reading(self._one.id, port).quality <= Quality.LOCAL for port in self._covers.reads
        ):
            self._engine.schedule(time.monotonic())
            time.sleep(EVERY_S)

    def _unlikely(self, port: str, value: float) -> str:
        if not math.isfinite(value):
            return "no number"
        if port.endswith("soc") and not 0.0 <= value <= 1.0:
            return "a state of charge is a fraction from 0 to 1: is it in percent?"
        rated_kw = self._one.rated_kw
        if port == "p_kw" and rated_kw and abs(value) > MOST_OVER * rated_kw:
            return f"beyond the rating of {rated_kw:g} kW: is it in watts, or is the scale wrong?"
        return ""

    def _write(self) -> None:
        writes = self._covers.writes
        if not writes:
            self._note("writes", SKIPPED, "it takes no set-points")
            return
        if not self._arm:
            self._note("writes", SKIPPED, "say --arm to write to it")
            return
        if self._one.options.mode is not Mode.CONTROL:
            self._note("writes", SKIPPED, f"its mode is {self._one.options.mode}, not control")
            return
        port, first, second = self._harmless()
        if not port:
            self._note("writes", SKIPPED, f"no harmless value is known for {', '.join(writes)}")
            return
        if self._command(port, first) and (second == first or self._command(port, second)) and self._follows(port, second):
            self._fall_back(port, second)
        self._note_release()

    @property
    def _window_kw(self) -> float:
        return max(WINDOW * self._one.rated_kw, LEAST_WINDOW_KW)

    def _p_kw(self) -> float:
        self._engine.schedule(time.monotonic())
        time.sleep(EVERY_S)
        return self._engine.image.reading(self._one.id, "p_kw").value

    def _follows(self, port: str, commanded: float) -> bool:
        """Return whether the device's power is seen to be what was asked for; without that its fall-back could not be seen."""
        if port != "p_set_kw" or "p_kw" not in self._covers.reads:
            self._note("falls back", SKIPPED, "its readings do not show it")
            return False
        start_s, p_kw = time.monotonic(), math.nan
        while time.monotonic() - start_s < PROOF_S and not abs(p_kw - commanded) <= NEAR * self._window_kw:
            p_kw = self._p_kw()
        near = abs(p_kw - commanded) <= NEAR * self._window_kw
        took = f"{p_kw:g} kW after {time.monotonic() - start_s:.1f} s"
        self._note("follows", PASSED if near else FAILED, took if near else f"{took}, {commanded:g} kW were asked for")
        return near

    def _harmless(self) -> tuple[str, float, float]:
        """Return a port and two values close to what the device does anyway."""
        now = {port: self._engine.image.reading(self._one.id, port).value for port in self._covers.reads}
        window = self._window_kw
        p_kw = now.get("p_kw", math.nan)
        if "p_set_kw" in self._covers.writes and math.isfinite(p_kw):
            less = abs(p_kw) > 0.5 * self._one.rated_kw  # more where it does little: below 6 A a charging point pauses
            return "p_set_kw", p_kw, p_kw + math.copysign(window, -p_kw if less else p_kw)
        if "p_max_kw" in self._covers.writes and self._one.rated_kw:
            return "p_max_kw", self._one.rated_kw, self._one.rated_kw - window
        if "p_min_kw" in self._covers.writes and self._one.rated_kw:
            return "p_min_kw", -self._one.rated_kw, -self._one.rated_kw + window
        switches = [port for port in self._covers.writes if port.endswith("_on")]
        for switch in switches:
            known = self._one.options.safe.set.get(switch, 1.0 if any(now[name] > 0.0 for name in now if "_kw" in name) else None)
            if known is not None:  # what it is in its safe state, or is now
                return switch, known, known
        temps = [(port, "temp_indoor_degc") for port in self._covers.writes if port == "temp_set_degc"]
        if temps and math.isfinite(now.get("temp_indoor_degc", math.nan)):
            return "temp_set_degc", round(now["temp_indoor_degc"]), round(now["temp_indoor_degc"]) - 0.5
        return "", math.nan, math.nan

    def _command(self, port: str, value: float) -> bool:
        live = self._live
        sent, failed = live.counts.sent + live.counts.refreshed, live.counts.failed
        start_s = time.monotonic()
        while time.monotonic() - start_s < PROOF_S:
            self._engine.send({self._one.id: Wish({port: value})})
            self._engine.schedule(time.monotonic())
            time.sleep(EVERY_S / 4)
            if live.counts.sent + live.counts.refreshed > sent or live.counts.failed > failed:
                break
        if live.counts.failed > failed or live.problem:
            self._note(f"{port} = {value:g}", FAILED, live.problem or "failed")
            return False
        if live.counts.sent + live.counts.refreshed == sent:
            self._note(f"{port} = {value:g}", FAILED, f"no acknowledgement within {PROOF_S:g} s")
            return False
        took_ms = (time.monotonic() - start_s) * 1e3
        armed = f"; fall-back armed {live.counts.armed} times" if live.counts.armed else ""
        self._note(f"{port} = {value:g}", PASSED, f"acknowledged and proven within {took_ms:.0f} ms{armed}")
        return True

    def _fall_back(self, port: str, commanded: float) -> None:
        safe = self._one.options.safe
        if safe.fallback == "none":
            self._note("falls back", SKIPPED, "it is not meant to")
            return
        if safe.within_s > LONGEST_FALL_BACK_S:
            self._note("falls back", SKIPPED, f"would take {safe.within_s:g} s; set safe.within_s lower to see it")
            return
        self._live.abandon()
        start_s, gone = time.monotonic(), False
        wanted = safe.set.get(port)
        while time.monotonic() - start_s < safe.within_s + READ_S and not gone:
            p_kw, near = self._p_kw(), NEAR * self._window_kw
            gone = abs(p_kw - wanted) <= near if wanted is not None else abs(p_kw - commanded) > 2.0 * near
        took_s = time.monotonic() - start_s
        detail = (
            f"after {took_s:.1f} s, within {safe.within_s:g} s" if gone else f"still at {commanded:g} kW after {took_s:.1f} s"
        )
        expected = "" if wanted is not None else " (a local mode that happens to do the same cannot be told apart)"
        self._note("falls back", PASSED if gone else FAILED, detail + ("" if gone else expected))

    def _note_release(self) -> None:
        problem = self._engine.stop("end of the check").get(self._one.id, "")
        self._note("safe state", FAILED if problem else PASSED, problem or "reached")


def markdown(outcome: Outcome) -> str:
    """Return the report of a check."""
    rows = [f"| {item.name} | {item.result} | {item.detail} |" for item in outcome.items]
    counts, _ = np.histogram(np.array(outcome.took_s) * 1e3, bins=[0.0, *BINS_MS, np.inf])
    edges = ["0", *(f"{edge:g}" for edge in BINS_MS), "more"]
    longest = max(int(counts.max()), 1) if len(counts) else 1
    bars = [
        f"| {low} to {high} | {count} | {'█' * round(30 * count / longest)} |"
        for low, high, count in zip(edges[:-1], edges[1:], counts.tolist(), strict=True)
    ]
    return "\n".join(
        [
            f"# Check of {outcome.link}",
            "",
            f"{outcome.said or 'It says nothing of itself.'}",
            "",
            f"**{'Passed' if outcome.passed else 'Failed'}**",
            "",
            "| what | result | detail |",
            "|---|---|---|",
            *rows,
            "",
            "## How long a reading takes",
            "",
            "| ms | readings | |",
            "|---|---|---|",
            *bars,
            "",
        ]
    )

# SPDX-License-Identifier: Apache-2.0
"""One link while a run lasts: when it is read, what is asked of it, and how that went."""

from __future__ import annotations

import asyncio
import math
import time
from array import array
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.adapters.contract import LinkState
from twinergy.adapters.guard import Guard, fold, same
from twinergy.adapters.journal import Way
from twinergy.adapters.quality import Quality
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.adapters.contract import Coverage, DeviceLink
    from twinergy.adapters.image import Image
    from twinergy.adapters.journal import Journal
    from twinergy.adapters.quality import Reading

FIRST_LEAD_S: Final = 0.012
LEAST_LEAD_S: Final = 0.006
SPARE_S: Final = 0.004
"""Between the end of a reading and the step it is for. [s]"""
MOST_LEAD_S: Final = 0.3
FORGETS: Final = 0.02
"""Part of the difference by which the lead shrinks with every faster reading; it grows at once."""
AGAIN_S: Final = 1.0
"""After this a command that failed or was limited is looked at again. [s]"""
DEAD_MAN_S: Final = 5.0
"""A run that has not begun a step for this long, or for three of its refresh times, no longer keeps devices away from their
safe state. [s]"""
HANGING_S: Final = 1.0
"""How long the release of a device waits for a command under way before it breaks it off. [s]"""
LOOK_S: Final = 5.0
"""What is asked is judged again at least this often: charge and hours move on within a long step too. [s]"""
MOST_KEPT: Final = 100_000
"""Durations kept per link, for percentiles."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What controllers ask of a device.

    Attributes
    ----------
    values : mapping of str to float
        By port of the device's kind, NaN where nobody asks.
    others_kw : float
        Most that everything else behind the same connection may draw. [kW]
    others_least_kw : float or None
        Least that it may draw; None for the same. [kW]
    reserve : float
        State of charge below which nothing that discharges is wanted, NaN for none. [-]
    """

    values: Mapping[str, float]
    others_kw: float = 0.0
    others_least_kw: float | None = None
    reserve: float = math.nan


@dataclass(slots=True)
class Counts:
    """What happened on a link.

    Attributes
    ----------
    sampled, skipped : int
        Readings asked for, and those left out because the one before had not ended.
    asked, sent, refreshed, limited, failed, withheld, armed, releases : int
        Commands that differ from the one before; that reached the device; that were repeated to refresh it; that the guard
        changed; that failed; that were not sent because the device is under local control, or the run stood still; how often
        the fall-back was armed; how often it was released.
    """

    sampled: int = 0
    skipped: int = 0
    asked: int = 0
    sent: int = 0
    refreshed: int = 0
    limited: int = 0
    failed: int = 0
    withheld: int = 0
    armed: int = 0
    releases: int = 0


class Live:
    """A link in use; everything is called in the loop of the devices, `facts` and the plain attributes from anywhere.

    Attributes
    ----------
    touched : bool
        Whether anything has been written to the device, so that it must be released.
    released : bool
        Whether it is known to be in its safe state, or was never touched.

    Parameters
    ----------
    link : DeviceLink
        The device.
    covers : Coverage
        What it serves.
    image : Image
        Where its readings stand.
    journal : Journal
        The log.
    alive : callable
        Whether the run has begun a step within so many seconds.
    """

    def __init__(
        self, link: DeviceLink, covers: Coverage, image: Image, journal: Journal, alive: Callable[[float], bool]
    ) -> None:
        self.link, self.covers, self.attached, self.id = link, covers, link.attached, link.id
        self.counts = Counts()
        self.lead_s = FIRST_LEAD_S
        self.sampling = False
        self.ready = False
        self.problem = self.last_failure = ""
        self.touched = self.released = False
        self.sent: dict[str, float] = {}
        self.acknowledged_s = array("f")
        self._guard = Guard(link.attached)
        self._image, self._journal, self._alive = image, journal, alive
        self._wish: Wish | None = None
        self._asked: dict[str, float] = {}
        self._woken = asyncio.Event()
        self._session = -1
        self._refreshed_s = float("-inf")
        self._again_s = float("-inf")
        self._failed_session = -1
        self._busy = asyncio.Lock()
        self._under_way: asyncio.Timeout | None = None
        self._let_go = False

    async def sample(self) -> None:
        """Read the device and learn how long that takes."""
        self.sampling = True
        self.counts.sampled += 1
        start_s = time.monotonic()
        try:
            await self.link.sample()
        except DeviceError as error:  # a link should mark its row instead; here it is done for it
            self.link.row.mark(Quality.STALE, str(error))
        except Exception as error:  # noqa: BLE001 - one faulty adapter must not end the others
            self.link.row.mark(Quality.BAD, f"{type(error).__name__}: {error}")
            self._journal.event(Way.FAILED, self.id, what="sample", error=repr(error))
        finally:
            self.sampling = False
        if self.link.state is LinkState.UP:
            self.ready = True
            self._learn(time.monotonic() - start_s)

    def _learn(self, took_s: float) -> None:
        needs_s = min(max(took_s + SPARE_S, LEAST_LEAD_S), MOST_LEAD_S)
        self.lead_s = needs_s if needs_s > self.lead_s else self.lead_s + FORGETS * (needs_s - self.lead_s)

    def take(self, wish: Wish) -> None:
        """Take a new wish."""
        self._wish = wish
        self._woken.set()

    async def command_forever(self) -> None:
        """Bring what is asked to the device, repeat it in time, and arm the fall-back before."""
        while True:
            wait_s = await self._once()
            self._woken.clear()
            try:
                async with asyncio.timeout(min(wait_s, LOOK_S)):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _once(self) -> float:
        """Look once; return after how many seconds to look again without a new wish."""
        half_s = 0.5 * self.attached.options.safe.within_s
        wish = self._wish
        if wish is None or self._let_go:
            return half_s
        if not self._alive(max(DEAD_MAN_S, 3.0 * half_s)):
            self.counts.withheld += 1
            self.problem = "the run stands still, so the device is left to fall back"
            return AGAIN_S
        now_s, epoch_s = time.monotonic(), time.time()
        if now_s < self._again_s and self.link.session == self._failed_session:
            return self._again_s - now_s  # what was refused is not hammered in
        asked = fold(wish.values, self.covers.writes)
        if not same(asked, self._asked):
            self._asked = asked
            self.counts.asked += 1
        if self.link.session != self._session:
            self._guard.forget()  # it may have fallen back meanwhile: its course goes on from what it does now
        others_kw = wish.others_kw, wish.others_kw if wish.others_least_kw is None else wish.others_least_kw
        verdict = self._guard.judge(asked, self._seen(), now_s=now_s, epoch_s=epoch_s, others_kw=others_kw, reserve=wish.reserve)
        idle = not self.sent and all(map(math.isnan, verdict.values.values()))
        due = now_s - self._refreshed_s >= half_s or self.link.session != self._session
        if idle or (same(verdict.values, self.sent) and not due):
            return AGAIN_S if verdict.reasons else max(half_s - (now_s - self._refreshed_s), 0.01) if not idle else half_s
        await self._bring(verdict.values, verdict.reasons)
        return AGAIN_S if self.problem or verdict.reasons else half_s

    def _seen(self) -> dict[str, Reading]:
        return {port: self._image.reading(self.id, port) for port in ("p_kw", "soc") if (self.id, port) in self._image.place_of}

    async def _bring(self, values: dict[str, float], reasons: tuple[str, ...]) -> None:
        if self._is_local():
            self.counts.withheld += 1
            self.problem = "somebody at the device has taken control"
            return
        again = same(values, self.sent)
        if not again:
            self.counts.limited += bool(reasons)
            self._journal.event(Way.ASKED, self.id, asked=_plain(self._asked), values=_plain(values), reasons=list(reasons))
        start_s = time.monotonic()
        try:
            async with self._busy:
                if self._let_go:
                    return
                async with asyncio.timeout(None) as self._under_way:
                    await self._armed()
                    start_s = time.monotonic()
                    self._guard.tried(values, now_s=start_s, epoch_s=time.time())
                    await self.link.command(values)
        except (DeviceError, TimeoutError) as error:
            said = str(error) or "no answer, so it was broken off"
            self.failed(said)
            self._journal.event(Way.FAILED, self.id, values=_plain(values), error=said)
            return
        finally:
            self._under_way = None
        self._brought(values, time.monotonic() - start_s, again=again)

    async def _armed(self) -> None:
        if self._session == self.link.session and self._session >= 0:
            return
        session = self.link.session
        self.touched = True  # arming writes too, and may fail half-way
        await self.link.arm()
        self._session = session
        self.counts.armed += 1
        self._journal.event(Way.EVENT, self.id, what="armed", within_s=self.attached.options.safe.within_s)

    def _brought(self, values: dict[str, float], took_s: float, *, again: bool) -> None:
        now_s = time.monotonic()
        self._refreshed_s = now_s
        self.problem = ""
        self.sent = values
        self._guard.sent(values, now_s=now_s, epoch_s=time.time())
        self.counts.refreshed += again
        self.counts.sent += not again
        if not again:
            if len(self.acknowledged_s) < MOST_KEPT:
                self.acknowledged_s.append(took_s)
            self._journal.event(Way.DONE, self.id, values=_plain(values), took_s=round(took_s, 6))

    def _is_local(self) -> bool:
        return any(self._image.reading(self.id, port).quality is Quality.LOCAL for port in self.link.row.ports)

    def failed(self, why: str) -> None:
        """Take note that a command failed; the device must be armed anew before the next one."""
        self.problem = self.last_failure = why
        self.counts.failed += 1
        self.sent = {}
        options = self.attached.options
        wears_s = min(options.limits.min_interval_s, 0.5 * options.safe.within_s) if self.link.state is LinkState.UP else 0.0
        self._again_s = time.monotonic() + max(AGAIN_S, wears_s)  # registers wear out by writes that fail too
        self._failed_session = self.link.session
        if self.link.state is not LinkState.UP:
            self._session = -1

    def abandon(self) -> None:
        """Ask nothing of the device any more and leave it to fall back by itself."""
        self._let_go = True

    async def release(self, why: str, timeout_s: float) -> str:
        """Put the device into its safe state; nothing is asked of it afterwards. Returns what went wrong, empty for nothing."""
        self._let_go = True
        self.counts.releases += 1
        if not self.touched:
            self.released = True
            return ""  # nothing has been asked of it, so it is as it was
        try:
            async with asyncio.timeout(timeout_s):
                await self._released()
        except TimeoutError:
            problem = f"no answer within {timeout_s:g} s; {self._left_alone()}"
        except DeviceError as error:
            problem = f"{error}; {self._left_alone()}"
        except Exception as error:  # noqa: BLE001 - one faulty adapter must not keep the others from their safe state
            problem = f"{type(error).__name__}: {error}; {self._left_alone()}"
        else:
            problem = ""
        self.released = not problem
        self._journal.event(Way.FAILED if problem else Way.EVENT, self.id, what="released", why=why, error=problem)
        return problem

    async def _released(self) -> None:
        """Release after the command under way, so that it cannot land behind; one that hangs is broken off."""
        for _ in range(2):
            with suppress(TimeoutError):
                async with asyncio.timeout(HANGING_S):
                    async with self._busy:
                        break
            if self._under_way is not None:
                self._under_way.reschedule(asyncio.get_running_loop().time())
        await self.link.release()

    def _left_alone(self) -> str:
        """Return what becomes of a device that could not be released."""
        safe = self.attached.options.safe
        if self.covers.falls_back and self.counts.armed:
            return f"armed, it falls back by itself within {safe.within_s:g} s"
        return "it does not fall back by itself: see to it by hand"

    def facts(self) -> dict[str, Any]:
        """Return counts, times and what the device said of itself."""
        facts: dict[str, Any] = {
            "adapter": self.attached.options.kind,
            "mode": str(self.attached.options.mode),
            "device": self.attached.device,
            "rated_kw": self.attached.rated_kw,
            "drift_percent": self.attached.options.drift_percent,
            "state": str(self.link.state),
            "said": self.link.said,
            "sessions": self.link.session,
            **asdict(self.counts),
        }
        if self.problem:
            facts["problem"] = self.problem
        if self.last_failure:
            facts["last_failure"] = self.last_failure
        if len(self.acknowledged_s):
            p50, p99 = np.percentile(np.array(self.acknowledged_s), [50, 99])
            facts |= {"acknowledged_p50_s": round(float(p50), 6), "acknowledged_p99_s": round(float(p99), 6)}
        return facts


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {port: None if math.isnan(value) else round(value, 6) for port, value in values.items()}

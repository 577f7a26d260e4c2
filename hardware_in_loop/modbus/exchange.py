# SPDX-License-Identifier: Apache-2.0
"""A request on its way, those that wait for their turn, and those whose answer may still come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from hardware_in_loop.modbus.errors import ModbusError

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

    from hardware_in_loop.modbus.frames import Request

Answer = tuple[int, ...]


class AmbiguousError(ModbusError):
    """Sent now, a late answer to an earlier request could not be told from its own; nothing was sent."""


class Care(Enum):
    """What the asker does about a late answer that could be taken for its own; matters on serial lines only."""

    STRICT = auto()
    """Nothing: it is not sent while one may come."""
    TRIAL = auto()
    """Nothing, but a refusal is taken for its own in any case: it was expected."""
    COMPARE = auto()
    """It compares several answers, or reads back what it wrote: it is sent in any case."""


class Exchange:
    """One request and the future of its answer.

    Parameters
    ----------
    request : Request
        What is asked.
    future : asyncio.Future
        Gets the values or the error.
    timeout_s : float
        Longest wait once it is sent. [s]
    care : Care
        What is done about late answers.
    """

    __slots__ = ("care", "deadline_s", "future", "request", "timeout_s")

    def __init__(self, request: Request, future: Future[Answer], timeout_s: float, care: Care = Care.STRICT) -> None:
        self.request = request
        self.future = future
        self.timeout_s = timeout_s
        self.care = care
        self.deadline_s = 0.0

    def fail(self, error: ModbusError) -> None:
        """Hand over an error, unless nobody waits any more."""
        if not self.future.done():
            self.future.set_exception(error)


class Waiting:
    """Requests that wait for their turn: first come, first served, writes before reads, doubtful units last."""

    def __init__(self) -> None:
        self._writes: deque[Exchange] = deque()
        self._reads: deque[Exchange] = deque()

    def __bool__(self) -> bool:
        return bool(self._writes or self._reads)

    def put(self, exchange: Exchange) -> None:
        """Add one."""
        (self._writes if exchange.request.is_write else self._reads).append(exchange)

    def take(self, doubtful: Callable[[int], bool]) -> Exchange | None:
        """Remove and return the next one that somebody still waits for.

        Parameters
        ----------
        doubtful : callable
            Whether a unit has just failed to answer: it comes after all others.
        """
        for line in (self._writes, self._reads):
            while line and line[0].future.done():
                line.popleft()
        lines = (self._writes, self._reads)
        for line in lines:
            for exchange in line:
                if not doubtful(exchange.request.unit):
                    line.remove(exchange)
                    return exchange
        return next((line.popleft() for line in lines if line), None)

    def drain(self, unit: int | None = None) -> list[Exchange]:
        """Remove and return all; or the reads of one unit."""
        if unit is None:
            taken = [*self._writes, *self._reads]
            self._writes.clear()
            self._reads.clear()
            return taken
        taken = [exchange for exchange in self._reads if exchange.request.unit == unit]
        self._reads = deque(exchange for exchange in self._reads if exchange.request.unit != unit)
        return taken


@dataclass(slots=True)
class Stray:
    """A request that timed out: its answer may still come until `until_s`, put off to `latest_s` at most."""

    request: Request
    until_s: float
    latest_s: float


class Strays:
    """Requests of a serial line that timed out, whose answers may still come and carry nothing that tells them apart.

    Parameters
    ----------
    late_s : float
        How long an answer may still come. [s]
    """

    def __init__(self, late_s: float) -> None:
        self.late_s = late_s
        self._alive: list[Stray] = []

    def __bool__(self) -> bool:
        return bool(self._alive)

    def add(self, request: Request, now_s: float) -> None:
        """Remember a request without answer."""
        self.expire(now_s)
        self._alive.append(Stray(request, now_s + self.late_s, now_s + 2.0 * self.late_s))

    def remove(self, request: Request) -> None:
        """Forget one: its answer has come."""
        for place, stray in enumerate(self._alive):
            if stray.request is request:
                del self._alive[place]
                return

    def expire(self, now_s: float) -> None:
        """Forget those whose answer cannot come any more."""
        if self._alive:
            self._alive = [stray for stray in self._alive if stray.until_s > now_s]

    def refresh(self, request: Request, now_s: float) -> None:
        """Wait anew for what could be taken for this one's answer.

        An answer that was taken for this one's leaves this one's own outstanding. Put off once at most, or there would be no end.
        """
        for stray in self._alive:
            if same(stray.request, request):
                stray.until_s = min(now_s + self.late_s, stray.latest_s)

    def requests(self) -> list[Request]:
        """Return them, the oldest first."""
        return [stray.request for stray in self._alive]

    def like(self, request: Request) -> int:
        """Return how many answers may come that could be taken for the one to this request."""
        return sum(same(stray.request, request) for stray in self._alive)

    def refusal_possible(self, request: Request) -> Request | None:
        """Return a request whose late refusal could be taken for a refusal of this one."""
        for stray in self._alive:
            if stray.request.unit == request.unit and stray.request.function == request.function:
                return stray.request
        return None


def same(one: Request, other: Request) -> bool:
    """Return whether an answer to one could be taken for an answer to the other on a serial line."""
    if one.unit != other.unit or one.function != other.function:
        return False
    if one.is_write:  # the echo carries address and value, or address and count
        return one.pdu[:5] == other.pdu[:5]
    return one.reply_size == other.reply_size

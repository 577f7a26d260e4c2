# SPDX-License-Identifier: Apache-2.0
"""Reads on a line whose answers carry no number, while a late answer to an earlier request may still come.

A read whose answer could be mistaken is asked with one register more, before or after, so that its answer has another length.
Where the device has no register there, it is asked as it is until one answer has come more often than late ones can: it is true.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.errors import ExceptionReplyError, NoAnswerError
from hardware_in_loop.modbus.exchange import AmbiguousError, Care
from hardware_in_loop.modbus.frames import ADDRESSES, MOST_READ, read_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardware_in_loop.modbus.exchange import Answer, Strays
    from hardware_in_loop.modbus.frames import Request
    from hardware_in_loop.modbus.identity import Ask

NO_SUCH_REGISTER: Final = frozenset({2, 3})
MOST_LATE: Final = 2
"""With more answers outstanding that look the same, comparing would take too many reads."""
MOST_READS: Final = 2 * MOST_LATE + 1
MOST_UNANSWERED: Final = 2
"""A longer read that has so often had no answer at all is not tried again: some devices keep silent where they should refuse."""
BITS_PER_BYTE: Final = 8


class CarefulReader:
    """Reads that never return another request's answer.

    Parameters
    ----------
    ask : callable
        Sends a request and returns its answer; refuses with `AmbiguousError` what could be mistaken.
    strays : Strays
        What may still come.
    """

    def __init__(self, ask: Ask, strays: Strays) -> None:
        self._ask = ask
        self._strays = strays
        self._refused: set[Request] = set()
        self._unanswered: Counter[Request] = Counter()
        self._not_before_s: dict[Request, float] = {}

    async def read(self, request: Request, timeout_s: float) -> Answer:
        """Return the answer to a read.

        Raises
        ------
        ModbusError
            If there is none, or none that can be believed now.
        """
        try:
            return await self._ask(request, timeout_s)
        except AmbiguousError:
            pass
        for variant in self._variants(request):
            skipped = request.address - variant.address
            try:
                values = await self._ask(variant, timeout_s, Care.TRIAL)
            except AmbiguousError:
                continue
            except ExceptionReplyError as error:
                if error.code not in NO_SUCH_REGISTER:
                    raise
                self._refused.add(variant)
                continue
            except NoAnswerError:
                self._unanswered[variant] += 1
                raise
            self._unanswered.pop(variant, None)
            return values[skipped : skipped + request.count]
        return await self._compare(request, timeout_s)

    def _variants(self, request: Request) -> Iterator[Request]:
        """Yield reads of a little more than what is wanted."""
        unit, function = request.unit, request.function
        per_size = BITS_PER_BYTE if function in {1, 2} else 1
        for more in (per_size, 2 * per_size):
            count = request.count + more
            if count > MOST_READ[function]:
                return
            for address in (request.address, request.address - more):
                if address >= 0 and address + count <= ADDRESSES:
                    variant = read_request(unit, function, address, count)
                    if variant not in self._refused and self._unanswered[variant] < MOST_UNANSWERED:
                        yield variant

    async def _compare(self, request: Request, timeout_s: float) -> Answer:
        """Ask until one answer has come more often than there are late ones that look like it, or those have come."""
        loop = asyncio.get_running_loop()
        seen: Counter[Answer] = Counter()
        if loop.time() >= self._not_before_s.get(request, 0.0):
            for _ in range(MOST_READS):
                late = self._strays.like(request)
                if late > MOST_LATE:
                    break
                try:
                    values = await self._ask(request, timeout_s, Care.COMPARE if late else Care.STRICT)
                except AmbiguousError:  # somebody else's request has timed out meanwhile
                    continue
                self._strays.refresh(request, loop.time())
                seen[values] += 1
                if not late or seen[values] > late:
                    return values
            self._not_before_s[request] = loop.time() + self._strays.late_s
        message = (
            f"{request}: late answers to earlier requests may still come and cannot be told from this one's; asked again later"
        )
        raise NoAnswerError(message, unit=request.unit)

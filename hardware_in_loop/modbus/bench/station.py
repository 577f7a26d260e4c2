# SPDX-License-Identifier: Apache-2.0
"""The units behind one address, and how they behave under faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from hardware_in_loop.modbus.bench.pdu import Code, Unit, answer
from twinergy.adapters import Fault, FaultBoard, Journal, Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.modbus.bench.framing import Framing, Request

LATE_S: Final = 1.0
FLAP_S: Final = 0.5
WRITES: Final = frozenset({5, 6, 15, 16})
ANY_UNIT: Final = 255
"""A device that is not behind a gateway answers to it (MODBUS Messaging on TCP/IP, section 4.4.2)."""


class Reply(NamedTuple):
    """Bytes for the line, and how long they wait. [s]."""

    data: bytes
    delay_s: float = 0.0


@dataclass
class Member:
    """A unit and the links that it stands for.

    Attributes
    ----------
    unit : Unit
        Registers.
    links : tuple of str
        Their faults are its faults.
    """

    unit: Unit
    links: tuple[str, ...] = ()


@dataclass
class Station:
    """All units behind one address.

    Attributes
    ----------
    members : mapping of int to Member
        By unit id.
    faults : FaultBoard
        What is wrong with them.
    random : random.Random
        For garbage: tests only, never results.
    journal : Journal
        Where it is written down what broke behind a unit.
    requests : int
        Requests so far.
    """

    members: Mapping[int, Member]
    faults: FaultBoard = field(default_factory=FaultBoard)
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - garbage, no secret
    journal: Journal = field(default_factory=lambda: Journal(None))
    requests: int = 0

    @property
    def links(self) -> tuple[str, ...]:
        """All links."""
        return tuple(link for member in self.members.values() for link in member.links)

    @property
    def offline(self) -> bool:
        """Whether nothing may connect: all devices are gone. A gateway that still has one stays."""
        links = self.links
        return bool(links) and all(self.faults.has(link, Fault.OFFLINE) for link in links)

    @property
    def flapping(self) -> bool:
        """Whether the connection comes and goes; units that share it suffer together."""
        return any(self.faults.has(link, Fault.FLAPPING) for link in self.links)

    def replies(self, request: Request, framing: Framing) -> list[Reply]:
        """Carry out a request and return what goes on the line for it: nothing, one reply, or more."""
        self.requests += 1
        if framing.broadcasts and request.unit == 0:
            return self._broadcast(request.pdu)
        member = self._member(request.unit, framing)
        if member is None or self._has(member, Fault.OFFLINE):
            # On a serial line nobody answers for a unit that is not there; a gateway says so.
            code = Code.NO_PATH if member is None else Code.NO_TARGET
            return [] if framing.broadcasts else [Reply(framing.frame(request, bytes((request.pdu[0] | 0x80, code))))]
        if self._has(member, Fault.SILENT):
            return []
        delay_s = LATE_S if self._has(member, Fault.LATE) else 0.0
        if self._has(member, Fault.GARBAGE):
            return [Reply(self.random.randbytes(self.random.randint(1, 40)), delay_s)]
        reply = Reply(framing.frame(request, self._carry_out(member, request.pdu)), delay_s)
        return [reply, reply] if self._has(member, Fault.DOUBLE) else [reply]

    def _broadcast(self, pdu: bytes) -> list[Reply]:
        for member in self.members.values():
            if pdu[0] in WRITES and not self._has(member, Fault.OFFLINE, Fault.SILENT):
                self._carry_out(member, pdu)
        return []

    def _member(self, unit: int, framing: Framing) -> Member | None:
        alone = len(self.members) == 1 and unit == ANY_UNIT and not framing.broadcasts
        return next(iter(self.members.values())) if alone else self.members.get(unit)

    def _carry_out(self, member: Member, pdu: bytes) -> bytes:
        if pdu[0] in WRITES and self._has(member, Fault.REJECT):
            return bytes((pdu[0] | 0x80, Code.FAILURE))
        try:
            return answer(member.unit, pdu)
        except Exception as error:  # noqa: BLE001 - what breaks behind one device must not take its neighbours down
            for link in member.links:
                self.journal.event(Way.EVENT, link, text=f"request {pdu.hex()}: {type(error).__name__}: {error}")
            return bytes((pdu[0] | 0x80, Code.FAILURE))

    def _has(self, member: Member, *faults: Fault) -> bool:
        has = self.faults.has  # asked several times for each request
        for link in member.links:
            for fault in faults:
                if has(link, fault):
                    return True
        return False

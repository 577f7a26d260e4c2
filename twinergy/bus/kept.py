# SPDX-License-Identifier: Apache-2.0
"""A connection whose frames outlive the server's process: each is kept in a stream (JetStream) before it counts as sent.

The sender numbers its frames and sends again what was not acknowledged; the server drops those it has by their number. The
reader remembers how far in the stream it has come and goes on there. So a server that is killed and started again on its store
loses nothing, doubles nothing and keeps each sender's order.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import nats.errors
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from twinergy.bus.channel import closed
from twinergy.bus.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client
    from nats.aio.msg import Msg

EXACTLY_ONCE: Final = "exactly once, in order, across restarts of the server"
DUPLICATE_WINDOW_S: Final = 600.0
"""For how long the server knows a number again; an outage may last so long."""
MAX_AGE_S: Final = 24 * 3600.0
MAX_BYTES: Final = 1 << 30
SETTLE_TIMEOUT_S: Final = 10.0
_ACK_PARTS: Final = 9
"""Parts of the reply subject of a delivered frame: ``$JS.ACK.stream.consumer.tries.place.number.time.left``."""
ID: Final = "Nats-Msg-Id"


class NoStreamError(BusError):
    """The server keeps no streams, or not this one."""


@dataclass
class Memory:
    """What outlives a connection.

    Attributes
    ----------
    session : str
        Name of this sender, its own in every process.
    unconfirmed : dict of int to (str, bytes)
        Frames the server has not acknowledged, in order.
    seen : int
        Place in the stream up to which frames were taken; -1 before the first connection.
    kept : int
        Place in the stream of the last frame that was acknowledged.
    """

    session: str = field(default_factory=lambda: uuid4().hex)
    unconfirmed: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    seen: int = -1
    kept: int = 0


class KeptChannel:
    """As `twinergy.bus.channel.CoreChannel`, with a stream in between.

    Parameters
    ----------
    client, lost, scope, take
        As there.
    memory : Memory
        The same one for every connection of a link.
    refused : callable
        Told subject and reason of a frame that the server does not keep.
    """

    guarantee = EXACTLY_ONCE

    def __init__(
        self,
        client: Client,
        lost: asyncio.Event,
        scope: str,
        take: Callable[[str, bytes], None],
        memory: Memory,
        refused: Callable[[str, str], None],
    ) -> None:
        self.lost = lost
        self._client = client
        self._scope = scope
        self._take = take
        self._memory = memory
        self._refused = refused
        self._stream = stream_name(scope)
        self._acks = client.new_inbox()
        self._progress = asyncio.Event()
        self._subscription: Any = None
        self._number = 0

    async def open(self) -> None:
        """Make sure of the stream, and read it from where the last connection ended.

        Raises
        ------
        NoStreamError
            If the server does not keep it.
        """
        try:
            state = await self._ensure_stream()
            memory = self._memory
            if memory.seen < 0 or state.last_seq < memory.seen:
                memory.seen = state.last_seq if memory.seen < 0 else 0  # a server that lost its store begins to count anew
            await self._client.subscribe(f"{self._acks}.*", cb=self._acknowledged, pending_msgs_limit=0, pending_bytes_limit=0)
            await self._read_from(memory.seen + 1)
        except (APIError, nats.errors.Error) as error:
            reason = f"no stream {self._stream}: {getattr(error, 'description', None) or type(error).__name__}"
            msg = ""
            raise NoStreamError(msg, reason) from error

    async def _ensure_stream(self) -> api.StreamState:
        manager = self._client.jsm()
        try:
            info = await manager.stream_info(self._stream)
        except NotFoundError:
            info = await manager.add_stream(
                api.StreamConfig(
                    name=self._stream,
                    description="messages of a TwinERGY laboratory",
                    subjects=[self._scope],
                    storage=api.StorageType.FILE,
                    max_age=MAX_AGE_S,
                    max_bytes=MAX_BYTES,
                    discard=api.DiscardPolicy.OLD,
                    duplicate_window=DUPLICATE_WINDOW_S,
                )
            )
        return info.state

    async def _read_from(self, place: int) -> None:
        if self._subscription is not None:
            await self._subscription.unsubscribe()
        inbox = self._client.new_inbox()
        self._number = 0
        self._subscription = await self._client.subscribe(inbox, cb=self._taken, pending_msgs_limit=0, pending_bytes_limit=0)
        config = api.ConsumerConfig(
            deliver_subject=inbox,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=place,
            ack_policy=api.AckPolicy.NONE,
            replay_policy=api.ReplayPolicy.INSTANT,
            max_deliver=1,
            mem_storage=True,
        )
        await self._client.jsm().add_consumer(self._stream, config)

    async def _taken(self, message: Msg) -> None:
        parts = message.reply.split(".")
        if len(parts) < _ACK_PARTS:
            return
        place, number = int(parts[-4]), int(parts[-3])
        if number != self._number + 1:  # the server left something out because this end was slow
            await self._read_from(self._memory.seen + 1)
            return
        self._number = number
        self._memory.seen = place
        self._take(message.subject, message.data)
        self._progress.set()

    async def resend(self) -> None:
        """Send again, in order, what was not acknowledged."""
        for number, (subject, data) in list(self._memory.unconfirmed.items()):
            await self.send(number, subject, data)

    async def send(self, number: int, subject: str, data: bytes) -> None:
        """Send one frame and remember it until it is acknowledged."""
        self._memory.unconfirmed[number] = (subject, data)
        header = {ID: f"{self._memory.session}-{number}"}
        await self._client.publish(subject, data, reply=f"{self._acks}.{number}", headers=header)

    async def _acknowledged(self, message: Msg) -> None:
        number = int(message.subject.rpartition(".")[2])
        answer = _answer(message.data)
        if answer is None:  # nobody keeps streams just now: connect anew and send again
            self.lost.set()
            return
        subject, _ = self._memory.unconfirmed.pop(number, ("", b""))
        if "error" in answer:
            self._refused(subject, f"the server does not keep it: {answer['error'].get('description', 'no reason')}")
        else:
            self._memory.kept = max(self._memory.kept, int(answer.get("seq", 0)))
        self._progress.set()

    async def settle(self) -> None:
        """Return once all that was sent is in the stream and has been read from it."""
        memory = self._memory
        while memory.unconfirmed or memory.seen < memory.kept:
            self._progress.clear()
            try:
                await asyncio.wait_for(self._progress.wait(), SETTLE_TIMEOUT_S)
            except TimeoutError:
                self.lost.set()
                return

    async def close(self) -> None:
        """Close the connection."""
        await closed(self._client)


def stream_name(scope: str) -> str:
    """Return the name of the stream that keeps a scope.

    >>> stream_name("twinergy.hagedorn.>")
    'TWINERGY-hagedorn'
    """
    return "TWINERGY-" + re.sub(r"[^\w-]", "_", ".".join(scope.split(".")[1:-1]) or "all")


def _answer(data: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(data)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None

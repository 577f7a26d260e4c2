# SPDX-License-Identifier: Apache-2.0
"""Websockets that are none: a pair of ends in memory, and one end whose frames a test writes and reads itself."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosedOK
from websockets.frames import Close

from hardware_in_loop.ocpp.rpc import Rpc

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.versions import Version

HEARTBEAT = {"currentTime": "2026-01-01T00:00:00Z"}
PATIENCE_S = 5.0


class MemorySocket:
    """One end; what is sent goes to the other one."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.other: MemorySocket = self
        self.close_code: int | None = None

    async def recv(self, decode: bool | None = None) -> bytes:
        data = None if self.close_code else await self.inbox.get()
        if data is None:
            self.close_code = self.close_code or 1000
            raise ConnectionClosedOK(Close(self.close_code, ""), None)
        return data

    async def send(self, message: bytes, *, text: bool | None = None) -> None:
        assert text is True
        if self.close_code or self.other.close_code:
            raise ConnectionClosedOK(Close(1000, ""), None)
        self.other.inbox.put_nowait(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.close_code = self.close_code or code
        self.inbox.put_nowait(None)
        self.other.inbox.put_nowait(None)


def pair() -> tuple[MemorySocket, MemorySocket]:
    one, two = MemorySocket(), MemorySocket()
    one.other, two.other = two, one
    return one, two


class Wire:
    """The other end of an `Rpc`, in the hands of a test."""

    def __init__(self, version: Version, handler: Any, **options: Any) -> None:
        near, self.socket = pair()
        self.rpc = Rpc(near, version, handler, name="station", **options)
        self._serving = asyncio.get_running_loop().create_task(self.rpc.serve())

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()
        await self._serving

    async def say(self, frame: object) -> None:
        """Send a frame: bytes as they are, anything else as JSON."""
        await self.socket.send(frame if isinstance(frame, bytes) else json.dumps(frame).encode(), text=True)

    async def hear(self) -> list[Any]:
        """Return the next frame."""
        async with asyncio.timeout(PATIENCE_S):
            frame: list[Any] = json.loads(await self.socket.recv())
        return frame

    async def ask(self, frame: object) -> list[Any]:
        await self.say(frame)
        return await self.hear()

    async def silence(self) -> None:
        """Make sure that nothing was said, by asking something after it."""
        answer = await self.ask([2, "after", "Heartbeat", {}])
        assert answer[:2] == [3, "after"], answer

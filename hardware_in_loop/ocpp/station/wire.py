# SPDX-License-Identifier: Apache-2.0
"""A websocket that can be made to misbehave: what a bench puts between a station and the network."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

from twinergy.adapters import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.ocpp.rpc import Socket

LATE_S: Final = 1.0
NORMAL: Final = 1000


class FaultySocket:
    """Passes everything on, but for the faults that are present.

    Parameters
    ----------
    socket : Socket
        The real one.
    trouble : callable
        Whether a fault is present.
    seed : int
        Of the garbage.
    """

    def __init__(self, socket: Socket, trouble: Callable[[Fault], bool], seed: int) -> None:
        self._socket = socket
        self._trouble = trouble
        self._random = random.Random(seed)  # noqa: S311 - garbage, no secret

    async def recv(self, decode: bool | None = None) -> str | bytes:
        """Return the next message."""
        return await self._socket.recv(decode=decode)

    async def send(self, message: bytes, *, text: bool | None = None) -> None:
        """Send a message, late, as garbage, or not at all."""
        if self._trouble(Fault.SILENT):
            return
        if self._trouble(Fault.LATE):
            await asyncio.sleep(LATE_S)
        await self._socket.send(self.garbage() if self._trouble(Fault.GARBAGE) else message, text=text)

    async def babble(self) -> None:
        """Send garbage unasked."""
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(self.garbage(), text=True)

    def garbage(self) -> bytes:
        """Return text that is no frame: random characters, sometimes nearly JSON."""
        letters = "".join(self._random.choices('[]{}",:0123456789abcXYZ \\é', k=self._random.randint(1, 80)))
        return (letters if self._random.random() < 0.5 else f'[2,"{letters}').encode()  # noqa: PLR2004 - every second one

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close."""
        await self._socket.close(code, reason)

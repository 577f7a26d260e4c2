# SPDX-License-Identifier: Apache-2.0
"""The near end of a remote simulator: mosaik's own connection, made to say when the far end fails or is gone.

mosaik 3.6 logs an error of a remote simulator and returns as if the run had ended, and waits for ever for an answer once the
connection has broken; both end the run with a message here.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mosaik.proxies import RemoteProxy
from mosaik.starters import ConnectStarter
from mosaik_api_v3.connection import Channel, EndOfRequests, RemoteException

from twinergy.errors import RunError

if TYPE_CHECKING:
    from mosaik.simmanager import MosaikRemote


class Line(Channel):  # type: ignore[misc]
    """A channel whose every request ends in an answer or in a `RunError` that names the far end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str, what: str) -> None:
        super().__init__(reader, writer, name)
        self._what = what

    async def send(self, value: Any) -> Any:
        """Send a request and return its answer.

        Raises
        ------
        RunError
            If the far end raised, or is gone.
        """
        if self._receiver_task.done():
            return await self._gone(value[0])
        answer = asyncio.ensure_future(super().send(value))
        await asyncio.wait({answer, self._receiver_task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            return await self._gone(value[0])
        try:
            return answer.result()
        except RemoteException as error:
            message = f"{self._what} failed in its {value[0]} call: {error.remote_type}: {error.remote_msg}"
            raise RunError(message) from error
        except (asyncio.IncompleteReadError, ConnectionError):
            return await self._gone(value[0])

    async def _gone(self, asked: str) -> None:
        await self.close()
        if asked != "stop":  # to that the far end hangs up instead of answering, or it has gone before
            message = f"{self._what} is gone: its process ended or closed the connection. What was computed is in the run folder."
            raise RunError(message)

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._receiver_task.cancel()
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _receive_forever(self) -> None:
        try:
            await super()._receive_forever()
        except (ConnectionError, ValueError):  # reset, or answers that are none: both end the conversation
            self._incoming_requests.put_nowait(EndOfRequests())


class LineStarter(ConnectStarter):
    """Connects to a simulator that waits at ``host:port``.

    Parameters
    ----------
    address : str
        ``host:port``.
    what : str
        What steps there, for messages.
    """

    def __init__(self, address: str, what: str) -> None:
        host, _, port = address.rpartition(":")
        super().__init__(host, int(port))
        self._what = what

    async def start(self, sim_id: str, mosaik_remote: MosaikRemote, mosaik_config: Any) -> RemoteProxy:  # noqa: ARG002
        """Open the connection.

        Raises
        ------
        RunError
            If nobody listens there.
        """
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError as error:
            message = (
                f"{self._what} cannot step there: {error}. Is `twinergy simulator --listen {self.host}:{self.port}` running?"
            )
            raise RunError(message) from error
        return RemoteProxy(Line(reader, writer, sim_id, self._what), mosaik_remote)

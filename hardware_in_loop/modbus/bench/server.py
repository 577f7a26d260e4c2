# SPDX-License-Identifier: Apache-2.0
"""A listening socket in front of a station: Modbus over TCP, TLS, or serial frames over TCP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.framing import RtuFraming, TcpFraming
from hardware_in_loop.modbus.bench.session import Answering, Session
from twinergy.adapters import Journal
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from ssl import SSLContext

    from hardware_in_loop.modbus.bench.framing import Framing
    from hardware_in_loop.modbus.bench.station import Station

MOST_PEERS: Final = 32
"""More connections than that at once are hung up on."""


class SocketServer:
    """Serves a station on one address; can be closed and opened again while it lives.

    Parameters
    ----------
    station : Station
        The units.
    host : str
        Address to listen at.
    port : int
        Port; 0 takes a free one, which it keeps.
    serial_frames : bool
        Frames of a serial line in place of TCP's.
    tls : ssl.SSLContext, optional
        Server side of TLS.
    journal : Journal, optional
        Where frames go.
    name : str
        For the journal.

    Attributes
    ----------
    port : int
        The port that it got.
    """

    def __init__(
        self,
        station: Station,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        serial_frames: bool = False,
        tls: SSLContext | None = None,
        journal: Journal | None = None,
        name: str = "bench",
    ) -> None:
        self.station = station
        self.host = host
        self.port = port
        self._framing: type[Framing] = RtuFraming if serial_frames else TcpFraming
        self._tls = tls
        self._journal = journal or Journal(None)
        self._name = name
        self._server: asyncio.Server | None = None
        self._sessions: set[Session] = set()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def listening(self) -> bool:
        """Whether new connections are taken."""
        return self._server is not None

    @property
    def peers(self) -> int:
        """Connections now."""
        return len(self._sessions)

    async def open(self) -> None:
        """Listen; does nothing where it does already.

        Raises
        ------
        DeviceError
            If the port is taken or may not be used.
        """
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(self._session, self.host, self.port, ssl=self._tls, reuse_address=True)
        except (OSError, OverflowError) as error:
            message = (
                f"software device cannot listen at {self.address}: {error}; end what uses the port, or give another port"
                " (those below 1024 need rights)"
            )
            raise DeviceError(message) from error
        self._server = server
        self.port = server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Stop listening and hang up on everybody; `open` begins again at the same port."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            self.hang_up()
            await server.wait_closed()
        self.hang_up()
        # Connections end in the next rounds of the loop; nobody must find one open after this.
        for _ in range(10):
            if not self._sessions:
                break
            await asyncio.sleep(0.005)

    def hang_up(self) -> None:
        """Close all connections and go on listening."""
        for session in tuple(self._sessions):
            session.abort()

    def _session(self) -> Session:
        answering = Answering(self.station, self._framing(), self._journal, self._name)
        return Session(answering, self._opened, self._sessions.discard)

    def _opened(self, session: Session) -> None:
        self._sessions.add(session)
        if len(self._sessions) > MOST_PEERS:
            session.abort()

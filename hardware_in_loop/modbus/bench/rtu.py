# SPDX-License-Identifier: Apache-2.0
"""A station at the end of a serial line: a real port, one half of a pseudo-terminal pair, or a pseudo-terminal of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.framing import RtuFraming
from hardware_in_loop.modbus.bench.session import Answering
from twinergy.adapters import Journal
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from hardware_in_loop.modbus.bench.station import Station

CHUNK: Final = 4096
DEAF_S: Final = 0.25


class SerialServer:
    """Serves a station on a serial line.

    A path that exists is opened: the other end of a cable or of a pair of pseudo-terminals. One that does not exist is made:
    a link to a new pseudo-terminal, where a client finds the device as if it were plugged in. It goes when the server closes.
    Speed and parity of a real port stay as they are set in the system.

    Parameters
    ----------
    station : Station
        The units.
    path : str
        Serial port.
    journal : Journal, optional
        Where frames go.
    name : str
        For the journal.
    """

    def __init__(self, station: Station, path: str, *, journal: Journal | None = None, name: str = "bench") -> None:
        self.station = station
        self.path = Path(path)
        self._answering = Answering(station, RtuFraming(), journal or Journal(None), name)
        self._line: int | None = None
        self._far: int | None = None
        self._deaf_until_s = float("-inf")

    @property
    def address(self) -> str:
        """Where clients find it."""
        return str(self.path)

    @property
    def listening(self) -> bool:
        """Whether it is at the line."""
        return self._line is not None

    async def open(self) -> None:
        """Begin to listen.

        Raises
        ------
        DeviceError
            If the port cannot be opened or made.
        """
        if self._line is not None:
            return
        try:
            # A link that an ended bench left behind leads nowhere.
            self._line = self._join() if self.path.exists() else self._make()
        except OSError as error:
            message = (
                f"software device cannot use the serial port {self.path}: {error.strerror}; give another one, or mend its rights"
            )
            raise DeviceError(message) from error
        asyncio.get_running_loop().add_reader(self._line, self._readable)

    async def shut(self) -> None:
        """Leave the line."""
        if self._line is None:
            return
        asyncio.get_running_loop().remove_reader(self._line)
        self._answering.end()
        os.close(self._line)
        self._line = None
        if self._far is not None:
            os.close(self._far)
            self._far = None
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def hang_up(self) -> None:
        """Hear nothing for a moment: a line has no connection to close, but its plug can be loose."""
        self._deaf_until_s = asyncio.get_running_loop().time() + DEAF_S

    def write(self, data: bytes) -> None:
        """Send; what a full line does not take is lost, as on a wire."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                os.write(self._line, data)

    def _join(self) -> int:
        import tty  # noqa: PLC0415 - not on every system

        line = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(line)
        except Exception as error:
            os.close(line)
            raise OSError(0, f"it is no serial port ({error})") from error
        return line

    def _make(self) -> int:
        import pty  # noqa: PLC0415 - not on every system
        import tty  # noqa: PLC0415

        near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(near, False)
        if self.path.is_symlink():
            self.path.unlink()
        try:
            self.path.symlink_to(os.ttyname(self._far))
        except OSError:
            os.close(near)
            os.close(self._far)
            self._far = None
            raise
        return near

    def _readable(self) -> None:
        if self._line is None:
            return
        try:
            data = os.read(self._line, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data and asyncio.get_running_loop().time() < self._deaf_until_s:
            return
        if data:
            self._answering.take(data, self)
        else:
            # The far end is gone; without this the loop would turn on an unreadable line for ever.
            asyncio.get_running_loop().remove_reader(self._line)

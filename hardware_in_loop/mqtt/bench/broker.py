# SPDX-License-Identifier: Apache-2.0
"""A broker for the bench, where nobody runs one: mosquitto, on the loopback, with the users of the scenario."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
START_S: Final = 5.0
PROBE_S: Final = 1.0
SAID: Final = "said.txt"
"""File for what the broker complains of."""


class OwnBroker:
    """A mosquitto that lives as long as the bench.

    Parameters
    ----------
    host, port : str, int
        Where it listens; the loopback only.
    users : mapping of str to str
        Passwords by user; everybody may connect where there are none.
    """

    def __init__(self, host: str, port: int, users: Mapping[str, str]) -> None:
        self.host, self.port = host, port
        self._users = dict(users)
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None

    async def start(self) -> None:
        """Start it and wait until it listens.

        Raises
        ------
        DeviceError
            If there is no mosquitto on this machine, or it does not start.
        """
        program = shutil.which("mosquitto", path=_search_path())
        where = f"{self.host}:{self.port}"
        if program is None:
            message = f"no MQTT broker listens on {where}, and mosquitto is not installed: install it, or start a broker there"
            raise DeviceError(message)
        self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="twinergy-mqtt-"))
        config = await self._configure(self._folder)
        quiet = asyncio.subprocess.DEVNULL
        # Into a file: a pipe that nobody empties would be full after some hundred connections, and the broker would hang.
        with (self._folder / SAID).open("wb") as said:
            self._process = await asyncio.create_subprocess_exec(
                program, "-c", str(config), stdout=quiet, stderr=said, stdin=quiet
            )
        try:
            async with asyncio.timeout(START_S):
                while not await listens(self.host, self.port):
                    if self._process.returncode is not None:
                        raise DeviceError(await self._why(where))
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            await self.close()
            message = f"mosquitto does not listen on {where} after {START_S:g} s"
            raise DeviceError(message) from error

    async def close(self) -> None:
        """Stop it and remove its files."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.terminate()
            await self._process.wait()
            self._process = None
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None

    async def _configure(self, folder: Path) -> Path:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "set_tcp_nodelay true",
            "persistence false",
            "log_type error",
            "max_queued_messages 10000",
            f"user {getpass.getuser()}",
            f"allow_anonymous {'false' if self._users else 'true'}",
        ]
        if self._users:
            passwords = folder / "passwords"
            passwords.touch(mode=0o600)
            passwords.write_text("".join(f"{user}:{password}\n" for user, password in self._users.items()), encoding="utf-8")
            await _hash(passwords)
            lines.append(f"password_file {passwords}")
        config = folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return config

    async def _why(self, where: str) -> str:
        said = (self._folder / SAID).read_text(errors="replace").strip() if self._folder is not None else ""
        await self.close()
        return f"mosquitto does not start on {where}: {said or 'it says nothing'}"


async def listens(host: str, port: int) -> bool:
    """Return whether something takes connections there."""
    try:
        async with asyncio.timeout(PROBE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return False
    return True


async def _hash(passwords: Path) -> None:
    """Replace passwords by their hashes in place, so that none ever stands in a command line."""
    program = shutil.which("mosquitto_passwd", path=_search_path())
    if program is None:
        message = "mosquitto_passwd is missing, which belongs to mosquitto: install it, or start a broker with these users"
        raise DeviceError(message)
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program, "-U", str(passwords), stdout=quiet, stderr=quiet, stdin=quiet)
    if await process.wait():
        message = "mosquitto_passwd could not hash the passwords of the scenario"
        raise DeviceError(message)


def _search_path() -> str:
    """Return where programs are; brokers are often installed for administrators only."""
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))

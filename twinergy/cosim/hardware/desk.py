# SPDX-License-Identifier: Apache-2.0
"""The desk of a run with real devices: where somebody at another terminal stops it at once, or watches it.

A socket in a folder that only its owner may enter; its path stands in the run folder. What is asked and answered are JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.adapters import Quality
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Generator

    from twinergy.adapters.engine import Engine

PLACE: Final = "hardware.socket"
"""File in the run folder that holds the path of the socket."""
EVERY_S: Final = 0.5
LONGEST: Final = 1 << 16
PATIENCE_S: Final = 5.0


class Desk:
    """Serves the desk of one run in the loop of its devices.

    Parameters
    ----------
    engine : Engine
        The devices; started.
    folder : pathlib.Path
        The run folder.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._file = folder / PLACE
        self._home: Path | None = None
        self._server: asyncio.Server | None = None

    def open(self) -> None:
        """Begin to serve; on a system without such sockets there is no desk, and `hil stop` talks to the devices itself.

        Raises
        ------
        DeviceError
            If it cannot: a run that nobody could stop from outside does not begin.
        """
        if not hasattr(asyncio, "start_unix_server"):
            return
        try:
            self._home = Path(tempfile.mkdtemp(prefix="twinergy-"))  # only its owner may enter; run folders can have long paths
            path = self._home / "desk"
            asyncio.run_coroutine_threadsafe(self._serve(path), self._engine.loop).result(PATIENCE_S)
            new = self._file.with_suffix(".new")  # who looks for it must never find half of it
            new.write_text(str(path), encoding="utf-8")
            new.replace(self._file)
        except OSError as error:
            message = f"the socket for `twinergy hil stop` cannot be made in {tempfile.gettempdir()} ({error}); "
            message += "set TMPDIR to a folder with a short path that can be written to"
            raise DeviceError(message) from error

    async def _serve(self, path: Path) -> None:
        self._server = await asyncio.start_unix_server(self._talk, str(path), limit=LONGEST)

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            with suppress(DeviceError, RuntimeError):
                self._engine.loop.call_soon_threadsafe(self._server.close)
        self._file.unlink(missing_ok=True)
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ValueError, asyncio.IncompleteReadError, asyncio.CancelledError):
            asked = json.loads(await reader.readline())
            if not isinstance(asked, dict):
                asked = {}
            if asked.get("do") == "stop":
                why = str(asked.get("why", "stopped by hand"))[:200]
                _say(writer, {"released": await self._engine.stop_here(why)})
            elif asked.get("do") == "watch":
                await self._show(writer)
            else:
                _say(writer, {"error": "ask for stop or watch"})
            await writer.drain()
        writer.close()

    async def _show(self, writer: asyncio.StreamWriter) -> None:
        while True:
            _say(writer, snapshot(self._engine))
            await writer.drain()
            await asyncio.sleep(EVERY_S)


def _say(writer: asyncio.StreamWriter, document: Any) -> None:
    writer.write(json.dumps(document).encode() + b"\n")


def snapshot(engine: Engine) -> dict[str, Any]:
    """Return how every link is now, for people: state, readings with quality and age, commands."""
    links = {}
    for one, covers in engine.attached:
        live = engine.lives[one.id]
        readings = {}
        for port in covers.reads:
            reading = engine.image.reading(one.id, port)
            readings[port] = {
                "value": reading.value if np.isfinite(reading.value) else None,
                "quality": Quality(reading.quality).name.lower(),
                "age_s": round(reading.age_s, 3) if np.isfinite(reading.age_s) else None,
                "reason": reading.reason,
            }
        links[one.id] = live.facts() | {"readings": readings, "told": {k: v if v == v else None for k, v in live.sent.items()}}  # noqa: PLR0124
    return {"links": links, "emergency": engine.emergency}


def ask(folder: Path, question: dict[str, Any]) -> Generator[dict[str, Any]]:
    """Ask the desk of a run and yield its answers.

    Raises
    ------
    DeviceError
        If the run has no desk (any more), or does not answer.
    """
    place = folder / PLACE
    try:
        path = place.read_text(encoding="utf-8")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE_S)
            line.connect(path)
            line.sendall(json.dumps(question).encode() + b"\n")
            with line.makefile("rb") as answers:
                for answer in answers:
                    yield json.loads(answer)
    except (OSError, ValueError, AttributeError) as error:
        message = f"{folder.name}: no run with real devices answers there ({error}); it has ended, or hangs"
        raise DeviceError(message) from error

# SPDX-License-Identifier: Apache-2.0
"""The log of real devices: every command and every frame, appended as JSON lines and never changed."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import TextIO

FLUSH_S: Final = 0.2
"""How long a line may wait in memory."""


class Way(StrEnum):
    """What a line is about."""

    SENT = "sent"
    RECEIVED = "received"
    ASKED = "asked"
    """A command, with what became of it in the guard."""
    DONE = "done"
    """A command that the device acknowledged and that was proven."""
    FAILED = "failed"
    READING = "reading"
    EVENT = "event"


class Journal:
    """Appends lines ``{"t": wall time, "m": monotonic, "way", "link", ...}``; used in the loop of the links only.

    Parameters
    ----------
    path : pathlib.Path or None
        File; None keeps nothing.
    frames : bool
        Whether frames are kept as well as commands and events.

    Attributes
    ----------
    problem : str
        Why lines are missing, empty where none is. What cannot be written is lost; it stops nothing.
    """

    def __init__(self, path: Path | None, *, frames: bool = True) -> None:
        self.path = path
        self.frames = frames and path is not None
        self._file: TextIO | None = path.open("a", encoding="utf-8", buffering=1 << 16) if path else None
        self._flushed_s = time.monotonic()
        self.lines = 0
        self.problem = ""

    def frame(self, way: Way, link: str, data: bytes | str) -> None:
        """Append a frame: bytes as hexadecimal digits, text as it is."""
        if self.frames:
            self.event(way, link, data=data.hex() if isinstance(data, (bytes, bytearray, memoryview)) else data)

    def event(self, way: Way, link: str, **facts: Any) -> None:
        """Append a line about a link; commands and failures reach the disk at once."""
        if self._file is None:
            return
        now_s = time.monotonic()
        line = {"t": round(time.time(), 6), "m": round(now_s, 6), "way": way, "link": link, **facts}
        text = json.dumps(line, separators=(",", ":"), allow_nan=True, default=str) + "\n"
        try:
            self._file.write(text)
        except OSError as error:
            self._failed(error)
        self.lines += 1
        if way in {Way.ASKED, Way.FAILED, Way.EVENT} or now_s - self._flushed_s > FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Hand what waits to the system."""
        self._flushed_s = time.monotonic()
        if self._file is not None:
            try:
                self._file.flush()
            except OSError as error:
                self._failed(error)

    def _failed(self, error: OSError) -> None:
        """Take note: a disk that is full must not keep a device from its safe state."""
        self.problem = self.problem or f"{self.path}: lines are missing from {self.lines} on ({error.strerror or error})"

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self._failed(error)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

# SPDX-License-Identifier: Apache-2.0
"""The log of real devices: every command and every frame, appended as JSON lines and never changed."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import TextIO

MOST_BYTES: Final = 64 * 2**20
"""Size at which a log is put aside and packed: fifty devices at ten steps a second write gigabytes an hour."""
PACKED: Final = ".gz"
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


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a log from its first part on; a last line that was cut off is one too.

    Raises
    ------
    OSError, UnicodeDecodeError
        If a part cannot be read.
    """
    parts = sorted(path.parent.glob(f"{path.stem}-[0-9][0-9][0-9][0-9]{path.suffix}*"))
    for part in (*parts, path):
        with gzip.open(part, "rt", encoding="utf-8") if part.suffix == PACKED else part.open(encoding="utf-8") as lines:
            yield from lines


def _pack(part: Path) -> None:
    """Pack a part that has been put aside; until that is whole, the part itself stays."""
    packed, new = part.with_name(part.name + PACKED), part.with_name(part.name + ".new")
    try:
        with part.open("rb") as plain, gzip.open(new, "wb", compresslevel=5) as small:
            shutil.copyfileobj(plain, small, 1 << 20)
        new.replace(packed)
        part.unlink()
    except OSError:
        new.unlink(missing_ok=True)  # it stays as it is: large, but whole


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
        self._size = self._parts = 0
        self._packing: list[threading.Thread] = []
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
            self._size += len(text)
            if self._size > MOST_BYTES:
                self._turn_over()
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

    def _turn_over(self) -> None:
        """Put the file aside, to be packed by a thread of its own, and go on with a new one."""
        assert self._file is not None  # noqa: S101 - only an open file grows
        assert self.path is not None  # noqa: S101
        self._parts += 1
        aside = self.path.with_name(f"{self.path.stem}-{self._parts:04d}{self.path.suffix}")
        self._file.close()
        self.path.rename(aside)
        self._file, self._size = self.path.open("a", encoding="utf-8", buffering=1 << 16), 0
        packing = threading.Thread(target=_pack, args=(aside,), name="journal")
        packing.start()
        self._packing = [*(one for one in self._packing if one.is_alive()), packing]

    def _failed(self, error: OSError) -> None:
        """Take note: a disk that is full must not keep a device from its safe state."""
        self.problem = self.problem or f"{self.path}: lines are missing from {self.lines} on ({error.strerror or error})"

    def close(self) -> None:
        """Close the file."""
        for packing in self._packing:
            packing.join()
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

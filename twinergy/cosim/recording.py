# SPDX-License-Identifier: Apache-2.0
"""Recordings of messages: what flows on a server into a file, and files and run folders back into messages.

JSON lines are whole after every message, whatever happens; Parquet is small and becomes visible when the recording ends. Both
have the columns of a run's ``messages``: time, subject, source, id, body.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from twinergy.errors import Finding, ScenarioError
from twinergy.messages import decode, encode, matches
from twinergy.results.parquet import events_table, write_part
from twinergy.results.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from twinergy.bus import Bus
    from twinergy.messages import Message

MESSAGES: Final = "messages"
LINES: Final = (".jsonl", ".ndjson")
PARQUET: Final = ".parquet"
FORMS: Final = "a run folder, or a file that ends in .jsonl or .parquet"
LOOK_S: Final = 0.2


def row_of(message: Message) -> dict[str, Any]:
    """Return a message as a row of the results."""
    return {
        "time": int(message.sent.timestamp()),
        "subject": message.subject,
        "source": message.source,
        "id": message.id,
        "body": encode(message).decode(),
    }


class Recording(Protocol):
    """A file that takes messages."""

    def add(self, messages: Sequence[Message]) -> None:
        """Keep messages."""

    def close(self) -> None:
        """Make the file whole."""


class LinesRecording:
    """A file with one JSON object per message."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def add(self, messages: Sequence[Message]) -> None:
        """Keep messages."""
        for message in messages:
            row = row_of(message)
            row["time"] = datetime.fromtimestamp(row["time"], tz=UTC).isoformat()
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Make the file whole."""
        self._file.close()


class ParquetRecording:
    """A Parquet file, written when the recording ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict[str, Any]] = []

    def add(self, messages: Sequence[Message]) -> None:
        """Keep messages."""
        self._rows.extend(row_of(message) for message in messages)

    def close(self) -> None:
        """Write the file."""
        write_part(self._path, events_table(MESSAGES, self._rows))


def recording_to(path: Path) -> Recording:
    """Return a recording of the sort that the name of its file asks for.

    Raises
    ------
    ScenarioError
        If it asks for none, or the file cannot be written.
    """
    if path.suffix not in {PARQUET, *LINES}:
        allowed = "a name that ends in .jsonl or .parquet"
        finding = Finding(message="is no name of a recording", path="-o", value=str(path), allowed=allowed)
        raise ScenarioError([finding], "command line")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return ParquetRecording(path) if path.suffix == PARQUET else LinesRecording(path)
    except OSError as error:
        finding = Finding(message=f"cannot be written: {error.strerror}", path="-o", value=str(path))
        raise ScenarioError([finding], "command line") from error


def record(bus: Bus, path: Path, patterns: Sequence[str], stopped: Callable[[float], bool]) -> int:
    """Store what flows on a bus until stopped, and return how many messages that were.

    Parameters
    ----------
    bus : Bus
        The bus.
    path : pathlib.Path
        ``.jsonl`` or ``.parquet``.
    patterns : sequence of str
        Subjects.
    stopped : callable
        Waits for as long as it is told and returns whether to stop. [s]
    """
    recording = recording_to(path)
    count = 0
    try:
        inbox = bus.subscribe(patterns, keep_late=True)
        ending = False
        while not ending:
            ending = stopped(LOOK_S)
            messages = inbox.take()
            recording.add(messages)
            count += len(messages)
    finally:
        recording.close()
    return count


def copy(bodies: Iterable[bytes], path: Path, patterns: Sequence[str]) -> int:
    """Store the messages of another recording whose subject matches a pattern, and return how many."""
    recording = recording_to(path)
    read = (decode(body) for body in bodies)
    messages = [message for message in read if any(matches(pattern, message.subject) for pattern in patterns)]
    recording.add(messages)
    recording.close()
    return len(messages)


def read_recording(place: Path) -> list[bytes]:
    """Return the bodies of a recording: a run folder, a Parquet file or a file of JSON lines.

    Raises
    ------
    ScenarioError
        If it is none of these, or cannot be read.
    """
    if place.is_dir():
        files = parts(place / MESSAGES)
        if not files:
            raise _unusable(place, "is a folder without messages; a run folder of a run whose agents said something has some")
        return [body for file in files for body in _parquet(file)]
    if not place.is_file():
        raise _unusable(place, "does not exist")
    if place.suffix == PARQUET:
        return _parquet(place)
    if place.suffix in LINES:
        return _lines(place)
    raise _unusable(place, "is no recording")


def _parquet(file: Path) -> list[bytes]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        column = pq.read_table(file, columns=["body"]).column("body")
    except (OSError, pa.ArrowException) as error:
        raise _unusable(file, f"cannot be read: {error}") from error
    return [str(body).encode() for body in column.to_pylist()]


def _lines(file: Path) -> list[bytes]:
    bodies = []
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):  # whoever recorded it was ended in the middle of this one
                break
            try:
                row = json.loads(line)
                bodies.append(str(row["body"]).encode())
            except (ValueError, KeyError, TypeError) as error:
                raise _unusable(file, f"line {number} is no recorded message: {type(error).__name__}") from error
    return bodies


def _unusable(place: Path, why: str) -> ScenarioError:
    return ScenarioError([Finding(message=why, path="--replay", value=str(place), allowed=FORMS)], "command line")

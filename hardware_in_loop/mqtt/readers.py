# SPDX-License-Identifier: Apache-2.0
"""Messages of one state of a profile, read: numbers that can be believed, and why the others cannot."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.payloads import LONGEST_BYTES, MISSING, PayloadError, device_seconds, document, pick, steps, word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.mqtt.profile import Binary, DeviceTime, Path, Reading, State

_LETTERS: Final = {
    "i8": "b",
    "u8": "B",
    "i16": "h",
    "u16": "H",
    "i32": "i",
    "u32": "I",
    "i64": "q",
    "u64": "Q",
    "f32": "f",
    "f64": "d",
}


_NAMED: Final = (bool, str, int)
"""Types that a word may have: JSON's true, "ON", 1."""


def _first(tree: Any, paths: tuple[tuple[str, ...], ...]) -> Any:
    """Return the first that stands there; None where one is null and none has a value, `MISSING` where nothing is."""
    first = MISSING
    for keys in paths:
        found = pick(tree, keys)
        if found is not MISSING and found is not None:
            return found
        first = None if found is None else first
    return first


def _paths(path: Path) -> tuple[tuple[str, ...], ...]:
    return tuple(steps(one) for one in ((path,) if isinstance(path, str) else path))


def _converter(reading: Reading, *, plain: bool) -> Callable[[Any], float]:
    """Return what turns a raw value into a number of the port; it raises PayloadError for anything else."""
    words = {word.lower(): raw for word, raw in reading.words.items()}
    otherwise = reading.otherwise
    scale, offset = reading.sign * reading.scale, reading.sign * reading.offset + 0.0  # no -0.0
    low = -math.inf if reading.low is None else reading.low
    high = math.inf if reading.high is None else reading.high

    def number(raw: Any) -> float:
        kind = type(raw)
        if words:
            known = words.get(word(raw), otherwise) if kind in _NAMED else None
            if known is None:
                message = f"is none of {', '.join(words)}: {raw!r}"[:120]
                raise PayloadError(message)
            raw = known
        elif plain and kind is str:
            raw = _plain_number(raw)
        elif kind is not float and kind is not int:
            message = f"is no number: {raw!r}"[:120]
            raise PayloadError(message)
        return float(raw) * scale + offset

    def checked(raw: Any) -> float:
        try:
            value = number(raw)
        except OverflowError:
            value = math.inf
        if not low <= value <= high or value - value != 0.0:
            message = f"{value:g} lies outside of {low:g} to {high:g}"
            raise PayloadError(message)
        return value

    return checked


def _plain_number(text: str) -> float:
    """Return the number that a plain text is; Python's own spellings (nan, 1_000, ٣) are none."""
    text = text.strip()
    if not text.isascii() or "_" in text or "n" in text.lower():
        message = f"is no number: {text!r}"[:120]
        raise PayloadError(message)
    try:
        return float(text)
    except ValueError:
        message = f"is no number: {text!r}"[:120]
        raise PayloadError(message) from None


def _unpacker(binary: Binary) -> Callable[[bytes], Any]:
    unpack = struct.Struct((">" if binary.order == "big" else "<") + _LETTERS[binary.type])
    last = binary.at + unpack.size

    def number(data: bytes) -> Any:
        if len(data) < last:
            return MISSING
        return unpack.unpack_from(data, binary.at)[0]

    return number


@dataclass(slots=True)
class Sample:
    """What one message said.

    Attributes
    ----------
    values : dict of str to float
        Readings that can be believed, port unit and load frame.
    bad : dict of str to str
        Readings that cannot, and why.
    device_s : float
        When it was measured by the device's clock, NaN if it does not say. [s since 1970]
    once : object
        Mark by which copies of the message are told, None for none.
    sequence : int or None
        Its number.
    """

    values: dict[str, float] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)
    device_s: float = math.nan
    once: object = None
    sequence: int | None = None


class StateReader:
    """Reads messages of one state of a profile.

    Parameters
    ----------
    state : State
        The state, all placeholders filled.
    readings : mapping of str to Reading
        Readings of the profile.
    """

    def __init__(self, state: State, readings: Mapping[str, Reading]) -> None:
        self.state = state
        self._root = steps(state.root)
        self._data = steps(state.data)
        self._when = [(steps(path), frozenset(map(word, allowed))) for path, allowed in state.when.items()]
        self._once, self._sequence = steps(state.once), steps(state.sequence)
        self._time: DeviceTime | None = state.time
        self._time_paths = _paths(state.time.path) if state.time else ()
        plain = state.format == "plain"
        names = state.reads or tuple(readings)
        self._paths = [(name, _paths(readings[name].path), readings[name].absent, _converter(readings[name], plain=plain))
                       for name in names if readings[name].binary is None]  # fmt: skip
        binaries = [(name, readings[name].binary, readings[name]) for name in names]
        self._binaries = [
            (name, _unpacker(binary), _converter(reading, plain=False)) for name, binary, reading in binaries if binary
        ]

    def read(self, payload: bytes, tree: Any = MISSING) -> Sample | None:
        """Return what a message says, None if it is none of this state's.

        Parameters
        ----------
        payload : bytes
            The message.
        tree : object, optional
            Its JSON document, where it is known already.

        Raises
        ------
        PayloadError
            If it is not what the profile says, as a whole.
        """
        if self.state.format == "plain":
            return self._fields(_text(payload))
        if self.state.format == "bytes":
            return self._bytes(payload, Sample())
        tree = document(payload) if tree is MISSING else tree
        if any(word(pick(tree, keys)) not in allowed for keys, allowed in self._when):
            return None
        root = pick(tree, self._root)
        if root is MISSING and self.state.partial:
            return None
        if not isinstance(root, dict | list) and self._paths_below():
            message = f"has nothing at {self.state.root!r}" if self.state.root else "is no JSON object"
            raise PayloadError(message)
        sample = self._fields(root)
        self._envelope(tree, sample)
        if self._binaries:
            self._bytes(_base64(pick(tree, self._data)), sample)
        return sample

    def _paths_below(self) -> bool:
        return any(keys for _, paths, _, _ in self._paths for keys in paths)

    def _fields(self, root: Any) -> Sample:
        sample = Sample()
        for name, paths, absent, convert in self._paths:
            raw = _first(root, paths)
            if raw is MISSING or raw is None:
                # In a partial state what is left out has not changed; null says that it is gone.
                if absent is None or (raw is MISSING and self.state.partial):
                    continue
                raw = absent
            try:
                sample.values[name] = convert(raw)
            except PayloadError as error:
                sample.bad[name] = str(error)
        return sample

    def _bytes(self, data: bytes, sample: Sample) -> Sample:
        for name, unpack, convert in self._binaries:
            raw = unpack(data)
            if raw is MISSING:
                sample.bad[name] = f"{len(data)} bytes are too few"
                continue
            try:
                sample.values[name] = convert(raw)
            except PayloadError as error:
                sample.bad[name] = str(error)
        return sample

    def _envelope(self, tree: Any, sample: Sample) -> None:
        if self._time is not None:
            sample.device_s = device_seconds(_first(tree, self._time_paths), self._time.unit)
        if self._once:
            once = pick(tree, self._once)
            sample.once = once if isinstance(once, str | int) else None
        if self._sequence:
            number = pick(tree, self._sequence)
            sample.sequence = 0 if number is MISSING else number if type(number) is int else None


def _text(payload: bytes) -> str:
    if len(payload) > LONGEST_BYTES:
        message = f"{len(payload)} bytes are no plain value"
        raise PayloadError(message)
    try:
        return payload.decode()
    except UnicodeDecodeError:
        message = "is no text"
        raise PayloadError(message) from None


def _base64(raw: Any) -> bytes:
    if raw is MISSING:
        return b""
    try:
        return base64.b64decode(raw, validate=True)
    except (ValueError, TypeError, binascii.Error):
        message = f"is no base64: {raw!r}"[:120]
        raise PayloadError(message) from None

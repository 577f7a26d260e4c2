# SPDX-License-Identifier: Apache-2.0
"""Profiles: what a device publishes and takes, as data, so that a new device needs no Python.

Readings carry the names of ports (``p_kw``, ``on``, ``temp_indoor_degc``); names that are no port may be used for confirmation.
Texts may hold placeholders: ``{topic}`` and other fields of the scenario, ``{client}`` (this side's name), and in commands
``{value}`` and ``{within_s}``. A placeholder that is a whole text keeps its type: ``{on: "{value}"}`` becomes ``{"on": true}``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twinergy.options import NonNegative, Options, Positive

Scalar = bool | int | float | str
Path = str | tuple[str, ...]
"""Keys and positions separated by dots (``params.switch:0.apower``); of several paths the first that exists."""
BinaryType = Literal["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"]


class Binary(Options):
    """Where a number stands in raw bytes."""

    at: Annotated[int, Field(ge=0)]
    """Offset from the start. [bytes]"""
    type: BinaryType
    """Signed, unsigned or floating, and its bits."""
    order: Literal["big", "little"] = "big"
    """Order of its bytes."""


class Conversion(Options):
    """Between a raw number and a port: ``port = sign * (raw * scale + offset)``."""

    scale: float = 1.0
    """Port unit per raw unit; 0.001 for W to kW."""
    offset: float = 0.0
    """Added after scaling, port unit."""
    positive: Literal["draws", "feeds"] = "draws"
    """What a positive raw value means; ``feeds`` turns the sign into the load frame."""

    @model_validator(mode="after")
    def _can_be_turned(self) -> Conversion:
        if self.scale == 0.0:
            message = "scale 0 makes everything 0"
            raise ValueError(message)
        return self

    @property
    def sign(self) -> float:
        """Factor into the load frame."""
        return -1.0 if self.positive == "feeds" else 1.0


class Reading(Conversion):
    """One value of a message."""

    path: Path = ""
    """Where it stands below the state's root; empty for the whole payload."""
    binary: Binary | None = None
    """Where it stands in raw bytes, instead of a path."""
    words: dict[str, float] = Field(default_factory=dict)
    """Raw number of words (upper or lower case is the same): ``{on: 1, off: 0}``; ``true`` and ``false`` are those of JSON."""
    otherwise: float | None = None
    """Raw number of all other words; none are accepted if not given."""
    absent: float | None = None
    """Raw number where the field is left out, as protobuf JSON does with zero."""
    counter: bool = False
    """Whether it is an energy register that may restart or wrap; the port counts on from its first reading."""
    low: float | None = None
    """Lowest value that can be, port unit; beyond it the reading is bad."""
    high: float | None = None
    """Highest value that can be, port unit."""


class DeviceTime(Options):
    """Where a message says when it was measured."""

    path: Path
    unit: Literal["s", "ms", "iso", "auto"] = "s"
    """Seconds or milliseconds since 1970, ISO 8601 text, or whichever it looks like."""


class State(Options):
    """A message that carries readings: on a topic, or as the answer to a call."""

    topic: str = ""
    answer_to: str = ""
    """Method whose answer this is, where the profile has calls."""
    format: Literal["json", "plain", "bytes"] = "json"
    root: str = ""
    """Where the readings are in the JSON document."""
    data: str = ""
    """Path of a base64 text in the JSON document that holds the raw bytes."""
    when: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    """Only messages with one of these values at these paths count."""
    reads: tuple[str, ...] = ()
    """Readings it carries; all of the profile where none is named."""
    partial: bool = False
    """Whether it carries only what changed; what is missing keeps its last value."""
    time: DeviceTime | None = None
    once: str = ""
    """Path of a value that is the same in copies of one message."""
    sequence: str = ""
    """Path of a number that grows by one each message (0 where left out); gaps are counted."""

    @model_validator(mode="after")
    def _from_somewhere(self) -> State:
        if bool(self.topic) == bool(self.answer_to):
            message = "a state needs either a topic or the call that it answers (answer_to)"
            raise ValueError(message)
        return self


class Message(Options):
    """Something to publish: a payload to a topic, or a call."""

    topic: str = ""
    payload: Any = None
    """Text, or a document that is sent as JSON."""
    retain: bool = False
    method: str = ""
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _to_somewhere(self) -> Message:
        if bool(self.topic) == bool(self.method):
            message = "a message needs either a topic or a method to call"
            raise ValueError(message)
        return self


class Request(Message):
    """What asks the device for its state."""

    every_s: NonNegative = 0.0
    """Shortest time between two of them; 0 asks before every step. [s]"""


class Command(Conversion):
    """How a set-point is asked for. Never anything that toggles: a message may arrive twice."""

    send: Message
    timed: Message | None = None
    """Sent instead where the device can fall back by itself after ``{within_s}``."""
    timed_for: tuple[float, ...] = ()
    """Values for which the device knows that timer; all where none is named."""
    values: dict[float, Scalar] = Field(default_factory=dict)
    """What is sent for each value that may be asked for; the converted number where there are none."""
    decimals: Annotated[int, Field(ge=0, le=9)] = 3
    """Digits that the raw number is rounded to."""
    confirm: str = ""
    """Reading that proves it: of the same name if not given; ``-`` where nothing does."""
    tolerance: NonNegative = 1e-6
    """Largest difference between what was asked for and the proof, port unit."""
    timer: str = ""
    """Reading that shows the running timer in seconds (0: none); it proves the fall back."""
    renewed: str = ""
    """Reading that shows when that timer began: it must differ after each command that carries one, or it was not renewed (0
    where the device does not say)."""
    hand: str = ""
    """Reading that is 1 where the last change was made at the device by hand."""
    let_go: float | None = None
    """What is asked for to give the device back to its local mode; nothing can be where it is not given."""
    default: float | None = None
    """Value of ``safe.set`` where the scenario names none; `let_go` if not given."""

    @property
    def safe_default(self) -> float | None:
        """Value in the safe state where the scenario names none."""
        return self.let_go if self.default is None else self.default


class Availability(Options):
    """A topic that says whether the device is there. All of them must say so."""

    topic: str
    path: str = "state"
    """Where it stands if the payload is JSON; plain text is accepted as well."""
    online: tuple[str, ...] = ("online", "true", "1")
    offline: tuple[str, ...] = ("offline", "false", "0")


class Calls(Options):
    """Calls with answers by ``id``, ``src``, ``method``, ``params``, ``result`` and ``error`` (JSON-RPC as Shelly speaks it)."""

    topic: str
    """Where calls go."""
    answers: str
    """Where answers come."""


class Profile(Options):
    """A device as data."""

    title: str
    """One line for people."""
    kinds: tuple[str, ...] = ()
    """Kinds of devices it can stand for; any where none is named."""
    fields: dict[str, str | int] = Field(default_factory=dict)
    """Placeholders with their defaults; ``topic`` is asked for in any case where it is used."""
    readings: dict[str, Reading]
    states: Annotated[tuple[State, ...], Field(min_length=1)]
    sums: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Readings that are the sum of others, as old as the oldest of them: three phases of a meter."""
    commands: dict[str, Command] = Field(default_factory=dict)
    availability: tuple[Availability, ...] = ()
    request: Request | None = None
    also: tuple[Request, ...] = ()
    """Further questions, for what the first one does not bring; nobody waits for their answers but the readings."""
    calls: Calls | None = None
    fallback: tuple[Literal["timer", "will"], ...] = ()
    """How the device gets into its safe state without this laboratory: a timer of its own (see `Command.timed`), or the last will
    that this side leaves with the broker."""
    expire_s: Positive | None = None
    """Silence after which all readings are stale, where the device is known to speak that often. [s]"""

    @model_validator(mode="after")
    def _whole(self) -> Profile:
        wrong = [*self._unknown(), *self._calls(), *self._proofs()]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Readings and sums."""
        return (*self.readings, *self.sums)

    def _unknown(self) -> list[str]:
        named = [(f"states[{place}].reads", name) for place, state in enumerate(self.states) for name in state.reads]
        named += [(f"sums.{total}", name) for total, names in self.sums.items() for name in names]
        return [f"{where} names {name!r}, which is no reading" for where, name in named if name not in self.readings]

    def _calls(self) -> list[str]:
        messages = [message for command in self.commands.values() for message in (command.send, command.timed)]
        uses = [message.method for message in (*messages, self.request, *self.also) if message is not None and message.method]
        uses += [state.answer_to for state in self.states if state.answer_to]
        return [f"{use} is called, but the profile has no calls"[:200] for use in uses[:1] if self.calls is None]

    def _proofs(self) -> list[str]:
        wrong = []
        for name, command in self.commands.items():
            proof = command.confirm or name
            if proof != "-" and proof not in self.names:
                wrong.append(f"commands.{name}.confirm: {proof!r} is no reading; write '-' where nothing proves it")
            for what, reading in (("timer", command.timer), ("renewed", command.renewed), ("hand", command.hand)):
                if reading and reading not in self.names:
                    wrong.append(f"commands.{name}.{what}: {reading!r} is no reading")
        if "timer" in self.fallback and not any(command.timed for command in self.commands.values()):
            wrong.append("fallback by timer needs a command with `timed`")
        return wrong

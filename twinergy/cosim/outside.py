# SPDX-License-Identifier: Apache-2.0
"""Agents in other processes: shows them what they would see, and takes what they decide for as much as it is worth.

Nothing that comes from outside can end a run: what cannot be used is turned away with a reason and counted, and so is a decision
that comes late or not at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from twinergy.agents import Limit, SetPoint
from twinergy.cosim.arbiter import HIGH, LOW
from twinergy.cosim.frames import DecisionFrame, decision_subject, observation_subject, rank_of
from twinergy.errors import TwinergyError, closest
from twinergy.messages import MAX_BYTES, MessageError, decode, encode
from twinergy.ports import Direction
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.bus.nats_bus import Frame, NatsBus
    from twinergy.cosim.arbiter import Arbiter
    from twinergy.cosim.frames import LimitFrame, SetPointFrame
    from twinergy.kinds import Table
    from twinergy.timebase import Step

AHEAD_S: Final = 2.0 * SECONDS_PER_DAY
"""How far ahead published prices are shown: markets publish no further than tomorrow's end."""
MOST_PRICES: Final = 40_000
"""Numbers of prices in an observation, about 400 kB; of many tariffs at short steps fewer steps are shown."""
NAMED: Final = 3


@dataclass
class Tally:
    """What became of the observations shown to one agent.

    Attributes
    ----------
    shown : int
        Observations sent.
    answered : int
        Of these, answered before the next step began.
    late : int
        Answered later, but before the next observation.
    absent : int
        Not answered.
    rejected : int
        Decisions that could not be used.
    """

    shown: int = 0
    answered: int = 0
    late: int = 0
    absent: int = 0
    rejected: int = 0


@dataclass
class _Asked:
    """One agent outside."""

    tally: Tally = field(default_factory=Tally)
    newest: int = -1
    waiting: bool = False


class OutsideAgents:
    """The laboratory's side of all agents that run elsewhere.

    Parameters
    ----------
    bus : NatsBus
        The way to them.
    arbiter : Arbiter
        Where their requests go.
    tables : mapping of str to Table
        What can be asked for.
    names : sequence of str
        Their names in the scenario.
    pilot, run, scenario : str
        Name of the scenario, of this run, and digest of the scenario.
    """

    def __init__(
        self,
        bus: NatsBus,
        arbiter: Arbiter,
        tables: Mapping[str, Table],
        names: tuple[str, ...],
        *,
        pilot: str,
        run: str,
        scenario: str,
    ) -> None:
        self._bus = bus
        self._arbiter = arbiter
        self._tables = {name: table for name, table in tables.items() if table.of(Direction.SET_POINT)}
        self._pilot = pilot
        self._head = {"schema_version": 1, "run": run, "pilot": pilot, "scenario": scenario}
        self._agents = {name: _Asked() for name in names}
        self._name_of = {decision_subject(pilot, name): name for name in names}
        self._inbox = bus.subscribe_frames(tuple(self._name_of)) if names else None

    def show(self, name: str, step: Step, seen: Mapping[str, Any], within_s: float | None) -> None:
        """Send an observation.

        Parameters
        ----------
        name : str
            The agent.
        step : Step
            The step that was just computed.
        seen : mapping
            ``views``, ``prices``, ``told`` and ``messages`` as in `twinergy.cosim.frames.ObservationFrame`.
        within_s : float or None
            Wall time until the next step. [s]
        """
        asked = self._agents[name]
        if asked.waiting:
            asked.tally.absent += 1
        asked.tally.shown += 1
        asked.newest, asked.waiting = step.index, True
        at = {"index": step.index, "epoch_s": step.epoch_s, "duration_s": step.duration_s}
        self._send(name, {"step": at, "answer_within_s": within_s, **seen})

    def end(self) -> None:
        """Tell everybody that the run is over."""
        for name, asked in self._agents.items():
            asked.tally.absent += asked.waiting
            asked.waiting = False
            self._send(name, {"ended": True})

    def _send(self, name: str, said: Mapping[str, Any]) -> None:
        document = to_json({**self._head, "agent": name, **said}, inf_nan_mode="null")
        self._bus.publish_frame(observation_subject(self._pilot, name), document)

    def collect(self, step: Step) -> None:
        """Take the decisions that have arrived, and hand what they ask for to the arbiter; it acts in the next step."""
        for frame in self._inbox.take() if self._inbox else ():
            name = self._name_of[frame.subject]
            try:
                self._apply(name, frame, step)
            except _RefusedError as refused:
                self._agents[name].tally.rejected += 1
                self._bus.counts.reject(refused.kind, frame.subject, refused.reason)

    def _apply(self, name: str, frame: Frame, step: Step) -> None:
        decision = _parsed(frame)
        asked = self._agents[name]
        if decision.step > step.index:
            msg = "malformed"
            raise _RefusedError(msg, f"step {decision.step} has not been yet, the newest is {step.index}")
        if decision.step != asked.newest:
            msg = "late"
            raise _RefusedError(msg, f"it answers step {decision.step}, but step {asked.newest} has been shown since")
        requests: list[SetPoint | Limit] = [*map(_limit, decision.limits), *map(_set_point, decision.set_points)]
        wrong = [reason for request in requests if (reason := objection(request, self._tables))]
        if wrong:
            more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
            msg = "malformed"
            raise _RefusedError(msg, "; ".join(wrong[:NAMED]) + more)
        messages = [self._message(name, document) for document in decision.messages]
        if asked.waiting:
            asked.waiting = False
            on_time = decision.step == step.index
            asked.tally.answered += on_time
            asked.tally.late += not on_time
        for request in requests:
            self._arbiter.ask(name, request, step)
        for message in messages:
            self._bus.publish(message)

    def _message(self, name: str, document: Mapping[str, Any]) -> Any:
        try:
            message = decode(to_json(document))
        except MessageError as error:
            raise _RefusedError(error.kind, f"one of its messages: {error.reason}") from error
        if (message.source, message.pilot) != (name, self._pilot):
            reason = f"one of its messages says it is from {message.source!r} of {message.pilot!r}"
            msg = "malformed"
            raise _RefusedError(msg, reason)
        return message

    def facts(self) -> dict[str, dict[str, int]]:
        """Return the tally of each agent, for a manifest."""
        return {name: asdict(asked.tally) for name, asked in self._agents.items()}


class _RefusedError(TwinergyError):
    """A decision that cannot be used."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(reason)


def _parsed(frame: Frame) -> DecisionFrame:
    if len(frame.data) > MAX_BYTES:
        msg = "oversized"
        raise _RefusedError(msg, f"{len(frame.data)} bytes, allowed are {MAX_BYTES}")
    try:
        return DecisionFrame.model_validate_json(frame.data, strict=True)
    except ValidationError as error:
        findings = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)[:NAMED]]
        more = f"; and {error.error_count() - NAMED} more" if error.error_count() > NAMED else ""
        version = _version(frame.data)
        kind = "version" if isinstance(version, int) and version != 1 else "malformed"
        raise _RefusedError(kind, "; ".join(findings) + more) from error


def _version(data: bytes) -> object:
    try:
        document = from_json(data)
    except ValueError:
        return None
    return document.get("schema_version") if isinstance(document, dict) else None


def _set_point(frame: SetPointFrame) -> SetPoint:
    value = np.array(frame.value) if isinstance(frame.value, tuple) else frame.value
    common = {"table": frame.table, "ids": frame.ids, "valid_s": frame.valid_s, "reason": frame.reason}
    return SetPoint(port=frame.port, value=value, rank=rank_of(frame.rank), **common)  # type: ignore[arg-type]


def _limit(frame: LimitFrame) -> Limit:
    low_kw = float("-inf") if frame.low_kw is None else frame.low_kw
    high_kw = float("inf") if frame.high_kw is None else frame.high_kw
    common = {"table": frame.table, "ids": frame.ids, "valid_s": frame.valid_s, "reason": frame.reason}
    return Limit(low_kw=low_kw, high_kw=high_kw, rank=rank_of(frame.rank), **common)  # type: ignore[arg-type]


def objection(request: SetPoint | Limit, tables: Mapping[str, Table]) -> str:
    """Return why a request cannot be made, empty if it can."""
    table = tables.get(request.table)
    if table is None:
        return f"table {request.table!r} has no set-points: {closest(request.table, tables)}"
    ports = [port.name for port in table.of(Direction.SET_POINT)]
    if isinstance(request, SetPoint):
        if request.port not in ports:
            return f"{request.table!r} has no set-point {request.port!r}: {closest(request.port, ports)}"
    elif not {LOW, HIGH} & set(ports):
        return f"{request.table!r} cannot be limited, it has neither {LOW} nor {HIGH}"
    unknown = [name for name in request.ids if name not in table.row_of]
    return f"{request.table!r} has no {unknown[0]!r}: {closest(unknown[0], table.ids)}" if unknown else ""


def digest(text: str) -> str:
    """Return a short digest of a scenario's text."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def message_documents(messages: tuple[Any, ...]) -> list[Any]:
    """Return messages as JSON documents."""
    return [from_json(encode(message)) for message in messages]

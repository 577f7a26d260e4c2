# SPDX-License-Identifier: Apache-2.0
"""Messages of another run, or of a recording, played back at their simulated time as if their sources spoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twinergy.errors import Finding, ScenarioError
from twinergy.messages import MessageError, decode, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.messages import Message
    from twinergy.timebase import Step

EVERYTHING = "twinergy.>"


class Replay:
    """Recorded messages, by the step in which they were said.

    Parameters
    ----------
    bodies : iterable of bytes
        Messages as they travelled, in order.
    scenario : Scenario
        The run into which they are played: their pilot becomes its name. Sources that speak for themselves in it are left out.
    patterns : sequence of str
        Which subjects to play back, as they were recorded.
    source : str
        Where they are from, for messages.

    Raises
    ------
    ScenarioError
        If there is nothing to play back within the time of the run.
    """

    def __init__(
        self, bodies: Iterable[bytes], scenario: Scenario, *, patterns: Sequence[str] = (EVERYTHING,), source: str = "recording"
    ) -> None:
        axis = scenario.axis
        speaking = {spec.name for spec in scenario.controllers}
        self._step_s = axis.step_s
        self._due: dict[int, list[Message]] = {}
        self._source = source
        self.played = 0
        self.counts = {"recorded": 0, "unreadable": 0, "other_subjects": 0, "speak_themselves": 0, "outside_time": 0, "due": 0}
        for body in bodies:
            self.counts["recorded"] += 1
            message = self._fitting(body, scenario.context.pilot, patterns, speaking)
            if message is None:
                continue
            index = (int(message.sent.timestamp()) - axis.start_epoch_s) // axis.step_s
            if not 0 <= index < axis.n_steps:
                self.counts["outside_time"] += 1
                continue
            self.counts["due"] += 1
            self._due.setdefault(index, []).append(message)
        if not self.counts["due"]:
            said = ", ".join(f"{name} {count}" for name, count in self.counts.items())
            when = f"{axis.start:%Y-%m-%d %H:%M} and {axis.end:%Y-%m-%d %H:%M} UTC"
            wrong = f"has no message to play back between {when} ({said})"
            raise ScenarioError([Finding(message=wrong, file=source, path="--replay")], "command line")

    def _fitting(self, body: bytes, pilot: str, patterns: Sequence[str], speaking: set[str]) -> Message | None:
        try:
            message = decode(body)
        except MessageError:
            self.counts["unreadable"] += 1
            return None
        if not any(matches(pattern, message.subject) for pattern in patterns):
            self.counts["other_subjects"] += 1
            return None
        if message.source in speaking:
            self.counts["speak_themselves"] += 1
            return None
        return message if message.pilot == pilot else message.model_copy(update={"pilot": pilot})

    def due(self, step: Step) -> list[Message]:
        """Return what was said in a step, in order."""
        messages = self._due.pop(step.index, [])
        self.played += len(messages)
        return messages

    def facts(self) -> dict[str, Any]:
        """Return what became of the recording, for a manifest."""
        return {"source": self._source, "played": self.played, **self.counts}

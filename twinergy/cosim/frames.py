# SPDX-License-Identifier: Apache-2.0
"""What travels between the laboratory and an agent in another process: an observation out, a decision back, both JSON.

Plain enough for a program that knows nothing of this laboratory. Unknown fields are refused, numbers are finite, null stands for
a reading that is missing.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, model_validator

from twinergy.agents import Rank
from twinergy.messages.base import subject_of
from twinergy.options import Options

FRAME_VERSION: Final = 1
MOST_REQUESTS: Final = 10_000
LONGEST_VALID_S: Final = 7 * 86_400.0
LONGEST_REASON: Final = 200

Reading = float | None
RankName = Literal["schedule", "market_commitment", "demand_response", "user_override", "dso_order"]
"""Standings an agent outside may claim; a safety limit is the laboratory's own."""


def observation_subject(pilot: str, agent: str) -> str:
    """Return where an agent's observations go.

    >>> observation_subject("hagedorn", "dimming")
    'twinergy.hagedorn.lab.observation.dimming'
    """
    return f"{subject_of(pilot, 'lab', 'observation')}.{subject_of(pilot, agent, 'decision').split('.')[2]}"


def decision_subject(pilot: str, agent: str) -> str:
    """Return where an agent's decisions come from.

    >>> decision_subject("hagedorn", "dimming")
    'twinergy.hagedorn.dimming.decision'
    """
    return subject_of(pilot, agent, "decision")


class StepFrame(Options):
    """The step that has just been computed."""

    index: int = Field(ge=0)
    """Number of the step, from 0."""
    epoch_s: int
    """Its start in seconds since 1970-01-01 00:00 UTC."""
    duration_s: float = Field(gt=0.0)
    """Its length."""


class ViewFrame(Options):
    """Readings of a table that the agent subscribed to."""

    table: str
    ids: tuple[str, ...]
    """Devices, the order of every array."""
    values: dict[str, tuple[Reading, ...]]
    """Readings by port; null where one is missing."""


class PricesFrame(Options):
    """Prices as far as they are published, the next step first."""

    ids: tuple[str, ...] = ()
    """Tariffs, the order within each step."""
    values: dict[str, tuple[tuple[Reading, ...], ...]] = Field(default_factory=dict)
    """By port, for each coming step, for each tariff."""


class ObservationFrame(Options):
    """What an agent knows when it decides."""

    schema_version: Literal[1] = FRAME_VERSION
    run: str
    """Name of the run; another one means: begin anew."""
    pilot: str
    agent: str
    scenario: str
    """Digest of the scenario, to see that both sides run the same one."""
    ended: bool = False
    """Whether the run is over; then there is no step."""
    step: StepFrame | None = None
    answer_within_s: float | None = None
    """Wall time until the next step begins: a decision that comes later acts later."""
    views: tuple[ViewFrame, ...] = ()
    prices: PricesFrame = PricesFrame()
    told: dict[str, dict[str, tuple[Reading, ...]]] = Field(default_factory=dict)
    """What devices had been told for this step, by table and port, in the order of the table."""
    messages: tuple[dict[str, Any], ...] = ()
    """What arrived for the agent, as JSON of `twinergy.messages`."""


class RequestFrame(Options):
    """What every request says."""

    table: str
    ids: tuple[str, ...] = Field(min_length=1)
    valid_s: float = Field(default=3600.0, ge=0.0, le=LONGEST_VALID_S)
    """For how long it holds, from the step in which it acts."""
    reason: str = Field(default="", max_length=LONGEST_REASON)

    @model_validator(mode="after")
    def _each_once(self) -> RequestFrame:
        if len(set(self.ids)) != len(self.ids):
            message = "ids: a device stands there twice"
            raise ValueError(message)
        return self


class SetPointFrame(RequestFrame):
    """A wish for one port of several devices."""

    port: str
    value: float | tuple[float, ...]
    """One for all, or one per device, in the port's unit."""
    rank: RankName = "schedule"

    @model_validator(mode="after")
    def _one_value_each(self) -> SetPointFrame:
        if isinstance(self.value, tuple) and len(self.value) != len(self.ids):
            message = f"value: {len(self.value)} numbers for {len(self.ids)} devices"
            raise ValueError(message)
        return self


class LimitFrame(RequestFrame):
    """Bounds on the power of several devices; null where there is none."""

    low_kw: Reading = None
    high_kw: Reading = None
    rank: RankName = "dso_order"

    @model_validator(mode="after")
    def _some_room(self) -> LimitFrame:
        if self.low_kw is not None and self.high_kw is not None and self.low_kw > self.high_kw:
            message = f"low_kw {self.low_kw:g} lies above high_kw {self.high_kw:g}"
            raise ValueError(message)
        return self


class DecisionFrame(Options):
    """What an agent asks for and says."""

    schema_version: Literal[1] = FRAME_VERSION
    step: int = Field(ge=0)
    """Index of the step whose observation this answers."""
    set_points: tuple[SetPointFrame, ...] = Field(default=(), max_length=MOST_REQUESTS)
    limits: tuple[LimitFrame, ...] = Field(default=(), max_length=MOST_REQUESTS)
    messages: tuple[dict[str, Any], ...] = Field(default=(), max_length=MOST_REQUESTS)


def rank_of(name: str) -> Rank:
    """Return the rank of a name.

    >>> rank_of("dso_order").name
    'DSO_ORDER'
    """
    return Rank[name.upper()]

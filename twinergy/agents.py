# SPDX-License-Identifier: Apache-2.0
"""The contract of a controller: what it sees, when it decides, and what it may ask for.

An agent is a plug-in (entry point group ``twinergy.controllers``). It sees what its real counterpart would see: meter
readings, published prices, messages and the static twin, never a simulator's hidden state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from twinergy.community.twin import BuildContext
    from twinergy.errors import Finding
    from twinergy.messages import Message
    from twinergy.options import Options
    from twinergy.timebase import Step

    FloatArray = NDArray[np.float64]


class Rank(IntEnum):
    """Who wins when several agents address one device; the higher value wins."""

    SCHEDULE = 1
    MARKET_COMMITMENT = 2
    DEMAND_RESPONSE = 3
    USER_OVERRIDE = 4
    DSO_ORDER = 5
    SAFETY_LIMIT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPoint:
    """A request for one port of several devices.

    Attributes
    ----------
    table : str
        Table that holds the devices: their kind.
    port : str
        Set-point port.
    ids : sequence of str
        Devices.
    value : float or ndarray, shape (len(ids),)
        What is asked for, in the port's unit.
    rank : Rank
        Standing of the request.
    valid_s : float
        For how long it holds, counted from the step in which it acts; afterwards the device returns to its local mode. [s]
    reason : str
        Why, for people; stands in results.
    """

    table: str
    port: str
    ids: Sequence[str]
    value: float | FloatArray
    rank: Rank = Rank.SCHEDULE
    valid_s: float = 3600.0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Bounds on the power of several devices. Limits of all agents intersect, and every target is cut to them.

    Attributes
    ----------
    table, ids, rank, valid_s, reason
        As in `SetPoint`.
    low_kw, high_kw : float
        Bounds in the load frame, infinite where there is none: ``low_kw=-3`` allows feeding in at most 3 kW. [kW]
    """

    table: str
    ids: Sequence[str]
    low_kw: float = float("-inf")
    high_kw: float = float("inf")
    rank: Rank = Rank.DSO_ORDER
    valid_s: float = 3600.0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What an agent wants to see.

    Attributes
    ----------
    table : str
        ``meter`` for readings, ``prices`` for published prices.
    ports : tuple of str
        Columns.
    ids : tuple of str
        Entities; empty for all.
    """

    table: str
    ports: tuple[str, ...]
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """The subscribed part of a table at one step.

    Attributes
    ----------
    ids : tuple of str
        Entities.
    values : mapping of str to ndarray, shape (len(ids),)
        One array per port; NaN where a reading is missing.
    """

    ids: tuple[str, ...]
    values: Mapping[str, FloatArray]

    def __getitem__(self, port: str) -> FloatArray:
        return self.values[port]


@dataclass(frozen=True, slots=True)
class Observation:
    """What an agent knows when it decides.

    Attributes
    ----------
    step : Step
        The step that has just been computed; what is decided now acts in the next one.
    views : tuple of View
        One per declared `Subscription`, in their order.
    messages : tuple of Message
        What arrived on the declared subjects since the last decision, in order.
    forecast : Forecast
        What is published or predicted about the future.
    told : mapping of str to mapping of str to ndarray
        What devices had been told for this step, by table and set-point port, in the order of the table, NaN where nobody asked:
        the arbiter's verdict on what all agents asked for. Tables and ports nobody ever asked for are absent.
    """

    step: Step
    views: tuple[View, ...]
    messages: tuple[Message, ...]
    forecast: Forecast
    told: Mapping[str, Mapping[str, FloatArray]] = field(default_factory=dict)


class Forecast(ABC):
    """What is known about the future: published prices, and predictions of the providers a scenario names."""

    @abstractmethod
    def prices(self, horizon_s: float) -> Mapping[str, FloatArray]:
        """Return published prices of the coming steps, by port, shape ``(n_steps, n_tariffs)``, next step first.

        Parameters
        ----------
        horizon_s : float
            How far to look. [s]
        """

    def weather(self, horizon_s: float) -> Mapping[str, FloatArray]:  # noqa: ARG002
        """Return what the weather forecast service says of the coming steps, by port, shape ``(n_steps,)``, next step first.

        ``ghi_w_per_m2`` and ``temp_degc`` as they are forecast, ``ghi_clear_w_per_m2`` what a clear sky would give. It is issued
        every six hours and wrong as such forecasts are. Empty without a service; fewer steps than asked for where it ends.

        Parameters
        ----------
        horizon_s : float
            How far to look. [s]
        """
        return {}

    def foresight(self, table: str, port: str, horizon_s: float) -> FloatArray | None:  # noqa: ARG002
        """Return what will be measured in the coming steps, shape ``(n_steps, n_ids)``, next step first.

        Only for what an agent names in `Agent.foresight`, in the order of the ids named there; None otherwise. Nobody has this
        in reality: it bounds from above what a better forecast could gain.
        """
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A table in which an agent gives account of itself at the end of a run; the report shows it as it is.

    Attributes
    ----------
    title : str
        Heading.
    columns : tuple of str
        Heads of the columns, with units for people.
    rows : tuple of tuple
        Text and numbers; None where there is none.
    note : str
        How to read it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent asks for and says.

    Attributes
    ----------
    set_points, limits : tuple
        Requests to the arbiter.
    messages : tuple of Message
        Published on the bus after all agents of the step have decided.
    """

    set_points: tuple[SetPoint, ...] = ()
    limits: tuple[Limit, ...] = ()
    messages: tuple[Message, ...] = field(default=())


class Agent(ABC):
    """A controller.

    Parameters
    ----------
    name : str
        Name in the scenario.
    options : Options
        Its options, validated.
    context : BuildContext
        The static twin, the time axis, the seed.

    Attributes
    ----------
    options_model : type of Options
        Options of the block in the scenario.
    subjects : tuple of str
        Message subjects it listens to, ``*`` for one part and ``>`` for the rest.
    """

    options_model: ClassVar[type[Options]]
    subjects: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, options: Any, context: BuildContext) -> None:
        self.name = name
        self.options = options
        self.context = context

    @classmethod
    def check(cls, name: str, options: Any, context: BuildContext) -> list[Finding]:  # noqa: ARG003
        """Return what cannot work about these options in this twin."""
        return []

    @property
    def period_s(self) -> float:
        """How often it decides; the step length where that is longer. [s]."""
        return 0.0

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """What it wants to see."""
        return ()

    @property
    def foresight(self) -> tuple[Subscription, ...]:
        """What it wants to know ahead, as an upper bound only: the run is then rehearsed without this agent first."""
        return ()

    def accounts(self) -> tuple[Account, ...]:
        """Return what it has to say about itself when the run ends."""
        return ()

    @abstractmethod
    def decide(self, observation: Observation) -> Decision:
        """Return what to ask for, given what is known."""

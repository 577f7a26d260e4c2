# SPDX-License-Identifier: Apache-2.0
"""What an adapter is: a kind that knows a protocol, drivers that hold its connections, links that are single devices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from twinergy.adapters.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.adapters.faults import FaultBoard
    from twinergy.adapters.image import Row
    from twinergy.adapters.options import AdapterOptions
    from twinergy.adapters.physics import Bench, Physics
    from twinergy.errors import Finding


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A device of a scenario that is real, or a part of it.

    Attributes
    ----------
    id : str
        Unique name of the link: the device's id, followed by ``.part`` where only a part of it is real.
    device : str
        Id of the device.
    kind : str
        Kind of the device.
    options : AdapterOptions
        Its adapter block, of the adapter's own options class.
    rated_kw : float
        Most power that the device can draw or feed in. [kW]
    limit_kw : float
        Limit of its connection, infinite where it has none. [kW]
    timezone : str
        IANA zone of the site.
    facts : mapping of str to float
        Numeric options of the simulated device, for adapters that need a rating or capacity: ``capacity_kwh``, ``phases_count``.
    path : str
        Where the adapter block stands in the scenario.
    """

    id: str
    device: str
    kind: str
    options: AdapterOptions
    rated_kw: float = 0.0
    limit_kw: float = float("inf")
    timezone: str = "UTC"
    facts: Mapping[str, float] = field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Ports of the device's kind that the real device serves.

    Attributes
    ----------
    reads : tuple of str
        Measured ports it fills.
    writes : tuple of str
        Set-point ports it takes.
    falls_back : bool
        Whether it can be armed to fall back to a safe state by itself.
    stale_s : float or None
        Age from which its readings are stale, of a device that reports seldom, where the scenario does not say. [s]
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    falls_back: bool = False
    stale_s: float | None = None


class LinkState(StrEnum):
    """How a link is."""

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True)
class LinkContext:
    """What a driver may use.

    Attributes
    ----------
    rows : mapping of str to Row
        Where each link puts its readings, by link.
    journal : Journal
        Where every frame goes.
    folder : pathlib.Path
        Paths in options are relative to it.
    pilot : str
        Name of the scenario, for client names and topics.
    seed : int
        For whatever is drawn (client ids must not be).
    """

    rows: Mapping[str, Row]
    journal: Journal = field(default_factory=lambda: Journal(None))
    folder: Path = Path()
    pilot: str = "pilot"
    seed: int = 1


class DeviceLink(ABC):
    """One real device. Everything is called in the event loop of the drivers.

    Attributes
    ----------
    id : str
        Its `Attached.id`.
    state : LinkState
        How the connection is; kept up to date by the link. Coming up begins a new `session`.
    session : int
        How often it has come up: after each time the device must be armed anew.
    said : str
        Why it is down, or what it said of itself (make, model, version), for people.
    """

    def __init__(self, attached: Attached, row: Row) -> None:
        self.attached = attached
        self.id = attached.id
        self.row = row
        self.said = ""
        self.session = 0
        self._state = LinkState.CONNECTING

    @property
    def state(self) -> LinkState:
        """How the connection is."""
        return self._state

    @state.setter
    def state(self, state: LinkState) -> None:
        self.session += state is LinkState.UP and self._state is not LinkState.UP
        self._state = state

    async def sample(self) -> None:  # noqa: B027 - what pushes its readings needs none
        """Read the device now and put the readings into `row`; called shortly before every step.

        Must end within the link's own time-out, whatever the device does, must not raise for what a device does wrong (mark the
        row instead), and is never called again before it has ended.
        """

    @abstractmethod
    async def arm(self) -> None:
        """Make the device fall back to ``options.safe`` by itself ``within_s`` after the last command.

        Called before the first command, and again whenever the connection or the device has been away. Writes must be proven.

        Raises
        ------
        DeviceError
            If that cannot be shown to hold.
        """

    @abstractmethod
    async def command(self, values: Mapping[str, float]) -> None:
        """Ask the device for set-points, by port and in the load frame; NaN lets go of one: back to its local mode.

        The same values come again at half of ``safe.within_s``, to refresh revert timers. Returns when the device has
        acknowledged and the write is proven (read back), never later than the link's time-out.

        Raises
        ------
        DeviceError
            If the device refused, did not answer, or does not do what it acknowledged.
        """

    @abstractmethod
    async def release(self) -> None:
        """Put the device into its safe state now; also the emergency stop. Tries even where the link looks down.

        Raises
        ------
        DeviceError
            If that could not be shown.
        """


class Driver(ABC):
    """All links of one adapter in a run, and the connections they share.

    Attributes
    ----------
    links : mapping of str to DeviceLink
        By `Attached.id`.
    """

    links: Mapping[str, DeviceLink]

    @abstractmethod
    async def start(self) -> None:
        """Begin to connect in the background and stay connected; returns at once, whether or not devices answer.

        Raises
        ------
        DeviceError
            If something on this side is wrong: a port that is taken, a certificate that cannot be read, a secret that is missing.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close all connections and end all tasks; without `release`, which comes before."""


class AdapterKind(ABC):
    """The plug-in object an entry point of ``twinergy.adapters`` names.

    Attributes
    ----------
    name, title : str
        Name in scenarios, and one line for people.
    options : type of AdapterOptions
        Options of one adapter block.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    options: ClassVar[type[AdapterOptions]]

    @abstractmethod
    def coverage(self, kind: str, options: AdapterOptions) -> Coverage:
        """Return the ports of a kind of device that a real one with these options serves.

        Raises
        ------
        ScenarioError
            If these options cannot stand for this kind of device (unknown profile, wrong kind), saying what exists.
        """

    def check(self, attached: Sequence[Attached]) -> list[Finding]:  # noqa: ARG002
        """Return what is wrong with these together (two devices at one address); paths begin with `Attached.path`."""
        return []

    @abstractmethod
    def driver(self, attached: Sequence[Attached], context: LinkContext) -> Driver:
        """Build the driver of all devices of this adapter in a run; opens nothing yet."""

    @abstractmethod
    def bench(self, attached: Sequence[Attached], physics: Physics, faults: FaultBoard, context: LinkContext) -> Bench:
        """Build software devices that stand where these real ones would, and speak the real protocol."""

    async def scan(self, where: str) -> list[dict[str, object]]:  # noqa: ARG002
        """Look for devices at an address such as ``host:port`` and propose an adapter block for each.

        Returns
        -------
        list of dict
            ``{"found": "text for people", "kind": "battery", "adapter": {...block...}}``.

        Raises
        ------
        DeviceError
            If nothing answers there.
        """
        return []

# SPDX-License-Identifier: Apache-2.0
"""The contract of an outlet: devices of a run are shown in a system of somebody else, and what that asks for comes back.

The other way round than an adapter: the device stays simulated (or real over its adapter), and the outside sees it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from twinergy.adapters.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.errors import Finding
    from twinergy.kinds import FloatArray, Table
    from twinergy.options import Options

Asked = dict[tuple[str, str, str], float]
"""What somebody outside asks for, by kind, device and set-point port; NaN lets go."""


@dataclass(frozen=True, kw_only=True)
class OutletContext:
    """What an outlet may use.

    Attributes
    ----------
    tables : mapping of str to Table
        Devices of the run by kind, with all their ports.
    journal : Journal
        Where commands and failures go.
    folder : pathlib.Path
        Paths in options are relative to it.
    pilot : str
        Name of the scenario.
    """

    tables: Mapping[str, Table]
    journal: Journal = field(default_factory=lambda: Journal(None))
    folder: Path = Path()
    pilot: str = "pilot"


class Outlet(ABC):
    """One connection to a system of somebody else; everything is called in one event loop."""

    @abstractmethod
    async def start(self) -> None:
        """Begin to connect in the background; returns at once.

        Raises
        ------
        DeviceError
            If something on this side is wrong.
        """

    @abstractmethod
    async def show(self, values: Mapping[str, Mapping[str, FloatArray]]) -> None:
        """Show how the devices are after a step, by kind and measured port; never called again before it has ended."""

    @abstractmethod
    def asked(self) -> Asked:
        """Return what is asked for now."""

    @abstractmethod
    def said(self) -> dict[str, object]:
        """Return how it went, for a manifest."""

    @abstractmethod
    async def close(self) -> None:
        """Say goodbye and end all tasks."""


class OutletKind(ABC):
    """The plug-in object an entry point of ``twinergy.outlets`` names.

    Attributes
    ----------
    name, title : str
        Name in scenarios, and one line for people.
    options : type of Options
        Options of its block.
    rank : str
        Standing of what it asks for, by the names of `twinergy.agents.Rank`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    options: ClassVar[type[Options]]
    rank: ClassVar[Literal["SCHEDULE", "DEMAND_RESPONSE", "USER_OVERRIDE"]] = "USER_OVERRIDE"

    def check(self, options: Options, devices: Mapping[str, Sequence[str]]) -> list[Finding]:  # noqa: ARG002
        """Return what is wrong with a block in a run with these devices by kind; paths are relative to the block."""
        return []

    @abstractmethod
    def build(self, options: Options, context: OutletContext) -> Outlet:
        """Build the outlet; opens nothing yet.

        Raises
        ------
        DeviceError
            If a secret or a certificate cannot be read.
        """

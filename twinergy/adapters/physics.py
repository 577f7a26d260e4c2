# SPDX-License-Identifier: Apache-2.0
"""What stands behind software devices: the physics, by device and port, and the devices that show it over a real protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Physics(Protocol):
    """The devices behind a bench; used in the bench's event loop only."""

    def read(self, device: str, port: str) -> float:
        """Return a measured port as it is now, load frame, NaN where the device has none."""

    def write(self, device: str, port: str, value: float) -> None:
        """Ask for a set-point; NaN lets the device go back to its local mode."""


class Bench(ABC):
    """Software devices of one adapter, serving on the loopback until closed."""

    @abstractmethod
    async def start(self) -> Mapping[str, str]:
        """Begin to serve; return the address of each link for people, such as ``127.0.0.1:5020 unit 1``."""

    @abstractmethod
    async def close(self) -> None:
        """End."""

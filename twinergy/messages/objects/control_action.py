# SPDX-License-Identifier: Apache-2.0
"""What an agent tells others about its own actions."""

from __future__ import annotations

from typing import ClassVar

from twinergy.messages.base import Message


class ControlAction(Message):
    """An agent has asked devices for something."""

    information_object: ClassVar[str] = "control_action"

    table: str
    """Kind of the devices."""
    port: str
    """Set-point port, with its unit."""
    devices: tuple[str, ...]
    """Ids of the devices."""
    value: float
    """Sum over the devices where they were asked for different values, in the port's unit."""
    reason: str
    """Why, for people."""

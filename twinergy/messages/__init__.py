# SPDX-License-Identifier: Apache-2.0
"""The information objects that modules exchange, typed, with their data model."""

from twinergy.messages.base import Message, matches
from twinergy.messages.control import ControlAction

__all__ = ["ControlAction", "Message", "matches"]

# SPDX-License-Identifier: Apache-2.0
"""Home Assistant both ways: the laboratory's devices appear there, and what announces itself there can be read and asked."""

from hardware_in_loop.mqtt.home_assistant.discovery import Table
from hardware_in_loop.mqtt.home_assistant.options import HomeAssistantOptions
from hardware_in_loop.mqtt.home_assistant.publisher import HomeAssistantPublisher
from hardware_in_loop.mqtt.home_assistant.reader import Discovered, discovered, profile_from_discovery

__all__ = ["Discovered", "HomeAssistantOptions", "HomeAssistantPublisher", "Table", "discovered", "profile_from_discovery"]

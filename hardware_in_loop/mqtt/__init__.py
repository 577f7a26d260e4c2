# SPDX-License-Identifier: Apache-2.0
"""Devices behind an MQTT broker: Shelly, Zigbee2MQTT, LoRaWAN by ChirpStack, and whatever a profile describes."""

from hardware_in_loop.mqtt.kind import ADAPTER

__all__ = ["ADAPTER"]

# SPDX-License-Identifier: Apache-2.0
"""Software devices that speak MQTT as the real ones do, with physics behind them and faults to order."""

from hardware_in_loop.mqtt.bench.bench import MqttBench
from hardware_in_loop.mqtt.bench.device import Timing
from hardware_in_loop.mqtt.bench.relay import Fallback

__all__ = ["Fallback", "MqttBench", "Timing"]

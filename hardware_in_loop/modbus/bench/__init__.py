# SPDX-License-Identifier: Apache-2.0
"""Software devices that speak Modbus: servers, the registers they show, their revert timers, and faults."""

from hardware_in_loop.modbus.bench.bench import ModbusBench

__all__ = ["ModbusBench"]

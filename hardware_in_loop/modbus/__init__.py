# SPDX-License-Identifier: Apache-2.0
"""Modbus devices."""

from hardware_in_loop.modbus.kind import ModbusAdapter

ADAPTER = ModbusAdapter()

__all__ = ["ADAPTER"]

# SPDX-License-Identifier: Apache-2.0
"""Charging points over OCPP 1.6J, 2.0.1 and 2.1: a central system that real ones connect to, and a charging point side."""

from __future__ import annotations

from hardware_in_loop.ocpp.kind import ADAPTER

__all__ = ["ADAPTER"]

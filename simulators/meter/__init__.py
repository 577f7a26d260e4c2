# SPDX-License-Identifier: Apache-2.0
"""Meters: the only eyes of a controller."""

from simulators.meter.kind import KIND

__all__ = ["KIND"]

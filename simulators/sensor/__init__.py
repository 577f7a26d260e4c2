# SPDX-License-Identifier: Apache-2.0
"""Environmental sensors of rooms: what a controller may know of comfort."""

from simulators.sensor.kind import KIND

__all__ = ["KIND"]

# SPDX-License-Identifier: Apache-2.0
"""Heat meters: heat that is billed, heat that a controller may know of."""

from simulators.heat_meter.kind import KIND

__all__ = ["KIND"]

# SPDX-License-Identifier: Apache-2.0
"""Buildings: two-capacity thermal zone, heating, cooling, hot water, and the air that sensors see."""

from simulators.building.kind import KIND

__all__ = ["KIND"]

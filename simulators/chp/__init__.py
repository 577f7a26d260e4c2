# SPDX-License-Identifier: Apache-2.0
"""Combined heat and power units with buffer tank and peak boiler."""

from simulators.chp.kind import KIND

__all__ = ["KIND"]

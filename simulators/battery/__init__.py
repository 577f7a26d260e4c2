# SPDX-License-Identifier: Apache-2.0
"""Batteries of homes and communities."""

from simulators.battery.kind import KIND

__all__ = ["KIND"]

# SPDX-License-Identifier: Apache-2.0
"""Wearables: what the wrist of one person of a dwelling says of heart, skin and activity."""

from simulators.wearable.kind import KIND

__all__ = ["KIND"]

# SPDX-License-Identifier: Apache-2.0
"""Charging points of dwellings and of hubs with visitors, queues and reservations."""

from simulators.charging.kind import KIND

__all__ = ["KIND"]

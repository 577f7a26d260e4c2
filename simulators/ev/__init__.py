# SPDX-License-Identifier: Apache-2.0
"""Electric vehicles of dwellings: trips, consumption, state of charge, what they accept and what they can give back."""

from simulators.ev.kind import KIND

__all__ = ["KIND"]

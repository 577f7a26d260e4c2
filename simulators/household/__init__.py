# SPDX-License-Identifier: Apache-2.0
"""Household electricity: stochastic homes whose sum follows the German standard load profile, or measured series."""

from __future__ import annotations

from simulators.household.kind import HouseholdKind

KIND = HouseholdKind()

__all__ = ["KIND", "HouseholdKind"]

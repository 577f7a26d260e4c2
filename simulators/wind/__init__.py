# SPDX-License-Identifier: Apache-2.0
"""Wind turbines: wind and air density at hub height, power curve, cut-out, curtailment."""

from __future__ import annotations

from simulators.wind.kind import KIND, WindKind

__all__ = ["KIND", "WindKind"]

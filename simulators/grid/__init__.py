# SPDX-License-Identifier: Apache-2.0
"""The electrical grid: pandapower is the model, Newton-Raphson on its admittances the engine of each step."""

from __future__ import annotations

from simulators.grid.kind import PandapowerGridKind

KIND = PandapowerGridKind()

__all__ = ["KIND", "PandapowerGridKind"]

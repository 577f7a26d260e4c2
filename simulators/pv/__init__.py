# SPDX-License-Identifier: Apache-2.0
"""Photovoltaic systems: irradiance on the module plane, cell temperature, inverter, curtailment and reactive power."""

from __future__ import annotations

from simulators.pv.kind import KIND, PvKind

__all__ = ["KIND", "PvKind"]

# SPDX-License-Identifier: Apache-2.0
"""Options of the peak shaving agent."""

from __future__ import annotations

from pydantic import Field

from twinergy.options import Fraction, NonNegative, Options, Positive


class PeakShavingOptions(Options):
    """Which storage protects which transformer, and how."""

    batteries: tuple[str, ...] = Field(min_length=1)
    """Ids of the batteries that act together, in proportion to their rated discharging power."""
    transformer: str
    """Name of the transformer; it needs a meter ``meter-<name>``, each battery a meter ``meter-<id>``."""
    limit_kw: Positive
    """Power the transformer is kept under, in both directions."""
    margin_kw: NonNegative = 5.0
    """Distance from the limit at which it acts: what the load may grow by until the next decision."""
    target_soc: Fraction = 0.6
    """State of charge it returns to while there is room under the limit."""
    recharge_kw: Positive = 20.0
    """Most power for returning to the target."""
    period_s: NonNegative = 0.0
    """How often it decides; 0 is every step."""
    patience_s: NonNegative = 3600.0
    """For how long it goes on with the last reading when the transformer's meter is silent; then it lets go."""

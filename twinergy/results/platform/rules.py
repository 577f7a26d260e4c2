# SPDX-License-Identifier: Apache-2.0
"""Thresholds of curation, each with its reason.

They are assumptions, set on the data named in ``docs/how-to/data_platform.md``.
"""

from __future__ import annotations

from pydantic import Field

from twinergy.options import Options, Positive


class CurationRules(Options):
    """When a value is flagged."""

    limit_kw: Positive = 43.6
    """Most power a metered point can carry: 3 × 63 A × 230 V, the largest main fuse usual in a house (assumption). [kW]"""
    spike_factor: float = Field(default=4.0, gt=1.0)
    """A spike exceeds the 99 % quantile of the device's own non-zero values this many times."""
    spike_floor_kw: Positive = 3.0
    """Nothing below is a spike, however quiet the device: a kettle or an oven may be all a home ever switches on. [kW]"""
    spike_step_s: Positive = 300.0
    """In steps shorter than this, kettles and instantaneous heaters are spikes by nature (seen in the IEEE European feeder's
    1-min profiles): only what exceeds ``limit_kw`` counts. [s]"""
    spike_steps: int = Field(default=3, ge=1)
    """What lasts longer is no spike but a load."""
    jump_sigmas: Positive = 12.0
    """For what is not power: deviation from the median of 9 neighbours, in robust standard deviations of such deviations."""
    stuck_h: Positive = 3.0
    """Shortest span that can count as stuck: below, a lone standby load rounded to watts repeats by itself. [h]"""
    stuck_factor: Positive = 4.0
    """Stuck is longer than this many times the longest other run of the very same value: a standby load comes back."""
    unit_factor: Positive = 50.0
    """A run in the wrong unit (× 1000) exceeds the median of the device's values this many times at every step: the lowest load
    of a household is about a twentieth of its median, 1000 / 20 = 50."""
    unit_steps: int = Field(default=4, ge=2)
    """A run in the wrong unit has at least so many steps; what is shorter is a spike."""
    unit_small_steps: int = Field(default=8, ge=2)
    """The same for values 1000 times too small, which quiet nights resemble more."""
    peer_factor: Positive = 200.0
    """A whole series is in the wrong unit if its median is this many times (or this part of) the median of its peers'."""
    sign_floor_kw: Positive = 0.05
    """Draw of an inverter at night that is no error of sign. [kW]"""
    gap_steps: float = Field(default=1.5, gt=1.0)
    """A gap is a distance between times of more than so many steps: a telegram half a step late is none."""

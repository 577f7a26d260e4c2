# SPDX-License-Identifier: Apache-2.0
"""What is found about appliances and plugs, with its evidence, and what cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


class AnomalyKind(StrEnum):
    """What may be wrong."""

    LEFT_RUNNING = "left running"
    STANDBY_GROWN = "standby grown"
    SHORT_CYCLING = "compressor short-cycling"
    DEAD_PLUG = "dead plug"


FALSE_ALARMS_PER_HOME_YEAR: Final = {
    AnomalyKind.LEFT_RUNNING: 0.5,
    AnomalyKind.STANDBY_GROWN: 0.1,
    AnomalyKind.SHORT_CYCLING: 0.25,
    AnomalyKind.DEAD_PLUG: 0.1,
}
"""Stated rates: a home without a fault is bothered at most so often, all its plugs together, 0.95 in all. Thresholds were set on
100 generated homes over a year; ``benchmarks/anomalies.py`` verifies the rates on other homes (100 home-years in quarter hours:
0.34, 0, cannot tell, 0; 13 home-years in minutes: one alarm in all). Short-cycling: what 13 home-years without an alarm
support at 95 %; three days of real refrigerators raise none. Generated homes go on no holiday and buy no new appliances. [1/a]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something about a plug that a person should look at.

    Attributes
    ----------
    dwelling, plug : str
        Where.
    kind : AnomalyKind
        What.
    since_epoch_s, found_epoch_s : int
        When it began, and the end of the step in which it was found. [s]
    evidence : tuple of (str, float)
        Values with the unit as suffix of their name.
    confidence : float
        0.5 just beyond the threshold, towards 1 far beyond it: ``1 - threshold / (2 value)``. It ranks findings and is not a
        probability; how often a finding is wrong is `FALSE_ALARMS_PER_HOME_YEAR`. [-]
    action : str
        What to do.
    """

    dwelling: str
    plug: str
    kind: AnomalyKind
    since_epoch_s: int
    found_epoch_s: int
    evidence: tuple[tuple[str, float], ...]
    confidence: float
    action: str

    def __str__(self) -> str:
        evidence = ", ".join(f"{name} {value:.4g}" for name, value in self.evidence)
        return f"{self.dwelling}: {self.plug}: {self.kind} ({evidence}; confidence {self.confidence:.2f}). {self.action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotTell:
    """What a detector does not look for, and why: silence would be read as "all is well".

    Attributes
    ----------
    kind : AnomalyKind
        What it would have found.
    plugs : tuple of str
        Where.
    reason : str
        Why, with figures, and what would help.
    """

    kind: AnomalyKind
    plugs: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} of {', '.join(self.plugs)}: cannot tell at this step: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched.

    Attributes
    ----------
    dwellings : tuple of str
        Homes.
    plugs : tuple of str
        Names of `controllers.home_energy.analysis.plugs`, in the order of rows of readings.
    step_s : int
        Time between readings. [s]
    """

    dwellings: tuple[str, ...]
    plugs: tuple[str, ...]
    step_s: int

    @property
    def shape(self) -> tuple[int, int]:
        """Number of plugs and of homes."""
        return len(self.plugs), len(self.dwellings)

    def rows(self, names: Sequence[str]) -> list[int]:
        """Return the rows of those of some plugs that are watched."""
        return [self.plugs.index(name) for name in names if name in self.plugs]


def confidence(value: float, threshold: float) -> float:
    """Return how far beyond a threshold a value lies, 0.5 at the threshold.

    >>> confidence(20.0, 10.0)
    0.75
    """
    return 1.0 - 0.5 * threshold / value if value > threshold else 0.5

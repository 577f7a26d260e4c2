# SPDX-License-Identifier: Apache-2.0
"""Short-cycling: the compressor of a refrigerator starts far more often than it used to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.anomalies.findings import Anomaly, AnomalyKind, CannotTell, Watched, confidence
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

PLUG: Final = "cold"
LONGEST_STEP_S: Final = 120
"""A start shows if a step lies between two runs and one within: at 120 s, cycles of 8 minutes and more. [s]"""
START_KW: Final = 0.03
"""Compressors of refrigerators draw 60 to 200 W; lamps inside less than 20. [kW]"""
BINS: Final = 6
BIN_S: Final = 1800
"""Starts are counted over the last three hours."""
FACTOR: Final = 2.0
"""Times the usual number of starts. [-]"""
LEAST_STARTS: Final = 15.0
"""In three hours, five an hour: two sound compressors start one to three times an hour together. [-]"""
UNLEARNED_STARTS: Final = 36.0
"""In three hours, before the usual number is known: a cycle of five minutes (assumption). [-]"""
MEMORY_S: Final = 7.0 * SECONDS_PER_DAY
LEARNING_S: Final = 2.0 * SECONDS_PER_DAY


class ShortCycling:
    """Counts starts of compressors on the plug of refrigerators and freezers.

    Parameters
    ----------
    watched : Watched
        Homes and plugs.
    """

    kind: Final = AnomalyKind.SHORT_CYCLING

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        rows = watched.rows((PLUG,))
        self._row = rows[0] if rows and watched.step_s <= LONGEST_STEP_S else -1
        n_homes = len(watched.dwellings)
        self._previous_kw, self._before_kw = np.full((2, n_homes), np.nan)
        self._rest = np.zeros(n_homes, dtype=np.int64)
        self._starts = np.zeros((BINS, n_homes))
        self._usual = np.zeros(n_homes)
        self._seen_bins = np.zeros(n_homes)
        self._known = np.zeros(n_homes)
        self._bin = -1
        self._told = np.zeros(n_homes, dtype=np.bool_)

    @property
    def cannot_tell(self) -> tuple[CannotTell, ...]:
        """What is not looked for: everything, if steps are too long."""
        if self._watched.step_s <= LONGEST_STEP_S or PLUG not in self._watched.plugs:
            return ()
        step_s = self._watched.step_s
        reason = (
            f"starts of a compressor less than {4 * step_s / 60.0:g} minutes apart do not show in steps of {step_s} s, and "
            f"short cycles take 4 to 10 minutes; readings every {LONGEST_STEP_S} s or faster would show them"
        )
        return (CannotTell(kind=self.kind, plugs=(PLUG,), reason=reason),)

    def observe(self, epoch_s: int, p_kw: FloatArray, total_kw: FloatArray) -> list[Anomaly]:  # noqa: ARG002
        """Take in a step and return what is found in it; see `LeftRunning.observe`."""
        if self._row < 0:
            return []
        number = epoch_s // BIN_S
        if number != self._bin:
            self._next_bin(number)
        power_kw = p_kw[self._row]
        started = power_kw - np.fmin(self._previous_kw, self._before_kw) >= START_KW
        started &= self._rest <= 0
        self._rest -= 1
        np.copyto(self._rest, 2, where=started)
        self._starts[number % BINS] += started
        self._known += ~np.isnan(power_kw)
        self._before_kw, self._previous_kw = self._previous_kw, power_kw.copy()
        return self._judged(epoch_s) if started.any() else []

    def _next_bin(self, number: int) -> None:
        """Learn from the bin that is full and clear the one that begins; a gap clears all."""
        full = self._known >= 0.8 * BIN_S / self._watched.step_s
        if self._bin >= 0:
            ended = self._starts[self._bin % BINS]
            learn = full & ~self._told
            share = np.maximum(BIN_S / MEMORY_S, 1.0 / (self._seen_bins + 1.0))
            self._usual += np.where(learn, share * (ended - self._usual), 0.0)
            self._seen_bins += learn
        for skipped in range(max(self._bin + 1, number - BINS + 1), number + 1):
            self._starts[skipped % BINS] = 0.0
        self._known[:] = 0.0
        self._bin = number
        self._told &= self._starts.sum(axis=0) > 0.5 * self._limit()

    def _limit(self) -> FloatArray:
        learned = self._seen_bins * BIN_S >= LEARNING_S
        return np.where(learned, np.maximum(FACTOR * BINS * self._usual, LEAST_STARTS), UNLEARNED_STARTS)

    def _judged(self, epoch_s: int) -> list[Anomaly]:
        count, limit = self._starts.sum(axis=0), self._limit()
        often = np.flatnonzero((count > limit) & ~self._told)
        self._told[often] = True
        return [self._found(home, epoch_s, float(count[home]), float(limit[home])) for home in often.tolist()]

    def _found(self, home: int, epoch_s: int, count: float, limit: float) -> Anomaly:
        hours = BINS * BIN_S / SECONDS_PER_HOUR
        often = [self._starts[(self._bin - back) % BINS, home] > 0.5 * limit / BINS for back in range(BINS)]
        oldest = max((back for back, each in enumerate(often) if each), default=0)
        return Anomaly(
            dwelling=self._watched.dwellings[home],
            plug=PLUG,
            kind=self.kind,
            since_epoch_s=(self._bin - oldest) * BIN_S,
            found_epoch_s=epoch_s + self._watched.step_s,
            evidence=(
                ("counted_over_h", hours),
                ("compressor_starts", count),
                ("usual_starts", float(BINS * self._usual[home])),
                ("most_starts", limit),
            ),
            confidence=confidence(count, limit),
            action="Check door seal, ice on the evaporator and warm air behind it; if that does not help, have the compressor's "
            "thermostat and starting relay looked at.",
        )

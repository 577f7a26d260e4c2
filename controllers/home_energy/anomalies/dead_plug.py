# SPDX-License-Identifier: Apache-2.0
"""Dead plug: a plug says nothing or zero, while the home's total says that what hangs on it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.anomalies.findings import Anomaly, AnomalyKind, CannotTell, Watched, confidence
from controllers.home_energy.anomalies.spells import Spells
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SUMMED: Final = ("cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other")
"""Plugs that together make up the household's total. Of a washing machine on a plug inside ``wet`` only silence shows."""
ZERO_KW: Final = 0.0005
FACTOR: Final = 1.5
FLOOR_S: Final = 6.0 * SECONDS_PER_HOUR
"""No shorter silence is reported. [s]"""
EXPLAINED: Final = 0.5
"""Least share of what the plug usually draws that must be missing from the sum. [-]"""
METER_SHARE: Final = 0.03
LEAST_KWH: Final = 0.1
"""Least missing energy, as share of the total and absolute: plugs and meters of class 1 and 2 disagree by their errors
(EN 50470-3). [-], [kWh]"""
MEMORY_S: Final = 14.0 * SECONDS_PER_DAY


class DeadPlug:
    """Finds plugs that went silent or to zero while the sum of plugs no longer makes up the total.

    Parameters
    ----------
    watched : Watched
        Homes and plugs.
    """

    kind: Final = AnomalyKind.DEAD_PLUG

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._rows = watched.rows(SUMMED)
        shape = (len(self._rows), len(watched.dwellings))
        column = np.ones((len(self._rows), 1))
        # a plug that is never quiet has no spells to learn from
        self._spells = Spells(shape, pause_s=0.0 * column, factor=FACTOR * column, floor_s=FLOOR_S * column, unlearned_s=FLOOR_S)
        self._ever = np.zeros(shape, dtype=np.bool_)
        self._usual_kw, self._age_s = np.zeros(shape), np.zeros(shape)
        self._silent = np.ones(shape, dtype=np.bool_)
        self._usual_rest_kw = np.zeros(shape[1])
        self._missing_kwh, self._total_kwh, self._seen_h = np.zeros((3, *shape))

    @property
    def cannot_tell(self) -> tuple[CannotTell, ...]:
        """What is not looked for."""
        unseen = tuple(name for name in self._watched.plugs if name not in SUMMED)
        reason = "it is part of another plug, so the home's total does not say whether it should have drawn something"
        return (CannotTell(kind=self.kind, plugs=unseen, reason=reason),) if unseen else ()

    def observe(self, epoch_s: int, p_kw: FloatArray, total_kw: FloatArray) -> list[Anomaly]:
        """Take in a step and return what is found in it; see `LeftRunning.observe`."""
        if not self._rows:
            return []
        power_kw = p_kw[self._rows]
        silent = np.isnan(power_kw)
        blind = silent.all(axis=0) | np.isnan(total_kw)  # the gateway or the meter is away: nothing can be said
        known_kw = np.where(silent, 0.0, power_kw)
        self._ever |= known_kw > ZERO_KW
        quiet = (known_kw <= ZERO_KW) & self._ever
        rest_kw = np.where(blind, 0.0, total_kw - known_kw.sum(axis=0))
        self._sum_up(quiet, silent, rest_kw, np.where(blind, 0.0, total_kw))
        end_s = float(epoch_s + self._watched.step_s)
        unknown = (silent != self._silent) | blind  # silence and zero are two spells, each with its own evidence
        self._silent = silent
        overdue = self._spells.update(quiet, unknown, float(epoch_s), end_s)
        self._learn(known_kw, silent, rest_kw, blind)
        return self._judged(overdue, silent, end_s) if overdue.any() else []

    def _sum_up(self, quiet: BoolArray, silent: BoolArray, rest_kw: FloatArray, total_kw: FloatArray) -> None:
        """Add up since the beginning of each quiet spell what was missing, in steps in which no other plug was silent."""
        fresh = self._spells.begun_s < 0.0
        for kept in (self._missing_kwh, self._total_kwh, self._seen_h):
            np.copyto(kept, 0.0, where=fresh)
        alone = quiet & (silent.sum(axis=0) - silent < 1)
        hours = alone * (self._watched.step_s / SECONDS_PER_HOUR)
        self._seen_h += hours
        self._missing_kwh += hours * rest_kw
        self._total_kwh += hours * total_kw

    def _learn(self, known_kw: FloatArray, silent: BoolArray, rest_kw: FloatArray, blind: BoolArray) -> None:
        """Follow what plugs usually draw and what usually is missing, but not while one is suspiciously quiet."""
        step_s = self._watched.step_s
        suspicious = self._spells.length_s > 0.5 * self._spells.limit_s
        counts = ~(silent | suspicious)
        self._age_s += counts * float(step_s)
        share = np.maximum(step_s / MEMORY_S, step_s / np.maximum(self._age_s, step_s))
        self._usual_kw += np.where(counts, share * (known_kw - self._usual_kw), 0.0)
        calm = ~(blind | suspicious.any(axis=0) | silent.any(axis=0))
        self._usual_rest_kw += np.where(calm, (rest_kw - self._usual_rest_kw) * (step_s / MEMORY_S), 0.0)

    def _judged(self, overdue: BoolArray, silent: BoolArray, end_s: float) -> list[Anomaly]:
        missing_kwh = self._missing_kwh - self._usual_rest_kw * self._seen_h
        expected_kwh = self._usual_kw * self._seen_h
        least_kwh = np.maximum(EXPLAINED * expected_kwh, LEAST_KWH + METER_SHARE * self._total_kwh)
        learned = self._age_s >= MEMORY_S
        found = overdue & learned & (missing_kwh > least_kwh)
        return [
            self._found(plug, home, end_s, float(missing_kwh[plug, home]), float(least_kwh[plug, home]), bool(silent[plug, home]))
            for plug, home in np.argwhere(found).tolist()
        ]

    def _found(self, plug: int, home: int, end_s: float, missing_kwh: float, least_kwh: float, silent: bool) -> Anomaly:
        self._spells.told(plug, home)
        since_s = float(self._spells.begun_s[plug, home])
        quiet_h = (end_s - since_s) / SECONDS_PER_HOUR
        how = "says nothing" if silent else "says zero"
        return Anomaly(
            dwelling=self._watched.dwellings[home],
            plug=self._watched.plugs[self._rows[plug]],
            kind=self.kind,
            since_epoch_s=int(since_s),
            found_epoch_s=int(end_s),
            evidence=(
                ("quiet_for_h", quiet_h),
                ("missing_energy_kwh", missing_kwh),
                ("least_missing_energy_kwh", least_kwh),
                ("usual_energy_kwh", float(self._usual_kw[plug, home]) * quiet_h),
            ),
            confidence=confidence(missing_kwh, least_kwh),
            action=f"The plug {how} while the meter counts what hangs on it: plug it in again, pair it anew, or replace it.",
        )

# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a register of energy: outliers, resets, rollovers, wrong units, standing still under load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.platform.detect_values import FACTOR
from twinergy.results.platform.flags import Flag, Span, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.results.platform.rules import CurationRules

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_NEAR_TOP: Final = 0.99
_FACTOR_BAND: Final = (0.8, 1.25)
_LEAST_STUCK_KWH: Final = 0.2
_STUCK_SHARE: Final = 0.05


def register_spans(
    times_s: IntArray, values_kwh: FloatArray, step_s: int, rules: CurationRules, power_kw: FloatArray | None = None
) -> Iterator[Span]:
    """Yield what is wrong with one register.

    Parameters
    ----------
    times_s : ndarray of int64, shape (n,)
        Ascending, without doubles. [epoch s]
    values_kwh : ndarray, shape (n,)
        Readings, NaN where there is none. [kWh]
    step_s : int
        Length of a step. [s]
    rules : CurationRules
        Thresholds; no increment is larger than ``limit_kw`` allows.
    power_kw : ndarray, shape (n,), optional
        Power in the direction the register counts, for finding one that stands still. [kW]
    """
    known = np.flatnonzero(np.isfinite(values_kwh))
    if len(known) < 3:  # noqa: PLR2004 - a reading needs a neighbour on each side
        return
    times, values = times_s[known], values_kwh[known].copy()
    wrong = np.zeros(len(values), dtype=bool)
    for begin, end in list(_scaled_runs(values)):
        wrong[begin:end] = True
        detail = f"{values[begin]:.6g} kWh after {values[begin - 1]:.6g} kWh: a factor of {FACTOR:g}, Wh taken for kWh?"
        yield Span(Flag.UNIT_ERROR, int(times[begin]), int(times[end - 1]) + step_s, detail)
    kept = np.flatnonzero(~wrong)
    times, values = times[kept], values[kept]
    outlier = _outliers(values, times, step_s, rules)
    for begin, end in runs_of(outlier):
        detail = (
            f"{values[begin]:.6g} kWh between {values[max(begin - 1, 0)]:.6g} and {values[min(end, len(values) - 1)]:.6g} kWh"
        )
        yield Span(Flag.SPIKE, int(times[begin]), int(times[end - 1]) + step_s, detail)
    times, values = times[~outlier], values[~outlier]
    yield from _falls(times, values, step_s)
    if power_kw is not None:
        yield from _still(times_s, values_kwh, power_kw, step_s, rules)


def _scaled_runs(values: FloatArray) -> Iterator[tuple[int, int]]:
    """Yield runs whose readings are 1000 times (or a thousandth of) those before and after."""
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = values[1:] / values[:-1]
    low, high = _FACTOR_BAND
    ups = np.flatnonzero((steps > low * FACTOR) & (steps < high * FACTOR)) + 1
    downs = np.flatnonzero((steps > low / FACTOR) & (steps < high / FACTOR)) + 1
    for first, second in ((ups, downs), (downs, ups)):
        for begin in first.tolist():
            back = second[second > begin]
            if len(back) and back[0] - begin >= 2:  # noqa: PLR2004 - a single reading is an outlier
                yield begin, int(back[0])


def _outliers(values: FloatArray, times: IntArray, step_s: int, rules: CurationRules) -> NDArray[np.bool_]:
    """Return which single readings lie outside their neighbours, or further above than power allows."""
    before, here, after = values[:-2], values[1:-1], values[2:]
    apart = (before <= after) & ((here < before) | (here > after))
    room = rules.limit_kw * np.maximum(times[1:-1] - times[:-2], step_s) / 3600.0
    above = (here - before > room) & (after < here) & (after < before + 2.0 * room)
    return np.concatenate([[False], apart | above, [False]])


def _falls(times: IntArray, values: FloatArray, step_s: int) -> Iterator[Span]:
    for place in (np.flatnonzero(np.diff(values) < 0.0) + 1).tolist():
        before, here = float(values[place - 1]), float(values[place])
        top = 10.0 ** np.ceil(np.log10(before))
        rolled = before > _NEAR_TOP * top
        flag, word = (Flag.ROLLOVER, f"passed {top:g} kWh") if rolled else (Flag.COUNTER_RESET, "began again")
        yield Span(flag, int(times[place]), int(times[place]) + step_s, f"{before:.6g} kWh, then {here:.6g} kWh: {word}")


def _still(times_s: IntArray, values: FloatArray, power_kw: FloatArray, step_s: int, rules: CurationRules) -> Iterator[Span]:
    turned = np.where(np.isfinite(power_kw), np.abs(power_kw), 0.0) * step_s / 3600.0
    drawn = np.where(np.isfinite(power_kw), np.maximum(power_kw, 0.0), 0.0) * step_s / 3600.0
    same = np.diff(values) == 0.0
    for begin, end in runs_of(same):
        passed = float(drawn[begin + 1 : end + 1].sum())
        turnover = float(turned[begin + 1 : end + 1].sum())
        if (end - begin) * step_s >= rules.stuck_h * 3600.0 and passed > max(_LEAST_STUCK_KWH, _STUCK_SHARE * turnover):
            detail = f"stays at {values[begin]:.6g} kWh while {passed:.3g} kWh passed by its power"
            yield Span(Flag.STUCK, int(times_s[begin + 1]), int(times_s[end]) + step_s, detail)

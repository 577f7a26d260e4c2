# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the values of one port of one device: spikes, stuck values, wrong units, wrong sign.

Everything is judged against the device's own record by quantiles and medians, which a few wrong values do not move, so nothing
has to be told beforehand; only a series that is wrong from end to end needs its peers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.platform.flags import Flag, Span, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.results.platform.rules import CurationRules

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

FACTOR: Final = 1000.0
_SMALL: Final = 100.0
_NEIGHBOURS: Final = 4
_MAD_TO_SIGMA: Final = 1.4826
_LARGE_FLOOR_KW: Final = 2.0
_ABOVE_REST: Final = 3.0
_FEEDS_IN: Final = 0.1
JUMP_FLOORS: Final = {"degC": 3.0, "K": 3.0, "%": 15.0, "ppm": 400.0, "V": 15.0, "Hz": 0.5}
"""Smallest jump of a quantity that is no power that can be a spike, by unit (assumption: below lies what rooms and grids do)."""
STUCK_UNITS: Final = frozenset({"kW", "kvar", "degC", "ppm", "V"})
"""Units in which a value that never changes is suspicious; prices, set-points and states stand still by nature."""


class PowerScreen:
    """Screens a power of one device; each step leaves out what the one before it found.

    Parameters
    ----------
    times_s : ndarray of int64, shape (n,)
        Ascending, without doubles. [epoch s]
    values_kw : ndarray, shape (n,)
        NaN where there is no value. [kW]
    step_s : int
        Length of a step. [s]
    rules : CurationRules
        Thresholds.
    peer_kw : float
        Median of the medians of the other devices' non-zero values, NaN where there are too few. [kW]
    generates : bool
        Whether the port can only be negative or zero (PV).
    """

    def __init__(
        self,
        times_s: IntArray,
        values_kw: FloatArray,
        step_s: int,
        rules: CurationRules,
        *,
        peer_kw: float = float("nan"),
        generates: bool = False,
    ) -> None:
        self._times, self._values, self._step_s, self._rules = times_s, values_kw, step_s, rules
        self._peer_kw, self._generates = peer_kw, generates
        self._good = np.isfinite(values_kw)

    def spans(self) -> Iterator[Span]:
        """Yield what is wrong."""
        if not self._good.any():
            return
        yield from self._units()
        yield from self._spikes()
        yield from self._stuck()
        if self._generates:
            yield from self._sign()

    def _size(self) -> FloatArray:
        return np.where(self._good, np.abs(self._values), np.nan)

    def _units(self) -> Iterator[Span]:
        size = self._size()
        median = typical(size)
        ratio = median / self._peer_kw
        if ratio > self._rules.peer_factor or ratio < 1.0 / self._rules.peer_factor:
            word = "large" if ratio > 1.0 else "small"
            detail = f"median {median:.3g} kW is {ratio:.3g} times that of its peers: the whole series is 1000 times too {word}?"
            yield self._mark(Flag.UNIT_ERROR, 0, len(size), detail)
            return
        large = bridged((size > self._rules.unit_factor * median) & (size > _LARGE_FLOOR_KW), ~self._good | (size == 0.0))
        rest = _ABOVE_REST * quantile(
            np.where(large, np.nan, size), 0.99
        )  # a battery rests most of the time, and then works hard
        for begin, end in runs_of(large):
            middle = float(np.nanmedian(size[begin:end]))
            if end - begin >= self._rules.unit_steps and np.nanmax(size[begin:end]) > self._rules.limit_kw and middle > rest:
                detail = f"median {middle:.3g} kW against {median:.3g} kW before and after: W taken for kW?"
                yield self._mark(Flag.UNIT_ERROR, begin, end, detail)
        if np.nanmin(self._values) + _FEEDS_IN * median > 0.0:  # who feeds in passes through zero, and a battery rests there
            yield from self._too_small(size, median)

    def _too_small(self, size: FloatArray, median: float) -> Iterator[Span]:
        small = (size > 0.0) & (size < median / _SMALL)
        for begin, end in runs_of(small):
            if end - begin >= self._rules.unit_small_steps and len(np.unique(size[begin:end])) > 1:
                detail = (
                    f"median {np.nanmedian(size[begin:end]):.3g} kW against {median:.3g} kW: kW divided by 1000 once too often?"
                )
                yield self._mark(Flag.UNIT_ERROR, begin, end, detail)

    def _spikes(self) -> Iterator[Span]:
        size = self._size()
        usual = quantile(size, 0.99)
        floor_kw = self._rules.spike_floor_kw if self._step_s >= self._rules.spike_step_s else self._rules.limit_kw
        border = max(self._rules.spike_factor * usual, floor_kw)
        for begin, end in runs_of(size > border):
            beside = [size[place] for place in (begin - 1, end) if 0 <= place < len(size)]
            if end - begin <= self._rules.spike_steps and np.nanmin([*beside, np.inf]) < size[begin:end].min() / 2.0:
                peak = self._values[begin:end][np.argmax(size[begin:end])]
                detail = f"{peak:.4g} kW; 99 % of this device's values lie below {usual:.4g} kW"
                yield self._mark(Flag.SPIKE, begin, end, detail)

    def _stuck(self) -> Iterator[Span]:
        yield from stuck_spans(self._times, np.where(self._good, self._values, np.nan), self._step_s, self._rules, "kW")

    def _sign(self) -> Iterator[Span]:
        usual = quantile(self._size(), 0.99)
        wrong = self._good & (self._values > max(self._rules.sign_floor_kw, 0.02 * usual))
        for begin, end in runs_of(wrong):
            detail = f"up to {np.nanmax(self._values[begin:end]):.4g} kW drawn by a device that can only generate"
            yield self._mark(Flag.SIGN, begin, end, detail)

    def _mark(self, flag: Flag, begin: int, end: int, detail: str) -> Span:
        self._good[begin:end] = False
        return Span(flag, int(self._times[begin]), int(self._times[end - 1]) + self._step_s, detail)


def jump_spans(times_s: IntArray, values: FloatArray, step_s: int, rules: CurationRules, unit: str) -> Iterator[Span]:
    """Yield spikes of a quantity that is no power: values far from the median of their neighbours on both sides."""
    floor = JUMP_FLOORS.get(unit)
    if floor is None or len(values) < 2 * _NEIGHBOURS + 1:
        return
    away = np.abs(values - _neighbours(values))
    sigma = _MAD_TO_SIGMA * float(np.nanmedian(away)) if np.isfinite(away).any() else 0.0
    border = max(floor, rules.jump_sigmas * sigma)
    for begin, end in runs_of(away > border):
        if end - begin <= rules.spike_steps:
            detail = f"{values[begin]:.4g} {unit} where its neighbours have {values[begin] - _signed(values, begin):.4g} {unit}"
            yield Span(Flag.SPIKE, int(times_s[begin]), int(times_s[end - 1]) + step_s, detail)


def stuck_spans(times_s: IntArray, values: FloatArray, step_s: int, rules: CurationRules, unit: str) -> Iterator[Span]:
    """Yield spans in which a value other than zero repeats for much longer than this device is used to."""
    if unit not in STUCK_UNITS or len(values) <= 1:
        return
    same = (np.diff(values) == 0.0) & (values[1:] != 0.0)
    found = list(runs_of(same))
    lengths = np.array([end - begin + 1 for begin, end in found])
    level = values[[begin for begin, _ in found]]
    least = max(rules.stuck_h * 3600.0 / step_s, _chance_length(lengths, values, rules.stuck_h * 3600.0 / step_s))
    for place in np.flatnonzero(lengths >= least).tolist():
        others = lengths[level == level[place]].tolist()
        others.remove(lengths[place])
        if lengths[place] > rules.stuck_factor * max(others, default=0):
            begin, end = found[place]
            detail = f"{values[begin]:.4g} {unit} for {(end - begin + 1) * step_s / 3600.0:.3g} h"
            yield Span(Flag.STUCK, int(times_s[begin]), int(times_s[end]) + step_s, detail)


def _chance_length(lengths: IntArray, values: FloatArray, long: float) -> float:
    """Return the length that repetitions of independent chance reach once in a thousand records like this one.

    With probability r that a value repeats the one before, a run of k values has probability r^(k-1) at each step.
    """
    total = int(np.count_nonzero(values[np.isfinite(values)]))
    repeats = int((lengths[lengths < long] - 1).sum()) if len(lengths) else 0
    if not repeats or repeats >= total:
        return 0.0
    return 1.0 + float(np.log(1000.0 * total) / -np.log(repeats / total))


def typical(size: FloatArray) -> float:
    """Return the median of what is neither zero nor missing, NaN if there is nothing."""
    some = size[size > 0.0]
    return float(np.median(some)) if len(some) else float("nan")


def quantile(size: FloatArray, share: float) -> float:
    """Return a quantile of what is neither zero nor missing, NaN if there is nothing."""
    some = size[size > 0.0]
    return float(np.quantile(some, share)) if len(some) else float("nan")


def bridged(mask: BoolArray, between: BoolArray) -> BoolArray:
    """Return a mask with the runs of `between` that lie inside it filled."""
    filled = mask.copy()
    for begin, end in runs_of(between & ~mask):
        if begin > 0 and end < len(mask) and mask[begin - 1] and mask[end]:
            filled[begin:end] = True
    return filled


def _neighbours(values: FloatArray) -> FloatArray:
    padded = np.pad(values, _NEIGHBOURS, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    filled = np.isfinite(windows).any(axis=1)
    medians = np.full(len(values), np.nan)
    medians[filled] = np.nanmedian(windows[filled], axis=1)
    return medians


def _signed(values: FloatArray, place: int) -> float:
    low, high = max(0, place - _NEIGHBOURS), place + _NEIGHBOURS + 1
    return float(values[place] - np.nanmedian(values[low:high]))

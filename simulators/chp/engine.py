# SPDX-License-Identifier: Apache-2.0
"""Engines: minimum times, starts, ramps, and the thermostat that stops them where nobody takes their heat."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.chp.control import ZERO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.chp.control import Wish
    from simulators.chp.model import ChpState
    from simulators.chp.params import ChpParams
    from simulators.chp.span import Span

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


class Turn(NamedTuple):
    """Who runs in a step; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    on, running, hold_s, warm_s
        As in `simulators.chp.model.ChpState`, at the end of the step.
    share : ndarray
        Share of the step in which it delivers. [-]
    rest_kw : ndarray
        Mean own use. [kW]
    started : ndarray of bool, or None
        Whether it started in this step; None where none did.
    """

    on: BoolArray
    running: FloatArray
    hold_s: FloatArray
    warm_s: FloatArray | None
    share: FloatArray
    rest_kw: FloatArray
    started: BoolArray | None


class Run(NamedTuple):
    """How the engines run in a step.

    Attributes
    ----------
    p_end_kw, p_kw : ndarray, shape (n_devices,)
        Power at the end of the step and its mean, counted positive. [kW]
    both_kw : ndarray, shape (2, n_devices)
        Mean heat and fuel. [kW]
    """

    p_end_kw: FloatArray
    p_kw: FloatArray
    both_kw: FloatArray


def turned(params: ChpParams, span: Span, state: ChpState, wanted: Wish, duration_s: float) -> Turn:
    """Return who runs: as wanted where minimum times allow it, and never beyond a limit."""
    on, running, hold_s, warm_s = state.on, state.running, state.hold_s, state.warm_s
    changed = wanted.on != on
    changed &= hold_s <= ZERO
    if wanted.most_kw is not None:
        banned = wanted.most_kw < params.enough_kw
        changed = np.where(banned, on, changed)
    started, share = None, running
    if np.count_nonzero(changed):
        on = on ^ changed
        running = on.astype(np.float64)
        hold_s = np.where(changed, np.where(on, params.min_on_s, params.min_off_s), hold_s)
        started = on & changed
        if warm_s is None and span.brisk:
            share = running - started * span.start_share
        else:
            share, warm_s = running, np.where(changed, started * params.start_s, 0.0 if warm_s is None else warm_s)
    if warm_s is not None:
        share = running * (1.0 - np.minimum(warm_s / duration_s, 1.0))
        left = np.maximum(warm_s - duration_s, 0.0)
        warm_s = left if np.count_nonzero(left) else None
    return Turn(on, running, hold_s - duration_s, warm_s, share, params.standby_kw - params.standby_kw * share, started)


def ramped(params: ChpParams, span: Span, begin_kw: FloatArray, turn: Turn, wanted: Wish) -> Run:
    """Return how engines run that go for a power at their rate of change; load is shed at once where a limit asks for it.

    A ramp of height d that fits into the step leaves the mean ``d**2 / (2 r T)`` below its end, with r the rate and T the step.
    """
    if wanted.most_kw is not None:
        begin_kw = np.fmin(begin_kw, np.maximum(wanted.most_kw, ZERO))
    rise = wanted.p_kw - begin_kw
    if span.slow or turn.share is not turn.running:
        reach = span.ramp_kw if turn.share is turn.running else span.ramp_kw * turn.share
        np.minimum(rise, reach, out=rise)
        np.maximum(rise, -reach, out=rise)
    p_end = begin_kw + rise
    p_end *= turn.running
    missing = np.abs(rise)
    missing *= rise
    missing *= span.lag_per_kw
    missing *= turn.running
    p_kw = p_end * turn.share
    p_kw -= missing
    return Run(p_end, p_kw, params.lines.heat_and_fuel(p_kw, turn.share))


def tripped(params: ChpParams, turn: Turn, run: Run, over: BoolArray, most_kw: FloatArray, duration_s: float) -> tuple[Turn, Run]:
    """Return runs cut short at the moment the buffer is full, `over` saying where, by the thermostat of the engine."""
    cut = np.ones_like(most_kw)
    np.divide(most_kw, run.both_kw[0], out=cut, where=over)
    on = np.greater(turn.on, over)
    running = on.astype(np.float64)
    share = turn.share * cut
    hold_s = turn.hold_s.copy()
    np.copyto(hold_s, params.min_off_s - duration_s * (1.0 - cut), where=over)
    stopped = Turn(
        on=on,
        running=running,
        hold_s=hold_s,
        warm_s=None if turn.warm_s is None else turn.warm_s * on,
        share=share,
        rest_kw=params.standby_kw - params.standby_kw * share,
        started=turn.started,
    )
    return stopped, Run(run.p_end_kw * running, run.p_kw * cut, run.both_kw * cut)

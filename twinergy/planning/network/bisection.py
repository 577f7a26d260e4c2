# SPDX-License-Identifier: Apache-2.0
"""Hosting capacity without any linear model: more and more on every roof until the AC power flow breaks a limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.network.ac import AcCheck, AcYear
    from twinergy.planning.network.case import HostingCase

    IntArray = NDArray[np.int64]

CLOSE: Final = 1e-4
"""Relative width at which the bisection ends. [-]"""
CRITICAL: Final = 40
"""Steps that are looked at while halving; in the end all are."""
MOST_SHARE: Final = 4096.0
EQUAL: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Bisected:
    """What the bisection found.

    Attributes
    ----------
    factor : float
        Greatest share of every roof's room that breaks no limit, all steps looked at. [-]
    step : int
        Step that breaks one just beyond it.
    flows : int
        Power flows that were computed.
    seconds : float
        Wall time. [s]
    """

    factor: float
    step: int
    flows: int
    seconds: float


def bisect(case: HostingCase, ac: AcCheck) -> Bisected:
    """Return the greatest common share of all roofs that the AC power flow accepts.

    A step counts as broken where a voltage is above the band, or a loading above its limit, and worse than without the roofs.

    Parameters
    ----------
    case : HostingCase
        Network, loads, roofs.
    ac : AcCheck
        Power flow of the same grid and connections.

    Raises
    ------
    ModelError
        If the network takes any amount.
    """
    begin = time.perf_counter()
    there, full = case.generated(case.existing_kwp), case.generated(case.room_kwp)
    sunny = np.flatnonzero(full.sum(axis=0) > 0.0)
    before = _year(case, ac, there, sunny)
    flows, share = len(sunny), 0.5
    excess = np.zeros(0)
    while not len(excess) or excess.max() <= 0.0:
        share *= 2.0
        if share > MOST_SHARE:
            message = f"the network takes more than {MOST_SHARE:.0f} times the roofs: it has no limit that PV could break"
            raise ModelError(message)
        excess = _excess(case, _year(case, ac, there + share * full, sunny), before)
        flows += len(sunny)
    low, high, watched = 0.0, share, np.argsort(-excess)[:CRITICAL]
    while True:
        while high - low > CLOSE * high:
            middle = 0.5 * (low + high)
            found = _excess(case, _year(case, ac, there + middle * full, sunny[watched]), before, watched)
            flows += len(watched)
            low, high = (middle, high) if found.max() <= 0.0 else (low, middle)
        excess = _excess(case, _year(case, ac, there + low * full, sunny), before)
        flows += len(sunny)
        if excess.max() <= 0.0:
            break
        watched, high, low = np.union1d(watched, np.argsort(-excess)[:CRITICAL]), low, 0.0
    last = _excess(case, _year(case, ac, there + high * full, sunny[watched]), before, watched)
    return Bisected(low, int(sunny[watched[int(np.argmax(last))]]), flows, time.perf_counter() - begin)


def _year(case: HostingCase, ac: AcCheck, generated_kw: FloatArray, steps: IntArray) -> AcYear:
    p_kw, q_kvar = case.loads(generated_kw)
    return ac.once(p_kw[:, steps], q_kvar[:, steps])


def _excess(case: HostingCase, year: AcYear, before: AcYear, steps: IntArray | None = None) -> FloatArray:
    """Return by how much each step is beyond its limits, and beyond where it was before; 1 where there is no solution."""
    rows = slice(None) if steps is None else steps
    limits = case.limits
    pairs = (
        (year.highest_pu, before.highest_pu[rows], limits.vm_max_pu, 1.0),
        (year.line_percent, before.line_percent[rows], limits.line_percent, limits.line_percent),
        (year.transformer_percent, before.transformer_percent[rows], limits.transformer_percent, limits.transformer_percent),
    )
    worst = np.max([(now - np.fmax(most, then + EQUAL)) / scale for now, then, most, scale in pairs], axis=0)
    return np.where(year.diverged, 1.0, worst)

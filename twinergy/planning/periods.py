# SPDX-License-Identifier: Apache-2.0
"""Typical periods: some real weeks or days of a year that stand for the others, and how wrong a plan made with them is.

tsam [1]_ says which periods are alike and which of each sort lies in the middle (hierarchical clustering, medoids), and adds
those with the highest demand and the least sun. Periods are taken as they are: their data are not rescaled, so what belongs
together (a cold windless day) stays together. What each one counts is then moved as little as possible from the number of
periods it stands for, so that the sums of a year are kept.

References
----------
.. [1] Hoffmann, Kotzur, Stolten, Robinius, "A review on time series aggregation methods for energy system models", Energies 13
   (2020) 641, doi:10.3390/en13030641; package tsam.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.horizon import Horizon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Block

DEMANDS: Final = ("demand",)
SUPPLIES: Final = ("yield", "available")
"""Words in the names of series whose highest, or least, period is added."""
KEPT: Final = 1e5
"""How much more a kept sum is worth than a count that stays. [-]"""
RAREST: Final = 0.05
"""Least that a period counts, so that an extreme one still binds sizes and costs something. [-]"""
FIRST_DAY: Final = "2023-01-02"
"""Some Monday; tsam wants dates, what they are does not matter."""


@dataclass(frozen=True)
class Typical:
    """Periods that stand for a year.

    Attributes
    ----------
    horizon : Horizon
        Their steps.
    firsts : tuple of int
        First step of each in the data.
    counts : tuple of float
        How many periods of the year are like it. [-]
    weights : tuple of float
        How much it counts, so that sums are kept. [-]
    assigned : tuple of int
        Which of them stands for each period of the year.
    sums : dict of str to float
        Relative error of the sum over the year, by series. [-]
    notes : tuple of str
        What the reader should know.
    """

    horizon: Horizon
    firsts: tuple[int, ...]
    counts: tuple[float, ...]
    weights: tuple[float, ...]
    assigned: tuple[int, ...]
    sums: Mapping[str, float]
    notes: tuple[str, ...] = ()


def series_of(blocks: Sequence[Block], n_steps: int) -> dict[str, FloatArray]:
    """Return the series that blocks hold, ``block.field``; what does not change, or is the same as another, is left out.

    Parameters
    ----------
    blocks : sequence of Block
        Dataclasses; series in their parts are found as well.
    n_steps : int
        Length of a series.
    """
    found: dict[str, FloatArray] = {}
    for block in blocks:
        for name, values in _arrays(block, block.id):
            same = any(np.array_equal(values, other) for other in found.values())
            if len(values) == n_steps and np.ptp(values) > 0.0 and not same:
                found[name] = values
    return found


def _arrays(part: Any, name: str) -> Iterator[tuple[str, FloatArray]]:
    if isinstance(part, np.ndarray):
        if part.ndim == 1:
            yield name, part
    elif isinstance(part, tuple | list):
        for number, one in enumerate(part):
            yield from _arrays(one, f"{name}.{getattr(one, 'name', number)}")
    elif is_dataclass(part):
        for one in fields(part):
            yield from _arrays(getattr(part, one.name), f"{name}.{one.name}")


def typical(
    series: Mapping[str, FloatArray],
    count: int,
    length: int,
    *,
    step_h: float = 1.0,
    highest: Sequence[str] | None = None,
    least: Sequence[str] | None = None,
) -> Typical:
    """Return typical periods of some series.

    Parameters
    ----------
    series : dict of str to ndarray, shape (n_steps,)
        What periods are compared by: demands, yields, prices; `series_of` takes them from blocks.
    count : int
        Periods, without the extreme ones.
    length : int
        Steps of a period.
    step_h : float
        Length of a step. [h]
    highest, least : sequence of str, optional
        Series whose period with the highest step, or with the least sum, is added; those with a demand, or a yield, in their
        names where not given.

    Raises
    ------
    ValueError
        If there are no series, one has gaps, their lengths differ, or there are fewer periods than asked for.
    ImportError
        If tsam is not installed.

    Notes
    -----
    Steps behind the last whole period (a year has 52 weeks and a day) are not looked at; weights add up to the whole year all the
    same.
    """
    n_periods, n_steps = _check(series, count, length), len(next(iter(series.values())))
    highest = _named(series, DEMANDS) if highest is None else list(highest)
    least = _named(series, SUPPLIES) if least is None else list(least)
    centers, sorts = _clustered(series, count, length, n_periods, step_h, highest, least)
    there, assigned, counts = np.unique(sorts, return_inverse=True, return_counts=True)
    centers = centers[there]
    sums = np.array([np.reshape(values[: n_periods * length], (n_periods, length)).sum(axis=1) for values in series.values()])
    wanted = np.array([values.sum() for values in series.values()]) * n_periods * length / n_steps
    weights = _weights(counts.astype(np.float64), sums[:, centers], wanted)
    errors = sums[:, centers] @ weights / np.where(wanted, wanted, 1.0) - (wanted != 0.0)
    share = Horizon.whole(n_steps, step_h).weight.sum() / n_periods / length
    firsts = [int(center) * length for center in centers]
    extreme = max(len(centers) - count, 0)
    note = f"{len(centers)} periods of {length * step_h:g} h stand for {n_periods}, {extreme} of them are extreme"
    return Typical(
        Horizon.periods(firsts, length, weights * share, step_h),
        tuple(firsts),
        tuple(counts.astype(np.float64).tolist()),
        tuple(weights.tolist()),
        tuple(assigned.tolist()),
        dict(zip(series, errors.tolist(), strict=True)),
        (note,),
    )


def _check(series: Mapping[str, FloatArray], count: int, length: int) -> int:
    """Return the number of whole periods."""
    lengths = {len(values) for values in series.values()}
    if len(lengths) != 1:
        message = f"series to compare periods by must be there and equally long, got lengths {sorted(lengths) or 'of none'}"
        raise ValueError(message)
    missing = {name: np.flatnonzero(~np.isfinite(values)) for name, values in series.items()}
    gaps = [f"{name}: step {steps[0]}" for name, steps in missing.items() if len(steps)]
    if gaps:
        message = f"series have gaps, first at {', '.join(gaps)}: fill them before periods are compared"
        raise ValueError(message)
    n_periods = lengths.pop() // length
    if not 1 <= count <= n_periods:
        message = (
            f"{count} typical periods of {length} steps asked for; the data have {n_periods} of them: ask for 1 to {n_periods}"
        )
        raise ValueError(message)
    return n_periods


def _named(series: Mapping[str, FloatArray], words: Sequence[str]) -> list[str]:
    return [name for name in series if any(word in name.rpartition(".")[2] for word in words)]


def _clustered(
    series: Mapping[str, FloatArray], count: int, length: int, n_periods: int, step_h: float, highest: list[str], least: list[str]
) -> tuple[Any, Any]:
    """Return the periods in the middle of each sort, and the sort of every period; extreme periods are sorts of one."""
    import pandas as pd  # noqa: PLC0415 - only here

    tsam = importlib.import_module("tsam")
    n_steps = n_periods * length
    index = pd.date_range(FIRST_DAY, periods=n_steps, freq=pd.Timedelta(hours=step_h))
    found = tsam.aggregate(
        pd.DataFrame({name: values[:n_steps] for name, values in series.items()}, index=index),
        n_clusters=count,
        period_duration=length * step_h,
        temporal_resolution=step_h,
        cluster=tsam.ClusterConfig(method="hierarchical", representation="medoid"),
        extremes=tsam.ExtremeConfig(method="append", max_value=highest, min_period=least),
        preserve_column_means=False,
    )
    return np.array(found.clustering.cluster_centers), np.array(found.clustering.cluster_assignments)


def _weights(counts: FloatArray, sums: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return counts moved as little as possible so that sums are kept, shape (n_periods,); their total stays."""
    from scipy.optimize import lsq_linear  # noqa: PLC0415 - only here

    scale = np.where(np.abs(wanted) > 0.0, np.abs(wanted), 1.0)
    stay = np.diag(1.0 / np.sqrt(counts))
    keep = KEPT * np.vstack([sums / scale[:, None], np.ones(len(counts)) / counts.sum()])
    target = np.concatenate([np.sqrt(counts), KEPT * wanted / scale, [KEPT]])
    found = lsq_linear(np.vstack([stay, keep]), target, bounds=(RAREST, np.inf), method="bvls")
    weights = np.asarray(found.x)
    return np.asarray(weights * (counts.sum() / weights.sum()))


__all__ = ["Typical", "series_of", "typical"]

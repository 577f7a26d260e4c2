# SPDX-License-Identifier: Apache-2.0
"""How good forecasts were, kept while a run goes on: nothing is stored but sums and the forecasts still waiting for the truth."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.forecast.contract import FloatArray

Normaliser = Literal["mean", "peak"]
_POINT: Final = ("count", "error", "absolute", "square", "truth")


class Scores:
    """Scores of forecasts by horizon.

    With the error e = forecast − truth, per series and horizon [1]_:

    - bias, mean of e; MAE, mean of abs(e); RMSE, root of the mean of e²;
    - nRMSE, RMSE over the mean of abs(truth) of those steps (``normaliser="mean"``) or over the highest abs(truth) seen
      (``"peak"``); a series without any truth but zero has none;
    - pinball loss of a quantile forecast q at level a [2]_ [3]_: a (y − q) where the truth y ≥ q, else (1 − a) (q − y); mean;
    - coverage of a level: share of truths not above the quantile; for a calibrated forecast it is the level. Where all levels
      said the same and were right (PV at night) there was nothing to cover, and the pair does not count.

    Parameters
    ----------
    n_series, step_s : int
        Number of series, and length of a step. [-], [s]
    levels : sequence of float
        Levels of the quantile forecasts that will come.
    edges_h : sequence of float
        Upper ends of the horizons: (1, 6, 24) scores leads up to 1 h, over 1 h up to 6 h, and over 6 h up to 24 h. A
        lead counts to the end of the step that is forecast. [h]
    normaliser : {"mean", "peak"}
        Of nRMSE.
    most_waiting : int
        Forecasts that may wait for the truth; the oldest beyond are given up, and counted as dropped.

    References
    ----------
    .. [1] T. Hong, P. Pinson, S. Fan et al., "Probabilistic energy forecasting: Global Energy Forecasting Competition 2014 and
       beyond", International Journal of Forecasting 32 (2016) 896-913.
    .. [2] R. Koenker, G. Bassett, "Regression quantiles", Econometrica 46 (1978) 33-50.
    .. [3] As [1]_, section on evaluation: pinball loss, averaged over levels.
    """

    def __init__(
        self,
        n_series: int,
        step_s: int,
        *,
        levels: Sequence[float] = (0.1, 0.5, 0.9),
        edges_h: Sequence[float] = (1.0, 6.0, 24.0),
        normaliser: Normaliser = "mean",
        most_waiting: int = 128,
    ) -> None:
        self.levels = tuple(levels)
        self._edges_h = tuple(edges_h)
        self._edges = np.array(edges_h) * SECONDS_PER_HOUR / step_s
        self._step_s = step_s
        self._normaliser = normaliser
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[int, FloatArray, FloatArray | None]] = deque()
        self._sums = {name: np.zeros((len(edges_h), n_series)) for name in _POINT}
        self._peak = np.zeros(n_series)
        self._quantile = np.zeros((4, len(self.levels), len(edges_h), n_series))  # see _add_quantiles
        self._missing = np.zeros(len(edges_h), dtype=np.int64)
        self.dropped = 0

    def issued(self, epoch_s: int, point: FloatArray, quantiles: FloatArray | None = None) -> None:
        """Take note of a forecast.

        Parameters
        ----------
        epoch_s : int
            Start of its first step. [s]
        point : ndarray, shape (n_steps, n_series)
            Expected power. [kW]
        quantiles : ndarray, shape (len(levels), n_steps, n_series), optional
            Its quantiles. [kW]
        """
        n_steps = int(min(len(point), self._edges[-1]))
        kept = None if quantiles is None else np.array(quantiles[:, :n_steps])
        self._waiting.append((epoch_s // self._step_s, np.array(point[:n_steps]), kept))
        if len(self._waiting) > self._most_waiting:
            self._waiting.popleft()
            self.dropped += 1

    def arrived(self, epoch_s: int, truth: FloatArray) -> None:
        """Compare a step's truth, shape ``(n_series,)``, NaN where it is missing, with all that was said about it. [kW]."""
        number = epoch_s // self._step_s
        while self._waiting and self._waiting[0][0] + len(self._waiting[0][1]) <= number:
            self._waiting.popleft()
        due = [(number - first, point, spread) for first, point, spread in self._waiting if 0 <= number - first < len(point)]
        if not due:
            return
        there = ~np.isnan(truth)
        y = np.where(there, truth, 0.0)
        self._peak = np.maximum(self._peak, np.abs(y))
        horizon = np.searchsorted(self._edges, [lead + 1 for lead, _, _ in due])
        np.add.at(self._missing, horizon, np.count_nonzero(~there))
        self._add_points(horizon, np.stack([point[lead] for lead, point, _ in due]), y, there)
        spread = [(row, values[:, lead]) for row, (lead, _, values) in zip(horizon, due, strict=True) if values is not None]
        if spread:
            rows, values = zip(*spread, strict=True)
            self._add_quantiles(np.array(rows), np.stack(values, axis=1), y, there)

    def _add_points(self, horizon: Any, point: FloatArray, y: FloatArray, there: Any) -> None:
        error = np.where(there, point - y, 0.0)
        terms = (np.broadcast_to(there, error.shape), error, np.abs(error), error**2, np.broadcast_to(np.abs(y), error.shape))
        for row in np.unique(horizon):  # a few horizons: ten times as fast as np.add.at
            of = horizon == row
            for name, term in zip(_POINT, terms, strict=True):
                self._sums[name][row] += term[of].sum(axis=0)

    def _add_quantiles(self, horizon: Any, q: FloatArray, y: FloatArray, there: Any) -> None:
        level = np.array(self.levels)[:, None, None]
        over = y - q
        loss = np.where(there, np.maximum(level * over, (level - 1.0) * over), 0.0)
        open_ = there & ~np.all(over == 0.0, axis=0)
        covered = open_ & (over <= 0.0)
        terms = (np.broadcast_to(there, loss.shape), loss, np.broadcast_to(open_, loss.shape), covered)
        for row in np.unique(horizon):
            of = horizon == row
            for place, term in enumerate(terms):
                self._quantile[place, :, row] += term[:, of].sum(axis=1)

    def per_series(self) -> dict[str, FloatArray]:
        """Return bias, MAE, RMSE and nRMSE of each horizon and series, NaN without truth, shape ``(n_horizons, n_series)``."""
        sums = self._sums
        count = np.where(sums["count"] > 0, sums["count"], np.nan)
        rmse = np.sqrt(sums["square"] / count)
        size = sums["truth"] / count if self._normaliser == "mean" else np.broadcast_to(self._peak, count.shape)
        return {
            "bias_kw": sums["error"] / count,
            "mae_kw": sums["absolute"] / count,
            "rmse_kw": rmse,
            "nrmse": rmse / np.where(size > 0, size, np.nan),
        }

    def table(self) -> list[dict[str, float]]:
        """Return a row per horizon: what `per_series` says, in the mean over the series, and the quantiles' scores.

        Keys are ``horizon_h``, ``count`` (pairs compared), ``missing`` (pairs without truth), ``dropped`` (forecasts given up),
        ``nrmse``, ``mae_kw``, ``rmse_kw``, ``bias_kw``, ``pinball_kw`` (mean over the levels), ``pinball_<level>_kw`` and
        ``coverage_<level>``; NaN where nothing was compared.
        """
        means = {name: _mean(values) for name, values in self.per_series().items()}
        compared, loss, open_, covered = self._quantile
        pinball, coverage = (_mean(part / np.where(of > 0, of, np.nan)) for part, of in ((loss, compared), (covered, open_)))
        rows = []
        for row, edge_h in enumerate(self._edges_h):
            found = {"horizon_h": float(edge_h), "count": float(self._sums["count"][row].sum())}
            found |= {"missing": float(self._missing[row]), "dropped": float(self.dropped)}
            found |= {name: float(values[row]) for name, values in means.items()}
            found["pinball_kw"] = float(pinball[:, row].mean()) if self.levels else float("nan")
            for level, level_loss, level_share in zip(self.levels, pinball[:, row], coverage[:, row], strict=True):
                found |= {f"pinball_{level:g}_kw": float(level_loss), f"coverage_{level:g}": float(level_share)}
            rows.append(found)
        return rows


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean over the last axis of what is not NaN, NaN where all is."""
    there = ~np.isnan(values)
    count = np.count_nonzero(there, axis=-1)
    return np.asarray(np.where(count > 0, np.where(there, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan))

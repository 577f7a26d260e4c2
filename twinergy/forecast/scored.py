# SPDX-License-Identifier: Apache-2.0
"""A provider that keeps its own scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.forecast.contract import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.forecast.contract import FloatArray
    from twinergy.forecast.scores import Scores


class Scored(Provider):
    """Passes everything on to a provider and scores each forecast it gives.

    Parameters
    ----------
    provider : Provider
        Who forecasts.
    scores : Scores
        Where its scores are kept; its levels are those that are scored.
    """

    def __init__(self, provider: Provider, scores: Scores) -> None:
        self.n_series = provider.n_series
        self.step_s = provider.step_s
        self.scores = scores
        self._provider = provider
        self._next_s = 0
        self._scored_steps = 0

    def observe(self, epoch_s: int, values: FloatArray, weather: Mapping[str, float] | None = None) -> None:
        """Take note of a step, and score what was said about it; see `Provider.observe`."""
        self._provider.observe(epoch_s, values, weather)
        self.scores.arrived(epoch_s, values)
        self._next_s = epoch_s + self.step_s
        self._scored_steps = 0

    def told(self, weather: Mapping[str, FloatArray]) -> None:
        """See `Provider.told`."""
        self._provider.told(weather)

    def predict(self, n_steps: int) -> FloatArray:
        """Return the forecast, which is scored when its truth arrives; the first one of a step counts. See `Provider.predict`."""
        point = self._provider.predict(n_steps)
        if not self._scored_steps and self._next_s:
            self._scored_steps = n_steps
            levels = self.scores.levels
            self.scores.issued(self._next_s, point, self._provider.quantiles(levels, n_steps) if levels else None)
        return point

    def quantiles(self, levels: Sequence[float], n_steps: int) -> FloatArray:
        """See `Provider.quantiles`."""
        return self._provider.quantiles(levels, n_steps)

    @property
    def ready(self) -> FloatArray:
        """See `Provider.ready`."""
        return self._provider.ready

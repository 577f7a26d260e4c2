# SPDX-License-Identifier: Apache-2.0
"""What an agent asks of a forecast, and what a method of forecasting answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Role = Literal["load", "pv"]


class Provider(ABC):
    """Forecasts of some series of power, all in the load frame: loads are never negative, PV never positive.

    It is told what was measured, once per step, and knows nothing else: a forecast does not change when what comes later does.

    Attributes
    ----------
    n_series : int
        Number of series, one per home.
    step_s : int
        Length of a step. [s]
    """

    n_series: int
    step_s: int

    @abstractmethod
    def observe(self, epoch_s: int, values: FloatArray, weather: Mapping[str, float] | None = None) -> None:
        """Take note of what was measured in a step.

        Parameters
        ----------
        epoch_s : int
            Start of the step, on the raster of the steps and later than that of the last one; steps left out count as gaps. [s]
        values : ndarray, shape (n_series,)
            Mean power over the step, load frame; NaN where a reading is missing. [kW]
        weather : mapping of str to float, optional
            What was measured of the weather in that step, named as the ports of the kind ``weather``.

        Raises
        ------
        ValueError
            If the shape is another, the step is not on the raster or is not later than the last one.
        """

    def told(self, weather: Mapping[str, FloatArray]) -> None:  # noqa: B027 - most forecasts know of no weather service
        """Take note of what the weather service says of the coming steps (`twinergy.agents.Forecast.weather`).

        Called after the last step was observed and before `predict`; what was told holds until it is told anew.

        Parameters
        ----------
        weather : mapping of str to ndarray, shape (n_steps,)
            By port, the step after the last one observed first; empty where there is no service.
        """

    @abstractmethod
    def predict(self, n_steps: int) -> FloatArray:
        """Return the expected power of the coming steps, next step first, shape ``(n_steps, n_series)``, load frame. [kW]."""

    @abstractmethod
    def quantiles(self, levels: Sequence[float], n_steps: int) -> FloatArray:
        """Return the power that is not exceeded with each probability, shape ``(len(levels), n_steps, n_series)``. [kW].

        Parameters
        ----------
        levels : sequence of float
            Rising, each in (0, 1). In the load frame the level 0.1 of PV is a *sunny* outcome.
        n_steps : int
            How many steps, the next first.
        """

    @property
    @abstractmethod
    def ready(self) -> FloatArray:
        """How much of the history it wants was measured, 0 to 1, shape ``(n_series,)``; below 1 it says its best simple guess."""


class Method(ABC):
    """A way of forecasting quantities that are never negative: loads, or generation counted positive.

    Steps are counted from the epoch: the step of number *n* begins at ``n * step_s``.
    """

    @abstractmethod
    def learn(self, number: int, x: FloatArray, weather: Mapping[str, float]) -> None:
        """Take note of a step; `x` has shape ``(n_series,)``, NaN where a reading is missing; numbers rise, with gaps."""

    def told(self, weather: Mapping[str, FloatArray]) -> None:  # noqa: B027 - as in `Provider.told`
        """See `Provider.told`."""

    @abstractmethod
    def expect(self, last: int, n_steps: int) -> FloatArray:
        """Return the expectation for the steps after the last one observed, finite, shape ``(n_steps, n_series)``."""

    def ceiling(self, last: int, n_steps: int) -> FloatArray | None:  # noqa: ARG002
        """Return what cannot be exceeded in the steps after the last one, shape ``(n_steps, n_series)``; None: unknown."""
        return None

    @property
    @abstractmethod
    def ready(self) -> FloatArray:
        """See `Provider.ready`."""

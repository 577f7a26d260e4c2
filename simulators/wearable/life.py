# SPDX-License-Identifier: Apache-2.0
"""What the wearers do, quarter hour by quarter hour: activities, taking the wearable off, and who of a home is out first.

A household says how many of its people are in and awake, not who. Each local day its people are put into an order: of `k` who are
in, the first `k` are; of `k` who are awake, the first `k`. So the wearables of one home never contradict its household.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.wearable.person import ACTIVITIES
from twinergy.randomness import Draws, device_generators
from twinergy.timebase import BLOCK_S
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from simulators.wearable.options import WearableOptions

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

QUARTER_S: Final = 900
QUARTERS: Final = BLOCK_S // QUARTER_S
DAY_BEGINS_S: Final = 4 * 3600
"""Local time at which a new order of the people begins: most are in bed, so nobody vanishes from a sofa (assumption). [s]"""
NIGHT_BEGINS_S: Final = 12 * 3600
"""Local time at which what counts for a night begins. [s]"""
_METS: Final = np.array([met for met, _ in ACTIVITIES.values()])
_REACHED: Final = np.cumsum([share for _, share in ACTIVITIES.values()])[:-1]


class Wearer(NamedTuple):
    """A wearable and whose it is.

    Attributes
    ----------
    id, dwelling : str
        Id of the device and of its dwelling.
    residents : int
        People of the dwelling.
    options : WearableOptions
        What the scenario says.
    """

    id: str
    dwelling: str
    residents: int
    options: WearableOptions

    @property
    def name(self) -> str:
        """Name of the person, whatever she wears."""
        return f"{self.dwelling} person {self.options.person}"


class Moment(NamedTuple):
    """What the wearers do in a step, or in each quarter of an hour of a week.

    Attributes
    ----------
    rank : ndarray, shape (..., n_devices)
        How many of the home's people come first. [-]
    activity : ndarray, shape (..., n_devices)
        Metabolic rate while at home and awake. [met]
    on_awake, on_asleep : ndarray, shape (..., n_devices)
        Share of the time in which it is worn by who is awake, and by who sleeps. [-]
    """

    rank: FloatArray
    activity: FloatArray
    on_awake: FloatArray
    on_asleep: FloatArray

    def during(self, within_s: int, duration_s: float) -> Moment:
        """Return the means over a step that begins so long after the start of the week; the order is that of its start."""
        first, last = within_s // QUARTER_S, (within_s + int(duration_s) - 1) // QUARTER_S
        if first == last:
            return Moment(*(table[first] for table in self))
        edges = np.arange(first, last + 2) * QUARTER_S
        parts = np.diff(edges.clip(within_s, within_s + int(duration_s))) / duration_s
        return Moment(self.rank[first], *(_mean(table[first : last + 1], parts) for table in self[1:]))


def _mean(rows: FloatArray, parts: FloatArray) -> FloatArray:
    """Return a weighted mean, added up row by row: a product of matrices would round by the number of columns."""
    total = np.zeros(rows.shape[1])
    for row, part in zip(rows, parts.tolist(), strict=True):
        total += part * row
    return total


class Lives:
    """What wearers do in any week, by seed, person and time alone.

    Parameters
    ----------
    wearers : sequence of Wearer
        Who they are.
    seed : int
        Seed of the run.
    timezone : str
        IANA zone of their days.
    """

    def __init__(self, wearers: Sequence[Wearer], seed: int, timezone: str) -> None:
        self._wearers = tuple(wearers)
        self._seed = seed
        self._timezone = timezone
        self._off = np.array([each.options.off_share for each in wearers])
        self._worn_asleep = np.array([each.options.worn_asleep for each in wearers])

    def week(self, number: int) -> Moment:
        """Return what they do in each quarter of an hour of a fixed week, shape (672, n_devices)."""
        drawn = np.empty((len(self._wearers), QUARTERS, 2))
        names = [each.name for each in self._wearers]
        for row, rng in zip(drawn, device_generators(self._seed, names, "wearable life", number), strict=True):
            rng.random(out=row)
        local_s = _local_s(number, self._timezone)
        nights = self._by_day((local_s + NIGHT_BEGINS_S) // SECONDS_PER_DAY, self._night)
        return Moment(
            rank=self._by_day((local_s - DAY_BEGINS_S) // SECONDS_PER_DAY, self._place),
            activity=np.ascontiguousarray(_METS[np.searchsorted(_REACHED, drawn[:, :, 0], side="right")].T),
            on_awake=np.ascontiguousarray((drawn[:, :, 1] >= self._off[:, None]).T.astype(np.float64)),
            on_asleep=(nights < self._worn_asleep).astype(np.float64),
        )

    def _by_day(self, day: IntArray, draw: Callable[[Draws, Wearer, int], float]) -> FloatArray:
        """Return what is drawn once a day in each quarter of an hour."""
        days, place = np.unique(day, return_inverse=True)
        draws = Draws(self._seed)
        table = [[draw(draws, each, number) for each in self._wearers] for number in days.tolist()]
        return np.asarray(np.array(table, dtype=np.float64).reshape(len(days), -1)[place])

    @staticmethod
    def _night(draws: Draws, wearer: Wearer, day: int) -> float:
        return draws.at(wearer.name, "wearable night", day).random()

    @staticmethod
    def _place(draws: Draws, wearer: Wearer, day: int) -> float:
        order = draws.at(wearer.dwelling, "wearable order", day).permutation(max(wearer.residents, wearer.options.person))
        return float(order[wearer.options.person - 1])


def _local_s(number: int, timezone: str) -> IntArray:
    """Return what local clocks show in each quarter of an hour of a fixed week, as seconds of a calendar without a zone. [s]."""
    import pandas as pd  # noqa: PLC0415 - once a week only

    epoch_s = number * BLOCK_S + QUARTER_S * np.arange(QUARTERS, dtype=np.int64)
    local = pd.to_datetime(epoch_s, unit="s", utc=True).tz_convert(timezone).tz_localize(None)
    return np.asarray(local.to_numpy().astype("datetime64[s]").astype(np.int64))

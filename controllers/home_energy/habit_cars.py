# SPDX-License-Identifier: Apache-2.0
"""What cars would do by themselves: charge at full power as soon as they come home.

A stay is cut where nobody can look at all of it at once, at the end of the days that are still open. What the stay took and what
the habit was reckoned to have taken before the cut are carried over it, so no energy is lost or counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from controllers.home_energy.history import Window
    from controllers.home_energy.homes import Homes
    from twinergy.kinds import FloatArray

    BoolArray = NDArray[np.bool_]

AT_ONCE: Final = "uncontrolled"
"""The one mode of its own in which a charging point charges as soon as a car comes."""
NOTHING_KW: Final = 1e-9


def steered(homes: Homes) -> BoolArray:
    """Return whose car is steered away from its habit, shape ``(n_homes,)``; of others the habit is what was measured."""
    return np.array(
        [
            home.car() is not None and home.option("charging", "mode") == AT_ONCE
            for home in (homes[row] for row in range(len(homes)))
        ],
        dtype=bool,
    )


@dataclass
class Carried:
    """What is carried into a stay that began earlier, powers of single steps.

    Attributes
    ----------
    owed_kw : float
        Taken while the car wanted energy less what the habit has taken; negative where the habit was first. [kW]
    queue_kw : ndarray
        What was taken beyond its wish, step by step, and not yet by habit. [kW]
    skip : int
        How many steps of what it will take beyond its wish have been taken by habit.
    """

    owed_kw: float = 0.0
    queue_kw: FloatArray = field(default_factory=lambda: np.zeros(0))
    skip: int = 0

    def beyond(self, more_kw: FloatArray) -> Carried:
        """Return the same with more taken beyond the wish, what habit has taken of it left out."""
        queue = np.concatenate([self.queue_kw, more_kw])
        return Carried(self.owed_kw, queue[self.skip :], max(0, self.skip - len(queue)))


class Placed(NamedTuple):
    """A stay by habit: what it takes in each step, and how much of that is for the car's wish. [kW]."""

    car_kw: FloatArray
    wish_kw: FloatArray
    n_wish: int


class Stays:
    """The cars of all homes as the habit would have charged them.

    Parameters
    ----------
    n_homes : int
        Number of homes.
    """

    def __init__(self, n_homes: int) -> None:
        self._carried: dict[int, Carried] = {}
        self._here = np.zeros(n_homes, dtype=bool)

    def at_once(self, window: Window, full_kw: FloatArray) -> FloatArray:
        """Return the charging of these steps as it would be by habit, shape ``(n_steps, n_homes)``. [kW].

        Parameters
        ----------
        window : Window
            What was measured; the first step follows the last one that was closed.
        full_kw : ndarray, shape (n_homes,)
            Full power of each charging point with its car. [kW]
        """
        moved = window.car_kw.copy()
        for home, first, last in self._stays(window):
            stay = slice(first, last)
            took_kw = window.car_kw[stay, home]
            placed = self._place(window, home, first, last, full_kw)
            moved[stay, home] = placed.car_kw + np.minimum(took_kw, 0.0)
        return moved

    def close(self, window: Window, n_steps: int, full_kw: FloatArray) -> None:
        """Close the first steps of a window and carry over what is unsettled in stays that go on."""
        carried = {}
        for home, first, last in self._stays(window):
            if first < n_steps < last:
                placed = self._place(window, home, first, last, full_kw)
                before = self._before(home, first)
                took_kw = np.maximum(window.car_kw[first:n_steps, home], 0.0)
                wants = window.wanting[first:n_steps, home]
                n_beyond = int(np.count_nonzero(placed.car_kw[placed.n_wish : max(placed.n_wish, n_steps - first)]))
                owed_kw = before.owed_kw + took_kw[wants].sum() - placed.wish_kw[: n_steps - first].sum()
                before = Carried(float(owed_kw), before.queue_kw, before.skip + n_beyond)
                carried[home] = before.beyond(took_kw[~wants & (took_kw > 0)])
        self._carried = carried
        self._here = window.stays[n_steps - 1].copy()

    def _stays(self, window: Window) -> Iterator[tuple[int, int, int]]:
        """Yield home, first step and end of each stay that was steered."""
        here = window.stays
        for home in np.flatnonzero(here.any(axis=0)).tolist():
            edges = np.flatnonzero(np.diff(np.concatenate([[False], here[:, home], [False]]).astype(np.int8)))
            for first, last in edges.reshape(-1, 2).tolist():
                yield home, first, last

    def _before(self, home: int, first: int) -> Carried:
        return self._carried.get(home, Carried()) if first == 0 else Carried()

    def _place(self, window: Window, home: int, first: int, last: int, full_kw: FloatArray) -> Placed:
        took_kw, wants = window.car_kw[first:last, home], window.wanting[first:last, home]
        goes_on = first == 0 and bool(self._here[home])
        return place(np.maximum(took_kw, 0.0), wants, full_kw[home], self._before(home, first), fresh=not goes_on)


def place(took_kw: FloatArray, wants: BoolArray, full_kw: float, before: Carried, *, fresh: bool) -> Placed:
    """Return a stay as it would be by habit.

    What the car took while it wanted energy is charged at full power as soon as it came; what it took beyond, down to the trickle
    at the end, follows as it was.

    Parameters
    ----------
    took_kw : ndarray, shape (n_steps,)
        What it took, not negative. [kW]
    wants : bool ndarray, shape (n_steps,)
        Whether it lacked energy to its driver's wish.
    full_kw : float
        Full power; never taken to be less than what was measured. [kW]
    before : Carried
        What is unsettled from before the first step.
    fresh : bool
        Whether it came in the first step: what it took in that was not yet steered, and at most a part of the step.
    """
    beyond_kw = before.beyond(took_kw[~wants & (took_kw > 0)]).queue_kw
    most_kw = np.full(len(took_kw), max(full_kw, took_kw.max(initial=0.0)))
    if fresh and wants[0] and took_kw[0] > 0:
        most_kw[0] = took_kw[0]
    owed_kw = before.owed_kw + took_kw[wants].sum()
    wish_kw = np.clip(owed_kw - (np.cumsum(most_kw) - most_kw), 0.0, most_kw)
    wish_kw[wish_kw < NOTHING_KW] = 0.0
    n_wish = int(np.count_nonzero(wish_kw))
    car_kw = wish_kw.copy()
    rest_kw = beyond_kw[: len(car_kw) - n_wish]
    car_kw[n_wish : n_wish + len(rest_kw)] += rest_kw
    return Placed(car_kw, wish_kw, n_wish)

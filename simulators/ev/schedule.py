# SPDX-License-Identifier: Apache-2.0
"""From outings to steps: who leaves, who comes home and who drives how far, laid out step after step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from simulators.ev.habits import Outings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


class StepEvents(NamedTuple):
    """What happens to the cars in one step.

    Attributes
    ----------
    rows : ndarray of int
        Cars that drive.
    km, hours : ndarray
        How far and how long each of them drives within the step. [km], [h]
    departing, arriving : ndarray of int
        Cars that leave and come home at the end of the step.
    leaves_next_s : ndarray
        When those who leave will leave the next time. [s since 1970]
    mood, next_km : ndarray
        Of those who come home: as in `Outings`, and distance of the next outing. [-], [km]
    """

    rows: IntArray
    km: FloatArray
    hours: FloatArray
    departing: IntArray
    arriving: IntArray
    leaves_next_s: FloatArray
    mood: FloatArray
    next_km: FloatArray


_NOBODY: Final = np.empty(0, dtype=np.int64)
_NONE: Final = np.empty(0)
QUIET: Final = StepEvents(_NOBODY, _NONE, _NONE, _NOBODY, _NOBODY, _NONE, _NONE, _NONE)
"""A step in which nobody drives, leaves or comes home."""


class Start(NamedTuple):
    """How things stand at the beginning of a schedule; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    at_home : ndarray of bool
        Whether the car is at home.
    leaves_s : ndarray
        Next departure. [s since 1970]
    mood, next_km : ndarray
        As in `StepEvents`, of the last arrival. [-], [km]
    """

    at_home: NDArray[np.bool_]
    leaves_s: FloatArray
    mood: FloatArray
    next_km: FloatArray


class _Away(NamedTuple):
    """Times away from home in whole steps, sorted by car and time."""

    car: IntArray
    leaves: IntArray
    returns: IntArray
    km: FloatArray
    mood: FloatArray
    leaves_next_s: FloatArray
    next_km: FloatArray


class Schedule:
    """The steps of a block.

    Parameters
    ----------
    block : Block
        Its steps.
    weeks : sequence of Outings
        Outings of the week before, the week and the week after, in order.

    Notes
    -----
    A car is away from the step in which it leaves to the step in which it comes home, both included; a visit at home that is
    shorter than a step does not exist for the charging point. Distances are kept.
    """

    def __init__(self, block: Block, weeks: Sequence[Outings]) -> None:
        self._origin_s, self._step_s, self._n = float(block.epoch_s[0]), block.step_s, len(block)
        outings = Outings(*(np.concatenate(parts, axis=1) for parts in zip(*weeks, strict=True)))
        self._n_cars = len(outings.km)
        car, place = np.nonzero(np.isfinite(outings.leaves_s))
        flat = Outings(*(part[car, place] for part in outings))
        self._away = self._times_away(car.astype(np.int64), flat)
        self._driving = self._driving_steps(car.astype(np.int64), flat)
        self._drive_at = self._edges(self._driving[0], offset=0)
        self._leaving, self._leave_at = self._by_step(self._away.leaves, ("car", "leaves_next_s"))
        self._coming, self._return_at = self._by_step(self._away.returns, ("car", "mood", "next_km"))

    def __getitem__(self, offset: int) -> StepEvents:
        """Return what happens in a step of the block."""
        drive = slice(self._drive_at[offset], self._drive_at[offset + 1])
        leave = slice(self._leave_at[offset], self._leave_at[offset + 1])
        come = slice(self._return_at[offset], self._return_at[offset + 1])
        if drive.start == drive.stop and leave.start == leave.stop and come.start == come.stop:
            return QUIET
        _, rows, km, hours = self._driving
        departing, leaves_next_s = self._leaving
        arriving, mood, next_km = self._coming
        return StepEvents(
            *(rows[drive], km[drive], hours[drive], departing[leave], arriving[come]),
            *(leaves_next_s[leave], mood[come], next_km[come]),
        )

    def start(self) -> Start:
        """Return how things stand at the beginning of the block."""
        away = self._away
        at_home = np.ones(self._n_cars, dtype=np.bool_)
        at_home[away.car[(away.leaves <= 0) & (away.returns > 0)]] = False
        leaves_s, mood, next_km = np.full(self._n_cars, np.inf), np.zeros(self._n_cars), np.zeros(self._n_cars)
        coming = np.flatnonzero(away.leaves > 0)[::-1]  # backwards, so that the first one of a car is written last
        leaves_s[away.car[coming]] = self._origin_s + away.leaves[coming] * self._step_s
        next_km[away.car[coming]] = away.km[coming]
        gone = np.flatnonzero(away.returns <= 0)
        mood[away.car[gone]] = away.mood[gone]
        return Start(at_home, leaves_s, mood, next_km)

    def _times_away(self, car: IntArray, outings: Outings) -> _Away:
        leaves = np.floor((outings.leaves_s - self._origin_s) / self._step_s).astype(np.int64)
        returns = np.ceil((outings.returns_s - self._origin_s) / self._step_s).astype(np.int64)
        if not car.size:
            nothing = np.empty(0)
            return _Away(car, leaves, returns, nothing, nothing, nothing, nothing)
        same_car = car[1:] == car[:-1]
        goes_on = same_car & (leaves[1:] <= returns[:-1])
        first = np.flatnonzero(np.concatenate([[True], ~goes_on]))
        last = np.append(first[1:], len(car)) - 1
        km = np.add.reduceat(outings.km, first)
        follows = np.append(car[first][1:] == car[first][:-1], False)
        next_s = np.append(self._origin_s + leaves[first][1:] * float(self._step_s), np.inf)
        return _Away(
            car[first],
            leaves[first],
            returns[last],
            km,
            outings.mood[last],
            np.where(follows, next_s, np.inf),
            np.where(follows, np.append(km[1:], 0.0), 0.0),
        )

    def _driving_steps(self, car: IntArray, outings: Outings) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """Return step, car, distance and time of every part of a way that lies in one step, sorted by step and car."""
        leg_s = outings.leg_h * 3600.0
        begins = np.concatenate([outings.leaves_s, outings.returns_s - leg_s]) - self._origin_s
        ends, cars = begins + np.tile(leg_s, 2), np.tile(car, 2)
        speed = np.tile(0.5 * outings.km / leg_s, 2)
        first, last = (begins // self._step_s).astype(np.int64), np.ceil(ends / self._step_s).astype(np.int64)
        parts = last - first
        leg = np.repeat(np.arange(len(parts)), parts)
        step = first[leg] + np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts)
        seconds = np.minimum(ends[leg], (step + 1) * self._step_s) - np.maximum(begins[leg], step * self._step_s)
        inside = (step >= 0) & (step < self._n)
        step, leg, seconds = step[inside], leg[inside], np.maximum(seconds[inside], 0.0)
        place, of = np.unique(step * self._n_cars + cars[leg], return_inverse=True)
        km = np.bincount(of, weights=seconds * speed[leg], minlength=len(place)).astype(np.float64)
        hours = np.bincount(of, weights=seconds / 3600.0, minlength=len(place)).astype(np.float64)
        steps, rows = (part.astype(np.int64) for part in np.divmod(place, self._n_cars))
        return steps, rows, km, hours

    def _by_step(self, boundary: IntArray, names: tuple[str, ...]) -> tuple[tuple[Any, ...], list[int]]:
        """Return columns sorted by step and where each step's part begins; a step owns the events at its end."""
        order = np.argsort(boundary, kind="stable")
        return tuple(getattr(self._away, name)[order] for name in names), self._edges(boundary[order], offset=1)

    def _edges(self, sorted_steps: IntArray, *, offset: int) -> list[int]:
        edges: list[int] = np.searchsorted(sorted_steps, np.arange(self._n + 1) + offset).tolist()
        return edges

# SPDX-License-Identifier: Apache-2.0
"""How a home compares with similar ones, without anybody learning what a single other home uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LEAST_PEERS: Final = 5
"""A median of fewer homes tells too much about each of them (assumption, the usual k of k-anonymity)."""
AREA_CLASSES_M2: Final = (60.0, 90.0, 120.0, 160.0)
"""Borders of classes of floor area (assumption). [m2]"""
MOST_RESIDENTS: Final = 5
BASES: Final = ("residents, floor area and heating", "residents and heating", "heating", "all homes", "")


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes a dwelling similar to another.

    Attributes
    ----------
    residents : int
        Number of people.
    floor_area_m2 : float
        Heated floor. [m2]
    heating : str
        What heats it, such as ``heat_pump``.
    """

    residents: int
    floor_area_m2: float
    heating: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Homes among their peers, arrays of shape (n_homes,).

    Attributes
    ----------
    n_peers : ndarray of int
        Number of peers, 0 where there are too few even among all homes.
    basis : tuple of str
        What the peers of each home have in common with it; empty where there are too few.
    percentile : ndarray
        Share of the peers that use less, those that use as much counting half; NaN without peers. 0.9: nine in ten use less. [-]
    difference_kwh : ndarray
        Own energy less the median of the peers; NaN without peers. [kWh]
    """

    n_peers: NDArray[np.int64]
    basis: tuple[str, ...]
    percentile: FloatArray
    difference_kwh: FloatArray


def compare(energy_kwh: FloatArray, homes: Sequence[Likeness], least: int = LEAST_PEERS) -> Comparison:
    """Return where each home stands among similar ones.

    A home's peers are the others that share number of residents, class of floor area and heating; where these are fewer than
    `least`, floor area is dropped, then residents, then heating.

    Parameters
    ----------
    energy_kwh : ndarray, shape (n_homes,)
        Energy of the same period, NaN where it is not known: such a home is nobody's peer. [kWh]
    homes : sequence of Likeness
        The homes, in the same order.
    least : int
        Fewest peers, at least 5.

    Returns
    -------
    Comparison
        Of all homes.

    Raises
    ------
    ValueError
        If fewer than five peers are asked for.
    """
    if least < LEAST_PEERS:
        message = f"a comparison with {least} homes tells too much about each; ask for at least {LEAST_PEERS}"
        raise ValueError(message)
    known, n_homes = ~np.isnan(energy_kwh), len(homes)
    basis, n_peers = np.full(n_homes, len(BASES) - 1), np.zeros(n_homes, dtype=np.int64)
    percentile, difference_kwh = np.full((2, n_homes), np.nan)
    for level, label in enumerate(_labels(homes)):
        for value in np.unique(label):
            members = np.flatnonzero((label == value) & known)
            if len(members) > least:
                open_ = members[basis[members] == len(BASES) - 1]
                basis[open_], n_peers[open_] = level, len(members) - 1
                percentile[open_], difference_kwh[open_] = _among(energy_kwh[members], np.searchsorted(members, open_))
    return Comparison(
        n_peers=n_peers, basis=tuple(BASES[row] for row in basis.tolist()), percentile=percentile, difference_kwh=difference_kwh
    )


def _labels(homes: Sequence[Likeness]) -> list[NDArray[np.intp]]:
    """Return a number for each home per level of likeness; the same number means alike."""
    keys = [
        (each.heating, min(each.residents, MOST_RESIDENTS), int(np.searchsorted(AREA_CLASSES_M2, each.floor_area_m2)))
        for each in homes
    ]
    parts: list[list[tuple[object, ...]]] = [keys, [key[:2] for key in keys], [key[:1] for key in keys], [() for _ in keys]]  # type: ignore[list-item]
    numbered = [{key: number for number, key in enumerate(dict.fromkeys(level))} for level in parts]
    return [np.array([number[key] for key in level], dtype=np.intp) for number, level in zip(numbered, parts, strict=True)]


def _among(energy_kwh: FloatArray, rows: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return percentile of some members among the others, and the difference to the median of the others."""
    ranked = np.sort(energy_kwh)
    own = energy_kwh[rows]
    below, upto = np.searchsorted(ranked, own, side="left"), np.searchsorted(ranked, own, side="right")
    n = len(ranked) - 1
    share = (below + 0.5 * (upto - below - 1)) / n
    # the median of the others: their k-th is the k-th of all, or the next if that is at or after one's own place
    low, high = (n - 1) // 2, n // 2
    median = 0.5 * sum(ranked[place + (place >= below)] for place in (low, high))
    return np.asarray(share), np.asarray(own - median)

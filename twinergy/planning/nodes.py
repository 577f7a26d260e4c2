# SPDX-License-Identifier: Apache-2.0
"""Which meters a plan treats as one: homes that are alike together, everything with a purpose of its own by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.courses import Courses

HOMES: Final = "homes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Meters that are planned as one, each behind a meter of its own all the same.

    Attributes
    ----------
    id : str
        ``homes-1`` … or the connection's id.
    label : str
        What they have in common, for people.
    rows : ndarray of int64, shape (n,)
        Rows of `Courses.meters`.
    homes : int
        Dwellings; 0 for what is no home.
    """

    id: str
    label: str
    rows: NDArray[np.int64]
    homes: int

    def load_kw(self, courses: Courses) -> FloatArray:
        """Return what all of them draw that a plan does not decide, shape (n_steps,). [kW]."""
        return np.asarray(courses.load_kw[self.rows].sum(axis=0))

    def limit_kw(self, courses: Courses) -> float:
        """Return what their connections carry together. [kW]."""
        return float(sum(courses.meters[row].limit_kw for row in self.rows))

    def connections(self, courses: Courses) -> tuple[str, ...]:
        """Return the ids of their connections."""
        return tuple(courses.meters[row].id for row in self.rows)


def grouped(courses: Courses, most: int) -> tuple[Node, ...]:
    """Return the nodes of a community: at most so many groups of homes, and every other meter.

    Homes are alike that have the same tariff, PV or none, and heat with electricity or not. While there are more kinds than
    groups, the smallest joins the one that is most like it.

    Parameters
    ----------
    courses : Courses
        The year of the community.
    most : int
        Greatest number of groups of homes, at least 1.
    """
    apart = _with_a_purpose(courses)
    with_pv = {roof.connection for roof in courses.roofs if roof.existing_kwp > 0.0}
    heats = [bool(course.any()) for course in courses.heating_kw]
    kinds: dict[tuple[str, bool, bool], list[int]] = {}
    others = []
    for row, meter in enumerate(courses.meters):
        if meter.homes and meter.id not in apart:
            kinds.setdefault((meter.tariff, meter.id in with_pv, heats[row]), []).append(row)
        else:
            others.append(row)
    groups = _joined(kinds, most)
    named = sorted(groups, key=lambda one: (-len(one[1]), str(one[0])))
    homes = tuple(_homes(number, features, rows, courses) for number, (features, rows) in enumerate(named, start=1))
    single = tuple(Node(id=courses.meters[row].id, label=courses.meters[row].id, rows=np.array([row]), homes=0) for row in others)
    return homes + single


def _with_a_purpose(courses: Courses) -> set[str]:
    """Return meters that are more than a home: heat networks, turbines."""
    return {network.connection for network in courses.heat_networks} | set(courses.wind_existing_kw)


Features = tuple[str, bool, bool]


def _joined(kinds: dict[Features, list[int]], most: int) -> list[tuple[list[Features], list[int]]]:
    groups = [([features], rows) for features, rows in kinds.items()]
    while len(groups) > most:
        groups.sort(key=lambda one: (len(one[1]), str(one[0])), reverse=True)
        features, rows = groups.pop()
        alike = [sum(_likeness(features[0], other) for other in known) / len(known) for known, _ in groups]
        best = int(np.argmax(alike))
        groups[best] = (groups[best][0] + features, groups[best][1] + rows)
    return groups


def _likeness(one: Features, other: Features) -> float:
    """Return how alike two kinds of homes are: PV decides most of what storage is worth, then the tariff."""
    weights = (2.0, 3.0, 1.0)
    return sum(weight for weight, mine, theirs in zip(weights, one, other, strict=True) if mine == theirs)


def _homes(number: int, features: Sequence[Features], rows: Sequence[int], courses: Courses) -> Node:
    tariffs = Counter(courses.meters[row].tariff for row in rows)
    words = [" or ".join(sorted(tariffs))]
    for place, (has, lacks) in enumerate((("PV", "no PV"), ("electric heating", "other heating")), start=1):
        said = {bool(one[place]) for one in features}
        words.append(has if said == {True} else lacks if said == {False} else f"{has} or not")
    homes = sum(courses.meters[row].homes for row in rows)
    return Node(id=f"{HOMES}-{number}", label=f"{homes} homes: {', '.join(words)}", rows=np.array(sorted(rows)), homes=homes)

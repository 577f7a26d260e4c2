# SPDX-License-Identifier: Apache-2.0
"""Places for the buses of a network that brings none: stations as stars, feeders as straight branches, houses as twigs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinergy.kinds import FloatArray

    Link = tuple[int, int]

TWIG: Final = 0.55
"""Length of a branch that ends at once, in pieces of a feeder."""
SHRINK: Final = 0.8
BEND: Final = np.radians(60.0)
FAN: Final = np.radians(150.0)
GAP: Final = 2.0
UP: Final = np.pi / 2


@dataclass
class _Tree:
    """A spanning tree: the order in which buses are reached, their children and how many buses each carries."""

    order: list[int] = field(default_factory=list)
    children: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    stations: set[int] = field(default_factory=set)
    roots: list[int] = field(default_factory=list)
    weight: dict[int, int] = field(default_factory=dict)


def layout(count: int, links: Iterable[Link], transformers: Iterable[Link], roots: Sequence[int]) -> FloatArray:
    """Return a place for each bus.

    Every station (low-voltage side of a transformer) is the centre of a star of its feeders; a feeder runs straight on along
    its heaviest branch, what ends at once stands off at right angles, alternately left and right. Several stations are put
    on a square raster below the busbar that feeds them. Meshes are cut where the tree first meets them again.

    Parameters
    ----------
    count : int
        Number of buses.
    links, transformers : iterable of pairs of int
        Buses that are connected, and those connected by a transformer, high-voltage side first.
    roots : sequence of int
        Buses with infeed.

    Returns
    -------
    ndarray, shape (count, 2)
        Places; a piece of a feeder has length 1.
    """
    tree = _span(count, list(links), list(transformers), roots)
    xy = np.zeros((count, 2))
    parts = [_subtree(tree, head) for head in _heads(tree)]
    for part in parts:
        _draw(tree, part[0], xy)
        xy[part] -= (xy[part].min(axis=0) + xy[part].max(axis=0)) / 2
    _raster(parts, xy)
    _put_roots(tree, parts, xy)
    return xy


def _span(count: int, links: list[Link], transformers: list[Link], roots: Sequence[int]) -> _Tree:
    """Return a breadth-first spanning forest; islands get a root of their own."""
    neighbours: dict[int, list[int]] = defaultdict(list)
    for a, b in [*links, *transformers]:
        neighbours[a].append(b)
        neighbours[b].append(a)
    low = {frozenset(pair): pair[1] for pair in transformers}
    tree, seen = _Tree(), set[int]()
    for root in [*roots, *range(count)]:
        if root in seen:
            continue
        seen.add(root)
        tree.roots.append(root)
        queue = [root]
        for bus in queue:
            for other in neighbours[bus]:
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
                    tree.children[bus].append(other)
                    if low.get(frozenset((bus, other))) == other:
                        tree.stations.add(other)
        tree.order += queue
    for bus in reversed(tree.order):
        tree.weight[bus] = 1 + sum(tree.weight[child] for child in tree.children[bus])
    return tree


def _heads(tree: _Tree) -> list[int]:
    """Return where each separately drawn part begins: at the stations right behind a root, else at the root itself."""
    heads: list[int] = []
    for root in tree.roots:
        below = tree.children[root]
        heads += below if below and all(child in tree.stations for child in below) else [root]
    return heads


def _subtree(tree: _Tree, head: int) -> list[int]:
    part = [head]
    for bus in part:
        part += tree.children[bus]
    return part


def _draw(tree: _Tree, head: int, xy: FloatArray) -> None:
    """Write the places of a part, its head at the origin."""
    todo = [(head, UP, 1.0, True)]
    while todo:
        bus, heading, length, left = todo.pop()
        children = sorted(tree.children[bus], key=lambda child: -tree.weight[child])
        star = bus in tree.stations or bus == head
        for child, (angle, stretch) in zip(children, _rays(tree, children, heading, left=left, star=star), strict=True):
            xy[child] = xy[bus] + length * stretch * np.array([np.cos(angle), np.sin(angle)])
            along = length if abs(angle - heading) < BEND / 2 or star else length * SHRINK
            todo.append((child, angle, along, not left))


def _rays(tree: _Tree, children: list[int], heading: float, *, left: bool, star: bool) -> list[tuple[float, float]]:
    """Return direction and stretch of the branch to each child, heaviest child first."""
    if star:
        full = 2 * np.pi / (len(children) + 1)
        order = sorted(range(len(children)), key=lambda place: children[place])  # feeders in the order of their numbers
        return [(UP - full * (order.index(place) + 1), 1.5) for place in range(len(children))]
    long = [child for child in children if tree.weight[child] > 1]
    if len(long) > 2:  # noqa: PLR2004 - three or more ways on: a fan
        spread = np.linspace(-FAN / 2, FAN / 2, len(children))
        return [(heading + float(angle), 1.0) for angle in spread]
    side = 1.0 if left else -1.0
    rays = []
    for place, child in enumerate(children):
        if place == 0 and (tree.weight[child] > 1 or len(children) == 1):
            rays.append((heading, 1.0))
            continue
        rays.append((heading + side * (BEND if tree.weight[child] > 1 else UP), 1.0 if tree.weight[child] > 1 else TWIG))
        side = -side
    return rays


def _raster(parts: list[list[int]], xy: FloatArray) -> None:
    """Move the parts apart, row by row, in place."""
    size = max(float(np.ptp(xy[part], axis=0).max()) for part in parts) + GAP
    columns = int(np.ceil(np.sqrt(len(parts))))
    for place, part in enumerate(parts):
        xy[part] += size * np.array([place % columns, -(place // columns)])


def _put_roots(tree: _Tree, parts: list[list[int]], xy: FloatArray) -> None:
    """Put a root that stations hang on above them, in place."""
    drawn = {part[0]: part for part in parts}
    for root in tree.roots:
        if root in drawn:
            continue
        below = np.concatenate([xy[drawn[child]] for child in tree.children[root]])
        centre = np.mean([xy[child, 0] for child in tree.children[root]])
        xy[root] = centre, below[:, 1].max() + GAP

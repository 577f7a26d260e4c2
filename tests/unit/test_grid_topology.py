# SPDX-License-Identifier: Apache-2.0
"""Places of buses for plots."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simulators.grid.layout import layout
from tests.unit.test_grid_building import build


def _crossings(xy, edges):
    """Count pairs of edges without a common bus that cross each other."""
    a, b = xy[[e[0] for e in edges]], xy[[e[1] for e in edges]]

    def side(p, q, r):
        return np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return sum(
        side(a[i], b[i], a[j]) * side(a[i], b[i], b[j]) < 0 and side(a[j], b[j], a[i]) * side(a[j], b[j], b[i]) < 0
        for i in range(len(edges))
        for j in range(i)
        if not set(edges[i]) & set(edges[j])
    )


def drawn(shape):
    row = {name: place for place, name in enumerate(shape.buses)}
    edges = [(row[a], row[b]) for a, b in (*shape.lines.values(), *shape.transformers.values())]
    return np.array(list(shape.buses.values())), edges


def test_a_village_is_drawn_without_crossings():
    xy, edges = drawn(build({"stations": 1}, []).topology())
    assert len(edges) == 115
    assert len(np.unique(xy.round(6), axis=0)) == 116
    assert _crossings(xy, edges) == 0


def test_stations_are_drawn_apart():
    xy, _ = drawn(build({"stations": 4}, []).topology())
    parts = [xy[1 + 115 * station : 116 + 115 * station] for station in range(4)]
    boxes = [(xy.min(axis=0), xy.max(axis=0)) for xy in parts]
    for i, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:i]:
            assert (high < other_low).any() or (other_high < low).any()


def test_own_geodata_is_used_where_there_is_some():
    import pandapower.networks

    xy, _ = drawn(build({"source": "pandapower", "function": "case33bw"}, []).topology())
    first = json.loads(pandapower.networks.case33bw().bus["geo"].iloc[0])["coordinates"]
    assert len(xy) == 33
    np.testing.assert_allclose(xy[0], first)


def test_edges_name_their_buses():
    shape = build({"stations": 1}, []).topology()
    assert shape.lines["s1-f1-line-1"] == ["s1-busbar", "s1-f1-joint-1"]
    assert shape.transformers["s1-trafo"][0] == "mv-busbar"


def test_meshes_islands_and_long_feeders_have_places():
    ring = [(0, 1), (1, 2), (2, 3), (3, 0)]
    assert len(np.unique(layout(6, ring, [], [0]).round(6), axis=0)) == 6  # buses 4 and 5 are islands
    chain = [(bus, bus + 1) for bus in range(4999)]
    assert np.ptp(layout(5000, chain, [], [0]), axis=0).max() == pytest.approx(4999.5)

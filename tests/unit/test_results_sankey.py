# SPDX-License-Identifier: Apache-2.0
"""Flows of energy balance, and their drawing never lets labels touch."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.results_sample import SUMMER, block_of, community
from tests.unit.test_kpis_devices import HAND, computed
from twinergy.results.figure_sankey import draw, place
from twinergy.results.flow_sheet import ELECTRICITY, HEAT, Flow
from twinergy.results.kpis import Kpis
from twinergy.timebase import TimeAxis

ENERGY = st.floats(0.01, 1e5, allow_subnormal=False)
SOURCES = ("grid import", "PV", "wind", "battery discharges", "cars feed back")
USES = ("households", "cars charge", "battery charges", "other in buildings", "cooling", "grid losses", "export")


def flows_of(values: dict) -> dict[tuple[str, str], float]:
    return {(row["source"], row["target"]): row["kwh"] for row in computed(values).document()["flows"]}


def test_flows_by_hand() -> None:
    found = flows_of(HAND)
    expected = {
        ("grid import", "electricity"): 0.1,
        ("PV", "electricity"): 10.0,
        ("wind", "electricity"): 10.0,
        ("CHP", "electricity"): 20.0,
        ("cars feed back", "electricity"): 2.0,
        ("electricity", "households"): 8.0,
        ("electricity", "heat pumps"): 3.0,
        ("electricity", "cooling"): 0.5,
        ("electricity", "other in buildings"): 0.4,  # 3.9 kWh of buildings, less heat pump and cooling
        ("electricity", "cars charge"): 11.0,
        ("electricity", "export"): 8.9 + 8.9 + 1.4,
        ("gas", "CHP"): 73.0,
        ("CHP", "heat"): 40.9 - 1.5,
        ("CHP", "CHP losses"): 73 - 40.9 - 20 + 1.5,
        ("gas", "boilers"): 10.0,
        ("boilers", "heat"): 9.0,
        ("boilers", "boiler losses"): 1.0,
        ("ambient heat", "heat pumps"): 8.0,
        ("heat pumps", "heat"): 11.0,
        ("heat", "rooms"): 18.0,
        ("heat", "hot water"): 3.0,
        ("heat", "tanks, pipes, losses"): 39.4 + 9 + 11 - 21,
    }
    small = {("heat missing", "heat"): 0.05}  # below a thousandth of all: not drawn, but in the balance
    rest = expected.pop(("heat", "tanks, pipes, losses")) + small["heat missing", "heat"]
    assert found == {name: pytest.approx(kwh) for name, kwh in (expected | {("heat", "tanks, pipes, losses"): rest}).items()}


@pytest.mark.parametrize("node", [ELECTRICITY, HEAT])
def test_what_comes_to_a_node_leaves_it(node: str) -> None:
    found = flows_of(HAND)
    coming = sum(kwh for (_, target), kwh in found.items() if target == node)
    going = sum(kwh for (source, _), kwh in found.items() if source == node)
    assert coming == pytest.approx(going, rel=0.002)  # what is below a thousandth is not drawn


def test_what_does_not_add_up_is_shown() -> None:
    values = HAND | {"connection": {"p_kw": [[0.0, 0.0]] * 4}}  # the meter sees nothing of all this
    assert flows_of(values)["electricity", "unexplained"] == pytest.approx(42 - 22.9)


def test_losses_and_background_of_the_grid_are_uses() -> None:
    place = community(2)
    kpis = Kpis(place.twin, TimeAxis(int(SUMMER.timestamp()), 3600, 1))
    grid = {"p_exchange_kw": [[4.5]], "p_loss_kw": [[0.5]], "converged": [[1.0]]}
    values = {"household": {"p_kw": [[2.0, 2.0]]}, "connection": {"p_kw": [[2.0, 2.0]]}, "grid": grid}
    kpis.add(block_of(place, values))
    found = [(row["source"], row["target"], row["kwh"]) for row in kpis.document()["flows"]]
    uses = [("electricity", "households", 4.0), ("electricity", "grid losses", 0.5)]
    assert found == [("grid import", "electricity", 4.5), *uses]


def labels(flows: list[Flow]) -> list[tuple[str, float, float, float, float]]:
    """Return text and box of every label in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = draw(flows)
    FigureCanvasAgg(figure).draw()
    texts = [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts]
    width = figure.bbox.width
    assert all(box.x0 >= 0.0 and box.x1 <= width for _, box in texts), [
        text for text, box in texts if box.x1 > width or box.x0 < 0
    ]
    return [(text, box.x0, box.x1, box.y0, box.y1) for text, box in texts]


@given(st.lists(ENERGY, min_size=20, max_size=20), st.booleans())
@settings(max_examples=12, deadline=None)
def test_no_two_labels_touch(kwh: list[float], warm: bool) -> None:
    size = iter(kwh)
    flows = [Flow(name, ELECTRICITY, next(size)) for name in SOURCES] + [Flow(ELECTRICITY, name, next(size)) for name in USES]
    if warm:
        links = [("gas", "CHP"), ("CHP", ELECTRICITY), ("CHP", HEAT), ("CHP", "CHP losses"), ("ambient heat", "heat pumps")]
        links += [(ELECTRICITY, "heat pumps"), ("heat pumps", HEAT), (HEAT, "rooms")]
        flows += [Flow(one, other, next(size)) for one, other in links]
    for (one, a0, a1, b0, b1), (other, c0, c1, d0, d1) in combinations(labels(flows), 2):
        assert a1 <= c0 or c1 <= a0 or b1 <= d0 or d1 <= b0, (one, other)


def test_bands_are_as_thick_as_their_energy() -> None:
    nodes = place([Flow("PV", ELECTRICITY, 300.0), Flow("grid import", ELECTRICITY, 100.0), Flow(ELECTRICITY, "export", 400.0)])
    assert nodes["PV"].height == pytest.approx(3.0 * nodes["grid import"].height)
    assert nodes[ELECTRICITY].height == pytest.approx(nodes["export"].height)
    assert all(node.top >= 0.0 and node.top + node.height <= 1.0 + 1e-9 for node in nodes.values())

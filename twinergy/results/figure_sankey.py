# SPDX-License-Identifier: Apache-2.0
"""Where the energy came from and where it went: a Sankey diagram with layers, and labels that never touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from twinergy.drawing import style
from twinergy.results.flow_sheet import BOILERS, CHP, ELECTRICITY, GAS, HEAT, HEAT_PUMPS, Flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinergy.results.reader import Run

NODE_WIDTH: Final = 0.018
LABEL_HEIGHT: Final = 0.058
"""Least height a node takes, its label included, as a part of the height of the drawing."""
TITLE_HEIGHT: Final = 0.09
"""Room above a converter for its label of two lines."""
HEIGHT_IN: Final = 4.6
MEGA_KWH: Final = 1e5
MOST_NODES: Final = 9
"""Nodes in a layer before the drawing grows."""
PULLS: Final = 8
_MIDDLE: Final = {CHP: 1, BOILERS: 1, ELECTRICITY: 2, HEAT_PUMPS: 3, HEAT: 4}
USES: Final = 5
_COLOURS: Final = {
    "grid import": style.BLUE,
    "export": style.SKY,
    "PV": style.ORANGE,
    "wind": style.TEAL,
    CHP: style.PURPLE,
    GAS: "#9a8478",
    "ambient heat": "#8fbf6a",
    "heat network": "#e08a5b",
    "households": "#7f97ad",
    "cars charge": "#8d7ab8",
    "cars feed back": "#8d7ab8",
    "battery charges": style.MINT,
    "battery discharges": style.MINT,
    "grid losses": style.VERMILION,
    "rooms": "#d99a78",
    "hot water": "#c9745f",
    ELECTRICITY: "#5b7c99",
    HEAT: "#e08a5b",
    HEAT_PUMPS: style.GREEN,
    BOILERS: "#9a8478",
}
_OTHER: Final = "#a9b4bd"


@dataclass
class Node:
    """One place in the drawing.

    Attributes
    ----------
    name : str
        Its label.
    layer : int
        Column, from the left.
    kwh : float
        The larger of what comes and what goes. [kWh]
    top, height : float
        Where it lies, as parts of the drawing from its top.
    """

    name: str
    layer: int
    kwh: float
    top: float = 0.0
    height: float = 0.0
    inside: float = field(default=0.0, repr=False)
    outside: float = field(default=0.0, repr=False)


def flows_of(run: Run) -> list[Flow]:
    """Return the flows of energy a run has summed up."""
    return [Flow(**row) for row in run.kpi_document.get("flows", [])]


def sankey(run: Run) -> Figure:
    """Draw where the energy of a run came from and where it went."""
    return draw(flows_of(run))


def draw(flows: Sequence[Flow]) -> Figure:
    """Draw flows of energy.

    Parameters
    ----------
    flows : sequence of Flow
        Without loops.
    """
    nodes = place(flows)
    most = max(sum(node.layer == layer for node in nodes.values()) for layer in {node.layer for node in nodes.values()})
    figure, axes = style.new_figure((10.0, HEIGHT_IN * max(1.0, most / MOST_NODES)))
    axes.set_axis_off()
    last = max(node.layer for node in nodes.values())
    mega = max(node.kwh for node in nodes.values()) >= MEGA_KWH
    for flow in sorted(flows, key=lambda flow: (nodes[flow.source].top, nodes[flow.target].top)):
        _draw_band(axes, nodes[flow.source], nodes[flow.target], flow.kwh, last)
    for node in nodes.values():
        _draw_node(axes, node, last, amount(node.kwh, mega=mega))
    axes.set_xlim(-0.17, 1.0 + NODE_WIDTH + 0.19)
    axes.set_ylim(1.01, -0.01)
    return figure


def place(flows: Sequence[Flow]) -> dict[str, Node]:
    """Return the nodes of flows by name, laid out: sources on the left, uses on the right, converters between them.

    Every source and every use takes at least `LABEL_HEIGHT`, so no two of their labels can overlap; converters stand where
    their neighbours pull them, and carry their label above them.
    """
    nodes = _layered(flows)
    layers = sorted({node.layer for node in nodes.values()})
    for node in nodes.values():
        node.layer = layers.index(node.layer)  # a layer that nobody is in takes no room
    last = len(layers) - 1
    columns = [_ordered(flows, [node for node in nodes.values() if node.layer == layer]) for layer in (0, last)]
    scale = min(_scale(column) for column in columns)
    for column in columns:
        _stack(column, scale)
    middle = [node for node in nodes.values() if 0 < node.layer < last]
    for node in middle:
        node.height = node.kwh * scale
        node.top = (1.0 - node.height) / 2.0
    for _ in range(PULLS):
        for node in middle:
            _pull(node, flows, nodes)
    for layer in range(1, last):
        _part([node for node in middle if node.layer == layer])
    return nodes


def _layered(flows: Iterable[Flow]) -> dict[str, Node]:
    coming: dict[str, float] = {}
    going: dict[str, float] = {}
    for flow in flows:
        going[flow.source] = going.get(flow.source, 0.0) + flow.kwh
        coming[flow.target] = coming.get(flow.target, 0.0) + flow.kwh
    nodes = {}
    for name in dict.fromkeys([*going, *coming]):
        layer = _MIDDLE.get(name, 0 if name in going else USES)
        nodes[name] = Node(name, layer, max(coming.get(name, 0.0), going.get(name, 0.0)))
    return nodes


def _ordered(flows: Sequence[Flow], column: Sequence[Node]) -> list[Node]:
    """Return sources or uses from the top: those of electricity, then what has to do with gas and heat, largest first."""
    electric = {flow.source for flow in flows if flow.target == ELECTRICITY}
    electric |= {flow.target for flow in flows if flow.source == ELECTRICITY}
    lost = {node.name for node in column if node.name.endswith(("CHP losses", "boiler losses"))}
    return sorted(column, key=lambda node: (node.name not in electric, node.name not in lost, -node.kwh))


def _pull(node: Node, flows: Sequence[Flow], nodes: dict[str, Node]) -> None:
    """Move a node to the mean height of its neighbours, by what flows between them."""
    pulls = [
        (nodes[flow.source if flow.target == node.name else flow.target], flow.kwh) for flow in flows if node.name in _ends(flow)
    ]
    centre = sum((other.top + other.height / 2.0) * kwh for other, kwh in pulls) / sum(kwh for _, kwh in pulls)
    node.top = min(max(TITLE_HEIGHT, centre - node.height / 2.0), max(TITLE_HEIGHT, 1.0 - node.height))


def _ends(flow: Flow) -> tuple[str, str]:
    return flow.source, flow.target


def _part(column: list[Node]) -> None:
    """Push apart what shares a layer, downwards, and up again where the drawing ends."""
    column.sort(key=lambda node: node.top)
    for above, below in pairwise(column):
        below.top = max(below.top, above.top + above.height + TITLE_HEIGHT)
    over = column[-1].top + column[-1].height - 1.0 if column else 0.0
    for node in column:
        node.top -= max(0.0, over)


def _scale(column: Sequence[Node]) -> float:
    """Return the height of a kWh at which a layer, with room for its labels, fills the drawing."""
    free, large = 1.0, list(column)
    while large:
        scale = max(0.0, free) / sum(node.kwh for node in large)
        small = [node for node in large if node.kwh * scale < LABEL_HEIGHT]
        if not small:
            return scale * (1.0 - 0.012 * len(column))
        free -= LABEL_HEIGHT * len(small)
        large = [node for node in large if node.kwh * scale >= LABEL_HEIGHT]
    return 0.0


def _stack(column: Sequence[Node], scale: float) -> None:
    slots = [max(LABEL_HEIGHT, node.kwh * scale) for node in column]
    gap = min(0.05, (1.0 - sum(slots)) / max(1, len(column) - 1)) if len(column) > 1 else 0.0
    top = (1.0 - sum(slots) - gap * (len(column) - 1)) / 2.0
    for node, slot in zip(column, slots, strict=True):
        node.height = node.kwh * scale
        node.top = top + (slot - node.height) / 2.0
        top += slot + gap


def _x(layer: int, last: int) -> float:
    return layer / last if last else 0.0


def _draw_band(axes: Axes, source: Node, target: Node, kwh: float, last: int) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - kept out of the start of `twinergy --help`
    from matplotlib.path import Path  # noqa: PLC0415

    thick = source.height * kwh / source.kwh
    left, right = _x(source.layer, last) + NODE_WIDTH, _x(target.layer, last)
    top, end = source.top + source.outside, target.top + target.inside
    source.outside += thick
    target.inside += thick
    middle = (left + right) / 2.0
    corners = [(left, top), (middle, top), (middle, end), (right, end), (right, end + thick)]
    corners += [(middle, end + thick), (middle, top + thick), (left, top + thick), (left, top)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    colour = _colour(target.name if source.name in {ELECTRICITY, HEAT} and target.name in _COLOURS else source.name)
    axes.add_patch(PathPatch(Path(corners, codes), facecolor=colour, alpha=0.42, lw=0.0, zorder=1))


def _draw_node(axes: Axes, node: Node, last: int, size: str) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    x, height = _x(node.layer, last), max(node.height, 0.002)
    axes.add_patch(Rectangle((x, node.top), NODE_WIDTH, height, facecolor=_colour(node.name), lw=0.0, zorder=3))
    text, middle = f"{node.name}  {size}", node.top + node.height / 2.0
    options: dict[str, Any] = {"color": style.INK, "fontsize": 9, "zorder": 5}
    if node.layer == 0:
        axes.text(x - 0.008, middle, text, ha="right", va="center", **options)
    elif node.layer == last:
        axes.text(x + NODE_WIDTH + 0.008, middle, text, ha="left", va="center", **options)
    else:
        back = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.7, "pad": 0.8}
        two_lines = f"{node.name}\n{size}"  # narrower than the room between two layers
        axes.text(x + NODE_WIDTH / 2.0, node.top - 0.008, two_lines, ha="center", va="bottom", bbox=back, **options)


def _colour(name: str) -> str:
    return _COLOURS.get(name, _OTHER)


def amount(kwh: float, *, mega: bool) -> str:
    """Return an energy as people write it, in MWh if all energies of a drawing are.

    >>> amount(1234.5, mega=False), amount(12.345, mega=False), amount(123456.0, mega=True), amount(1234.0, mega=True)
    ('1,234 kWh', '12.3 kWh', '123 MWh', '1.2 MWh')
    """
    value, unit = (kwh / 1000.0, "MWh") if mega else (kwh, "kWh")
    return f"{value:,.0f} {unit}" if value >= 100.0 else f"{value:,.1f} {unit}"  # noqa: PLR2004 - three digits say enough

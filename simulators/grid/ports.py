# SPDX-License-Identifier: Apache-2.0
"""Result tables of a grid and the ports of their entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinergy.kinds import Table
from twinergy.ports import measured, set_point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.ports import Port

BUS: Final = (
    measured("vm_pu", "Voltage magnitude; NaN at a bus without supply", default=1.0),
    measured("va_deg", "Voltage angle against the infeed"),
)
LINE: Final = (
    measured("loading_percent", "Larger of the two ends' currents over the rating of all parallel systems"),
    measured("p_kw", "Power into the line at its from end"),
    measured("p_loss_kw", "Losses"),
)
TRANSFORMER: Final = (
    measured("loading_percent", "Larger of the two windings' currents over the rated current"),
    measured("p_kw", "Power into the high-voltage side; positive supplies the low-voltage side"),
    measured("q_kvar", "Reactive power into the high-voltage side"),
    measured("p_loss_kw", "Copper and iron losses"),
    measured("tap", "Tap position; NaN without a tap changer"),
    set_point("set_tap", "Tap position asked for; rounded and held within the tap changer's range. It stays where it was put"),
)
SWITCH: Final = (
    measured("closed", "1 closed, 0 open"),
    set_point("set_closed", "1 to close, 0 to open; it stays where it was put"),
)
GRID: Final = (
    measured("p_exchange_kw", "Power from the upstream grid over all infeeds; positive is import"),
    measured("q_exchange_kvar", "Reactive power from the upstream grid over all infeeds"),
    measured("p_loss_kw", "Losses of all lines, transformers and other branches"),
    measured("p_background_kw", "Load of what belongs to the grid itself: kept loads less kept generation, shunts"),
    measured("p_unsupplied_kw", "Load asked for at buses without supply, which is not served"),
    measured("p_residual_kw", "Exchange less losses, served load and background: what the power flow leaves unexplained"),
    measured("converged", "1 if the power flow converged, else 0 and every other result of it is NaN"),
    measured("iterations", "Rounds of the power flow, of both methods together"),
)
GRID_ID: Final = "grid"
PORTS_OF_TABLE: Final[dict[str, tuple[Port, ...]]] = {
    "bus": BUS,
    "line": LINE,
    "transformer": TRANSFORMER,
    "switch": SWITCH,
    "grid": GRID,
}


def tables(buses: Sequence[str], lines: Sequence[str], transformers: Sequence[str], switches: Sequence[str]) -> tuple[Table, ...]:
    """Return the tables of a grid; one without entities is left out."""
    entities = (buses, lines, transformers, switches, (GRID_ID,))
    named = zip(PORTS_OF_TABLE.items(), entities, strict=True)
    return tuple(Table(name, tuple(ids), ports) for (name, ports), ids in named if len(ids))

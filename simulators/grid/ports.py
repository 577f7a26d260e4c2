# SPDX-License-Identifier: Apache-2.0
"""Result tables of a grid and the ports of their entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.kinds import Table
from twinergy.ports import measured, set_point

if TYPE_CHECKING:
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
    measured("unsupplied_count", "Connections at buses without supply"),
    measured("p_residual_kw", "Exchange less losses, served load and background: what the power flow leaves unexplained"),
    measured("converged", "1 if the power flow converged, else 0 and every other result of it is NaN"),
    measured("iterations", "Rounds of the power flow, of both methods together"),
)
BUS_OF_PHASES: Final = (
    measured("vm_a_pu", "Voltage between phase a and neutral; vm_pu is the mean of the three", default=1.0),
    measured("vm_b_pu", "Voltage between phase b and neutral", default=1.0),
    measured("vm_c_pu", "Voltage between phase c and neutral", default=1.0),
    measured("unbalance_percent", "Negative over positive sequence voltage, as EN 50160 and IEC 61000-4-30 define unbalance"),
)
LINE_OF_PHASES: Final = (
    measured("i_a_a", "Current of phase a at the from end; the loading is that of the worst phase"),
    measured("i_b_a", "Current of phase b at the from end"),
    measured("i_c_a", "Current of phase c at the from end"),
    measured("i_n_a", "Current that returns through neutral and earth"),
)
TRANSFORMER_OF_PHASES: Final = (measured("i_n_a", "Current of the star point; the loading is that of the worst phase"),)
GRID_ID: Final = "grid"
PORTS_OF_TABLE: Final[dict[str, tuple[Port, ...]]] = {
    "bus": BUS,
    "line": LINE,
    "transformer": TRANSFORMER,
    "switch": SWITCH,
    "grid": GRID,
}
UNBALANCED_PORTS: Final[dict[str, tuple[Port, ...]]] = {
    **PORTS_OF_TABLE,
    "bus": BUS + BUS_OF_PHASES,
    "line": LINE + LINE_OF_PHASES,
    "transformer": TRANSFORMER + TRANSFORMER_OF_PHASES,
}
PORTS_FOR_REFERENCE: Final[dict[str, tuple[Port, ...]]] = {
    **PORTS_OF_TABLE,
    "bus (with unbalanced, in addition)": BUS_OF_PHASES,
    "line (with unbalanced, in addition)": LINE_OF_PHASES,
    "transformer (with unbalanced, in addition)": TRANSFORMER_OF_PHASES,
}


def tables(net: Any, *, unbalanced: bool = False) -> tuple[Table, ...]:
    """Return the tables of a named pandapower network; one without entities is left out."""
    entities = (net.bus["name"], net.line["name"], net.trafo["name"], net.switch["name"], (GRID_ID,))
    ports = UNBALANCED_PORTS if unbalanced else PORTS_OF_TABLE
    named = zip(ports.items(), entities, strict=True)
    return tuple(Table(name, tuple(ids), ports) for (name, ports), ids in named if len(ids))

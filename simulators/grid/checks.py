# SPDX-License-Identifier: Apache-2.0
"""What a network may hold: the power flow says no to what it would otherwise leave out in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import Connection

REFUSED: Final = (
    "dcline", "bus_dc", "line_dc", "source_dc", "load_dc", "vsc", "vsc_stacked", "vsc_bipolar", "b2b_vsc", "svc", "ssc", "tcsc",
)  # fmt: skip
"""Tables of pandapower whose elements the per-step power flow does not model."""


def unsupported(net: Any) -> list[Finding]:
    """Return a finding for everything in a pandapower network that is not modelled, empty if all is."""
    findings = [
        _finding(f"{len(net[table])} x {table}: the power flow has no model of it", table, "none")
        for table in REFUSED
        if table in net and len(net[table])
    ]
    if not net.ext_grid["in_service"].any() and not (len(net.gen) and net.gen["slack"].any()):
        findings.append(_finding("no infeed in service", "ext_grid", "at least one"))
    share = _voltage_dependent(net)
    if share:
        findings.append(_finding(f"loads that depend on voltage: {', '.join(share)}", "load", "constant power"))
    if "controller" in net and len(net.controller) and net.controller["in_service"].any():
        findings.append(_finding(f"{len(net.controller)} pandapower controllers would not run", "controller", "none in service"))
    return findings


def unknown_buses(connections: Sequence[Connection], known: set[str]) -> list[Finding]:
    """Return a finding for each connection whose bus the grid does not have."""
    return [
        Finding(message="the grid has no such bus", path=f"connections[{one.id}].bus", value=one.bus)
        for one in connections
        if one.bus not in known
    ]


def _voltage_dependent(net: Any) -> list[str]:
    columns = [name for name in net.load.columns if name.startswith(("const_z", "const_i")) and name.endswith("percent")]
    return [name for name in columns if len(net.load) and net.load[name].fillna(0.0).abs().max() > 0.0]


def _finding(message: str, table: str, allowed: str) -> Finding:
    return Finding(message=message, path=f"grid.{table}", allowed=allowed)

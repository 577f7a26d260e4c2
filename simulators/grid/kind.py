# SPDX-License-Identifier: Apache-2.0
"""The plug-in: from a scenario's ``grid`` block to a description and a power flow model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from simulators.grid.params import HOMES_PER_STATION, SOURCES, GridOptions, KerberOptions
from simulators.grid.ports import PORTS_FOR_REFERENCE
from twinergy.errors import Finding, ScenarioError
from twinergy.kinds import GridDescription, GridKind

if TYPE_CHECKING:
    from pathlib import Path

    from simulators.grid.simulator import PandapowerGrid
    from twinergy.community.twin import BuildContext
    from twinergy.options import Options
    from twinergy.ports import Port


class PandapowerGridKind(GridKind):
    """Networks of pandapower: villages of any size, rings of them, the built-in ones, saved ones; balanced or unbalanced."""

    name: ClassVar[str] = "grid"
    options: ClassVar[type[Options]] = GridOptions
    option_models: ClassVar[tuple[type[Options], ...]] = tuple(SOURCES.values())
    port_tables: ClassVar[dict[str, tuple[Port, ...]]] = PORTS_FOR_REFERENCE

    def resolve(self, options: Options, homes: int) -> Options:
        """Return the options with ``stations: auto`` replaced by as many stations as the homes need.

        >>> PandapowerGridKind().resolve(KerberOptions(), homes=58).stations
        2
        """
        if isinstance(options, KerberOptions) and options.stations == "auto":
            per_station = HOMES_PER_STATION * options.homes_per_point
            return options.model_copy(update={"stations": max(1, math.ceil(homes / per_station))})
        return options

    def describe(self, options: Options, folder: Path, homes: int) -> GridDescription:
        """Return names and places of a grid; see `twinergy.kinds.GridKind`."""
        from simulators.grid.networks import load_network  # noqa: PLC0415 - pandapower takes more than a second

        net = load_network(_ours(self.resolve(options, homes)), folder)
        name = net.bus["name"]
        return GridDescription(
            buses=tuple(name),
            connection_buses=tuple(name[net["attachment_buses"]]),
            connection_phases=tuple(net["attachment_phases"]),
            lines=tuple(net.line["name"]),
            transformers=tuple(net.trafo["name"]),
            station_buses=tuple(name[net.trafo["lv_bus"]]),
        )

    def build(self, options: Options, context: BuildContext) -> PandapowerGrid:
        """Build the power flow model for the connections of ``context.twin``.

        Raises
        ------
        ScenarioError
            If the options still say ``auto``, the network cannot be had, or a connection names a bus it does not have.
        """
        from simulators.grid.checks import unknown_buses  # noqa: PLC0415
        from simulators.grid.networks import load_network  # noqa: PLC0415
        from simulators.grid.simulator import PandapowerGrid  # noqa: PLC0415

        grid = _ours(options)
        net = load_network(grid, context.folder)
        connections = context.twin.connections
        findings = unknown_buses(connections, set(net.bus["name"]))
        if findings:
            raise ScenarioError(findings, subject="grid")
        buses = [one.bus for one in connections]
        if not grid.unbalanced:
            return PandapowerGrid(net, buses)
        from simulators.grid.unbalanced.simulator import UnbalancedGrid  # noqa: PLC0415

        return UnbalancedGrid(net, buses)


def _ours(options: Options) -> GridOptions:
    if not isinstance(options, GridOptions):
        message = f"the grid needs GridOptions, got {type(options).__name__}"
        raise TypeError(message)
    if isinstance(options, KerberOptions) and options.stations == "auto":
        finding = Finding(
            message="how many stations is not yet decided",
            path="grid.stations",
            value="auto",
            allowed="PandapowerGridKind.resolve",
        )
        raise ScenarioError([finding], subject="grid")
    return options

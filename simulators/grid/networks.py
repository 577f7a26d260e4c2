# SPDX-License-Identifier: Apache-2.0
"""From options to a pandapower network that is named, checked and cleared of what the scenario's devices replace."""

from __future__ import annotations

import copy
import gzip
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simulators.grid.checks import unsupported
from simulators.grid.ieee_feeder import ieee_feeder
from simulators.grid.naming import give_names
from simulators.grid.params import BuiltInOptions, FileOptions, GridOptions, IeeeFeederOptions, KerberOptions, VillageRingOptions
from simulators.grid.ring import village_ring
from simulators.grid.tamed import quiet, without_dice
from simulators.grid.unbalanced.needs import unsuited
from simulators.grid.village import villages
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

REPLACED = ("load", "sgen", "gen", "storage", "motor", "asymmetric_load", "asymmetric_sgen")
"""Tables of pandapower that the scenario's devices replace."""


def load_network(options: GridOptions, folder: Path) -> Any:
    """Return a pandapower network of one's own, ready to be attached to.

    Every bus, line, transformer and switch has a unique name. Its own loads and generators are gone unless
    ``keep_loads``; the buses they stood at are kept in ``net["attachment_buses"]``, in order.

    Parameters
    ----------
    options : GridOptions
        Options without ``auto``.
    folder : pathlib.Path
        What a file's path is relative to.

    Raises
    ------
    ScenarioError
        If the network cannot be read or built, or holds what the power flow does not model.
    """
    stamp = 0
    if isinstance(options, FileOptions):
        place = folder / options.path
        stamp = place.stat().st_mtime_ns if place.is_file() else 0
    return copy.deepcopy(_prepared(options.model_dump_json(), type(options), folder, stamp))


# Describing and building one scenario read the same network; building a large one takes a second.
@lru_cache(maxsize=2)
def _prepared(options_json: str, kind: type[GridOptions], folder: Path, stamp: int) -> Any:  # noqa: ARG001 - keys the cache
    options = kind.model_validate_json(options_json)
    with quiet(), without_dice():
        net = _raw(options, folder)
        if not isinstance(options, KerberOptions | VillageRingOptions):
            give_names(net)
    if "attachment_buses" not in net:
        net["attachment_buses"] = _attachment_buses(net)
        net["attachment_phases"] = ()
    if not options.keep_loads:
        for table in REPLACED:
            net[table] = _without_reference(net[table], table)
    if options.slack_vm_pu is not None:
        net.ext_grid["vm_pu"] = options.slack_vm_pu
    findings = unsupported(net) + (unsuited(net) if options.unbalanced else [])
    if findings:
        raise ScenarioError(findings, subject="grid")
    return net


def _without_reference(table: Any, name: str) -> Any:
    return table[table["slack"].astype(bool)] if name == "gen" and "slack" in table else table.iloc[:0]


def _attachment_buses(net: Any) -> list[int]:
    """Return the buses where loads stand, in their order; every bus but those of the infeed where a network has no load."""
    buses = list(dict.fromkeys(int(bus) for bus in net.load["bus"]))
    if buses:
        return buses
    infeed = set(net.ext_grid["bus"])
    return [int(bus) for bus in net.bus.index if bus not in infeed]


def _raw(options: GridOptions, folder: Path) -> Any:
    if isinstance(options, KerberOptions):
        return villages(int(options.stations), options.homes_per_point)
    if isinstance(options, VillageRingOptions):
        return village_ring(options)
    if isinstance(options, IeeeFeederOptions):
        return ieee_feeder(source_impedance=options.source_impedance)
    if isinstance(options, BuiltInOptions):
        return _built_in(options)
    if isinstance(options, FileOptions):
        return _from_file(folder / options.path)
    message = f"no way to build a grid from {type(options).__name__}"
    raise TypeError(message)


def _built_in(options: BuiltInOptions) -> Any:
    import pandapower.networks  # noqa: PLC0415 - takes more than a second

    try:
        net = getattr(pandapower.networks, options.function)(**options.arguments)
    except (TypeError, ValueError, KeyError) as error:
        raise ScenarioError([_finding(f"{options.function} refuses: {error}", "arguments", options.arguments)], "grid") from error
    if not hasattr(net, "ext_grid"):
        raise ScenarioError([_finding(f"{options.function} gives no single network", "arguments", options.arguments)], "grid")
    return net


def _from_file(place: Path) -> Any:
    import pandapower  # noqa: PLC0415

    if not place.is_file():
        raise ScenarioError([_finding("there is no such file", "path", str(place))], "grid")
    try:
        raw = gzip.decompress(place.read_bytes()) if place.suffix == ".gz" else place.read_bytes()
        net = pandapower.from_json_string(raw.decode("utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScenarioError([_finding(f"not a pandapower network: {error}", "path", str(place))], "grid") from error
    if not hasattr(net, "ext_grid"):
        raise ScenarioError([_finding("not a pandapower network", "path", str(place))], "grid")
    return net


def _finding(message: str, path: str, value: object) -> Finding:
    return Finding(message=message, path=f"grid.{path}", value=value)

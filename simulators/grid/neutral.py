# SPDX-License-Identifier: Apache-2.0
"""The grid as plain numbers for those who plan with it and know no power flow: read back from its two-ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.community.network import Network
from twinergy.errors import ModelError
from twinergy.signs import load_from_generation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances
    from simulators.grid.unbalanced.sequences import SequenceNetwork
    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

FULL_PERCENT: Final = 100.0


def network_of(net: Any, grid: Admittances, phases: SequenceNetwork | None = None) -> Network:
    """Return a grid as neutral numbers.

    The two-port of a branch is a series impedance behind an ideal transformer at its from end with a shunt at either end [1]_;
    from its four admittances all of that can be read back.

    Parameters
    ----------
    net : pandapowerNet
        Network, for the names and voltage bands.
    grid : Admittances
        What `simulators.grid.admittance.admittances_of` read from it.
    phases : SequenceNetwork, optional
        The same in three phases, for the zero sequence.

    Raises
    ------
    ModelError
        If a generator of the grid itself holds a voltage: such a grid is not linear in its loads.

    References
    ----------
    .. [1] R. D. Zimmerman, C. E. Murillo-Sánchez, "MATPOWER User's Manual", 2020, eq. (3.2).
    """
    node, n_nodes = _nodes(net, grid)
    branches = grid.branches
    ends = node[branches.ends]
    there = np.flatnonzero((branches.mutual[1] != 0.0) & (ends[0] != ends[1]))
    own, mutual = branches.own[:, there], branches.mutual[:, there]
    turn = _turn(grid, branches.ends[:, there])
    ratio = np.sqrt(np.abs(own[1] / own[0]))
    series, ratio = _series(mutual, ratio)
    shunt = load_of(grid, node, n_nodes, (own[0] - series / ratio**2, own[1] - series), ends[:, there])
    impedance = 1.0 / series
    names, sorts = _named(net, grid)
    zero = _zero(phases, there, impedance) if phases is not None else (None, None, None)
    band = [_band(net, grid, node, n_nodes, column) for column in ("min_vm_pu", "max_vm_pu")]
    return Network(
        buses=tuple(net.bus["name"]),
        row_of={name: int(node[row]) for name, row in zip(net.bus["name"], grid.row_of_bus, strict=True) if row < grid.size},
        n_nodes=n_nodes,
        slack=int(node[grid.reference[0]]),
        slack_vm_pu=float(np.abs(grid.start[grid.reference[0]])),
        base_kva=grid.base_kw,
        vm_min_pu=band[0],
        vm_max_pu=band[1],
        branches=tuple(names[row] for row in there),
        sorts=tuple(sorts[row] for row in there),
        ends=ends[:, there],
        r_pu=impedance.real,
        x_pu=impedance.imag,
        ratio=ratio * turn,
        limit_kva=_limits(grid, there),
        p_shunt_kw=shunt.real,
        q_shunt_kvar=shunt.imag,
        r0_pu=zero[0],
        x0_pu=zero[1],
        earths=zero[2],
    )


def _nodes(net: Any, grid: Admittances) -> tuple[IntArray, int]:
    """Return the node of each live bus: its own row, but one for all infeeds, whose voltages are fixed."""
    if len(grid.pv):
        held = [name for name, row in zip(net.bus["name"], grid.row_of_bus, strict=True) if row in set(grid.pv.tolist())]
        message = (
            f"generators of the grid itself hold the voltage at {', '.join(held)}: leave keep_loads off, or make them static"
        )
        raise ModelError(message)
    node = np.arange(grid.size)
    node[grid.reference[1:]] = grid.reference[0]
    kept, node = np.unique(node, return_inverse=True)
    return node.astype(np.int64), len(kept)


def _turn(grid: Admittances, ends: IntArray) -> FloatArray:
    """Return what makes up for infeeds of different voltage: their branches are seen from the first one."""
    voltage = np.ones(grid.size)
    voltage[grid.reference] = np.abs(grid.start[grid.reference]) / np.abs(grid.start[grid.reference[0]])
    found: FloatArray = voltage[ends[1]] / voltage[ends[0]]
    return found


def _series(mutual: ComplexArray, ratio: FloatArray) -> tuple[ComplexArray, FloatArray]:
    """Return series admittances and ratios: the mutual admittances hold both, and the angle of the transformer twice."""
    angle = np.angle(mutual[0] / mutual[1]) / 2.0
    series = -mutual[1] * ratio * np.exp(1j * angle)
    return np.where(series.real < 0.0, -series, series), ratio


def load_of(
    grid: Admittances, node: IntArray, n_nodes: int, shunts: tuple[ComplexArray, ComplexArray], ends: IntArray
) -> ComplexArray:
    """Return what shunts draw at nominal voltage and what belongs to the grid, load frame, shape (n_nodes,). [kVA]."""
    total = np.zeros(n_nodes, dtype=np.complex128)
    for at, admittance in zip(ends, shunts, strict=True):
        np.add.at(total, at, np.conj(admittance))
    np.add.at(total, node[grid.shunt_bus], np.conj(grid.shunt))
    own = grid.background.copy()
    own[grid.reference] = 0.0
    np.add.at(total, node, load_from_generation(own.real) + 1j * load_from_generation(own.imag))
    return total * grid.base_kw


def _named(net: Any, grid: Admittances) -> tuple[list[str], list[str]]:
    count = grid.branches.ends.shape[1]
    named = [*net.line["name"], *net.trafo["name"]]
    sorts = ["line"] * len(net.line) + ["transformer"] * len(net.trafo)
    rest = count - len(named)
    return named + [f"other branch {number + 1}" for number in range(rest)], sorts + ["other"] * rest


def _limits(grid: Admittances, there: IntArray) -> FloatArray:
    percent = grid.branches.percent_per_pu[:, there]
    worst = np.maximum(percent[0], percent[1])
    return np.where(worst > 0.0, FULL_PERCENT * grid.base_kw / np.where(worst > 0.0, worst, 1.0), np.nan)


def _band(net: Any, grid: Admittances, node: IntArray, n_nodes: int, column: str) -> FloatArray:
    """Return the tightest limit that the buses of each node give."""
    upper = column.startswith("max")
    found = np.full(n_nodes, np.inf if upper else -np.inf)
    if column in net.bus:
        live = grid.row_of_bus < grid.size
        values = net.bus[column].to_numpy(np.float64, na_value=np.nan)
        said = live & np.isfinite(values) & (values > 0.0)
        (np.minimum if upper else np.maximum).at(found, node[grid.row_of_bus[said]], values[said])
    return np.where(np.isfinite(found), found, np.nan)


def _zero(phases: SequenceNetwork, there: IntArray, impedance: ComplexArray) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return the zero-sequence impedance of each branch, and which ones are transformers that earth what is behind them."""
    own, mutual = phases.own[there, 1, 0], phases.mutual[there, 1, 0]
    earths = (mutual == 0.0) & (own != 0.0)
    through = mutual != 0.0
    found = impedance.copy()  # of a delta on both sides nothing is known: nothing flows either
    found[earths] = 1.0 / own[earths]
    tap = np.sqrt(np.abs(own[through] / np.where(phases.own[there, 0, 0][through] == 0.0, 1.0, phases.own[there, 0, 0][through])))
    found[through] = -1.0 / (mutual[through] * tap)
    return found.real, found.imag, earths

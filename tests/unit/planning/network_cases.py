# SPDX-License-Identifier: Apache-2.0
"""Small networks by hand for the tests of the network inside a plan, and a power flow of two of them in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from twinergy.community.network import Network
from twinergy.kinds import Table

BASE_KVA = 100.0
OHM_PU = 0.4**2 / (BASE_KVA / 1000.0)
"""One per unit of impedance at 400 V: 1.6 ohm."""


def network(ends: list[tuple[int, int]], ohm: list[complex], **other: Any) -> Network:
    """Return a 400 V network of these lines, fed at node 0; buses are named ``b0`` and so on."""
    n_nodes = max(max(pair) for pair in ends) + 1
    z = np.array(ohm, dtype=complex) / OHM_PU
    values: dict[str, Any] = {
        "buses": tuple(f"b{node}" for node in range(n_nodes)),
        "row_of": {f"b{node}": node for node in range(n_nodes)},
        "n_nodes": n_nodes,
        "slack": 0,
        "slack_vm_pu": 1.0,
        "base_kva": BASE_KVA,
        "vm_min_pu": np.full(n_nodes, np.nan),
        "vm_max_pu": np.full(n_nodes, np.nan),
        "branches": tuple(f"l{branch}" for branch in range(len(ends))),
        "sorts": ("line",) * len(ends),
        "ends": np.array(ends).T,
        "r_pu": z.real,
        "x_pu": z.imag,
        "ratio": np.ones(len(ends)),
        "limit_kva": np.full(len(ends), 100.0),
        "q_shunt_kvar": np.zeros(n_nodes),
        "p_shunt_kw": np.zeros(n_nodes),
    }
    return Network(**values | other)


class OneLine:
    """A source of 1 pu, a line of pure resistance and a connection at its end, solved by hand.

    With a load p the voltage at the end is the larger root of ``v^2 - v + r p = 0``; above ``1 / (4 r)`` there is none.
    """

    phases = False

    def __init__(self, r_ohm: float, limit_kva: float = 100.0) -> None:
        self.r_pu, self.limit_kva = r_ohm / OHM_PU, limit_kva
        self.solved = 0
        self.tables = (Table("bus", ("b0", "b1"), ()), Table("line", ("l0",), ()), Table("grid", ("grid",), ()))

    def solve(self, p_kw: Any, q_kvar: Any, set_points: Any) -> Any:
        """Return the result tables."""
        self.solved += 1
        p_pu = float(p_kw.sum()) / BASE_KVA
        root = 1.0 - 4.0 * self.r_pu * p_pu
        if root < 0.0:
            nan = np.full(2, np.nan)
            return {
                "bus": {"vm_pu": nan},
                "line": {"loading_percent": nan[:1]},
                "grid": {"converged": np.zeros(1), "p_loss_kw": nan[:1]},
            }
        v = (1.0 + root**0.5) / 2.0
        current = abs(1.0 - v) / self.r_pu
        loss = np.array([current**2 * self.r_pu * BASE_KVA])
        return {
            "bus": {"vm_pu": np.array([1.0, v])},
            "line": {"loading_percent": np.array([100.0 * current * BASE_KVA / self.limit_kva])},
            "grid": {"converged": np.ones(1), "p_loss_kw": loss},
        }


def fed_in_kw(r_ohm: float, v_pu: float) -> float:
    """Return what a connection at the end of one line feeds in when the voltage there is v, by hand: v (v - 1) / r. [kW]."""
    return v_pu * (v_pu - 1.0) / (r_ohm / OHM_PU) * BASE_KVA

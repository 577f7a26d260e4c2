# SPDX-License-Identifier: Apache-2.0
"""What a plan's variables mean at the connections of the grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.draft import ELECTRICITY
from twinergy.signs import load_from_generation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.program import Matrices

    IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Injections:
    """Loads of connections as a linear function of a plan's columns.

    ``p[c, t] = fixed[c, t] + sum over parts (share[c, k] * load_per_unit[k, t] * x[column[k, t]])``; reactive power likewise with
    the part's `tan_phi`.

    Attributes
    ----------
    connections : tuple of str
        In the order of the grid's.
    fixed_kw, fixed_kvar : ndarray, shape (n_connections, n_steps)
        What the plan does not decide, load frame. [kW], [kvar]
    source : ndarray of int64, shape (n_steps,)
        Step of the data that each step is taken from.
    blocks, variables : tuple of str
        Block and variable of each part.
    columns : ndarray of int64, shape (n_parts, n_steps)
        Its columns.
    load_per_unit : ndarray, shape (n_parts, n_steps)
        Load of a unit of it, load frame: negative for what feeds in. [kW/kW]
    share : ndarray, shape (n_connections, n_parts)
        Where it is; the sum over connections is 1. [-]
    tan_phi : ndarray, shape (n_parts,)
        Reactive over active load. [kvar/kW]
    """

    connections: tuple[str, ...]
    fixed_kw: FloatArray
    fixed_kvar: FloatArray
    source: IntArray
    blocks: tuple[str, ...]
    variables: tuple[str, ...]
    columns: IntArray
    load_per_unit: FloatArray
    share: FloatArray
    tan_phi: FloatArray

    @classmethod
    def of(
        cls,
        matrices: Matrices,
        connections: Sequence[str],
        fixed: tuple[FloatArray, FloatArray],
        shares: Mapping[str, Mapping[str, float]],
        tan_phi: Mapping[str, float] | None = None,
    ) -> Injections:
        """Return the injections of a compiled plan, from what its blocks said they feed and draw.

        Parameters
        ----------
        matrices : Matrices
            The plan.
        connections : sequence of str
            Connections of the grid, in its order.
        fixed : tuple of ndarray, shape (n_connections, n_data_steps)
            Active and reactive load that is not decided, over the whole data; cut to the plan's steps here. [kW], [kvar]
        shares : dict of str to dict of str to float
            By block, the share of it at each connection. Blocks that are not named stand for no device (tariffs, sharing) and
            load nothing; of those named only what they feed and draw of electricity counts.
        tan_phi : dict of str to float
            By block, reactive over active power; 0 where not given. Positive takes up reactive power while it draws active power,
            and delivers it while it feeds in: give a negative value for an inverter that holds the voltage down. [-]

        Raises
        ------
        ModelError
            If a share names a connection that the grid does not have, or the shares of a block do not add up to 1.
        """
        row_of = {name: row for row, name in enumerate(connections)}
        flows = [flow for flow in matrices.flows if flow.carrier == ELECTRICITY and flow.block in shares]
        _checked(shares, row_of)
        n_steps = matrices.horizon.n_steps
        share = np.zeros((len(connections), len(flows)))
        for place, flow in enumerate(flows):
            for name, part in shares[flow.block].items():
                share[row_of[name], place] += part
        load = [load_from_generation(np.broadcast_to(flow.factor, n_steps)) for flow in flows]
        source = matrices.horizon.source
        return cls(
            connections=tuple(connections),
            fixed_kw=fixed[0][:, source],
            fixed_kvar=fixed[1][:, source],
            source=source,
            blocks=tuple(flow.block for flow in flows),
            variables=tuple(flow.variable for flow in flows),
            columns=np.array([matrices.columns[flow.variable] for flow in flows], dtype=np.int64).reshape(len(flows), n_steps),
            load_per_unit=np.array(load).reshape(len(flows), n_steps),
            share=share,
            tan_phi=np.array([(tan_phi or {}).get(flow.block, 0.0) for flow in flows]),
        )

    def decided(self, values: FloatArray) -> FloatArray:
        """Return the load of each part, shape (n_parts, n_steps), of a solution's columns. [kW]."""
        return np.asarray(self.load_per_unit * values[self.columns])

    def loads(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return active and reactive load of each connection, shape (n_connections, n_steps). [kW], [kvar]."""
        decided = self.decided(values)
        return self.fixed_kw + self.share @ decided, self.fixed_kvar + self.share @ (self.tan_phi[:, None] * decided)


def _checked(shares: Mapping[str, Mapping[str, float]], row_of: Mapping[str, int]) -> None:
    wrong = [
        f"{block} is at {name}, which the grid does not have"
        for block, own in shares.items()
        for name in own
        if name not in row_of
    ]
    sums = {block: sum(own.values()) for block, own in shares.items()}
    wrong += [
        f"the shares of {block} add up to {total:.4f}, not 1" for block, total in sums.items() if not np.isclose(total, 1.0)
    ]
    if wrong:
        message = f"the plan does not fit the grid: {'; '.join(wrong)}"
        raise ModelError(message)

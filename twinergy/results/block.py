# SPDX-License-Identifier: Apache-2.0
"""What the recorder hands over: all tables of up to one week of steps, as arrays in memory that it uses again afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from twinergy.kinds import Table


@dataclass(frozen=True, slots=True)
class TableBlock:
    """One table over consecutive steps.

    Attributes
    ----------
    table : Table
        Ids and ports.
    values : dict of str to ndarray, shape (n_steps, n_entities)
        One float64 array per recorded measured port.
    """

    table: Table
    values: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class ResultBlock:
    """All tables over the same consecutive steps.

    Attributes
    ----------
    epoch_s : ndarray of int64, shape (n_steps,)
        Start of each step. [s]
    step_s : int
        Length of a step. [s]
    tables : dict of str to TableBlock
        By table name.
    """

    epoch_s: NDArray[np.int64]
    step_s: int
    tables: dict[str, TableBlock]

    def copy(self) -> ResultBlock:
        """Return a block with arrays of its own, to keep."""
        tables = {
            name: TableBlock(part.table, {port: values.copy() for port, values in part.values.items()})
            for name, part in self.tables.items()
        }
        return ResultBlock(self.epoch_s.copy(), self.step_s, tables)

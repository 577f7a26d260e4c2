# SPDX-License-Identifier: Apache-2.0
"""Flags: what curation says about spans of values, kept beside the series and never in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.results.folder import part_name, replacing
from twinergy.results.parquet import SCHEMA_VERSION
from twinergy.results.platform.layout import QUALITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from twinergy.results.folder import RunFolder

COLUMNS: Final = ("time", "until", "device", "table", "port", "flag", "detail")


class Flag(StrEnum):
    """What can be wrong with a span of values."""

    GAP = "gap"
    """Rows, or values of one port, that should be there and are not."""
    DUPLICATE = "duplicate"
    """A row whose time was received before."""
    OUT_OF_ORDER = "out_of_order"
    """A row that arrived after a later one."""
    DST_DOUBLE = "dst_double"
    """Rows doubled in the hour in which clocks go back: local time taken for unambiguous time."""
    DST_GAP = "dst_gap"
    """An hour missing where clocks go forward: local time taken for UTC."""
    SPIKE = "spike"
    """One to three values far outside what the device otherwise shows."""
    STUCK = "stuck"
    """The very same value for much longer than this device ever repeats one."""
    UNIT_ERROR = "unit_error"
    """Values a factor of 1000 too large or too small."""
    COUNTER_RESET = "counter_reset"
    """A register that began again from zero; the reading itself is right."""
    ROLLOVER = "rollover"
    """A register that passed its last digit; the reading itself is right."""
    SIGN = "sign"
    """Generation reported as consumption."""


@dataclass(frozen=True, slots=True)
class Span:
    """A flagged span of one device.

    Attributes
    ----------
    flag : Flag
        What is wrong.
    begin_s, until_s : int
        From the first flagged step up to, not including, the end of the last. [epoch s]
    detail : str
        What was seen, with values and units.
    """

    flag: Flag
    begin_s: int
    until_s: int
    detail: str


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A span with its place."""

    device: str
    table: str
    port: str
    span: Span


def runs_of(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield begin and end (not included) of every run of True.

    >>> list(runs_of(np.array([True, False, True, True])))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def write_flags(folder: RunFolder, rows: Sequence[FlagRow], notes: dict[str, str]) -> None:
    """Replace the flags of a data set as a whole.

    Parameters
    ----------
    folder : RunFolder
        The data set.
    rows : sequence of FlagRow
        In any order; they are stored in the order of time, device, port and flag.
    notes : dict of str to str
        What to keep in the metadata: rules and tables.

    Raises
    ------
    StorageError
        If they cannot be written.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    ordered = sorted(rows, key=lambda row: (row.span.begin_s, row.device, row.table, row.port, row.span.flag, row.span.until_s))
    table = _arrow(ordered).replace_schema_metadata({"twinergy.schema_version": SCHEMA_VERSION} | notes)
    with replacing(folder.events(QUALITY) / part_name(0)) as partial:
        pq.write_table(table, partial)


def _arrow(rows: Sequence[FlagRow]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    moment, text = pa.timestamp("ms", tz="UTC"), pa.string()
    columns = [
        pa.array([row.span.begin_s * 1000 for row in rows], moment),
        pa.array([row.span.until_s * 1000 for row in rows], moment),
        *(pa.array([getattr(row, name) for row in rows], text) for name in ("device", "table", "port")),
        pa.array([str(row.span.flag) for row in rows], text),
        pa.array([row.span.detail for row in rows], text),
    ]
    return pa.table(dict(zip(COLUMNS, columns, strict=True)))

# SPDX-License-Identifier: Apache-2.0
"""Merges the many small parts of an ingest into few.

A merged part takes the place of the first of those it holds and names the others in its metadata. Readers leave out what a part
names, so between its rename and the removal of the others every row still counts once; what a crash leaves goes the next time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twinergy.results.folder import replacing
from twinergy.results.parts import parts, read_schema
from twinergy.results.platform.layout import MERGES, NEXT, held_names, next_number, table_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twinergy.results.folder import RunFolder

FAN: Final = 32
"""So many parts of about the same size become one, so a year of blocks a minute apart ends in about a hundred parts."""


def merge_parts(folder: RunFolder, fan: int = FAN) -> None:
    """Remove parts that others hold, and merge the newest parts of each table while `fan` of them are alike in size.

    Raises
    ------
    StorageError
        If a part cannot be written.
    """
    for table in table_names(folder):
        place = folder.series(table)
        for held in held_names(parts(place)):
            (place / held).unlink(missing_ok=True)
        while len(group := _group(parts(place), fan)) >= fan:
            _merge(group, next_number(parts(place)))


def _group(paths: Sequence[Path], fan: int) -> list[Path]:
    """Return the newest parts, of which none has `fan` times the rows of the smallest."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    group: list[Path] = []
    least = 0
    for path in reversed(paths):
        rows = pq.read_metadata(path).num_rows
        if group and rows >= fan * max(least, 1):
            break
        least = min(least, rows) if group else rows
        group.insert(0, path)
    return group


def _merge(group: Sequence[Path], number: int) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    whole = pa.concat_tables([pq.read_table(path) for path in group], promote_options="default").unify_dictionaries()
    notes = dict(read_schema(group[0]).metadata or {})
    notes |= {MERGES: " ".join(path.name for path in group[1:]).encode(), NEXT: str(number).encode()}
    with replacing(group[0]) as partial:
        pq.write_table(whole.replace_schema_metadata(notes), partial, compression="snappy", write_statistics=["time"])
    for path in group[1:]:
        path.unlink(missing_ok=True)

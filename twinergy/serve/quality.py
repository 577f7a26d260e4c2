# SPDX-License-Identifier: Apache-2.0
"""Pages of flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.serve.access import forbidden
from twinergy.serve.cursors import cursor_of, keys_of
from twinergy.serve.problems import DEVICE, PORT, missing
from twinergy.serve.series import Page, refuse_backwards

if TYPE_CHECKING:
    from twinergy.serve.access import Sight
    from twinergy.serve.queries import QualityQuery
    from twinergy.serve.served import ServedRun
    from twinergy.serve.tokens import Grant


def quality_page(run: ServedRun, table: str, grant: Grant, sight: Sight, query: QualityQuery) -> Page:
    """Return flags on values of devices that a token sees one by one.

    Raises
    ------
    ProblemError
        403 for a device it does not see; 404 for a port, device, span or page that does not exist.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    refuse_backwards(query)
    if query.port is not None and query.port not in run.units(table):
        raise missing(PORT, query.port, run.units(table))
    if query.device is not None and query.device not in sight.devices:
        raise missing(DEVICE, query.device, sight.devices) if grant.sees_all else forbidden(grant, "reading that device")
    question = [run.name, table, "quality", query.model_dump(mode="json", exclude={"cursor", "limit"})]
    begin = int(keys_of(question, query.cursor, int)[0]) if query.cursor is not None else 0
    found = run.store.quality(table, port=query.port, device=query.device, start=query.start, end=query.end)
    found = found.filter(pc.is_in(found.column("device").cast(pa.string()), pa.array(sorted(sight.devices), pa.string())))
    end = begin + query.limit
    cursor = cursor_of(question, [end]) if found.num_rows > end else None
    return Page(found.slice(begin, query.limit), cursor)

# SPDX-License-Identifier: Apache-2.0
"""Summary tables of a run (dwellings, months): one row each, as Parquet with units and as CSV."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.errors import UnreadableError
from twinergy.results.folder import replacing
from twinergy.results.parquet import SCHEMA_VERSION
from twinergy.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

TABLES: Final = ("dwellings", "months")
_UNITS: Final = {"ev_kwh_per_100km": "kWh/100 km", "pv_yield_kwh_per_kwp": "kWh/kWp"}


@cache
def unit_of_column(name: str) -> str:
    """Return the unit of a column; empty for names and for numbers without one.

    >>> unit_of_column("cost_eur"), unit_of_column("residents")
    ('EUR', '')
    """
    try:
        return _UNITS.get(name) or unit_of(name).replace("degC", "°C").removesuffix("1")
    except ValueError:
        return ""


def write_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Replace a summary table by columns of equal length.

    Parameters
    ----------
    path : pathlib.Path
        Path without suffix.
    columns : mapping of str to sequence
        Texts or numbers; None is no value.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 - kept out of the start of `twinergy --help`
    import pyarrow.csv as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    kinds = {
        name: pa.string() if any(isinstance(value, str) for value in column) else pa.float64() for name, column in columns.items()
    }
    fields = [pa.field(name, kind, metadata={"unit": unit_of_column(name)}) for name, kind in kinds.items()]
    schema = pa.schema(fields, metadata={"twinergy.schema_version": SCHEMA_VERSION, "twinergy.currency": "EUR"})
    table = pa.table([pa.array(column, kinds[name]) for name, column in columns.items()], schema=schema)
    with replacing(path.with_suffix(".parquet")) as partial:
        pq.write_table(table, partial)
    with replacing(path.with_suffix(".csv")) as partial:
        pc.write_csv(table, partial, pc.WriteOptions(quoting_style="needed"))


def read_table(path: Path) -> pd.DataFrame:
    """Return a summary table; no rows where the run has none.

    Raises
    ------
    UnreadableError
        If the file is damaged.
    """
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    file = path.with_suffix(".parquet")
    if not file.is_file():
        return pd.DataFrame()
    try:
        frame: pd.DataFrame = pq.read_table(file).to_pandas()
    except (OSError, pa.ArrowException) as error:
        message = f"{file} is damaged ({str(error).splitlines()[0]}); the run has to be computed again to have it"
        raise UnreadableError(file, message) from error
    return frame

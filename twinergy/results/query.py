# SPDX-License-Identifier: Apache-2.0
"""DuckDB over the Parquet parts of a run, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.results.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd


def query(statement: str, views: Mapping[str, Sequence[Path]], folder: Path) -> pd.DataFrame:
    """Return the result of a statement over views of Parquet files.

    Parameters
    ----------
    statement : str
        DuckDB SQL.
    views : mapping of str to sequence of pathlib.Path
        Parts by the name of the view.
    folder : pathlib.Path
        The run, for messages.

    Raises
    ------
    UnreadableError
        If the statement is wrong or a file is damaged; the message holds DuckDB's own.
    """
    import duckdb  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    config: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false", "TimeZone": "UTC"}
    with duckdb.connect(":memory:", config=config) as connection:
        try:
            for name, paths in views.items():
                if name not in statement:
                    continue  # a view reads the schema of its files, which twenty tables would pay for one
                files = ", ".join(_quoted(str(path), "'") for path in paths)
                view = f"CREATE VIEW {_quoted(name, chr(34))} AS SELECT * FROM read_parquet([{files}])"  # noqa: S608 - quoted
                connection.execute(view)
            return connection.execute(statement).df()
        except duckdb.Error as error:
            known = ", ".join(sorted(views)) or "none: the run has no results yet"
            message = f"query on {folder.name} failed: {error}\ntables: {known}"
            raise UnreadableError(folder, message) from error


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, 2 * mark) + mark

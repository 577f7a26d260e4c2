# SPDX-License-Identifier: Apache-2.0
"""A DuckDB that sees one data set and nothing else, and cannot write."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from twinergy.results.platform.errors import BadQueryError
from twinergy.results.platform.sql import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Database:
    """Views over the Parquet files of one folder; safe to ask from several threads.

    Parameters
    ----------
    folder : pathlib.Path
        The only folder statements may read.
    """

    def __init__(self, folder: Path) -> None:
        import duckdb  # noqa: PLC0415 - kept out of the start of `twinergy --help`

        self._folder = folder
        config: dict[str, Any] = {"autoinstall_known_extensions": "false", "TimeZone": "UTC"}
        self._connection = duckdb.connect(":memory:", config=config)
        self._error: type[Exception] = duckdb.Error
        place = text_sql(str(folder.resolve()) + "/")
        for statement in (
            f"SET allowed_directories=[{place}]",
            "SET enable_external_access=false",
            "SET parquet_metadata_cache=true",
        ):
            self._connection.execute(statement)
        self._lock = threading.Lock()
        self._views: set[str] = set()

    def close(self) -> None:
        """Let go of the files; safe to call twice."""
        self._connection.close()

    def has(self, view: str) -> bool:
        """Whether a view has been made since the last `forget`."""
        return view in self._views

    def forget(self) -> None:
        """Have every view made anew when it is asked for next."""
        with self._lock:
            self._views.clear()

    def make(self, views: Mapping[str, str]) -> None:
        """Make views, in order, of those names and statements.

        Raises
        ------
        BadQueryError
            If a file is damaged or gone.
        """
        with self._lock:
            try:
                for name, statement in views.items():
                    self._connection.execute(f"CREATE OR REPLACE VIEW {name_sql(name)} AS {statement}")
                    self._views.add(name)
            except self._error as error:
                raise self._wrong(error) from error

    def arrow(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Return the result of one SELECT as a `pyarrow.Table`.

        Raises
        ------
        BadQueryError
            If it is anything but one SELECT, is wrong, or a file is damaged; the message holds DuckDB's own.
        """
        try:
            with self._connection.cursor() as cursor:
                parsed = cursor.extract_statements(statement)
                if len(parsed) != 1 or parsed[0].type.name != "SELECT":
                    message = f"a store answers one SELECT statement and writes nothing; got {statement.strip()[:80]!r}"
                    raise BadQueryError(self._folder, message)
                relation = cursor.sql(statement, params=list(values)) if values else cursor.sql(statement)
                return relation.to_arrow_table()
        except self._error as error:
            raise self._wrong(error) from error

    def _wrong(self, error: Exception) -> BadQueryError:
        return BadQueryError(self._folder, f"query on {self._folder.name} failed: {error}")

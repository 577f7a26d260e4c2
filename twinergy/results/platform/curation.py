# SPDX-License-Identifier: Apache-2.0
"""Curation: looks through a data set and writes down, beside it, what is wrong; values stay as they were received."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.results.platform.detect_registers import register_spans
from twinergy.results.platform.detect_times import Clock, missing_values, time_spans
from twinergy.results.platform.detect_values import PowerScreen, jump_spans, stuck_spans, typical
from twinergy.results.platform.errors import UnknownNameError
from twinergy.results.platform.flags import Flag, FlagRow, Span, write_flags
from twinergy.results.platform.layout import DATA, quality_parts, read_manifest, read_rows, table_files, table_names
from twinergy.results.platform.quantities import Quantity
from twinergy.results.platform.rules import CurationRules
from twinergy.results.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from twinergy.results.folder import RunFolder
    from twinergy.results.platform.layout import TableFiles

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

MEASURED: Final = ("meter", "heat_meter", "sensor", "gateway")
"""Tables of a run that hold what was measured; the others hold what is true, and are looked through only when asked for."""
_PEERS: Final = 4


def curate(folder: RunFolder, rules: CurationRules | None = None, tables: Sequence[str] | None = None) -> dict[str, list[Any]]:
    """Look through tables of a data set and replace their flags.

    Running it again gives the same flags, bit by bit; flags of tables that were not looked through stay.

    Parameters
    ----------
    folder : RunFolder
        The data set.
    rules : CurationRules, optional
        Thresholds.
    tables : sequence of str, optional
        Which; if not given, all of brought-in data, and of a run those in `MEASURED`.

    Returns
    -------
    dict of str to list
        Summary, also kept as ``tables/quality.parquet`` and ``.csv``: a row per table, port and flag with the number of devices,
        spans and values (steps) and their share of the values of that port.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    UnreadableError
        If a part is damaged.
    StorageError
        If flags cannot be written.
    """
    rules = rules or CurationRules()
    manifest = read_manifest(folder)
    names = table_names(folder)
    for name in tables or ():
        if name not in names:
            raise UnknownNameError(folder.path, "table", name, names)
    chosen = tuple(tables) if tables else _default_tables(names, manifest)
    rows, sizes = _kept(folder, chosen), dict[str, int]()
    for name in chosen:
        files = table_files(folder, name, manifest)
        if files.parts:
            found = TableScreen(files, rules, str(manifest.get("timezone", "UTC")))
            rows += list(found.rows())
            sizes[name] = found.count
    write_flags(folder, rows, {"twinergy.rules": rules.model_dump_json(), "twinergy.tables": " ".join(chosen)})
    columns = summary(folder, rows, sizes)
    write_table(folder.table("quality"), columns)
    return columns


def _default_tables(names: tuple[str, ...], manifest: dict[str, Any]) -> tuple[str, ...]:
    measured = tuple(name for name in names if name in MEASURED)
    return names if manifest.get("kind") == DATA or not measured else measured


class TableScreen:
    """One table in memory, port by port, ready to be looked through.

    Parameters
    ----------
    files : TableFiles
        The table.
    rules : CurationRules
        Thresholds.
    timezone : str
        Local time of the site.
    """

    def __init__(self, files: TableFiles, rules: CurationRules, timezone: str) -> None:
        self._files, self._rules = files, rules
        keys = read_rows(files, [])
        self._arrival = keys["time"].cast("int64").to_numpy() // 1000
        devices = keys["device"].combine_chunks().dictionary_encode()
        codes = devices.indices.to_numpy()
        self._ids = [str(name) for name in devices.dictionary.to_pylist()]
        self.count = len(codes)
        self._order = np.lexsort((self._arrival, codes))  # stable: rows of one time stay in the order of arrival
        self._borders = np.searchsorted(codes[self._order], np.arange(len(self._ids) + 1))
        self._clock = Clock(timezone, int(self._arrival.min()) - 86_400, int(self._arrival.max()) + 86_400)
        self._by_code = np.argsort(codes, kind="stable")

    def rows(self) -> Iterator[FlagRow]:
        """Yield what is wrong."""
        last_s, step_s = int(self._arrival.max()), self._files.step_s
        for code, device in enumerate(self._ids):
            arrived = self._arrival[self._by_code[self._borders[code] : self._borders[code + 1]]]
            for span in time_spans(arrived, step_s, last_s, self._rules, self._clock):
                yield FlagRow(device, self._files.name, "", span)
        sibling = self._column("p_kw") if "p_kw" in self._files.units else None
        for port in self._files.ports:
            values = self._column(port)
            if self._is_setting(port, values):
                continue
            peers = self._typical(values) if self._files.quantity(port) is Quantity.POWER else np.full(len(self._ids), np.nan)
            for code, device in enumerate(self._ids):
                own = slice(self._borders[code], self._borders[code + 1])
                for span in self._screen(port, own, values, sibling, _peer(peers, code)):
                    yield FlagRow(device, self._files.name, port, span)

    def _column(self, port: str) -> FloatArray:
        values: FloatArray = read_rows(self._files, [port])[port].to_numpy().astype(np.float64)
        return values[self._order]

    def _is_setting(self, port: str, values: FloatArray) -> bool:
        """Whether no device ever shows a second value of what is neither power nor register: a setting, not a measurement."""
        if self._files.quantity(port) is not Quantity.MEAN:
            return False
        spans = [values[self._borders[code] : self._borders[code + 1]] for code in range(len(self._ids))]
        return all(len(np.unique(own[np.isfinite(own)])) <= 1 for own in spans)

    def _typical(self, values: FloatArray) -> FloatArray:
        spans = [slice(self._borders[code], self._borders[code + 1]) for code in range(len(self._ids))]
        return np.array([typical(np.abs(values[span])) for span in spans])

    def _screen(self, port: str, own: slice, values: FloatArray, sibling: FloatArray | None, peer_kw: float) -> Iterator[Span]:
        times = self._arrival[self._order[own]]
        first = np.concatenate([[True], np.diff(times) > 0])  # of rows received twice, the first
        times, here = times[first], values[own][first]
        step_s, unit, rules = self._files.step_s, self._files.units.get(port, ""), self._rules
        yield from missing_values(times, here, step_s)
        if not np.isfinite(here).any():
            return
        match self._files.quantity(port):
            case Quantity.POWER:
                generates = self._files.name == "pv" or port == "p_pv_kw"
                yield from PowerScreen(times, here, step_s, rules, peer_kw=peer_kw, generates=generates).spans()
            case Quantity.REGISTER:
                power = None if sibling is None else _direction(port) * sibling[own][first]
                yield from register_spans(times, here, step_s, rules, power)
            case Quantity.MEAN:
                yield from jump_spans(times, here, step_s, rules, unit)
                yield from stuck_spans(times, here, step_s, rules, unit)
            case _:
                return


def _direction(port: str) -> float:
    return -1.0 if "export" in port else 1.0


def _peer(medians: FloatArray, code: int) -> float:
    others = np.delete(medians, code)
    others = others[np.isfinite(others)]
    return float(np.median(others)) if len(others) >= _PEERS - 1 else float("nan")


def _kept(folder: RunFolder, chosen: Sequence[str]) -> list[FlagRow]:
    """Return the flags of tables that are not looked through now."""
    paths = quality_parts(folder)
    if not paths:
        return []
    import pyarrow.parquet as pq  # noqa: PLC0415

    found = []
    for row in pq.read_table(paths).to_pylist():
        if row["table"] not in chosen:
            begin, until = (int(row[name].timestamp()) for name in ("time", "until"))
            span = Span(Flag(row["flag"]), begin, until, row["detail"])
            found.append(FlagRow(row["device"], row["table"], row["port"], span))
    return found


def summary(folder: RunFolder, rows: Sequence[FlagRow], sizes: dict[str, int]) -> dict[str, list[Any]]:
    """Return the summary of flags: a row per table, port and flag; the share is NaN-free, 0 where the size is not known."""
    manifest = read_manifest(folder)
    steps = {name: table_files(folder, name, manifest).step_s for name in {row.table for row in rows}}
    spans, values = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    devices: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        key = (row.table, row.port, str(row.span.flag))
        spans[key] += 1
        values[key] += max(1, round((row.span.until_s - row.span.begin_s) / steps[row.table]))
        devices.setdefault(key, set()).add(row.device)
    keys = sorted(spans)
    return {
        "table": [key[0] for key in keys],
        "port": [key[1] for key in keys],
        "flag": [key[2] for key in keys],
        "devices_count": [float(len(devices[key])) for key in keys],
        "spans_count": [float(spans[key]) for key in keys],
        "values_count": [float(values[key]) for key in keys],
        "share": [values[key] / sizes[key[0]] if sizes.get(key[0]) else 0.0 for key in keys],
    }

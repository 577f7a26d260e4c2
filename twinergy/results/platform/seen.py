# SPDX-License-Identifier: Apache-2.0
"""What has been received already, so that nothing is stored twice, however often it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.results.platform.layout import read_manifest, read_rows, table_files, table_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.results.folder import RunFolder
    from twinergy.results.platform.messages_in import Reading

Key = tuple[str, str, str]


class Seen:
    """Times and values by table, device and port: 16 bytes a value for what is in parts, more for what is not.

    Parameters
    ----------
    folder : RunFolder
        The data set, whose parts are read once.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._times: dict[Key, NDArray[np.int64]] = {}
        self._values: dict[Key, NDArray[np.float64]] = {}
        self._fresh: dict[Key, dict[int, float]] = {}
        manifest = read_manifest(folder)
        for table in table_names(folder):
            files = table_files(folder, table, manifest)
            if files.parts:
                self._load(table, read_rows(files, files.ports), files.ports)

    def split(self, reading: Reading) -> tuple[dict[str, float], int, int]:
        """Return the values that are new, and how many are there already with the same and with another value."""
        new: dict[str, float] = {}
        same = other = 0
        for port, value in reading.values.items():
            known = self._value((reading.table, reading.device, port), reading.time_ms)
            if known is None:
                new[port] = value
            elif known == value:
                same += 1
            else:
                other += 1
        return new, same, other

    def add(self, reading: Reading) -> None:
        """Remember a reading."""
        for port, value in reading.values.items():
            self._fresh.setdefault((reading.table, reading.device, port), {})[reading.time_ms] = value

    def settle(self) -> None:
        """Pack what was remembered since; call it now and then."""
        for key, fresh in self._fresh.items():
            times = np.concatenate([self._times.get(key, np.zeros(0, dtype=np.int64)), np.fromiter(fresh, dtype=np.int64)])
            values = np.concatenate([self._values.get(key, np.zeros(0)), np.fromiter(fresh.values(), dtype=np.float64)])
            order = np.argsort(times, kind="stable")
            self._times[key], self._values[key] = times[order], values[order]
        self._fresh.clear()

    def _value(self, key: Key, time_ms: int) -> float | None:
        fresh = self._fresh.get(key)
        if fresh is not None and time_ms in fresh:
            return fresh[time_ms]
        times = self._times.get(key)
        if times is None:
            return None
        place = int(np.searchsorted(times, time_ms))
        return float(self._values[key][place]) if place < len(times) and times[place] == time_ms else None

    def _load(self, table: str, rows: Any, ports: tuple[str, ...]) -> None:
        devices = rows["device"].combine_chunks().dictionary_encode()
        codes, names = devices.indices.to_numpy(), [str(name) for name in devices.dictionary.to_pylist()]
        times = rows["time"].cast("int64").to_numpy()
        order = np.lexsort((times, codes))
        borders = np.searchsorted(codes[order], np.arange(len(names) + 1))
        for port in ports:
            values = rows[port].to_numpy().astype(np.float64)[order]
            for code, device in enumerate(names):
                own = slice(borders[code], borders[code + 1])
                known = np.isfinite(values[own])
                key = (table, device, port)
                self._times[key], self._values[key] = times[order][own][known], values[own][known]

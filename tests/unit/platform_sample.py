# SPDX-License-Identifier: Apache-2.0
"""Data sets for tests of the data platform, and faults put into them on purpose, so that finding them can be scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twinergy.results.platform.dataset import Rows, append, open_data, update_manifest
from twinergy.results.platform.flags import Flag

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.results.folder import RunFolder

STEP_S = 900


def write_data(path: Path, tables: dict[str, tuple[list[int], list[str], dict[str, np.ndarray]]], **more: object) -> RunFolder:
    """Write tables of (epoch seconds, device of each row, values by port)."""
    folder = open_data(path, timezone=str(more.get("timezone", "Europe/Berlin")), title="test")
    for name, (times_s, devices, values) in tables.items():
        times = np.asarray(times_s, dtype=np.int64) * 1000
        append(folder, Rows(name, int(str(more.get("step_s", STEP_S))), times, devices, values, {}))
    update_manifest(folder)
    return folder


def one_device(path: Path, times_s: np.ndarray, values: dict[str, np.ndarray], table: str = "meter", **more: object) -> RunFolder:
    return write_data(path, {table: (list(times_s), ["a"] * len(times_s), values)}, **more)


def households(file: Path) -> pd.DataFrame:
    """Return 16 German houses, 2021-02-14 to 03-31, 15 min, in kW, by UTC time.

    Source: tum-ens/HAMLET at 22a03a4, MIT; whether measured or synthetic is not stated there.
    """
    frame = pd.read_parquet(file)
    return frame.rename(columns=lambda name: name.removesuffix("_w")) / 1000.0


@dataclass
class Fault:
    """One fault put into one device: rows [begin, end)."""

    flag: Flag
    device: str
    begin_s: int
    until_s: int


@dataclass
class Faulty:
    """A table in memory: arrays per device, faults beside them."""

    times: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Faulty:
        epoch_s = frame.index.as_unit("s").asi8
        return cls({name: epoch_s.copy() for name in frame}, {name: frame[name].to_numpy().copy() for name in frame})

    def inject(self, flag: Flag, rng: np.random.Generator, per_device: int) -> None:
        """Put `per_device` faults into each device, in places of their own."""
        for device in self.times:
            self._inject(flag, device, rng, per_device)

    def _inject(self, flag: Flag, device: str, rng: np.random.Generator, count: int) -> None:
        for _ in range(count):
            times, values = self.times[device], self.values[device]
            begin = self._place(flag, device, rng)
            end = begin + LENGTHS[flag](rng)
            self.faults.append(Fault(flag, device, int(times[begin]), int(times[end - 1]) + STEP_S))
            order = np.arange(len(values))
            match flag:
                case Flag.SPIKE:
                    values[begin:end] = rng.uniform(5.0, 50.0) * np.quantile(np.abs(values[values != 0.0]), 0.99)
                case Flag.STUCK:
                    values[begin:end] = values[begin]
                case Flag.UNIT_ERROR:
                    values[begin:end] *= 1000.0
                case Flag.SIGN:
                    values[begin:end] *= -1.0
                case Flag.GAP:
                    order = np.delete(order, np.arange(begin, end))
                case Flag.DUPLICATE:
                    order = np.insert(order, end, np.arange(begin, end))
                case Flag.OUT_OF_ORDER:
                    order[begin : end + 4] = np.concatenate([order[end : end + 4], order[begin:end]])
            self.times[device], self.values[device] = times[order], values[order]

    def _place(self, flag: Flag, device: str, rng: np.random.Generator) -> int:
        """Return a row two days from every other fault; where zero would hide the fault, one that is not zero."""
        times, values = self.times[device], self.values[device]
        taken = [fault for fault in self.faults if fault.device == device]
        while True:
            row = int(rng.integers(100, len(values) - 200))
            if flag in (Flag.STUCK, Flag.UNIT_ERROR, Flag.SIGN):
                row += int(np.argmax(np.abs(values[row : row + 96])))
            apart = all(abs(times[row] - fault.begin_s) > 2 * 86_400 for fault in taken)
            if apart and (values[row] != 0.0 or flag not in (Flag.STUCK, Flag.UNIT_ERROR, Flag.SIGN)):
                return row

    def write(self, path: Path, table: str = "meter", port: str = "p_kw") -> RunFolder:
        times = np.concatenate(list(self.times.values()))
        devices = [name for name, own in self.times.items() for _ in own]
        return write_data(path, {table: (list(times), devices, {port: np.concatenate(list(self.values.values()))})})


LENGTHS = {
    Flag.SPIKE: lambda rng: int(rng.integers(1, 3)),
    Flag.STUCK: lambda rng: int(rng.integers(24, 96)),
    Flag.UNIT_ERROR: lambda rng: int(rng.integers(8, 96)),
    Flag.SIGN: lambda _: 96,
    Flag.GAP: lambda rng: int(rng.integers(1, 96)),
    Flag.DUPLICATE: lambda rng: int(rng.integers(1, 8)),
    Flag.OUT_OF_ORDER: lambda rng: int(rng.integers(1, 8)),
}


@dataclass(frozen=True)
class Score:
    """Precision and recall over spans, and false alarms per device and year."""

    found: int
    missed: int
    false: int
    false_per_device_year: float

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0


def score(folder: RunFolder, faulty: Faulty, flag: Flag) -> Score:
    """Compare flags with faults: a fault is found if a flag of its kind touches it, a flag is false if it touches none."""
    flags = pd.read_parquet(folder.path / "quality" / "part-00000.parquet")
    flags = flags[flags["flag"] == flag]
    spans = [(row.device, row.time.timestamp(), row.until.timestamp()) for row in flags.itertuples()]
    faults = [(fault.device, fault.begin_s, fault.until_s) for fault in faulty.faults if fault.flag == flag]
    found = sum(any(_touch(fault, span) for span in spans) for fault in faults)
    false = sum(not any(_touch(fault, span) for fault in faults) for span in spans)
    years = sum(own[-1] - own[0] for own in faulty.times.values()) / 86_400 / 365
    return Score(found, len(faults) - found, false, false / years)


def _touch(one: tuple, two: tuple) -> bool:
    return one[0] == two[0] and one[1] < two[2] and two[1] < one[2]

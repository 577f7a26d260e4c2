# SPDX-License-Identifier: Apache-2.0
"""Key figures and tables of real devices: how good readings were, how far the twin is off, how well time was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.spread import Spread
from twinergy.units import SECONDS_PER_HOUR, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.results.kpi import Kpi
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]

READINGS: Final = "hardware_reading"
LINKS: Final = "hardware_link"
CLOCK: Final = "hardware_clock"
GOOD: Final = 1
"""Readings up to this quality were used: good, and those of devices under local control."""
QUALITIES: Final = ("good", "local", "stale", "bad", "missing")


class HardwareAccount:
    """Sums up what the tables of real devices hold; yields nothing in a run without any."""

    def __init__(self) -> None:
        self._ids: tuple[str, ...] = ()
        self._links: tuple[str, ...] = ()
        self._late = Spread(1)
        self._overruns = self._failed = 0.0
        self._steps = 0
        self._worst = Highest()

    def _begin(self, view: BlockView) -> None:
        self._ids = view.block.tables[READINGS].table.ids
        self._links = view.block.tables[LINKS].table.ids
        n = len(self._ids)
        self._ages = Spread(n)
        self._quality = np.zeros((len(QUALITIES), n), dtype=np.int64)
        self._pairs, self._error, self._square = np.zeros(n), np.zeros(n), np.zeros(n)
        self._hours = _Hours(n)
        self._away_h = np.zeros(len(self._links))

    def add(self, view: BlockView) -> None:
        """Add a block."""
        tables = view.block.tables
        if READINGS not in tables or not tables[READINGS].values:
            return
        if not self._ids:
            self._begin(view)
        values, links, clock = tables[READINGS].values, tables[LINKS].values, tables[CLOCK].values
        quality = values["quality"]
        self._steps += len(quality)
        self._quality += np.array([np.count_nonzero(quality == level, axis=0) for level in range(len(QUALITIES))])
        usable = quality <= GOOD
        self._ages.add(np.where(usable, values["age_s"], np.nan))
        error = np.where(usable, values["twin_reading"] - values["reading"], np.nan)
        known = np.isfinite(error)
        self._pairs += known.sum(axis=0)
        self._error += np.where(known, error, 0.0).sum(axis=0)
        self._square += np.square(np.where(known, error, 0.0)).sum(axis=0)
        self._hours.add(view.block.epoch_s, error)
        self._away_h += np.count_nonzero(links["present_state"] < 1.0, axis=0) * view.hours
        self._failed = float(links["failed_count"][-1].sum())
        self._late.add(np.maximum(clock["lateness_s"], 0.0))
        self._overruns = float(clock["overrun_count"][-1, 0])
        self._worst.add(clock["lateness_s"], [""], view.when)

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if not self._ids:
            return
        total = max(int(self._quality.sum()), 1)
        used = int(self._quality[: GOOD + 1].sum())
        yield kpi("hardware_good_share", used / total)
        worst = int(np.argmax(self._away_h))
        yield kpi("hardware_away_h", float(self._away_h.sum()), where=self._links[worst] if self._away_h[worst] > 0.0 else "")
        yield kpi("hardware_failed_commands", self._failed)
        ages = self._ages.percentile(99.0)
        if np.isfinite(ages).any():
            oldest = int(np.nanargmax(ages))
            yield kpi("hardware_age_p99_s", float(ages[oldest]), where=self._ids[oldest])
        late = float(self._late.percentile(99.0)[0])
        yield kpi("hardware_lateness_p99_s", late, when=self._worst.when)
        yield kpi("hardware_overruns", self._overruns)

    def accounts(self, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return tables for the report, in the form of `twinergy.agents.Account`.

        Parameters
        ----------
        facts : mapping
            What the manifest says of the links: ``links`` by name, each with ``mode``, ``adapter``, counts, ``rated_kw`` and
            ``drift_percent``.
        """
        if not self._ids:
            return []
        links = facts.get("links", {})
        return [self._link_table(links), self._reading_table(links), self._twin_table(links), self._said_table(links)]

    def _link_table(self, links: Mapping[str, Any]) -> dict[str, Any]:
        rows = []
        for place, name in enumerate(self._links):
            link = links.get(name, {})
            acknowledged = link.get("acknowledged_p50_s"), link.get("acknowledged_p99_s")
            milliseconds = [None if value is None else 1e3 * value for value in acknowledged]
            counts = [link.get(key, 0) for key in ("sent", "refreshed", "limited", "failed", "withheld")]
            head = [name, f"{link.get('adapter', '')}, {link.get('mode', '')}", link.get("state", "")]
            rows.append([*head, float(self._away_h[place] * SECONDS_PER_HOUR), *milliseconds, *counts])
        columns = ["link", "over", "at the end", "away, s", "ack. median, ms", "ack. 99 %, ms"]
        columns += ["sent", "refreshed", "limited", "failed", "withheld"]
        note = "Away: time in which something stood in for the device. Acknowledged: from the command to its proof by the device."
        return {"title": "Links", "columns": columns, "rows": rows, "note": note}

    def _said_table(self, links: Mapping[str, Any]) -> dict[str, Any]:
        rows = [[name, links.get(name, {}).get("problem") or links.get(name, {}).get("said", "")] for name in self._links]
        return {"title": "What they say of themselves", "columns": ["link", "says, or last problem"], "rows": rows, "note": ""}

    def _reading_table(self, links: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        median, oldest = self._ages.percentile(50.0), self._ages.percentile(99.0)
        rows = [
            [name, *(int(count) for count in self._quality[:, place]), 1e3 * float(median[place]), 1e3 * float(oldest[place])]
            for place, name in enumerate(self._ids)
        ]
        columns = ["reading", *QUALITIES, "age median, ms", "age 99 %, ms"]
        note = "Steps by quality of the reading, and how old good ones were when their step took them."
        return {"title": "Readings", "columns": columns, "rows": rows, "note": note}

    def _twin_table(self, links: Mapping[str, Any]) -> dict[str, Any]:
        rows = []
        for place, name in enumerate(self._ids):
            link = links.get(_link_of(name, self._links), {})
            if not self._pairs[place] or link.get("mode") == "monitor":
                continue
            bias, rmse = self._error[place] / self._pairs[place], np.sqrt(self._square[place] / self._pairs[place])
            port = name.removeprefix(f"{_link_of(name, self._links)}.")
            last, worst = self._hours.last(place), self._hours.worst[place]
            alarm = drifts(port, float(max(last, 0.0)), link)
            rows.append([name, unit_of(port), alarm, float(bias), float(rmse), float(last), float(worst)])
        columns = ["reading", "unit", "drift", "bias", "RMSE", "RMSE, last hour", "RMSE, worst hour"]
        note = "The twin less the device. The drift alarm looks at the last hour: beyond the limit of the device's adapter block."
        return {"title": "Twin against reality", "columns": columns, "rows": rows, "note": note}


def drifts(port: str, rmse: float, link: Mapping[str, Any]) -> str:
    """Return the drift alarm of a reading in words: a power is held against the rating, a charge against 1.

    >>> drifts("p_kw", 0.6, {"rated_kw": 5.0, "drift_percent": 10.0})
    'alarm: 12 % of the rating'
    >>> drifts("soc", 0.02, {"rated_kw": 5.0, "drift_percent": 10.0})
    'none'
    """
    scale = 1.0 if port == "soc" else float(link.get("rated_kw", 0.0)) if port.endswith("_kw") else 0.0
    if not scale:
        return "–"
    percent = 100.0 * rmse / scale
    what = "of full" if port == "soc" else "of the rating"
    return f"alarm: {percent:.0f} % {what}" if percent > float(link.get("drift_percent", np.inf)) else "none"


def _link_of(name: str, links: Sequence[str]) -> str:
    """Return the link that a reading belongs to; names of links may hold points themselves."""
    return max((link for link in links if name.startswith(f"{link}.")), key=len, default="")


class _Hours:
    """Root mean square error by hour: of the last one, and of the worst."""

    def __init__(self, count: int) -> None:
        self.worst = np.full(count, np.nan)
        self._hour = -1
        self._square, self._pairs = np.zeros(count), np.zeros(count)

    def add(self, epoch_s: NDArray[np.int64], error: FloatArray) -> None:
        """Add errors of shape ``(n_steps, count)``; NaN is no error."""
        hours = epoch_s // int(SECONDS_PER_HOUR)
        edges = np.flatnonzero(np.diff(hours, prepend=hours[0] - 1))
        known = np.isfinite(error)
        squares = np.add.reduceat(np.square(np.where(known, error, 0.0)), edges, axis=0)
        pairs = np.add.reduceat(known.astype(np.float64), edges, axis=0)
        for hour, square, pair in zip(hours[edges].tolist(), squares, pairs, strict=True):
            if hour != self._hour:
                self._hour, self._square, self._pairs = hour, np.zeros_like(square), np.zeros_like(pair)
            self._square, self._pairs = self._square + square, self._pairs + pair
            self.worst = np.fmax(self.worst, self._rmse())

    def _rmse(self) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return np.sqrt(self._square / self._pairs)

    def last(self, place: int) -> float:
        """Return the error of the last hour; NaN where there was nothing to compare."""
        return float(self._rmse()[place])

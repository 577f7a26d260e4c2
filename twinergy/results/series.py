# SPDX-License-Identifier: Apache-2.0
"""Time series of the whole community, made for figures: summed or ranged by DuckDB over the files of a run, in local time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from twinergy.results.reader import Run

LONG_DAYS: Final = 21
"""A longer run is shown by days: nobody can see its steps."""


@dataclass(frozen=True)
class Flows:
    """Powers of the community over time, all counted positive.

    Attributes
    ----------
    frame : pandas.DataFrame
        Index local time; columns ``load``, one ``from <kind>`` per kind that generates, ``charge``, ``discharge``, ``import``
        and ``export``. [kW], or [kWh] per day if `daily`.
    sources : tuple of str
        Kinds that generate.
    daily : bool
        Whether the values are energies of local days.
    """

    frame: pd.DataFrame
    sources: tuple[str, ...]
    daily: bool

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return "kWh per day" if self.daily else "kW"


def flows(run: Run, *, by_day: bool | None = None) -> Flows:
    """Return load, generation, storage and exchange of the community.

    Parameters
    ----------
    run : Run
        The run.
    by_day : bool, optional
        Whether to sum to local days; by default as `LONG_DAYS` says.
    """
    frame, sources = _powers(run)
    daily = is_long(run) if by_day is None else by_day
    return Flows(_days(frame).sum() * hours(run) if daily else frame, sources, daily)


@lru_cache(maxsize=1)  # two figures of a report show the same, and reading it is a third of drawing one
def _powers(run: Run) -> tuple[pd.DataFrame, tuple[str, ...]]:
    roles = roles_of(run)
    plain = {kind: _both_ways(run, kind) for kind in roles["plain"]}
    stored = [_both_ways(run, kind) for kind in roles["storages"]]
    exchange = _exchange(run)
    columns: dict[str, Any] = {"load": sum(part["up"] for part in plain.values())}
    back = [plain[kind] for kind in roles["returning"] if float(plain[kind]["down"].sum()) > 0.0]
    stored += [part.assign(up=0.0) for part in back]  # cars that feed back act as a storage; what charges them is load
    sources = tuple(kind for kind, part in plain.items() if kind not in roles["returning"] and float(part["down"].sum()) > 0.0)
    columns |= {f"from {kind}": plain[kind]["down"] for kind in sources}
    if stored:
        columns |= {"charge": sum(part["up"] for part in stored), "discharge": sum(part["down"] for part in stored)}
    columns |= {"import": exchange.clip(lower=0.0), "export": (0.0 - exchange).clip(lower=0.0)}
    return _local(run, columns), sources


def has_exchange(run: Run) -> bool:
    """Whether the exchange with the grid above was recorded."""
    return run.has("grid", "p_exchange_kw") or run.has("connection", "p_kw")


def has_flows(run: Run) -> bool:
    """Whether every power that `flows` adds up was recorded."""
    roles = roles_of(run)
    return (
        has_exchange(run) and bool(roles["plain"]) and all(run.has(kind, "p_kw") for kind in roles["plain"] + roles["storages"])
    )


def state_of_charge_table(run: Run) -> str:
    """Return the first table of storages whose state of charge was recorded, empty if there is none."""
    return next((name for name in roles_of(run)["storages"] if run.has(name, "soc")), "")


def roles_of(run: Run) -> dict[str, list[str]]:
    """Return which tables are plain devices, storages, meters and charging points, as the key figures found them."""
    roles = run.kpi_document.get("roles", {})
    return {name: list(roles.get(name, ())) for name in ("plain", "storages", "meters", "returning")}


def ranges(run: Run, table: str, port: str, *, low: str = "min({0})", high: str = "max({0})") -> pd.DataFrame:
    """Return ``low``, ``mean`` and ``high`` of a port over all entities, in local time; by days if the run is long.

    Parameters
    ----------
    run : Run
        The run.
    table, port : str
        What to look at; NaN is left out.
    low, high : str
        DuckDB aggregates with ``{0}`` for the port.
    """
    statement = (
        f"SELECT time, {low.format(port)} AS low, avg({port}) AS mean, {high.format(port)} AS high "  # noqa: S608 - own names
        f'FROM "{table}" WHERE NOT isnan({port}) GROUP BY time ORDER BY time'
    )
    found = run.sql(statement).set_index("time")
    frame = _local(run, {str(name): found[name] for name in found})
    if not is_long(run):
        return frame
    by_day: pd.DataFrame = _days(frame).agg({"low": "min", "mean": "mean", "high": "max"})
    return by_day


def exchange_kw(run: Run) -> pd.Series[float]:
    """Return the power from the grid above over time, positive imports, steps without a result left out. [kW]."""
    return _exchange(run).dropna()


def hours(run: Run) -> float:
    """Return the length of a step. [h]."""
    return float(run.manifest.get("step_s", 900)) / 3600.0


def is_long(run: Run) -> bool:
    """Whether a run is shown by days."""
    return float(run.manifest.get("steps", 0)) * hours(run) / 24.0 > LONG_DAYS


def _both_ways(run: Run, table: str) -> pd.DataFrame:
    statement = (
        "SELECT time, sum(greatest(p_kw, 0)) AS up, sum(greatest(0 - p_kw, 0)) AS down "  # noqa: S608 - own names
        f'FROM "{table}" WHERE NOT isnan(p_kw) GROUP BY time ORDER BY time'
    )
    return run.sql(statement).set_index("time")


def _exchange(run: Run) -> pd.Series[float]:
    statement = "SELECT time, sum(p_kw) AS p FROM connection GROUP BY time ORDER BY time"
    if run.has("grid", "p_exchange_kw"):
        statement = "SELECT time, p_exchange_kw AS p FROM grid ORDER BY time"
    return run.sql(statement).set_index("time")["p"].astype(float)


def _local(run: Run, columns: Mapping[str, Any]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

    frame = pd.DataFrame(dict(columns))
    frame.index = pd.DatetimeIndex(frame.index).tz_convert(run.timezone)
    return frame


def _days(frame: pd.DataFrame) -> Any:
    import pandas as pd  # noqa: PLC0415

    return frame.groupby(pd.DatetimeIndex(frame.index).normalize())

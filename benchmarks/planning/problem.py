# SPDX-License-Identifier: Apache-2.0
"""One design problem for all tools: a site with PV, battery, CHP, boiler and a connection, hour by hour for a year.

Made from a seeded generator, so that nothing has to be downloaded, and written as CSV and JSON, so that every tool reads the same
numbers to the last digit. Imports nothing of the laboratory: it also runs in the environment of the other tools.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

HOURS_PER_YEAR = 8760
COLUMNS = ("electricity_kw", "heat_kw", "yield_kw_per_kwp", "import_eur_per_kwh")


@dataclass(frozen=True)
class Numbers:
    """What does not change from hour to hour. *Assumptions* of a plausible size: what matters is that all tools get the same."""

    export_eur_per_kwh: float = 0.07
    gas_eur_per_kwh: float = 0.08
    pv_eur_per_kwp: float = 85.0
    pv_most_kwp: float = 1500.0
    battery_eur_per_kwh: float = 28.0
    battery_eur_per_kw: float = 12.0
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    loss_per_h: float = 0.0001
    chp_eur_per_kw: float = 160.0
    chp_electric_efficiency: float = 0.36
    chp_thermal_efficiency: float = 0.5
    boiler_eur_per_kw: float = 9.0
    boiler_efficiency: float = 0.9
    connection_eur_per_kw: float = 55.0


@dataclass(frozen=True)
class Site:
    """The problem: arrays of shape (n_hours,) and the numbers."""

    electricity_kw: FloatArray
    heat_kw: FloatArray
    yield_kw_per_kwp: FloatArray
    import_eur_per_kwh: FloatArray
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def n_hours(self) -> int:
        """Number of hours."""
        return len(self.heat_kw)

    @property
    def weight(self) -> float:
        """How often each hour counts in a year, so that a short horizon is the same kind of problem. [-]."""
        return HOURS_PER_YEAR / self.n_hours

    def write(self, folder: Path) -> None:
        """Write ``hours.csv`` and ``numbers.json``; every number comes back as it was."""
        rows = zip(*(getattr(self, name).tolist() for name in COLUMNS), strict=True)
        lines = (",".join(map(repr, row)) for row in rows)
        (folder / "hours.csv").write_text("\n".join((",".join(COLUMNS), *lines)) + "\n", encoding="utf-8")
        (folder / "numbers.json").write_text(json.dumps(asdict(self.numbers), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Site:
        """Read what `write` wrote."""
        table = np.loadtxt(folder / "hours.csv", delimiter=",", skiprows=1, ndmin=2).T.copy()
        numbers = Numbers(**json.loads((folder / "numbers.json").read_text(encoding="utf-8")))
        return cls(**dict(zip(COLUMNS, table, strict=True)), numbers=numbers)


def make(n_hours: int = HOURS_PER_YEAR, seed: int = 6) -> Site:
    """Return a village-sized site: evening peaks, a cold winter, cloudy days and a market price that follows the sun."""
    random = np.random.default_rng(seed)
    hour = np.arange(n_hours)
    day, clock = hour // 24, hour % 24
    season = np.cos(2.0 * np.pi * (day - 15) / 365.0)
    n_days = n_hours // 24 + 1
    cloud = np.clip(random.beta(2.2, 1.6, n_days), 0.08, 1.0)[day]
    length_h = 12.0 - 4.3 * season
    height = np.clip(np.cos(np.pi * (clock + 0.5 - 12.3) / length_h), 0.0, None) * (np.abs(clock + 0.5 - 12.3) < length_h / 2.0)
    sun = height * (0.62 - 0.3 * season) * cloud * random.uniform(0.85, 1.0, n_hours)
    cold = 0.5 + 0.45 * season + 0.06 * np.repeat(random.standard_normal(n_days), 24)[:n_hours]
    evening = np.exp(-(((clock - 19.0) / 2.6) ** 2)) + 0.55 * np.exp(-(((clock - 8.0) / 2.0) ** 2))
    electricity = 120.0 * (0.45 + 0.75 * evening + 0.15 * season) * random.normal(1.0, 0.06, n_hours)
    heat = 420.0 * np.clip(cold, 0.05, None) * (0.75 + 0.35 * evening) * random.normal(1.0, 0.04, n_hours) + 15.0
    price = 0.265 + 0.035 * season + 0.05 * evening - 0.16 * sun + np.repeat(random.normal(0.0, 0.018, n_days), 24)[:n_hours]
    price = price + random.normal(0.0, 0.006, n_hours)
    return Site(np.maximum(electricity, 5.0), heat, np.where(sun > 1e-4, sun, 0.0), np.maximum(price, 0.09))

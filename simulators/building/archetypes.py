# SPDX-License-Identifier: Apache-2.0
"""Envelopes of typical houses by country, year of construction and state of refurbishment (TABULA), in ``data/buildings``."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final, Literal

TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "buildings" / "archetypes.csv"
State = Literal["existing", "usual", "advanced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetype:
    """One row of the table: an example building of the TABULA typology in one state.

    Attributes
    ----------
    code, country, state : str
        Code of the example building, ISO 3166-1 country, state of refurbishment.
    from_year, until_year : int
        Years of construction, both included.
    area_m2, storeys : float
        Reference area of the conditioned floors, and number of them. [m2], [-]
    roof_m2, wall_m2, floor_m2, window_m2, door_m2 : float
        Areas of the envelope. [m2]
    window_east_m2, window_south_m2, window_west_m2, window_north_m2 : float
        Window areas by facade; what the source does not assign to one is missing here. [m2]
    roof_w_per_k, wall_w_per_k, floor_w_per_k, window_w_per_k, door_w_per_k, bridges_w_per_k : float
        Heat transfer by transmission, soil and unheated rooms weighed as the source does. [W/K]
    infiltration_per_h : float
        Air change through leaks. [1/h]
    g_value : float
        Total solar energy transmittance of the glazing, normal incidence. [-]
    heat_kwh_per_m2 : float
        Heat for space heating per year and reference area that the source computes for its national climate. [kWh/m2]
    """

    code: str
    country: str
    from_year: int
    until_year: int
    state: str
    area_m2: float
    storeys: float
    roof_m2: float
    wall_m2: float
    floor_m2: float
    window_m2: float
    door_m2: float
    window_east_m2: float
    window_south_m2: float
    window_west_m2: float
    window_north_m2: float
    roof_w_per_k: float
    wall_w_per_k: float
    floor_w_per_k: float
    window_w_per_k: float
    door_w_per_k: float
    bridges_w_per_k: float
    infiltration_per_h: float
    g_value: float
    heat_kwh_per_m2: float

    @property
    def facade_shares(self) -> tuple[float, float, float, float]:
        """Shares of the windows that face east, south, west and north."""
        areas = (self.window_east_m2, self.window_south_m2, self.window_west_m2, self.window_north_m2)
        total = sum(areas)
        return (areas[0] / total, areas[1] / total, areas[2] / total, areas[3] / total)


_TEXT: Final = ("code", "country", "state")
_WHOLE: Final = ("from_year", "until_year")


@cache
def archetypes() -> tuple[Archetype, ...]:
    """Return the whole table.

    >>> len({row.country for row in archetypes()})
    4
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(row) for row in csv.DictReader(file))


def _row(row: dict[str, str]) -> Archetype:
    values = {
        field.name: row[field.name]
        if field.name in _TEXT
        else int(row[field.name])
        if field.name in _WHOLE
        else float(row[field.name])
        for field in fields(Archetype)
    }
    return Archetype(**values)  # type: ignore[arg-type]  # names and types follow the fields


def countries() -> tuple[str, ...]:
    """Return the countries that have archetypes, sorted."""
    return tuple(sorted({row.country for row in archetypes()}))


@cache
def archetype(country: str, year: int, state: State) -> Archetype:
    """Return the envelope of a house; new houses that the source never refurbishes stay as they are.

    Parameters
    ----------
    country : str
        One of `countries`.
    year : int
        Year of construction.
    state : {"existing", "usual", "advanced"}
        State of refurbishment.

    Raises
    ------
    KeyError
        If the table has no house of this country.

    Examples
    --------
    >>> archetype("DE", 1965, "existing").code
    'DE.N.SFH.05'
    """
    rows = {row.state: row for row in archetypes() if row.country == country and row.from_year <= year <= row.until_year}
    if not rows:
        raise KeyError(country)
    return rows.get(state, rows["existing"])

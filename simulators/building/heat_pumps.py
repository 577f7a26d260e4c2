# SPDX-License-Identifier: Apache-2.0
"""Heat pumps of the hplib database, in ``data/heat_pumps``: electrical power and coefficient of performance as linear fits."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from math import isnan
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).resolve().parents[2] / "data" / "heat_pumps" / "heat_pumps.csv"
AIR, BRINE = 1, 2
"""Groups of hplib: outdoor air to water and brine to water, both regulated."""
RATING_AMBIENT_DEGC: Final = -7.0
RATING_BRINE_DEGC: Final = 0.0
RATING_FLOW_DEGC: Final = 52.0
"""Rating point of hplib: -7 degC outdoors (0 degC brine), 52 degC flow."""
FITTED_AMBIENT_DEGC: Final = (-15.0, 12.0)
FITTED_FLOW_DEGC: Final = (25.0, 65.0)
FITTED_BRINE_DEGC: Final = (-5.0, 10.0)
"""Range of the standard test points: EN 14825 tests at -15 (colder climate), -7, 2, 7 and 12 degC outdoors, EN 14511 brine at -5
to 10 degC, both with flows of about 25 to 65 degC. The fits are linear, so beyond them they promise what no unit does."""
LEAST_LOAD: Final = 0.25
"""hplib lets a regulated heat pump modulate down to a quarter of the electrical power it has at -7 degC and the present flow."""
SPREAD_K: Final = 5.0
"""hplib: the flow leaves the heat pump 5 K above its inlet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPump:
    """One row of the table.

    ``cop = c1 t_in + c2 t_out + c3 + c4 t_amb`` and ``p_el / p_el_ref = e1 t_in + e2 t_out + e3 + e4 t_amb`` [1]_, with source,
    flow and outdoor temperature in degC; for air to water source and outdoor temperature are the same.

    Attributes
    ----------
    key, title : str
        Name in scenarios, manufacturer and model.
    group : int
        1 air to water, 2 brine to water.
    p_el_ref_kw, p_th_ref_kw : float
        Electrical and thermal power at the rating point; NaN for the generic ones, which take any size. [kW]
    electric, cop : tuple of float
        The coefficients e1...e4 and c1...c4.

    References
    ----------
    .. [1] T. Tjaden, H. Hoops, K. Rösken, hplib, heat pump library, DOI 10.5281/zenodo.5521597, version 1.9, `simulate`.
    """

    key: str
    title: str
    group: int
    p_el_ref_kw: float
    p_th_ref_kw: float
    electric: tuple[float, float, float, float]
    cop: tuple[float, float, float, float]

    @property
    def rating_source_degc(self) -> float:
        """Source temperature of the rating point, in degC."""
        return RATING_AMBIENT_DEGC if self.group == AIR else RATING_BRINE_DEGC

    def cop_at(self, source_degc: float, flow_degc: float, ambient_degc: float) -> float:
        """Return the coefficient of performance.

        >>> round(heat_pumps()["generic_air"].cop_at(7.0, 35.0, 7.0), 2)
        5.06
        """
        return _linear(self.cop, source_degc, flow_degc, ambient_degc)

    def sized(self, p_th_kw: float) -> tuple[float, float]:
        """Return electrical and thermal power at the rating point of one of this series with a wanted thermal power there, in kW.

        Coefficients are relative, so a named heat pump of another size keeps its characteristic.
        """
        if isnan(self.p_th_ref_kw):
            return p_th_kw / self.cop_at(self.rating_source_degc, RATING_FLOW_DEGC, RATING_AMBIENT_DEGC), p_th_kw
        return self.p_el_ref_kw * p_th_kw / self.p_th_ref_kw, p_th_kw

    def least_electric(self) -> tuple[float, float]:
        """Return the least electrical power over the reference as constant and per degree of flow. [-], [1/K]."""
        first, flow, constant, ambient = self.electric
        source = first * self.rating_source_degc + ambient * RATING_AMBIENT_DEGC
        return LEAST_LOAD * (source + constant), LEAST_LOAD * flow


def _linear(terms: tuple[float, float, float, float], source_degc: float, flow_degc: float, ambient_degc: float) -> float:
    return terms[0] * source_degc + terms[1] * flow_degc + terms[2] + terms[3] * ambient_degc


@cache
def heat_pumps() -> dict[str, HeatPump]:
    """Return the heat pumps that a scenario may name."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [_heat_pump(row) for row in csv.DictReader(file)]
    return {row.key: row for row in rows}


def _heat_pump(row: dict[str, str]) -> HeatPump:
    electric = tuple(float(row[f"p{term}_p_el"]) for term in range(1, 5))
    cop = tuple(float(row[f"p{term}_cop"]) for term in range(1, 5))
    return HeatPump(
        key=row["key"],
        title=f"{row['manufacturer']} {row['model']}",
        group=int(row["group"]),
        p_el_ref_kw=_kilo(row["p_el_ref_w"]),
        p_th_ref_kw=_kilo(row["p_th_ref_w"]),
        electric=(electric[0], electric[1], electric[2], electric[3]),
        cop=(cop[0], cop[1], cop[2], cop[3]),
    )


def _kilo(text: str) -> float:
    return float(text) / 1000.0 if text else float("nan")

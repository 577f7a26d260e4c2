# SPDX-License-Identifier: Apache-2.0
"""Meter values of all versions in our units, and in the load frame.

OCPP 1.6 writes numbers as strings and has prefixes in its units; OCPP 2.x writes numbers with a power of ten. Without a phase a
value stands for all of them, otherwise the phases are summed [1]_.

References
----------
.. [1] OCPP 1.6 edition 2, 7.43 SampledValue; OCPP 2.0.1 part 2, 2.50 SampledValueType.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.central.clock import measured
from twinergy.signs import load_from_generation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT: Final = "Energy.Active.Import.Register"
VOLTAGE_V: Final = 230.0
"""Where a point tells its current and not its voltage."""
SCALES: Final = {
    "Wh": 1e-3, "kWh": 1.0, "varh": 1e-3, "kvarh": 1.0, "W": 1e-3, "kW": 1.0, "VA": 1e-3, "kVA": 1.0, "var": 1e-3, "kvar": 1.0,
    "A": 1.0, "V": 1.0, "Percent": 1e-2, "Hertz": 1.0,
}  # fmt: skip
"""Factor to kWh, kW, kvar, A, V and a fraction."""
USUAL: Final = (
    ("Energy.Reactive", "varh"),
    ("Energy", "Wh"),
    ("Power.Reactive", "var"),
    ("Power.Factor", ""),
    ("Power", "W"),
    ("SoC", "Percent"),
)
"""Unit of a measurand where none is given: 1.6 says Wh for energy; the others are the ones without a prefix."""
SUMMED: Final = ("L1", "L2", "L3")
PLACES: Final = ("Outlet", "", "Inlet", "Cable", "EV", "Body")
"""Where it is measured, in the order of preference: the outlet is the default of the standard."""


@dataclass(frozen=True, slots=True)
class Meters:
    """What one set of values says; NaN for what it does not.

    Attributes
    ----------
    time_s : float
        By the station's clock, seconds since 1970. [s]
    p_kw : float
        Active power, load frame: positive charges. [kW]
    q_kvar : float
        Reactive power, positive draws. [kvar]
    energy_kwh, energy_out_kwh : float
        Registers of the energy drawn and fed back. [kWh]
    soc : float
        State of charge. [-]
    odd : tuple of str
        Values that are no numbers, signed data, or of an unknown unit.
    """

    time_s: float = math.nan
    p_kw: float = math.nan
    q_kvar: float = math.nan
    energy_kwh: float = math.nan
    energy_out_kwh: float = math.nan
    soc: float = math.nan
    odd: tuple[str, ...] = ()

    @property
    def measurands(self) -> tuple[str, ...]:
        """Names of what is there."""
        names = ("p_kw", "q_kvar", "energy_kwh", "energy_out_kwh", "soc")
        return tuple(name for name in names if not math.isnan(getattr(self, name)))


def read(value: Mapping[str, Any]) -> Meters:
    """Return what one element of ``meterValue`` says.

    >>> sample = {"value": "3.6", "measurand": "Power.Active.Import", "unit": "kW"}
    >>> read({"timestamp": "2024-01-01T00:00:00Z", "sampledValue": [sample]}).p_kw
    3.6
    """
    table, odd = _sorted(value.get("sampledValue", ()))
    return Meters(
        time_s=measured(value.get("timestamp")),
        p_kw=_power(table),
        q_kvar=_net(table, "Power.Reactive"),
        energy_kwh=_total(table, "Energy.Active.Import.Register"),
        energy_out_kwh=_total(table, "Energy.Active.Export.Register"),
        soc=_fraction(_total(table, "SoC")),
        odd=tuple(odd),
    )


def read_all(values: Iterable[Mapping[str, Any]]) -> list[Meters]:
    """Return what several elements say, in the order of their times."""
    return sorted((read(value) for value in values), key=lambda meters: (math.isnan(meters.time_s), meters.time_s))


Table = dict[str, dict[str, dict[str, float]]]
"""Values by measurand, place and phase."""


def _sorted(samples: Iterable[Mapping[str, Any]]) -> tuple[Table, list[str]]:
    table: Table = defaultdict(lambda: defaultdict(dict))
    odd = []
    for sample in samples:
        measurand = str(sample.get("measurand") or DEFAULT)
        number = _number(sample, measurand)
        if math.isnan(number):
            odd.append(f"{measurand}={str(sample.get('value'))[:40]!r} {_unit(sample, measurand)}".rstrip())
            continue
        phase = str(sample.get("phase") or "").removesuffix("-N") if "phase" in sample else ""
        table[measurand][str(sample.get("location") or "")][phase] = number
    return table, odd


def _unit(sample: Mapping[str, Any], measurand: str) -> str:
    declared = sample.get("unit") or (sample.get("unitOfMeasure") or {}).get("unit")
    return str(declared) if declared else next((unit for start, unit in USUAL if measurand.startswith(start)), "")


def _number(sample: Mapping[str, Any], measurand: str) -> float:
    """Return a value in our unit, NaN where it is none. Signed data of OCPP 1.6 is no number by itself."""
    if sample.get("format") == "SignedData":
        return math.nan
    try:
        number = float(sample.get("value", math.nan))
        number *= 10.0 ** int((sample.get("unitOfMeasure") or {}).get("multiplier", 0))
    except (TypeError, ValueError, OverflowError):
        return math.nan
    unit = _unit(sample, measurand)
    factor = 1.0 if not unit or measurand in {"Temperature", "RPM"} else SCALES.get(unit, math.nan)
    return number * factor if math.isfinite(number) else math.nan


def _place(table: Table, measurand: str) -> dict[str, float]:
    places = table.get(measurand, {})
    return next((places[place] for place in PLACES if place in places), {})


def _total(table: Table, measurand: str) -> float:
    """Return the value of all phases: the one without a phase, else their sum."""
    phases = _place(table, measurand)
    if "" in phases:
        return phases[""]
    parts = [phases[phase] for phase in SUMMED if phase in phases]
    return math.fsum(parts) if parts else math.nan


def _net(table: Table, quantity: str) -> float:
    drawn, fed = _total(table, f"{quantity}.Import"), _total(table, f"{quantity}.Export")
    if math.isnan(fed):
        return drawn
    return (0.0 if math.isnan(drawn) else drawn) + load_from_generation(fed)


def _power(table: Table) -> float:
    """Return the active power; from the currents of the phases where no power is told, at a displacement factor of 1."""
    power = _net(table, "Power.Active")
    if not math.isnan(power):
        return power
    currents, voltages = _place(table, "Current.Import"), _place(table, "Voltage")
    parts = [currents[phase] * voltages.get(phase, VOLTAGE_V) * 1e-3 for phase in SUMMED if phase in currents]
    return math.fsum(parts) if parts else math.nan


def _fraction(soc: float) -> float:
    return soc if 0.0 <= soc <= 1.0 else math.nan

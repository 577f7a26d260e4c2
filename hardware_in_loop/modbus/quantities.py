# SPDX-License-Identifier: Apache-2.0
"""Units of registers and units of ports: what a value of the one is in the other."""

from __future__ import annotations

from typing import Final

from twinergy.units import unit_of

_TO_BASE: Final[dict[str, tuple[str, float]]] = {
    "": ("1", 1.0), "1": ("1", 1.0), "Pct": ("1", 0.01), "%": ("1", 0.01),
    "mW": ("kW", 1e-6), "W": ("kW", 1e-3), "kW": ("kW", 1.0), "MW": ("kW", 1e3),
    "var": ("kvar", 1e-3), "Var": ("kvar", 1e-3), "kvar": ("kvar", 1.0), "Mvar": ("kvar", 1e3),
    "VA": ("kVA", 1e-3), "kVA": ("kVA", 1.0),
    "Wh": ("kWh", 1e-3), "WH": ("kWh", 1e-3), "kWh": ("kWh", 1.0), "MWh": ("kWh", 1e3),
    "VAh": ("kVAh", 1e-3), "varh": ("kvarh", 1e-3),
    "V": ("V", 1.0), "mV": ("V", 1e-3), "A": ("A", 1.0), "mA": ("A", 1e-3), "Hz": ("Hz", 1.0),
    "C": ("degC", 1.0), "degC": ("degC", 1.0),
    "K": ("K", 1.0), "s": ("s", 1.0), "Secs": ("s", 1.0), "ms": ("s", 1e-3), "min": ("s", 60.0), "h": ("h", 1.0),
    "ppm": ("ppm", 1.0), "lx": ("lx", 1.0), "dB(A)": ("dB(A)", 1.0), "m3/h": ("m3/h", 1.0),
}  # fmt: skip


def _base(unit: str) -> tuple[str, float]:
    """Return what a unit is a multiple of; a percentage of something is a share."""
    return ("1", 0.01) if unit.startswith("%") else _TO_BASE[unit]


def is_known(unit: str) -> bool:
    """Return whether a unit of a register is known."""
    return unit.startswith("%") or unit in _TO_BASE


def is_port(port: str) -> bool:
    """Return whether a name carries the unit of a port."""
    try:
        unit_of(port)
    except ValueError:
        return False
    return True


def known() -> str:
    """Return all units of registers, for people."""
    return ", ".join(sorted(unit for unit in _TO_BASE if unit))


def to_port(unit: str, port: str) -> float:
    """Return by what a value in a register's unit is multiplied to have the port's unit.

    Raises
    ------
    ValueError
        If the two do not measure the same.

    Examples
    --------
    >>> to_port("W", "p_kw"), to_port("Pct", "soc"), to_port("Pct", "humidity_percent")
    (0.001, 0.01, 1.0)
    """
    wanted = unit_of(port)
    if not is_known(unit):
        message = f"unit {unit!r} is not known; known: {known()}"
        raise ValueError(message)
    base, factor = _base(unit)
    if wanted == "%":
        factor, wanted = factor * 100.0, "1"
    if base != wanted:
        message = f"unit {unit or '1'!r} of the register does not measure what the port {port!r} [{wanted}] is"
        raise ValueError(message)
    return factor


def in_seconds(unit: str) -> float:
    """Return the seconds of a register's unit of time; a plain number counts seconds."""
    base, factor = _base(unit) if is_known(unit) else ("", 0.0)
    if unit in {"", "1"}:
        return 1.0
    if base != "s":
        message = f"unit {unit!r} is no time; write s, ms or min"
        raise ValueError(message)
    return factor


def per_port(unit: str, port: str, *, voltage_v: float, phases: int) -> float:
    """Return by what a set-point is multiplied to have the register's unit; a power becomes a current at this voltage.

    >>> round(per_port("A", "p_max_kw", voltage_v=230.0, phases=3) * 11.04, 6)
    16.0
    """
    if unit in {"A", "mA"} and unit_of(port) == "kW":
        return 1000.0 / (voltage_v * phases) / _TO_BASE[unit][1]
    return 1.0 / to_port(unit, port)

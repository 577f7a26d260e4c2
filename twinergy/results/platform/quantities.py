# SPDX-License-Identifier: Apache-2.0
"""What kind of quantity a port is, which decides how it is summed over an hour or a day."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from twinergy.units import unit_of

NOTE: Final = "quantity"
"""Key of the note in the metadata of a Parquet column that says so where the name does not."""


class Quantity(StrEnum):
    """How a port behaves over time."""

    POWER = "power"
    """Mean over the step in kW: its integral is energy."""
    REGISTER = "register"
    """Energy counted since some start, read at the end of the step: its increments are energy."""
    LAST = "last"
    """Count or state of which the last value of an hour stands for the hour."""
    MEAN = "mean"
    """Anything else: temperature, price, voltage, state of charge."""


_REGISTERS: Final[dict[str, frozenset[str]]] = {
    "meter": frozenset({"energy_import_kwh", "energy_export_kwh"}),
    "heat_meter": frozenset({"energy_kwh"}),
    "charging": frozenset({"energy_kwh", "energy_out_kwh", "unserved_kwh", "refused_kwh"}),
    "ev": frozenset({"unserved_kwh", "shortfall_kwh"}),
}
_REGISTER_ENDS: Final = ("_import_kwh", "_export_kwh", "_register_kwh")
_LAST_ENDS: Final = ("_count", "_s", "_km", "session_kwh", "cycles", "starts", "hours_h", "state", "mode", "tap", "soh")


def quantity_of(table: str, port: str, note: str = "") -> Quantity:
    """Return what kind of quantity a port is.

    Parameters
    ----------
    table, port : str
        Names.
    note : str
        What the metadata of the column say, empty if nothing.

    >>> quantity_of("meter", "energy_import_kwh"), quantity_of("battery", "energy_kwh"), quantity_of("pv", "p_kw")
    (<Quantity.REGISTER: 'register'>, <Quantity.MEAN: 'mean'>, <Quantity.POWER: 'power'>)
    """
    if note in set(Quantity):
        return Quantity(note)
    if port in _REGISTERS.get(table, ()) or port.endswith(_REGISTER_ENDS):
        return Quantity.REGISTER
    if port.endswith("_kw"):
        return Quantity.POWER
    return Quantity.LAST if port.endswith(_LAST_ENDS) else Quantity.MEAN


def bucket_columns(table: str, port: str, note: str = "") -> tuple[str, ...]:
    """Return the columns that stand for a port in the hourly and daily views.

    A power gives its mean, its energy and the share of the time that is known; a register its last reading and the energy
    counted since the reading before; anything else one column of its own name.

    >>> bucket_columns("meter", "p_kw"), bucket_columns("meter", "energy_import_kwh")
    (('p_kw', 'p_kwh', 'p_share'), ('energy_import_kwh', 'energy_import_delta_kwh'))
    """
    match quantity_of(table, port, note):
        case Quantity.POWER:
            stem = port.removesuffix("_kw")
            return port, f"{stem}_kwh", f"{stem}_share"
        case Quantity.REGISTER:
            return port, f"{port.removesuffix('_kwh')}_delta_kwh"
        case _:
            return (port,)


def unit_or_none(name: str) -> str:
    """Return the unit of a column, empty where its name carries none."""
    try:
        return unit_of(name)
    except ValueError:
        return ""

# SPDX-License-Identifier: Apache-2.0
"""Units of outside data into those our names declare."""

from __future__ import annotations

from typing import Final

from twinergy.errors import closest
from twinergy.units import unit_of

# base unit, factor to it, offset added after the factor
_UNITS: Final[dict[str, tuple[str, float, float]]] = {
    "W": ("kW", 1e-3, 0.0),
    "kW": ("kW", 1.0, 0.0),
    "MW": ("kW", 1e3, 0.0),
    "var": ("kvar", 1e-3, 0.0),
    "kvar": ("kvar", 1.0, 0.0),
    "VA": ("kVA", 1e-3, 0.0),
    "kVA": ("kVA", 1.0, 0.0),
    "Wh": ("kWh", 1e-3, 0.0),
    "kWh": ("kWh", 1.0, 0.0),
    "MWh": ("kWh", 1e3, 0.0),
    "J": ("kWh", 1.0 / 3.6e6, 0.0),
    "MJ": ("kWh", 1.0 / 3.6, 0.0),
    "GJ": ("kWh", 1e3 / 3.6, 0.0),
    "degC": ("degC", 1.0, 0.0),
    "degF": ("degC", 5.0 / 9.0, -160.0 / 9.0),
    "K": ("degC", 1.0, -273.15),
    "1": ("1", 1.0, 0.0),
    "%": ("1", 1e-2, 0.0),
    "V": ("V", 1.0, 0.0),
    "kV": ("V", 1e3, 0.0),
    "A": ("A", 1.0, 0.0),
    "mA": ("A", 1e-3, 0.0),
    "Hz": ("Hz", 1.0, 0.0),
    "ppm": ("ppm", 1.0, 0.0),
    "lx": ("lx", 1.0, 0.0),
    "dB(A)": ("dB(A)", 1.0, 0.0),
    "EUR/kWh": ("EUR/kWh", 1.0, 0.0),
    "ct/kWh": ("EUR/kWh", 1e-2, 0.0),
    "EUR/MWh": ("EUR/kWh", 1e-3, 0.0),
    "g/kWh": ("g/kWh", 1.0, 0.0),
    "kg/MWh": ("g/kWh", 1.0, 0.0),
    "kg/kWh": ("g/kWh", 1e3, 0.0),
    "W/m2": ("W/m2", 1.0, 0.0),
    "m/s": ("m/s", 1.0, 0.0),
    "km/h": ("m/s", 1.0 / 3.6, 0.0),
    "hPa": ("hPa", 1.0, 0.0),
    "Pa": ("hPa", 1e-2, 0.0),
    "m3/h": ("m3/h", 1.0, 0.0),
    "l/h": ("m3/h", 1e-3, 0.0),
    "s": ("s", 1.0, 0.0),
    "min": ("s", 60.0, 0.0),
    "h": ("s", 3600.0, 0.0),
}


def conversion(given: str, port: str, *, energy_step_s: int | None = None) -> tuple[float, float]:
    """Return factor and offset that turn values of a unit into those of a port.

    Parameters
    ----------
    given : str
        Unit of the values.
    port : str
        Port, whose suffix declares the unit wanted.
    energy_step_s : int, optional
        If the values are energies per step of this length and the port is a power. [s]

    Raises
    ------
    ValueError
        If the unit is not known or is of another dimension.

    >>> conversion("Wh", "p_kw", energy_step_s=900)
    (0.004, 0.0)
    >>> conversion("degF", "temp_degc")[0] * 212 + conversion("degF", "temp_degc")[1]
    100.0
    """
    if given not in _UNITS:
        message = f"unit {given!r} is not known: {closest(given, _UNITS)}"
        raise ValueError(message)
    base, factor, offset = _UNITS[given]
    wanted = unit_of(port)
    if energy_step_s is not None and (base, wanted) == ("kWh", "kW"):
        return factor * 3600.0 / energy_step_s, 0.0
    target = _UNITS.get(wanted, (wanted, 1.0, 0.0))
    if base != target[0]:
        fitting = ", ".join(name for name, (own, _, _) in _UNITS.items() if own == target[0])
        hint = "; an energy per step becomes a power with `quantity: energy`" if (base, wanted) == ("kWh", "kW") else ""
        message = f"unit {given!r} does not fit port {port!r} ({wanted}); fitting are {fitting or wanted}{hint}"
        raise ValueError(message)
    return factor / target[1], (offset - target[2]) / target[1]

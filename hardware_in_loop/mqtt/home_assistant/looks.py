# SPDX-License-Identifier: Apache-2.0
"""How a port looks in Home Assistant: its unit, device class and state class.

Source: Home Assistant documentation for developers, "Sensor entity": device classes with the units that belong to them, and
"total_increasing" for registers that only grow or begin again at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twinergy.ports import Port

PERCENT: Final = 100.0
FRACTIONS: Final = frozenset({"soc", "soh"})
SWITCHES: Final = frozenset({"closed", "on", "pending", "plugged", "reserved", "valid"})
"""Last words of ports that are 1 or 0."""
STORES: Final = frozenset({("battery", "energy_kwh"), ("charging", "energy_wanted_kwh"), ("ev", "energy_wanted_kwh")})
"""Energies that go up and down."""
LOWEST: Final = {"kW": -1000.0, "kvar": -1000.0, "degC": 5.0}
HIGHEST: Final = {"kW": 1000.0, "kvar": 1000.0, "degC": 60.0}
STEPS: Final = {"kW": 0.001, "kvar": 0.001, "degC": 0.1}


@dataclass(frozen=True, slots=True)
class Look:
    """How a quantity looks.

    Attributes
    ----------
    unit : str
        Unit of measurement, empty for none.
    device_class : str
        Device class, empty for none.
    state_class : str
        State class, empty for none.
    factor : float
        From the port's unit to that one.
    """

    unit: str = ""
    device_class: str = ""
    state_class: str = "measurement"
    factor: float = 1.0


BY_UNIT: Final = {
    "kW": Look("kW", "power"),
    "W": Look("W", "power"),
    "kvar": Look("kvar", "reactive_power"),
    "kVA": Look("kVA", "apparent_power"),
    "kWh": Look("kWh", "energy", "total_increasing"),
    "degC": Look("°C", "temperature"),
    "K": Look("K"),
    "ppm": Look("ppm", "carbon_dioxide"),
    "lx": Look("lx", "illuminance"),
    "dB(A)": Look("dBA", "sound_pressure"),
    "V": Look("V", "voltage"),
    "A": Look("A", "current"),
    "Hz": Look("Hz", "frequency"),
    "W/m2": Look("W/m²", "irradiance"),
    "m/s": Look("m/s", "wind_speed"),
    "hPa": Look("hPa", "atmospheric_pressure"),
    "km": Look("km", "distance"),
    "s": Look("s", "duration"),
    "h": Look("h", "duration"),
    "EUR": Look("EUR", "monetary", "total"),
    "EUR/kWh": Look("EUR/kWh"),
    "g/kWh": Look("g/kWh"),
    "%": Look("%"),
    "deg": Look("°"),
    "1": Look(),
}


def look(kind: str, port: Port) -> Look:
    """Return how a port of a kind of device looks.

    >>> from twinergy.ports import measured
    >>> look("battery", measured("soc", "")), look("meter", measured("energy_import_kwh", "")).state_class
    (Look(unit='%', device_class='battery', state_class='measurement', factor=100.0), 'total_increasing')
    """
    if port.name.rsplit("_", 1)[-1] in FRACTIONS:
        return Look("%", "battery" if port.name.endswith("soc") else "", factor=PERCENT)
    if (kind, port.name) in STORES:
        return Look("kWh", "energy_storage")
    if port.name.endswith("humidity_percent"):
        return Look("%", "humidity")
    return BY_UNIT.get(port.unit, Look(port.unit))


def is_switch(port: Port) -> bool:
    """Return whether a port is 1 or 0."""
    return port.name.rsplit("_", 1)[-1] in SWITCHES


def bounds(port: Port, shown: Look) -> dict[str, Any]:
    """Return lowest and highest value and step of a set-point, in the unit that is shown."""
    if shown.unit == "%":
        return {"min": 0.0, "max": PERCENT, "step": 1.0}
    unit = port.unit
    return {"min": LOWEST.get(unit, -1e6), "max": HIGHEST.get(unit, 1e6), "step": STEPS.get(unit, 0.001)}

# SPDX-License-Identifier: Apache-2.0
"""Names of SAREF 3, SAREF4BLDG, SAREF4ENER and OM 2 that are used, and the few of our own; see ``data/saref/README.md``."""

from __future__ import annotations

from typing import Final

SAREF: Final = "https://saref.etsi.org/core/"
S4BLDG: Final = "https://saref.etsi.org/saref4bldg/"
S4ENER: Final = "https://saref.etsi.org/saref4ener/"
OM: Final = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
OWN: Final = "urn:twinergy:terms#"
PREFIXES: Final = {
    "saref": SAREF,
    "s4bldg": S4BLDG,
    "s4ener": S4ENER,
    "om": OM,
    "tw": OWN,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

UNITS: Final = {
    "kW": (OM + "kilowatt", SAREF + "PowerUnit"),
    "kWh": (OM + "kilowattHour", SAREF + "EnergyUnit"),
    "kvar": (OWN + "kilovar", ""),
    "degC": (OM + "degreeCelsius", SAREF + "TemperatureUnit"),
    "%": (OM + "percent", ""),
    "ppm": (OWN + "partsPerMillion", ""),
    "lx": (OM + "lux", SAREF + "IlluminanceUnit"),
    "dB(A)": (OWN + "decibelA", ""),
    "s": (OM + "second-Time", ""),
    "1": (OM + "one", ""),
}
"""IRI and narrower class of each unit; every one is a ``saref:UnitOfMeasure`` as well."""

PROPERTIES: Final = {
    "kW": SAREF + "Power",
    "kWh": SAREF + "Energy",
    "degC": SAREF + "Temperature",
    "%": SAREF + "Humidity",
    "lx": SAREF + "Light",
}
"""Narrower class of what is measured in a unit; every one is a ``saref:Property`` as well."""

DEVICES: Final = {
    "meter": (SAREF + "Meter",),
    "line": (SAREF + "Meter",),
    "gateway": (),
    "thermostat": (SAREF + "TemperatureSensor",),
    "tank": (SAREF + "TemperatureSensor",),
    "indoor_air": (SAREF + "Sensor",),
    "heating": (SAREF + "HVAC",),
    "cooling": (SAREF + "HVAC",),
    "pv": (S4BLDG + "SolarDevice",),
    "battery": (S4BLDG + "ElectricFlowStorageDevice",),
    "charging_point": (),
    "machine": (SAREF + "Appliance", S4ENER + "Device"),
}
"""Narrower classes of the devices of a home; every one is a ``saref:Device`` as well."""

# SPDX-License-Identifier: Apache-2.0
"""Which device of a home measures which field; units and kinds of property follow from the fields' names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.errors import closest
from twinergy.messages import MessageError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVELOPE: Final = ("id", "source", "pilot", "sent", "valid_s", "start", "step_s")
"""Fields that describe the message itself; SAREF has no words for them."""


@dataclass(frozen=True, slots=True)
class SarefForm:
    """How one information object appears in SAREF.

    Attributes
    ----------
    devices : mapping of str to str
        Device that measures each field; keys of `twinergy.saref.terms.DEVICES`.
    parts : str
        Field that holds a record per device, empty if there is none.
    part_device : str
        What those devices are.
    part_fields : tuple of str
        Measured fields of a record; its ``name`` is the device's.
    """

    devices: Mapping[str, str]
    parts: str = ""
    part_device: str = ""
    part_fields: tuple[str, ...] = ()


FORMS: Final = {
    "sensor_status": SarefForm(
        devices={
            "temp_indoor_degc": "thermostat",
            "temp_tank_degc": "tank",
            **dict.fromkeys(("humidity_percent", "co2_ppm", "illuminance_lx", "noise_dba"), "indoor_air"),
            "soc": "battery",
            "p_pv_available_kw": "pv",
            "p_heating_kw": "heating",
            "p_cooling_kw": "cooling",
            "car_wanted_kwh": "charging_point",
            "car_departure_s": "charging_point",
            "valid": "gateway",
            "age_s": "gateway",
        },
        parts="machines",
        part_device="machine",
        part_fields=("p_kw", "pending", "slack_s"),
    ),
    "actual_consumption": SarefForm(
        devices={"p_grid_kw": "meter", "q_grid_kvar": "meter", "p_demand_kw": "gateway", "energy_kwh": "gateway"},
        parts="lines",
        part_device="line",
        part_fields=("p_kw",),
    ),
    "production": SarefForm(devices={"p_pv_kw": "pv", "p_pv_available_kw": "pv", "energy_kwh": "pv", "p_battery_kw": "battery"}),
}


def form_of(information_object: str) -> SarefForm:
    """Return how an information object appears in SAREF.

    Raises
    ------
    MessageError
        ``unknown`` if its data model is not SAREF.
    """
    if information_object not in FORMS:
        message = f"{information_object!r} has no form in SAREF: {closest(information_object, FORMS)}"
        raise MessageError(message, kind="unknown", information_object=information_object)
    return FORMS[information_object]

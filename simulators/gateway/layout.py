# SPDX-License-Identifier: Apache-2.0
"""What a home gateway reads, where it comes from, and in which row of its arrays it stands."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

Machine = Literal["washing_machine", "dishwasher", "tumble_dryer"]
MACHINES: Final[tuple[Machine, ...]] = get_args(Machine)
Group = Literal["cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
Plug = Literal[
    "cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other", "washing_machine", "dishwasher", "tumble_dryer"
]
"""A group's plugs, or one machine's."""


class Reading(NamedTuple):
    """One quantity that a gateway reads.

    Attributes
    ----------
    name : str
        Its port.
    source : str
        ``kind.port`` of the device of the dwelling that it is read from.
    text : str
        What it is.
    plug : str
        Group or machine whose smart plug measures it; empty for what measures itself.
    """

    name: str
    source: str
    text: str
    plug: str = ""


def _of_group(group: Group, text: str) -> Reading:
    return Reading(f"p_{group}_kw", f"household.p_{group}_kw", f"Smart plugs of {text}", group)


def _of_machine(machine: Machine) -> Reading:
    return Reading(f"{machine}_p_kw", f"household.{machine}_p_kw", f"Smart plug of the {_plain(machine)}", machine)


def _plain(machine: Machine) -> str:
    return machine.replace("_", " ")


POWERS: Final = (
    Reading("p_household_kw", "household.p_kw", "Household circuit as a clamp in the fuse box reads it, all groups together"),
    _of_group("cold", "refrigerators and freezers"),
    _of_group("cooking", "hob, oven, microwave, kettle"),
    _of_group("lighting", "lights"),
    _of_group("electronics", "television, computers, standby"),
    _of_group("hot_water", "the home's own water heater"),
    _of_group("other", "everything else; all of a home without a profile of appliances"),
    *(_of_machine(machine) for machine in MACHINES),
    Reading("p_pv_kw", "pv.p_kw", "PV as its inverters say it, load frame: never positive"),
    Reading("p_pv_available_kw", "pv.p_available_kw", "PV without curtailment as its inverters say it, never positive"),
    Reading("p_battery_kw", "battery.p_kw", "Battery, load frame: negative discharges"),
    Reading("p_heating_kw", "building.p_heat_pump_kw", "Compressor and electric heaters of heating and hot water"),
    Reading("p_cooling_kw", "building.p_cooling_kw", "Air conditioner"),
    Reading("p_charging_kw", "charging.p_kw", "Charging point, load frame: negative feeds back"),
)
"""Powers: in a telegram they are means since the telegram before."""
STATES: Final = (
    Reading("soc", "battery.soc", "State of charge as the battery says it, in steps of 1 %"),
    Reading("temp_indoor_degc", "building.temp_indoor_degc", "Air temperature at the thermostat"),
    Reading("temp_tank_degc", "building.temp_tank_degc", "Temperature of the hot-water tank"),
    Reading("humidity_percent", "building.humidity_percent", "Relative humidity of the air"),
    Reading("co2_ppm", "building.co2_ppm", "Carbon dioxide in the air"),
    Reading("illuminance_lx", "building.illuminance_lx", "Illuminance in the room"),
    Reading("noise_dba", "building.noise_dba", "Sound pressure level in the room, A-weighted"),
)
"""Sensed with errors; those of the telegram's last step."""
SAID: Final = (
    *(Reading(f"{m}_pending", f"household.{m}_pending", f"1 if a job of the {_plain(m)} waits, else 0") for m in MACHINES),
    *(Reading(f"{m}_slack_s", f"household.{m}_slack_s", f"How much longer a job of the {_plain(m)} may wait") for m in MACHINES),
    Reading("car_wanted_kwh", "charging.energy_wanted_kwh", "Energy the connected car lacks to its wish"),
    Reading("car_departure_s", "charging.departure_s", "Time to the departure of the connected car; NaN without one"),
)
"""Status that machines and charging points send as numbers, so without error; that of the telegram's last step."""
READ: Final = (*POWERS, *STATES, *SAID)
"""All that is read, in the order of the rows of the truth."""
SUMMED: Final = "p_wet_kw"
"""What the plugs of the wet machines add up to."""
ROWS: Final = (*(each.name for each in (*POWERS, *STATES)), SUMMED, *(each.name for each in SAID), "valid", "age_s")
"""What a telegram holds, in the order of its rows."""
ONE_EACH: Final = tuple(sorted({each.source.partition(".")[0] for each in READ} - {"pv"}))
"""Kinds of which a gateway reads one device; the powers of several PV systems add up."""


def plug_rows(plug: str) -> list[int]:
    """Return the rows of powers that a group's or machine's plug measures; ``wet`` stands for all three machines.

    >>> [POWERS[row].name for row in plug_rows("wet")][0]
    'washing_machine_p_kw'
    """
    meant = MACHINES if plug == "wet" else (plug,)
    return [row for row, each in enumerate(POWERS) if each.plug in meant]

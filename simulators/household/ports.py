# SPDX-License-Identifier: Apache-2.0
"""Ports of the device kind ``household``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulators.household.catalogue import GROUPS, MACHINES
from twinergy.ports import measured, set_point

if TYPE_CHECKING:
    from twinergy.ports import Port

SWITCHED: Final = ("electronics", "lighting", "other", "hot_water")
"""Groups that smart plugs switch."""
_GROUP_NAMES: Final = {
    "cold": "refrigerators and freezers",
    "wet": "washing machine, dishwasher and tumble dryer",
    "cooking": "hob, oven, microwave, kettle",
    "lighting": "lights",
    "electronics": "television, computers, standby",
    "hot_water": "the home's own water heater",
    "other": "everything else; all of a stochastic or measured home",
}


def _of_machine(name: str) -> tuple[Port, ...]:
    plain = name.replace("_", " ")
    return (
        measured(f"{name}_p_kw", f"power of the {plain}"),
        measured(f"{name}_pending", f"1 if a job of the {plain} waits at the end of the step, else 0"),
        measured(
            f"{name}_slack_s", "from the end of the step, how much longer it may wait and be done by its deadline; 0 if none"
        ),
        set_point(f"{name}_on", "1 starts the waiting job, 0 holds it up to its latest start, NaN leaves it to habit"),
    )


PORTS: Final[tuple[Port, ...]] = (
    measured("p_kw", "active power, never negative"),
    measured("q_kvar", "reactive power, positive inductive"),
    measured("occupants", "people in the home, mean over the step"),
    measured("active_occupants", "people in the home and awake, mean over the step"),
    measured("heat_gain_kw", "sensible heat of appliances and lights released inside; people not included"),
    measured("hot_water_kw", "useful heat of hot water drawn at the taps; 0 where the home heats it itself"),
    *(measured(f"p_{group}_kw", f"power of {what}") for group, what in _GROUP_NAMES.items()),
    measured("p_unserved_kw", "power that switched-off plugs kept back; postponed hot water counts once the store is cold"),
    *(port for name in MACHINES for port in _of_machine(name)),
    *(set_point(f"{group}_on", f"smart plug of {_GROUP_NAMES[group].split(';')[0]}: 0 is off, else on") for group in SWITCHED),
)
assert tuple(_GROUP_NAMES) == GROUPS  # noqa: S101 - the order of rows in the fleet's arrays

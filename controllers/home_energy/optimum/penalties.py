# SPDX-License-Identifier: Apache-2.0
"""What a wish that cannot be met counts, in the order in which wishes give way, and the tie breakers.

All are *assumptions*: exchange rates chosen so far apart that in ordinary homes the order is kept (limits > machine > car >
hot water > comfort > money), none of them is ever paid by anybody. A household that weighs comfort above `HOT_WATER` has
chosen a different order.
"""

from __future__ import annotations

from typing import Final

EXCESS: Final = 1000.0
"""Beyond the limit of the connection, which only a load or a PV system that nobody can plan may force. [EUR/kWh]"""
SOC: Final = 100.0
"""Battery outside its bounds, which only the starting state may force. [EUR/(kWh h)]"""
MISSED: Final = 500.0
"""A programme that does not start within the horizon although it should. [EUR]"""
LATE: Final = 100.0
"""A programme that starts after its latest start, plus `LATE_PER_H`. [EUR]"""
LATE_PER_H: Final = 5.0
"""Each hour of that. [EUR/h]"""
CAR: Final = 30.0
"""Energy the car leaves without. [EUR/kWh]"""
HOT_WATER: Final = 2.0
"""Hot water below its lower temperature, or above its upper at the start. [EUR/(K h)]"""
TIE: Final = 1e-4
"""Each kWh charged, discharged or curtailed: who is indifferent leaves the battery and the inverter alone. [EUR/kWh]"""
WAIT: Final = 1e-4
"""Each hour a programme waits: who is indifferent starts it early. [EUR/h]"""
END_SHARE: Final = 0.8
"""Part of the horizon's mean price that stored electricity counts at its end: below 1, or a battery under a flat tariff
would rather stay full for ever than serve the evening."""

# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.heat_meter.model`, compiled: there a call of numpy would cost more than what it does."""

from __future__ import annotations

import math
from typing import Any, Final

from twinergy.compiling import compiled

WATER_KWH_PER_M3_K: Final = 1.15
"""Heat capacity of water at 45 degC: 990.2 kg/m3 times 4.180 kJ/(kg K). [kWh/(m3 K)]"""

# rows of `simulators.heat_meter.params.HeatMeterParams.table`
TEMP_FLOW, TEMP_RETURN, LEAST_K, PAIR, PAIR_SLOPE, CALCULATOR, CALCULATOR_SLOPE, SHIFT_K = range(8)
START, LEAST, FLOW_BASE, FLOW_SLOPE, FLOW_LEAST, FLOW_MOST, NOISE = range(8, 15)
# rows of a telegram
HEAT, FLOW, FLOW_DEGC, RETURN_DEGC, ENERGY, VALID, AGE = range(7)


@compiled
def _difference(table: Any, i: int, flow_degc: float, return_degc: float) -> Any:
    """Return the difference of temperature that carries the heat, and the errors of sensor pair and calculator.

    Heat at no difference of temperature would need a boundless flow; the smallest difference of the meter stands for it.
    """
    difference = abs(flow_degc - return_degc)
    difference = max(difference, table[LEAST_K, i])
    share = table[LEAST_K, i] / difference
    return difference, table[PAIR_SLOPE, i] * share + table[PAIR, i], table[CALCULATOR_SLOPE, i] * share + table[CALCULATOR, i]


@compiled
def _flow_error(table: Any, i: int, flow: float) -> Any:
    """Return the relative error of the flow sensor, signed."""
    error = table[FLOW_SLOPE, i] / max(flow, table[LEAST, i]) + table[FLOW_BASE, i]
    return min(max(error, table[FLOW_LEAST, i]), table[FLOW_MOST, i])


@compiled
def measure(
    table: Any, heat: Any, temp_flow: Any, temp_return: Any, hours: float, before: Any, energy: Any, telegram: Any
) -> None:
    """Write the register and what a telegram would say without noise and resolution; its age is zero.

    Temperatures that the device does not say are NaN.
    """
    for i in range(len(energy)):
        warm = table[TEMP_FLOW, i] if math.isnan(temp_flow[i]) else temp_flow[i]
        cold = table[TEMP_RETURN, i] if math.isnan(temp_return[i]) else temp_return[i]
        difference, pair, calculator = _difference(table, i, warm, cold)
        flow = heat[i] * (1.0 / (WATER_KWH_PER_M3_K * difference))
        error = _flow_error(table, i, flow)
        half = 0.5 * (warm - cold) * pair
        still = flow < table[START, i]
        power = 0.0 if still else heat[i] * (error + (1.0 + (pair + calculator)))
        passed = power * hours
        energy[i] = (passed if passed > 0.0 else 0.0) + before[i]  # heat that is not known is not counted
        telegram[HEAT, i] = power
        telegram[FLOW, i] = 0.0 if still else flow * error + flow
        telegram[FLOW_DEGC, i] = warm + table[SHIFT_K, i] + half
        telegram[RETURN_DEGC, i] = cold + table[SHIFT_K, i] - half
        telegram[ENERGY, i] = energy[i]
        telegram[VALID, i] = 1.0
        telegram[AGE, i] = 0.0


@compiled
def disturb(table: Any, normal: Any, telegram: Any) -> None:
    """Add noise to power and flow in a telegram."""
    for i in range(telegram.shape[1]):
        factor = table[NOISE, i] * normal[0, i] + 1.0
        telegram[HEAT, i] *= factor
        telegram[FLOW, i] *= factor

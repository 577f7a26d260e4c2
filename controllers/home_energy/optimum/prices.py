# SPDX-License-Identifier: Apache-2.0
"""What a kilowatt-hour counts to this household, and what its car can still get."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from controllers.home_energy.optimum.penalties import END_SHARE

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import Car, HomeAssets
    from controllers.home_energy.optimum.outlook import HomeOutlook, Weights
    from twinergy.kinds import FloatArray

G_PER_KG = 1000.0


class Prices(NamedTuple):
    """Prices as the household weighs them.

    Attributes
    ----------
    drawn : array
        What an imported kWh counts, CO2 and doubt included. [EUR/kWh]
    fed : array
        What an exported kWh earns, less what the household dislikes about it and doubt. [EUR/kWh]
    unused : float
        What a kWh of PV not used at home counts. [EUR/kWh]
    wear : float
        Of a kWh discharged. [EUR/kWh]
    end : float
        What a kWh of electricity counts after the horizon. [EUR/kWh]
    stored : float
        What a kWh in the cells at the end of the horizon counts. [EUR/kWh]
    warmth : float
        What a kelvin in the tank at the end of the horizon counts. [EUR/K]
    """

    drawn: FloatArray
    fed: FloatArray
    unused: float
    wear: float
    end: float
    stored: float
    warmth: float


def counted_prices(assets: HomeAssets, outlook: HomeOutlook, weights: Weights) -> Prices:
    """Return the prices that count for a household.

    What the household dislikes about PV that is not used at home is charged alike whether it is fed in or curtailed.
    """
    drawn = weights.cost * outlook.buy_eur_per_kwh + weights.co2 * outlook.co2_g_per_kwh / G_PER_KG
    fed = weights.cost * outlook.feed_in_eur_per_kwh - weights.self_consumption
    end = outlook.end_value_eur_per_kwh
    if math.isnan(end):
        end = max(END_SHARE * float(drawn.mean()), 0.0)
    battery, tank = assets.battery, assets.tank
    wear = 0.0 if battery is None else weights.cost * battery.wear_eur_per_kwh
    stored = 0.0 if battery is None else battery.efficiency_discharge * max(end - wear, 0.0)
    warmth = 0.0 if tank is None else end * tank.kwh_per_k / tank.cop
    doubt = weights.doubt_eur_per_kwh * (1.0 - np.arange(assets.n_steps) / assets.n_steps)
    return Prices(drawn + doubt, fed - doubt, weights.self_consumption, wear, end, stored, warmth)


def wanted_kwh(car: Car, outlook: HomeOutlook) -> float:
    """Return what the car wants, in kWh, never more than its battery holds."""
    return min(outlook.car_wanted_kwh, car.capacity_kwh)


def later_kwh(assets: HomeAssets, outlook: HomeOutlook) -> float:
    """Return how many kWh of it can wait for the time between the end of the horizon and departure."""
    car = assets.car
    if car is None:
        return 0.0
    steps = max(outlook.car_departure - assets.n_steps, 0)
    return min(wanted_kwh(car, outlook), steps * assets.step_h * car.p_max_kw * car.efficiency)

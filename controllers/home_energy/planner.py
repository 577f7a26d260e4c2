# SPDX-License-Identifier: Apache-2.0
"""From what homes know to a plan for each: state, wishes and expectations put before the optimiser."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from controllers.home_energy.optimum import HomeAssets, HomeModel, HomeOutlook, Machine, Weights, solve_many
from controllers.home_energy.plans import Plans
from controllers.home_energy.thermal import NOTHING
from twinergy.forecast.clock import LocalClock
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.batteries import Batteries
    from controllers.home_energy.cars import Cars
    from controllers.home_energy.homes import Home, Homes
    from controllers.home_energy.machines import Machines
    from controllers.home_energy.optimum import HomePlan
    from controllers.home_energy.options import HomeEnergyOptions, HouseholdOptions
    from controllers.home_energy.outlook import Expected
    from controllers.home_energy.reading import Reading
    from controllers.home_energy.thermal import Thermal
    from twinergy.community.twin import BuildContext
    from twinergy.kinds import FloatArray

EFFICIENCY_RASTER: Final = 0.01
THERMOSTAT_EUR_PER_KH: Final = 2.0
"""What a plan counts a kelvin hour short of the set-point at least: the home's own thermostat will not save there. [EUR/(K h)]"""
GRAMS_PER_KG: Final = 1000.0
PROGRAMME_RASTER_KW: Final = 0.05
"""To which powers of programmes are rounded: a model is built anew only when its home's programmes have really changed."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A home's model, and what it was built from."""

    learned: tuple[int, int, Thermal]
    assets: HomeAssets
    model: HomeModel


class Planner:
    """Plans homes.

    Parameters
    ----------
    homes : Homes
        The homes.
    options : HomeEnergyOptions
        Horizon and what batteries are taken to have.
    context : BuildContext
        Time axis and site.
    batteries : Batteries
        What batteries lose.
    """

    def __init__(self, homes: Homes, options: HomeEnergyOptions, context: BuildContext, batteries: Batteries) -> None:
        self._homes, self._options = homes, options
        self._step_s = context.axis.step_s
        self.n_steps = max(1, round(options.horizon_h * SECONDS_PER_HOUR / self._step_s))
        self.plans = Plans(homes, self.n_steps, self._step_s)
        self._batteries = batteries
        self.last: dict[int, HomePlan] = {}
        self._models: dict[int, _Kept] = {}
        site = context.twin.site
        self._clock = LocalClock(site.timezone, site.country, self._step_s)
        self._quiet_h = np.array([(homes[row].wishes.quiet_from_h, homes[row].wishes.quiet_until_h) for row in range(len(homes))])
        self.thermals = [NOTHING] * len(homes)
        self.counts: Counter[str] = Counter()
        self.unmet: Counter[str] = Counter()

    def plan(self, rows: Sequence[int], reading: Reading, machines: Machines, cars: Cars, expected: Expected) -> list[HomePlan]:
        """Plan these homes from the next step on and keep the plans."""
        now_s = reading.epoch_s + self._step_s
        committed_kw = machines.committed_kw(self.n_steps)
        local_h, wanted_kwh = self.local_h(now_s), cars.wanted_kwh
        quiet = _within(local_h, self._quiet_h)
        models = [self._model(row, machines) for row in rows]
        outlooks = [
            self._outlook(row, reading, expected, committed_kw[:, row], quiet[:, row], local_h, float(wanted_kwh[row]))
            for row in rows
        ]
        weights = [_weights(self._homes[row].wishes, self._options.doubt_eur_per_kwh) for row in rows]
        made = solve_many(models, outlooks, weights, self._options.threads)
        for row, plan in zip(rows, made, strict=True):
            self.plans.put(row, plan, self._models[row].assets.battery, expected.pv_kw[:, row], now_s)
            self.last[row] = plan
            self.counts["plans"] += 1
            self.counts[plan.status] += 1
            self.unmet.update({each.name for each in plan.binding} - {"solver"})
        return made

    def local_h(self, start_s: int) -> FloatArray:
        """Return the local time of day of the coming steps, shape ``(n_steps,)``. [h]."""
        numbers = start_s // self._step_s + np.arange(self.n_steps)
        return np.asarray(self._clock.read(numbers)[1] * self._step_s / SECONDS_PER_HOUR)

    def _least_charge_kwh(self, row: int) -> float:
        """Return what a car gets in a step at its least power: so much more it may get, or it would get nothing. [kWh]."""
        car = self._models[row].assets.car
        return 0.0 if car is None else car.p_min_kw * car.efficiency * self._step_s / SECONDS_PER_HOUR

    def quiet_now(self, start_s: int) -> tuple[NDArray[np.bool_], int]:
        """Return whose quiet hours it is in the step that starts at an instant, shape ``(n_homes,)``, and the local day."""
        day, place = self._clock.read(np.array([start_s // self._step_s]))
        local_h = np.asarray(place * self._step_s / SECONDS_PER_HOUR)
        return _within(local_h, self._quiet_h)[0], int(day[0])

    def _model(self, row: int, machines: Machines) -> HomeModel:
        """Return the model of a home, built anew only when something about the home has been learned that changes it."""
        learned = (int(machines.learned[row]), round(float(self._batteries.one_way[row]) / EFFICIENCY_RASTER), self.thermals[row])
        kept = self._models.get(row)
        if kept is not None and kept.learned == learned:
            return kept.model
        assets = self._assets(row, machines)
        model = kept.model if kept is not None and kept.assets == assets else HomeModel(assets)
        self._models[row] = _Kept(learned, assets, model)
        return model

    def _assets(self, row: int, machines: Machines) -> HomeAssets:
        home, thermal = self._homes[row], self.thermals[row]
        one_way = round(float(self._batteries.one_way[row]) / EFFICIENCY_RASTER) * EFFICIENCY_RASTER
        return HomeAssets(
            step_s=self._step_s,
            n_steps=self.n_steps,
            import_limit_kw=home.limit_kw,
            export_limit_kw=home.limit_kw,
            battery=home.battery(self._options, one_way),
            car=home.car(),
            room=thermal.room,
            tank=thermal.tank,
            machines=_machines(home, machines.programme_kw[row]),
            curtailable="pv" in home.devices and home.steers("pv"),
        )

    def _outlook(
        self,
        row: int,
        reading: Reading,
        expected: Expected,
        committed_kw: NDArray[np.float64],
        quiet: NDArray[np.bool_],
        local_h: FloatArray,
        wanted_kwh: float,
    ) -> HomeOutlook:
        home, values = self._homes[row], reading.values
        slack = np.floor(reading.slack_s[row] / self._step_s).astype(int)
        steered = bool(self._models[row].assets.machines)
        leaves_s = values["car_departure_s"][row]
        leaves = self.n_steps if np.isnan(leaves_s) else int(leaves_s // self._step_s)
        buy, sell, co2 = (expected.prices[port][:, row] for port in ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh"))
        heat = self.thermals[row]
        heat_planned = heat.room is not None or heat.tank is not None
        base_kw = expected.base_kw[:, row] + (0.0 if heat_planned else expected.heating_kw[:, row])
        return HomeOutlook(
            index=(reading.epoch_s + self._step_s) // self._step_s,
            buy_eur_per_kwh=buy,
            feed_in_eur_per_kwh=sell,
            co2_g_per_kwh=co2,
            base_load_kw=base_kw + committed_kw,
            p_pv_available_kw=expected.pv_kw[:, row],
            soc=_or(values["soc"][row], 0.5),
            car_present=(np.arange(self.n_steps) < leaves) & (wanted_kwh > 0),
            car_wanted_kwh=wanted_kwh,
            car_room_kwh=wanted_kwh + self._least_charge_kwh(row),
            car_departure=leaves,
            pending=tuple(reading.pending[row].tolist()) if steered else (),
            latest=tuple(slack.tolist()) if steered else (),
            blocked=quiet,
            temp_indoor_degc=_or(values["temp_indoor_degc"][row], heat.set_degc),
            temp_tank_degc=_or(values["temp_tank_degc"][row], 50.0),
            **heat.outlook(local_h, expected.outdoor_degc, expected.ghi_w_per_m2),
            end_value_eur_per_kwh=self._options.end_share * _cheapest(home.wishes, buy, co2),
        )


def _within(local_h: FloatArray, hours: FloatArray) -> NDArray[np.bool_]:
    """Return which steps lie between two hours of each home, shape ``(n_steps, n_homes)``; the hours may span midnight."""
    from_h, until_h = hours[:, 0], hours[:, 1]
    after, before = local_h[:, None] >= from_h, local_h[:, None] < until_h
    return np.where(from_h > until_h, after | before, after & before)


def _machines(home: Home, programme_kw: NDArray[np.float64]) -> tuple[Machine, ...]:
    """Return the machines of a home as they can be planned with: none where the module may not start them."""
    if "household" not in home.devices or not home.steers("machines"):
        return ()
    rounded = np.round(programme_kw / PROGRAMME_RASTER_KW) * PROGRAMME_RASTER_KW
    trimmed = [tuple(np.trim_zeros(row, "b").tolist()) or (PROGRAMME_RASTER_KW,) for row in rounded]
    return tuple(Machine(name=name, programme_kw=powers) for name, powers in zip(MACHINES, trimmed, strict=True))


def _weights(wishes: HouseholdOptions, doubt_eur_per_kwh: float) -> Weights:
    return Weights(
        cost=wishes.cost,
        self_consumption=wishes.self_consumption_eur_per_kwh,
        co2=wishes.co2_eur_per_kg,
        comfort=max(wishes.comfort_eur_per_kh, THERMOSTAT_EUR_PER_KH),
        doubt_eur_per_kwh=doubt_eur_per_kwh,
    )


def _cheapest(wishes: HouseholdOptions, buy_eur_per_kwh: FloatArray, co2_g_per_kwh: FloatArray) -> float:
    """Return the least a kWh from the grid counts within the horizon: what is in store at its end can be had again for that."""
    return float((wishes.cost * buy_eur_per_kwh + wishes.co2_eur_per_kg * co2_g_per_kwh / GRAMS_PER_KG).min())


def _or(value: float, instead: float) -> float:
    return instead if np.isnan(value) else float(value)

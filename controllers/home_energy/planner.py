# SPDX-License-Identifier: Apache-2.0
"""From what homes know to a plan for each: state, wishes and expectations put before the optimiser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.homes import MACHINES
from controllers.home_energy.optimum import HomeAssets, HomeModel, HomeOutlook, Machine, Weights, solve_many
from controllers.home_energy.plans import Plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.batteries import Batteries
    from controllers.home_energy.homes import Home, Homes
    from controllers.home_energy.machines import Machines
    from controllers.home_energy.optimum import HomePlan
    from controllers.home_energy.options import HomeEnergyOptions, HouseholdOptions
    from controllers.home_energy.outlook import Expected
    from controllers.home_energy.reading import Reading
    from twinergy.community.twin import BuildContext
    from twinergy.kinds import FloatArray

EARLY_EUR_PER_KWH: Final = 5e-4
"""Over the horizon, how much less a later kWh counts: of two equal plans the one that acts first is the better bet."""
EFFICIENCY_RASTER: Final = 0.01
GRAMS_PER_KG: Final = 1000.0
PROGRAMME_RASTER_KW: Final = 0.05
"""To which powers of programmes are rounded: a model is built anew only when its home's programmes have really changed."""


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
        self.n_steps = max(1, round(options.horizon_h * 3600 / self._step_s))
        self.plans = Plans(homes, self.n_steps, self._step_s)
        self._batteries = batteries
        self.last: dict[int, HomePlan] = {}
        self._models: dict[int, tuple[HomeAssets, HomeModel]] = {}
        self._quiet = QuietHours(homes, context.twin.site.timezone)
        self._early = EARLY_EUR_PER_KWH * (1.0 - np.arange(self.n_steps) / self.n_steps)
        self.counts = {"plans": 0, "optimal": 0, "best_effort": 0}

    def plan(self, rows: Sequence[int], reading: Reading, machines: Machines, expected: Expected) -> list[HomePlan]:
        """Plan these homes from the next step on and keep the plans."""
        now_s = reading.epoch_s + self._step_s
        committed_kw = machines.committed_kw(self.n_steps)
        quiet = self._quiet.of(now_s, self.n_steps, self._step_s)
        models = [self._model(row, machines) for row in rows]
        outlooks = [self._outlook(row, reading, machines, expected, committed_kw[:, row], quiet[:, row]) for row in rows]
        weights = [_weights(self._homes[row].wishes) for row in rows]
        made = solve_many(models, outlooks, weights, self._options.threads)
        for row, plan in zip(rows, made, strict=True):
            self.plans.put(row, plan, self._models[row][0].battery, now_s)
            self.last[row] = plan
            self.counts["plans"] += 1
            self.counts["optimal" if plan.status == "optimal" and not plan.binding else "best_effort"] += 1
        return made

    def _model(self, row: int, machines: Machines) -> HomeModel:
        home = self._homes[row]
        assets = HomeAssets(
            step_s=self._step_s,
            n_steps=self.n_steps,
            import_limit_kw=home.limit_kw,
            export_limit_kw=home.limit_kw,
            battery=home.battery(
                self._options, round(float(self._batteries.one_way[row]) / EFFICIENCY_RASTER) * EFFICIENCY_RASTER
            ),
            car=home.car(),
            machines=_machines(home, machines.programme_kw[row]),
            curtailable="pv" in home.devices and home.steers("pv"),
        )
        kept = self._models.get(row)
        if kept is None or kept[0] != assets:
            kept = self._models[row] = (assets, HomeModel(assets))
        return kept[1]

    def _outlook(
        self,
        row: int,
        reading: Reading,
        machines: Machines,
        expected: Expected,
        committed_kw: NDArray[np.float64],
        quiet: NDArray[np.bool_],
    ) -> HomeOutlook:
        home, values = self._homes[row], reading.values
        slack = np.floor(reading.slack_s[row] / self._step_s).astype(int)
        steered = bool(_machines(home, machines.programme_kw[row]))
        wanted_kwh, leaves_s = float(np.nan_to_num(values["car_wanted_kwh"][row])), values["car_departure_s"][row]
        leaves = self.n_steps if np.isnan(leaves_s) else int(leaves_s // self._step_s)
        buy, sell, co2 = (expected.prices[port][:, row] for port in ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh"))
        return HomeOutlook(
            index=(reading.epoch_s + self._step_s) // self._step_s,
            buy_eur_per_kwh=buy + self._early,
            feed_in_eur_per_kwh=sell - self._early,
            co2_g_per_kwh=co2,
            base_load_kw=expected.base_kw[:, row] + expected.heating_kw[:, row] + committed_kw,
            p_pv_available_kw=expected.pv_kw[:, row],
            soc=_or(values["soc"][row], 0.5),
            car_present=(np.arange(self.n_steps) < leaves) & (wanted_kwh > 0),
            car_wanted_kwh=wanted_kwh,
            car_departure=leaves,
            pending=tuple(reading.pending[row].tolist()) if steered else (),
            latest=tuple(slack.tolist()) if steered else (),
            blocked=quiet,
            end_value_eur_per_kwh=self._options.end_share * _cheapest(home.wishes, buy, co2),
        )


class QuietHours:
    """When households want no machine to start, in local time.

    Parameters
    ----------
    homes : Homes
        For the hours each household has chosen.
    timezone : str
        IANA name of the site's zone.
    """

    def __init__(self, homes: Homes, timezone: str) -> None:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - only here

        self._zone = ZoneInfo(timezone)
        wishes = [homes[row].wishes for row in range(len(homes))]
        self._from_h = np.array([wish.quiet_from_h for wish in wishes])
        self._until_h = np.array([wish.quiet_until_h for wish in wishes])

    def of(self, start_s: int, n_steps: int, step_s: int) -> NDArray[np.bool_]:
        """Return which steps lie in quiet hours, shape ``(n_steps, n_homes)``."""
        from datetime import UTC, datetime  # noqa: PLC0415 - only here

        local_h = np.empty((n_steps, 1))
        for step in range(n_steps):
            when = datetime.fromtimestamp(start_s + step * step_s, UTC).astimezone(self._zone)
            local_h[step] = when.hour + when.minute / 60
        over_midnight = self._from_h > self._until_h
        after, before = local_h >= self._from_h, local_h < self._until_h
        return np.where(over_midnight, after | before, after & before)


def _machines(home: Home, programme_kw: NDArray[np.float64]) -> tuple[Machine, ...]:
    """Return the machines of a home as they can be planned with: none where the module may not start them."""
    if "household" not in home.devices or not home.steers("machines"):
        return ()
    rounded = np.round(programme_kw / PROGRAMME_RASTER_KW) * PROGRAMME_RASTER_KW
    trimmed = [tuple(np.trim_zeros(row, "b").tolist()) or (PROGRAMME_RASTER_KW,) for row in rounded]
    return tuple(Machine(name=name, programme_kw=powers) for name, powers in zip(MACHINES, trimmed, strict=True))


def _weights(wishes: HouseholdOptions) -> Weights:
    return Weights(
        cost=wishes.cost,
        self_consumption=wishes.self_consumption_eur_per_kwh,
        co2=wishes.co2_eur_per_kg,
        comfort=wishes.comfort_eur_per_kh,
    )


def _cheapest(wishes: HouseholdOptions, buy_eur_per_kwh: FloatArray, co2_g_per_kwh: FloatArray) -> float:
    """Return the least a kWh from the grid counts within the horizon: what is in store at its end can be had again for that."""
    return float((wishes.cost * buy_eur_per_kwh + wishes.co2_eur_per_kg * co2_g_per_kwh / GRAMS_PER_KG).min())


def _or(value: float, instead: float) -> float:
    return instead if np.isnan(value) else float(value)

# SPDX-License-Identifier: Apache-2.0
"""What the homes expect: their own load and sun, the prices that are published, and what usually follows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from controllers.home_energy.homes import GATEWAY
from twinergy.agents import Subscription
from twinergy.forecast import PerfectOptions, PersistenceOptions, Scored, Scores, make
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controllers.home_energy.homes import Homes
    from controllers.home_energy.options import HomeEnergyOptions
    from controllers.home_energy.reading import Reading
    from twinergy.agents import Forecast
    from twinergy.community.twin import BuildContext
    from twinergy.forecast import Provider
    from twinergy.kinds import FloatArray

PRICES: Final = ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh")
WEATHER: Final = ("temp_degc", "ghi_w_per_m2")
_MACHINES_KW: Final = tuple(f"{machine}_p_kw" for machine in MACHINES)
_HEATING: Final = ("p_heating_kw", "p_cooling_kw")
_PLANT: Final = ("p_pv_kw", "p_battery_kw", "p_charging_kw")
_FORESEEN: Final = {"load": ("p_household_kw", *_MACHINES_KW, *_HEATING, *_PLANT), "pv": ("p_pv_available_kw",)}


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of the coming steps, next step first, arrays of shape ``(n_steps, n_homes)``.

    Attributes
    ----------
    base_kw, heating_kw, pv_kw : ndarray
        Household beside its wet machines, heating and cooling if nobody steers them, and PV, load frame. [kW]
    outdoor_degc, ghi_w_per_m2 : ndarray, shape (n_steps,)
        Weather. [degC], [W/m2]
    prices : dict of str to ndarray
        Each of `PRICES`; published as far as they are, then as at the same time of the last day.
    """

    base_kw: FloatArray
    heating_kw: FloatArray
    pv_kw: FloatArray
    outdoor_degc: FloatArray
    ghi_w_per_m2: FloatArray
    prices: dict[str, FloatArray]


class Expectation:
    """Forecasts of all homes.

    Parameters
    ----------
    homes : Homes
        The homes.
    options : HomeEnergyOptions
        Which forecasts.
    context : BuildContext
        Site, time axis and seed.
    """

    def __init__(self, homes: Homes, options: HomeEnergyOptions, context: BuildContext) -> None:
        self._homes, self._options = homes, options
        self._step_s = context.axis.step_s
        self._per_day = SECONDS_PER_DAY // self._step_s
        self._foreseen = {role: isinstance(getattr(options, f"{role}_forecast"), PerfectOptions) for role in ("load", "pv")}
        self.providers: dict[str, Scored] = {}
        chosen = {"load": options.load_forecast, "heating": PersistenceOptions(), "pv": options.pv_forecast}
        for name, kind in chosen.items():
            role = "pv" if name == "pv" else "load"
            if not self._foreseen[role]:
                provider = make(kind, len(homes), context.twin.site, self._step_s, role=role, seed=context.seed)  # type: ignore[arg-type]
                self.providers[name] = self._scored(provider)
        self._past = {port: np.zeros((self._per_day, len(homes))) for port in PRICES}
        self._outdoors = np.zeros((len(WEATHER), self._per_day))
        self._steps = 0

    def _scored(self, provider: Provider) -> Scored:
        edges_h = tuple(edge for edge in (1.0, 6.0) if edge < self._options.horizon_h)
        return Scored(provider, Scores(len(self._homes), self._step_s, edges_h=(*edges_h, self._options.horizon_h)))

    @property
    def foresight(self) -> tuple[Subscription, ...]:
        """What has to be known ahead for perfect forecasts."""
        ports = tuple(port for role, wanted in self._foreseen.items() if wanted for port in _FORESEEN[role])
        if not ports or not len(self._homes):
            return ()
        wishes = [Subscription(table=GATEWAY, ports=ports, ids=self._homes.gateways)]
        if self._foreseen["load"] and self._homes.metered.ids:
            wishes.append(Subscription(table="meter", ports=("p_kw",), ids=self._homes.metered.ids))
        return tuple(wishes)

    def observe(self, reading: Reading, prices: Mapping[str, FloatArray], outdoors: Mapping[str, float]) -> None:
        """Take note of a step."""
        seen = {"load": reading.base_kw, "heating": reading.heating_kw, "pv": reading.pv_kw}
        for name, provider in self.providers.items():
            provider.observe(reading.epoch_s, seen[name], outdoors)
        if outdoors:
            for column, port in zip(self._outdoors, WEATHER, strict=True):
                column[self._steps % self._per_day] = outdoors[port]
        for port in PRICES:
            self._past[port][self._steps % self._per_day] = prices[port]
        self._steps += 1

    def expect(self, n_steps: int, forecast: Forecast) -> Expected:
        """Return what is expected of the coming steps."""
        weather = forecast.weather(n_steps * self._step_s)
        for provider in self.providers.values():
            provider.told(weather)
        foreseen = {
            port: self._foresee(port, n_steps, forecast)
            for role, wanted in self._foreseen.items()
            if wanted
            for port in _FORESEEN[role]
        }
        if self._foreseen["load"]:
            plain_kw = foreseen["p_household_kw"] - sum(foreseen[port] for port in _MACHINES_KW)
            base_kw = np.maximum(plain_kw + self._unseen(foreseen, n_steps, forecast), 0.0)
            heating_kw = foreseen["p_heating_kw"] + foreseen["p_cooling_kw"]
        else:
            base_kw, heating_kw = self.providers["load"].predict(n_steps), self.providers["heating"].predict(n_steps)
        pv_kw = np.minimum(foreseen["p_pv_available_kw"], 0.0) if self._foreseen["pv"] else self.providers["pv"].predict(n_steps)
        outdoor_degc, ghi = (self._outdoors_of(place, weather.get(port), n_steps) for place, port in enumerate(WEATHER))
        return Expected(base_kw, heating_kw, pv_kw, outdoor_degc, ghi, self._prices(n_steps, forecast))

    def _foresee(self, port: str, n_steps: int, forecast: Forecast) -> FloatArray:
        known = forecast.foresight(GATEWAY, port, n_steps * self._step_s)
        return np.zeros((n_steps, len(self._homes))) if known is None else np.nan_to_num(known)

    def _unseen(self, foreseen: Mapping[str, FloatArray], n_steps: int, forecast: Forecast) -> FloatArray:
        """Return what the meters at the connections know and no gateway does, shape ``(n_steps, n_homes)``. [kW]."""
        rest_kw = np.zeros((n_steps, len(self._homes)))
        rows = self._homes.metered.rows
        net_kw = forecast.foresight("meter", "p_kw", n_steps * self._step_s) if rows.size else None
        if net_kw is not None:
            seen_kw = sum(foreseen[port][:, rows] for port in ("p_household_kw", *_HEATING, *_PLANT))
            rest_kw[:, rows] = np.nan_to_num(net_kw - seen_kw)
        return rest_kw

    def _outdoors_of(self, place: int, told: FloatArray | None, n_steps: int) -> FloatArray:
        """Return what the weather service says of a quantity, and beyond that what was at the same time of the last day."""
        usual = (self._steps + np.arange(n_steps)) % min(self._per_day, max(self._steps, 1))
        expected = self._outdoors[place][usual]
        if told is not None:
            known = np.asarray(told)[:n_steps]
            expected[: len(known)] = np.where(np.isfinite(known), known, expected[: len(known)])
        return np.asarray(expected)

    def _prices(self, n_steps: int, forecast: Forecast) -> dict[str, FloatArray]:
        published = forecast.prices(n_steps * self._step_s)
        usual = (self._steps + np.arange(n_steps)) % min(self._per_day, max(self._steps, 1))
        prices = {}
        for port in PRICES:
            prices[port] = self._past[port][usual]
            known = published[port][:n_steps] if port in published else np.empty((0, 0))
            if len(known):
                prices[port][: len(known)] = known[:, self._homes.tariffs]
        return prices

# SPDX-License-Identifier: Apache-2.0
"""The home energy agent: watches, learns, plans and steers the homes that take part."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from controllers.home_energy.batteries import Batteries
from controllers.home_energy.cars import Cars
from controllers.home_energy.commands import Commands
from controllers.home_energy.daily import Daily
from controllers.home_energy.homes import GATEWAY, Homes
from controllers.home_energy.learning import Learning
from controllers.home_energy.ledger import Ledger
from controllers.home_energy.machines import Machines
from controllers.home_energy.options import HomeEnergyOptions
from controllers.home_energy.outlook import PRICES, WEATHER, Expectation
from controllers.home_energy.planner import Planner
from controllers.home_energy.publishing import Hourly
from controllers.home_energy.reading import METER_PORTS, PORTS, Reading, read
from controllers.home_energy.reporting import accounts
from controllers.home_energy.steering import Steering
from controllers.home_energy.thermal import thermal
from twinergy.agents import Agent, Decision, Subscription
from twinergy.errors import Finding, closest
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.ledger import Day
    from controllers.home_energy.outlook import Expected
    from twinergy.agents import Account, Observation
    from twinergy.community.twin import BuildContext
    from twinergy.messages import Message

WEEK_DAYS = 7


class HomeEnergy(Agent):
    """Home energy management (HLUC01): observability, analysis, optimal flexibility and control of homes with a gateway.

    In every step it reads the gateways, keeps its forecasts and its books, and tells devices what their plan says. A home is
    planned anew every `replan_s`, when a machine has been loaded and when its car has come home.
    """

    options_model: ClassVar[type[HomeEnergyOptions]] = HomeEnergyOptions
    subjects: ClassVar[tuple[str, ...]] = ("twinergy.*.*.remote_control_data",)

    def __init__(self, name: str, options: HomeEnergyOptions, context: BuildContext) -> None:
        super().__init__(name, options, context)
        self.homes = Homes(context, options)
        step_s = context.axis.step_s
        self.expectation = Expectation(self.homes, options, context)
        self.machines = Machines(len(self.homes), step_s)
        self.batteries = Batteries(self.homes, options, step_s)
        self.cars = Cars(self.homes, step_s)
        self.planner = Planner(self.homes, options, context, self.batteries)
        self.ledger = Ledger(self.homes, self.batteries, step_s)
        self.learning = Learning(self.homes, context)
        self.commands = Commands(name, self.homes, context, options.requests, options.apps)
        self._hourly = Hourly(name, context.pilot, self.homes, step_s)
        self._daily = Daily(name, context.pilot, context.twin.site.timezone, self.homes, step_s)
        self.steering = Steering(self.homes, step_s)
        self._plans_from_s = context.axis.start_epoch_s + options.watch_days * SECONDS_PER_DAY
        self._steers_machines = np.array([self.homes[row].steers("machines") for row in range(len(self.homes))], dtype=bool)
        self._known_rooms: object = None
        self._told_day = -1
        self._plannable = np.array([_plannable(self.homes, row) for row in range(len(self.homes))], dtype=bool)

    @classmethod
    def check(cls, name: str, options: HomeEnergyOptions, context: BuildContext) -> list[Finding]:
        """Return a finding for each home without a gateway or a contract, and for households that do not exist."""
        path = f"controllers.{name}"
        twin = context.twin
        with_gateway = {gateway.dwelling for gateway in twin.of_kind(GATEWAY)}
        if not with_gateway:
            message = "no home has a gateway, so there is nothing to see; add devices of the kind `gateway`"
            return [Finding(message=message, path=path, allowed="`community.devices.gateway: {share: 1}` gives every home one")]
        step_s = context.axis.step_s
        if options.replan_s % step_s:
            allowed = f"a multiple of the step, {step_s} s"
            return [
                Finding(
                    message="plans are made between two steps", path=f"{path}.replan_s", value=options.replan_s, allowed=allowed
                )
            ]
        named = [(f"{path}.dwellings", home) for home in options.dwellings]
        named += [(f"{path}.households", home) for home in options.households]
        named += [(f"{path}.requests[{place}].dwelling", request.dwelling) for place, request in enumerate(options.requests)]
        return [
            Finding(message="this home has no gateway", path=place, value=home, allowed=closest(home, with_gateway))
            if home not in with_gateway
            else Finding(message="this home does not take part", path=place, value=home, allowed=closest(home, options.dwellings))
            for place, home in named
            if home not in with_gateway or (options.dwellings and home not in options.dwellings)
        ]

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The gateways, the prices, the weather outdoors and the meters at the connections."""
        if not len(self.homes):
            return ()
        return (
            Subscription(table=GATEWAY, ports=PORTS, ids=self.homes.gateways),
            Subscription(table="prices", ports=PRICES),
            Subscription(table="weather", ports=WEATHER),
            *((Subscription(table="meter", ports=METER_PORTS, ids=self.homes.metered.ids),) if self.homes.metered.ids else ()),
        )

    @property
    def foresight(self) -> tuple[Subscription, ...]:
        """What perfect forecasts have to be told."""
        return self.expectation.foresight

    def decide(self, observation: Observation) -> Decision:
        """Return what the devices of all homes are asked for in the next step."""
        if not observation.views:
            return Decision()
        gateways, published, weather, *meters = observation.views
        reading = read(observation.step.epoch_s, gateways, meters[0] if meters else None, self.homes.metered.rows)
        prices = {port: published[port][self.homes.tariffs] for port in PRICES}
        free = (self.planner.plans.made_s < 0) | ~self._steers_machines
        loaded, runs = self.machines.observe(reading, free)
        self.batteries.observe(reading)
        came = self.cars.observe(reading)
        planned = self.planner.plans.made_s >= 0
        curtailed = self.steering.holds_sun(self.planner.plans, reading.epoch_s)
        day = self.ledger.note(
            reading, [prices[port] for port in PRICES], runs, self.machines.usual_wait_s, planned=planned, curtailed=curtailed
        )
        outdoors = {port: float(values[0]) for port, values in weather.values.items()}
        self.expectation.observe(reading, prices, outdoors)
        self.learning.observe(reading, outdoors)
        next_s = reading.epoch_s + int(observation.step.duration_s)
        self.commands.verify(reading, observation.told)
        asked = self.commands.take(next_s, observation.messages, *self.planner.quiet_now(next_s))
        said = [*self._hourly.observe(reading), *self._of_day(reading, day)]
        if next_s >= self._plans_from_s:
            said += self._replan(reading, loaded.any(axis=1) | came, observation, next_s)
            steered = self.steering.set_points(self.planner.plans, reading, self.cars, self.planner.thermals, next_s)
            asked += self.commands.spare(steered)
        said += self.commands.take_messages()
        return Decision(set_points=tuple(asked), messages=tuple(said))

    def _replan(self, reading: Reading, news: NDArray[np.bool_], observation: Observation, next_s: int) -> list[Message]:
        """Plan what is due; once a day, tell the plans and the forecasts."""
        if self.learning.rooms is not self._known_rooms:
            self._known_rooms = self.learning.rooms
            self.planner.thermals = [thermal(self.homes[row], row, self.learning) for row in range(len(self.homes))]
        due = self._due(reading, news, next_s)
        if due.size:
            expected = self.expectation.expect(self.planner.n_steps, observation.forecast)
            self.planner.plan(due.tolist(), reading, self.machines, self.cars, expected)
            _, local_day = self.planner.quiet_now(next_s)
            if local_day != self._told_day:
                self._told_day = local_day
                return self._tell(reading, expected)
        return []

    def _tell(self, reading: Reading, expected: Expected) -> list[Message]:
        """Return today's plans, the sun that is expected, and what is free to be shifted."""
        kwh = self.machines.programme_kw.sum(axis=2) * self.context.axis.step_s / SECONDS_PER_HOUR
        said: list[Message] = []
        for row, plan in self.planner.last.items():
            said.append(self._daily.plan(row, plan, reading.epoch_s))
            said.append(self._daily.freedom(row, reading, kwh, reading.epoch_s))
            if "pv" in self.homes[row].devices:
                said.append(self._daily.sun(row, expected, self.options.pv_forecast.kind, reading.epoch_s))
        return said

    def _of_day(self, reading: Reading, day: Day | None) -> list[Message]:
        """Return what a day saved that has just been reckoned and, once a week, how households live."""
        if day is None:
            return []
        said = [self._daily.settled(row, day, reading.epoch_s) for row in np.flatnonzero(self._plannable).tolist()]
        if self.learning.history.days >= WEEK_DAYS and day.start_s // SECONDS_PER_DAY % WEEK_DAYS == 0:
            portraits = self.learning.portraits()
            said += [self._daily.user(row, portrait, reading.epoch_s) for row, portrait in enumerate(portraits)]
        return said

    def _due(self, reading: Reading, news: NDArray[np.bool_], next_s: int) -> NDArray[np.int64]:
        """Return the homes to be planned now: all on the raster, others where something has come in."""
        news = news | (self.planner.plans.made_s < 0)
        if next_s % self.options.replan_s == 0:
            news = np.ones(len(self.homes), dtype=bool)
        return np.flatnonzero(news & ~reading.silent & self._plannable)

    def accounts(self) -> tuple[Account, ...]:
        """Return what was saved, how plans ended and how good the forecasts were."""
        return accounts(self)


def _plannable(homes: Homes, row: int) -> bool:
    """Whether a home has a contract and anything that may be steered."""
    home = homes[row]
    steered = (
        *(("battery", "battery"), ("charging", "car"), ("household", "machines"), ("pv", "pv")),
        *(("building", "heating"), ("building", "hot_water")),
    )
    return home.tariff >= 0 and any(kind in home.devices and home.steers(what) for kind, what in steered)

# SPDX-License-Identifier: Apache-2.0
"""The price response agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from controllers.price_response.decision import Mood, mood
from controllers.price_response.expectation import LastDays
from controllers.price_response.options import PriceResponseOptions
from twinergy.agents import Agent, Decision, Limit, Rank, SetPoint, Subscription
from twinergy.errors import Finding, closest
from twinergy.kinds import column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.agents import Observation, View
    from twinergy.community.twin import BuildContext, Device
    from twinergy.kinds import FloatArray

BATTERY = "battery"
REGISTERS = ("energy_import_kwh", "energy_export_kwh")


@dataclass(frozen=True, slots=True)
class _Group:
    """The batteries that see one tariff."""

    tariff: str
    row: int
    batteries: tuple[str, ...]
    readings: NDArray[np.int64]
    p_charge_kw: FloatArray
    capacity_kwh: FloatArray
    last_days: LastDays


class PriceResponse(Agent):
    """Charges batteries from the grid when power is cheap, and keeps what they hold for when it is dear.

    It steers only homes that will need more than their battery and their own surplus give them, as the last days went; energy
    bought or kept for the others would only displace tomorrow's sun. When power is dear it asks for nothing: the battery's own
    self-consumption mode then covers the home.
    """

    options_model: ClassVar[type[PriceResponseOptions]] = PriceResponseOptions

    def __init__(self, name: str, options: PriceResponseOptions, context: BuildContext) -> None:
        super().__init__(name, options, context)
        tariffs = [device.id for device in context.twin.of_kind("prices")]
        self._groups: list[_Group] = []
        self._meters: list[str] = []
        self._homes: list[str] = []
        for tariff in sorted(options.tariffs):
            devices = _batteries(tariff, context)
            first = len(self._meters)
            self._meters += [f"meter-{device.id}" for device in devices]
            self._homes += [f"meter-{device.connection}" for device in devices]
            self._groups.append(
                _Group(
                    tariff=tariff,
                    row=tariffs.index(tariff),
                    batteries=tuple(device.id for device in devices),
                    readings=np.arange(first, first + len(devices)),
                    p_charge_kw=column(devices, "p_charge_kw"),
                    capacity_kwh=column(devices, "capacity_kwh"),
                    last_days=LastDays(len(devices), max(options.period_s, context.axis.step_s), options.memory_days),
                )
            )

    @classmethod
    def check(cls, name: str, options: PriceResponseOptions, context: BuildContext) -> list[Finding]:
        """Return a finding for each tariff that does not exist, and for each battery without a meter."""
        path = f"controllers.{name}.tariffs"
        tariffs = {device.id for device in context.twin.of_kind("prices")}
        meters = {device.id for device in context.twin.of_kind("meter")}
        findings = [
            Finding(message="there is no tariff of this name", path=path, value=tariff, allowed=closest(tariff, tariffs))
            for tariff in options.tariffs
            if tariff not in tariffs
        ]
        for tariff in options.tariffs:
            devices = _batteries(tariff, context)
            blind = [name for device in devices for name in (device.id, device.connection) if f"meter-{name}" not in meters]
            if blind:
                message = f"{blind[0]!r} ({len(blind)} in all) has no meter; add `of: {{kind: battery}}` or `of: connections`"
                findings.append(Finding(message=message, path=path))
        return findings

    @property
    def period_s(self) -> float:
        """How often it decides."""
        return float(self.options.period_s)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The meters of all batteries that take part, and of their homes."""
        if not self._meters:
            return ()
        return (
            Subscription(table="meter", ports=(*REGISTERS, "soc"), ids=tuple(self._meters)),
            Subscription(table="meter", ports=REGISTERS, ids=tuple(self._homes)),
        )

    def decide(self, observation: Observation) -> Decision:
        """Return limits that keep energy, and set-points that charge."""
        if not observation.views:
            return Decision()
        prices = observation.forecast.prices(self.options.horizon_h * 3600.0)["buy_eur_per_kwh"]
        batteries, homes = observation.views
        valid_s = max(self.options.period_s, observation.step.duration_s)
        net_kwh = _register_kwh(homes) - _register_kwh(batteries)
        set_points, limits = [], []
        for group in self._groups:
            group.last_days.add(net_kwh[group.readings])
            said = self._mood(prices[:, group.row])
            if said in {Mood.FREE, Mood.DISCHARGE} or not group.last_days.complete:
                continue
            scarce, room = self._outlook(group, batteries["soc"][group.readings])
            chosen = np.flatnonzero(scarce & room if said is Mood.CHARGE else scarce)
            if chosen.size and said is Mood.CHARGE:
                set_points.append(self._charge(group, chosen, valid_s))
            elif chosen.size:
                ids = tuple(group.batteries[row] for row in chosen)
                reason = f"{group.tariff}: {said.value}"
                limits.append(Limit(table=BATTERY, ids=ids, low_kw=0.0, rank=Rank.SCHEDULE, valid_s=valid_s, reason=reason))
        return Decision(set_points=tuple(set_points), limits=tuple(limits))

    def _outlook(self, group: _Group, soc: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which homes will need more than they have, and which batteries tomorrow's sun will not fill.

        A battery whose reading is missing is neither.
        """
        held_kwh = soc * group.capacity_kwh
        surplus_kwh = group.last_days.surplus_kwh()
        scarce = held_kwh + surplus_kwh < group.last_days.need_kwh()
        room = held_kwh + surplus_kwh < self.options.full_soc * group.capacity_kwh
        return scarce, room

    def _mood(self, prices: FloatArray) -> Mood:
        options = self.options
        return mood(
            prices,
            cheap_share=options.cheap_share,
            dear_share=options.dear_share,
            efficiency=options.round_trip_efficiency,
            min_spread=options.min_spread_eur_per_kwh,
        )

    def _charge(self, group: _Group, rows: NDArray[np.int64], valid_s: float) -> SetPoint:
        return SetPoint(
            table=BATTERY,
            port="p_set_kw",
            ids=tuple(group.batteries[row] for row in rows),
            value=self.options.power_share * group.p_charge_kw[rows],
            rank=Rank.SCHEDULE,
            valid_s=valid_s,
            reason=f"{group.tariff}: {Mood.CHARGE.value}",
        )


def _register_kwh(view: View) -> FloatArray:
    """Return import less export of each meter, shape ``(len(view.ids),)``."""
    return view["energy_import_kwh"] - view["energy_export_kwh"]


def _batteries(tariff: str, context: BuildContext) -> list[Device]:
    """Return the batteries of a tariff's customers, but for homes with a gateway: what manages those is not to be crossed."""
    connections = {connection.id for connection in context.twin.connections if connection.tariff == tariff}
    managed = {gateway.dwelling for gateway in context.twin.of_kind("gateway")}
    return [
        device
        for device in context.twin.of_kind(BATTERY)
        if device.connection in connections and (not device.dwelling or device.dwelling not in managed)
    ]

# SPDX-License-Identifier: Apache-2.0
"""The price response agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from controllers.price_response.decision import Mood, mood
from controllers.price_response.options import PriceResponseOptions
from twinergy.agents import Agent, Decision, Limit, Rank, SetPoint, Subscription
from twinergy.errors import Finding, closest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.agents import Observation
    from twinergy.community.twin import BuildContext, Device
    from twinergy.kinds import FloatArray

BATTERY = "battery"


@dataclass(frozen=True, slots=True)
class _Group:
    """The batteries that see one tariff."""

    tariff: str
    row: int
    batteries: tuple[str, ...]
    readings: NDArray[np.int64]
    p_charge_kw: FloatArray


class PriceResponse(Agent):
    """Charges batteries from the grid when power is cheap, and keeps what they hold for when it is dear.

    When power is dear it asks for nothing: the battery's own self-consumption mode then covers the home.
    """

    options_model: ClassVar[type[PriceResponseOptions]] = PriceResponseOptions

    def __init__(self, name: str, options: PriceResponseOptions, context: BuildContext) -> None:
        super().__init__(name, options, context)
        tariffs = [device.id for device in context.twin.of_kind("prices")]
        self._groups: list[_Group] = []
        self._meters: list[str] = []
        for tariff in sorted(options.tariffs):
            devices = _batteries(tariff, context)
            first = len(self._meters)
            self._meters += [f"meter-{device.id}" for device in devices]
            self._groups.append(
                _Group(
                    tariff=tariff,
                    row=tariffs.index(tariff),
                    batteries=tuple(device.id for device in devices),
                    readings=np.arange(first, first + len(devices)),
                    p_charge_kw=np.array([device.options.p_charge_kw for device in devices]),  # type: ignore[attr-defined]
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
            blind = [device.id for device in _batteries(tariff, context) if f"meter-{device.id}" not in meters]
            if blind:
                message = f"battery {blind[0]!r} ({len(blind)} in all) has no meter; add `of: {{kind: battery}}` under `meters:`"
                findings.append(Finding(message=message, path=path))
        return findings

    @property
    def period_s(self) -> float:
        """How often it decides."""
        return float(self.options.period_s)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The meters of all batteries that take part."""
        return (Subscription(table="meter", ports=("soc",), ids=tuple(self._meters)),) if self._meters else ()

    def decide(self, observation: Observation) -> Decision:
        """Return limits that keep energy, and set-points that charge."""
        if not observation.views:
            return Decision()
        prices = observation.forecast.prices(self.options.horizon_h * 3600.0)["buy_eur_per_kwh"]
        soc = observation.views[0]["soc"]
        valid_s = max(self.options.period_s, observation.step.duration_s)
        set_points, limits = [], []
        for group in self._groups:
            said = self._mood(prices[:, group.row])
            if said is Mood.CHARGE:
                set_points.append(self._charge(group, soc[group.readings], valid_s))
            elif said is Mood.KEEP and group.batteries:
                reason = f"{group.tariff}: {said.value}"
                limits.append(
                    Limit(table=BATTERY, ids=group.batteries, low_kw=0.0, rank=Rank.SCHEDULE, valid_s=valid_s, reason=reason)
                )
        return Decision(set_points=tuple(point for point in set_points if point.ids), limits=tuple(limits))

    def _mood(self, prices: FloatArray) -> Mood:
        options = self.options
        return mood(
            prices,
            cheap_share=options.cheap_share,
            dear_share=options.dear_share,
            efficiency=options.round_trip_efficiency,
            min_spread=options.min_spread_eur_per_kwh,
        )

    def _charge(self, group: _Group, soc: FloatArray, valid_s: float) -> SetPoint:
        """Charge what has room; a battery whose reading is missing is left alone."""
        room = np.flatnonzero(soc < self.options.full_soc)
        return SetPoint(
            table=BATTERY,
            port="p_set_kw",
            ids=tuple(group.batteries[row] for row in room),
            value=self.options.power_share * group.p_charge_kw[room],
            rank=Rank.SCHEDULE,
            valid_s=valid_s,
            reason=f"{group.tariff}: {Mood.CHARGE.value}",
        )


def _batteries(tariff: str, context: BuildContext) -> list[Device]:
    connections = {connection.id for connection in context.twin.connections if connection.tariff == tariff}
    return [device for device in context.twin.of_kind(BATTERY) if device.connection in connections]

# SPDX-License-Identifier: Apache-2.0
"""The peak shaving agent."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from controllers.peak_shaving.decision import shaving_kw
from controllers.peak_shaving.options import PeakShavingOptions
from twinergy.agents import Agent, Decision, Rank, SetPoint, Subscription
from twinergy.errors import Finding, closest
from twinergy.messages import ControlAction

if TYPE_CHECKING:
    from twinergy.agents import Observation
    from twinergy.community.twin import BuildContext
    from twinergy.kinds import FloatArray

BATTERY = "battery"


class PeakShaving(Agent):
    """Keeps a transformer under its limit with one or more batteries.

    It sees the meters of the transformer and of the batteries, nothing else. When the transformer's meter is silent it goes on
    with the last reading for its patience and then asks for nothing, so that the batteries return to their local mode.
    """

    options_model: ClassVar[type[PeakShavingOptions]] = PeakShavingOptions

    def __init__(self, name: str, options: PeakShavingOptions, context: BuildContext) -> None:
        super().__init__(name, options, context)
        rated = [context.twin.device_by_id[battery].options.discharge_kw for battery in options.batteries]  # type: ignore[attr-defined]
        self._share = np.array(rated) / sum(rated)
        self._transformer_kw = math.nan
        self._others_kw = math.nan
        self._silent_s = 0.0

    @classmethod
    def check(cls, name: str, options: PeakShavingOptions, context: BuildContext) -> list[Finding]:
        """Return a finding for each battery or meter that does not exist."""
        path = f"controllers.{name}"
        batteries = {device.id for device in context.twin.of_kind(BATTERY)}
        meters = {device.id for device in context.twin.of_kind("meter")}
        findings = [
            Finding(message="there is no battery of this name", path=f"{path}.batteries", value=b, allowed=closest(b, batteries))
            for b in options.batteries
            if b not in batteries
        ]
        for target in (options.transformer, *options.batteries):
            if f"meter-{target}" not in meters:
                message = f"{target!r} has no meter, so the agent cannot see it; add a rule under `meters:`"
                findings.append(Finding(message=message, path=path, allowed=closest(f"meter-{target}", meters)))
        return findings

    @property
    def period_s(self) -> float:
        """How often it decides."""
        return float(self.options.period_s)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The meters of the transformer and of the batteries."""
        batteries = tuple(f"meter-{battery}" for battery in self.options.batteries)
        return (
            Subscription(table="meter", ports=("p_kw",), ids=(f"meter-{self.options.transformer}",)),
            Subscription(table="meter", ports=("p_kw", "soc"), ids=batteries),
        )

    def decide(self, observation: Observation) -> Decision:
        """Return the batteries' set-points for the next step."""
        options, step = self.options, observation.step
        transformer, batteries = observation.views
        reading_kw = float(transformer["p_kw"][0])
        self._silent_s = self._silent_s + step.duration_s if math.isnan(reading_kw) else 0.0
        self._transformer_kw = self._transformer_kw if math.isnan(reading_kw) else reading_kw
        if math.isnan(self._transformer_kw) or self._silent_s > options.patience_s:
            return Decision()
        others_kw = self._transformer_kw - sum(p_kw for p_kw in batteries["p_kw"].tolist() if not math.isnan(p_kw))
        growth_kw = 0.0 if math.isnan(self._others_kw) else others_kw - self._others_kw
        self._others_kw = others_kw
        power_kw = shaving_kw(
            others_kw=others_kw,
            growth_kw=growth_kw,
            soc=_known_mean(batteries["soc"], options.target_soc),
            limit_kw=max(options.limit_kw - options.margin_kw, 0.0),
            target_soc=options.target_soc,
            recharge_kw=options.recharge_kw,
        )
        shaving = abs(others_kw + growth_kw) > options.limit_kw - options.margin_kw
        reason = (
            f"transformer at {self._transformer_kw:.0f} kW, limit {options.limit_kw:.0f} kW" if shaving else "return to target"
        )
        set_point = SetPoint(
            table=BATTERY,
            port="p_set_kw",
            ids=options.batteries,
            value=power_kw * self._share,
            rank=Rank.SCHEDULE,
            valid_s=max(options.period_s, step.duration_s),
            reason=reason,
        )
        return Decision(set_points=(set_point,), messages=self._said(observation, power_kw, reason) if shaving else ())

    def _said(self, observation: Observation, power_kw: float, reason: str) -> tuple[ControlAction, ...]:
        action = ControlAction(
            id=f"{self.name}-{observation.step.index}",
            source=self.name,
            pilot=self.context.pilot,
            sent=datetime.fromtimestamp(observation.step.epoch_s, tz=UTC),
            valid_s=observation.step.duration_s,
            table=BATTERY,
            port="p_set_kw",
            devices=self.options.batteries,
            value=power_kw,
            reason=reason,
        )
        return (action,)


def _known_mean(values: FloatArray, otherwise: float) -> float:
    known = [value for value in values.tolist() if not math.isnan(value)]
    return sum(known) / len(known) if known else otherwise

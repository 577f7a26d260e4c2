# SPDX-License-Identifier: Apache-2.0
"""The dimming agent."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from controllers.dimming.options import DimmingOptions
from twinergy.agents import Agent, Decision, Limit, Rank, Subscription
from twinergy.errors import Finding, closest
from twinergy.messages import ControlAction

if TYPE_CHECKING:
    from twinergy.agents import Observation
    from twinergy.community.twin import BuildContext


class Dimming(Agent):
    """Limits charging points, heat pumps and storages behind a station while more than its limit is drawn through it.

    The rule is the German one of § 14a EnWG (BNetzA BK6-22-300): a measured overload, a limit that every device may keep as its
    floor, and release as soon as the station allows. Household loads and generation are never touched. When the transformer's
    meter is silent nothing new is ordered and standing limits run out.
    """

    options_model: ClassVar[type[DimmingOptions]] = DimmingOptions

    def __init__(self, name: str, options: DimmingOptions, context: BuildContext) -> None:
        super().__init__(name, options, context)
        self.devices = {kind: _behind(kind, options, context) for kind in options.kinds}
        self._dimming = False
        self._until_s = -math.inf

    @classmethod
    def check(cls, name: str, options: DimmingOptions, context: BuildContext) -> list[Finding]:
        """Return a finding for a transformer without meter, and if there is nothing to dim."""
        path = f"controllers.{name}"
        meters = {device.id for device in context.twin.of_kind("meter")}
        findings = []
        if f"meter-{options.transformer}" not in meters:
            message = f"{options.transformer!r} has no meter, so the agent cannot see it; add a rule under `meters:`"
            allowed = closest(f"meter-{options.transformer}", meters)
            findings.append(Finding(message=message, path=f"{path}.transformer", value=options.transformer, allowed=allowed))
        if not any(_behind(kind, options, context) for kind in options.kinds):
            message = f"there is no {' or '.join(options.kinds)} at buses {options.buses!r} that could be dimmed"
            findings.append(Finding(message=message, path=path, allowed="kinds and buses of devices in this scenario"))
        return findings

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The meter of the transformer."""
        return (Subscription(table="meter", ports=("p_kw",), ids=(f"meter-{self.options.transformer}",)),)

    def decide(self, observation: Observation) -> Decision:
        """Return limits for the next step while the station is overloaded."""
        options, step = self.options, observation.step
        reading_kw = float(observation.views[0]["p_kw"][0])
        began = not self._dimming and reading_kw > options.limit_kw
        if began:
            self._dimming, self._until_s = True, step.epoch_s + options.hold_s
        elif self._dimming and step.epoch_s >= self._until_s and not reading_kw >= options.release_kw:
            self._dimming = False
        if not self._dimming:
            return Decision()
        reason = f"{options.transformer} at {reading_kw:.0f} kW, limit {options.limit_kw:.0f} kW"
        limits = tuple(
            Limit(
                table=kind,
                ids=ids,
                high_kw=options.floor_kw,
                rank=Rank.DSO_ORDER,
                valid_s=step.duration_s,
                reason=reason,
            )
            for kind, ids in self.devices.items()
            if ids
        )
        return Decision(limits=limits, messages=self._said(observation, reason) if began else ())

    def _said(self, observation: Observation, reason: str) -> tuple[ControlAction, ...]:
        sent = datetime.fromtimestamp(observation.step.epoch_s, tz=UTC)
        return tuple(
            ControlAction(
                id=f"{self.name}-{kind}-{observation.step.index}",
                source=self.name,
                pilot=self.context.pilot,
                sent=sent,
                valid_s=self.options.hold_s or observation.step.duration_s,
                table=kind,
                port="p_max_kw",
                devices=ids,
                value=self.options.floor_kw,
                reason=reason,
            )
            for kind, ids in self.devices.items()
            if ids
        )


def _behind(kind: str, options: DimmingOptions, context: BuildContext) -> tuple[str, ...]:
    twin = context.twin
    return tuple(
        device.id
        for device in twin.of_kind(kind)
        if device.connection and fnmatchcase(twin.connection_by_id[device.connection].bus, options.buses)
    )

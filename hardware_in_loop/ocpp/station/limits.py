# SPDX-License-Identifier: Apache-2.0
"""From charging profiles to the set-points of the physics, and when that changed."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.station.composite import Situation, rule_at
from hardware_in_loop.ocpp.station.events import Happening
from hardware_in_loop.ocpp.station.profile import Purpose
from hardware_in_loop.ocpp.station.rule import NO_RULE, Rule
from hardware_in_loop.ocpp.station.sharing import share_w
from twinergy.adapters import Way

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.evse import Evse

NAN: Final = math.nan
KEPT_CHANGES: Final = 200
FREE: Final = {"p_set_kw": NAN, "p_min_kw": NAN, "p_max_kw": NAN}
"""Nothing is asked for: the point does what it likes."""
CLOSED: Final = {"p_set_kw": NAN, "p_min_kw": NAN, "p_max_kw": 0.0}
"""No energy without a transaction: nobody has been accepted, or the point is out of use."""


def value_or(value: float, other: float) -> float:
    """Return a value, or another one where it is NaN."""
    return other if math.isnan(value) else value


class Limiter:
    """What the profiles allow an EVSE.

    Parameters
    ----------
    evse : Evse
        Whose.

    Attributes
    ----------
    rule : Rule
        What holds now.
    changes : deque of (float, Rule, str)
        When that changed since 1970 [s], to what, and why: ``asked`` by the central system or the clock, ``expired`` where a
        transaction's profile ended by itself, which is the fall-back of the device.
    asked : dict of str to float
        Set-points of the physics.
    """

    def __init__(self, evse: Evse) -> None:
        self.evse = evse
        self.rule: Rule = NO_RULE
        self.changes: deque[tuple[float, Rule, str]] = deque(maxlen=KEPT_CHANGES)
        self.asked: dict[str, float] = {}

    def situation(self, now_s: float) -> Situation:
        """Return what profiles are evaluated for."""
        evse, station = self.evse, self.evse.station
        return Situation(
            evse=evse.number,
            phases=evse.spec.phases,
            transaction=evse.key,
            relative_s=now_s if evse.transaction is None else evse.transaction.started_s,
            offline_s=station.connection.offline_s,
            specific_first=station.first_version,
        )

    @property
    def wants_w(self) -> float:
        """What the EVSE would take if it were alone. [W]."""
        if self.rule.paused:
            return 0.0
        return self.evse.spec.rated_kw * 1e3 if self.rule.limit is None else self.rule.limit.total_w

    def judge(self, now_s: float) -> None:
        """Work out what holds now."""
        rule = rule_at(self.evse.station.profiles.installed, now_s, self.situation(now_s))
        if rule != self.rule or rule.leading != self.rule.leading:
            self._changed(rule, now_s)

    def obey(self, now_s: float) -> None:
        """Ask the physics for it."""
        self.asked = self._wanted()
        self.evse.readings.ask(self.asked, now_s)

    def _changed(self, rule: Rule, now_s: float) -> None:
        old, self.rule = self.rule, rule
        why = self._why(old, rule)
        self.changes.append((now_s, rule, why))
        limit_kw = None if rule.limit is None else rule.limit.total_w / 1e3
        setpoint_kw = None if rule.setpoint is None else rule.setpoint.total_w / 1e3
        facts = {"limit_kw": limit_kw, "setpoint_kw": setpoint_kw, "profiles": rule.leading, "why": why}
        self.evse.station.journal.event(Way.EVENT, self.evse.spec.link, **facts)
        if rule != old and self.evse.transaction is not None:
            self.evse.emit(Happening.UPDATED, "ChargingRateChanged", now_s)

    def _why(self, old: Rule, rule: Rule) -> str:
        installed = {profile.id: profile for profile in self.evse.station.profiles.installed}
        lost = [installed[number] for number in old.leading if number in installed and number not in rule.leading]
        over = self.evse.transaction is not None and any(one.purpose is Purpose.TX for one in lost)
        return "expired" if over and not self._replaced(rule) else "asked"

    def _replaced(self, rule: Rule) -> bool:
        """Whether another profile of the transaction leads now."""
        purposes = {profile.id: profile.purpose for profile in self.evse.station.profiles.installed}
        return any(purposes.get(number) is Purpose.TX for number in rule.leading)

    def _wanted(self) -> dict[str, float]:
        evse, rule = self.evse, self.rule
        if evse.local:
            return dict(FREE)
        if not evse.operative or evse.transaction is None:
            return dict(CLOSED)
        limit_w = NAN if rule.limit is None else min(rule.limit.total_w, share_w(evse.station, evse))
        if rule.paused:
            limit_w = 0.0
        return {
            "p_set_kw": NAN if rule.setpoint is None else min(rule.setpoint.total_w, value_or(limit_w, math.inf)) / 1e3,
            "p_min_kw": NAN if rule.discharge is None else rule.discharge.total_w / 1e3,
            "p_max_kw": limit_w / 1e3,
        }

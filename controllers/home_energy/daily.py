# SPDX-License-Identifier: Apache-2.0
"""What the module says about a home once a day: its plan, what yesterday saved, its freedom, its sun, and how its people live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from twinergy.messages.objects.control_analysis import ControlAnalysis, PortSchedule
from twinergy.messages.objects.dt_model_of_user import DtModelOfUser, UsagePattern
from twinergy.messages.objects.pv_forecast import PvForecast
from twinergy.messages.objects.user_appliances_flexibility import ApplianceFlexibility, UserAppliancesFlexibility
from twinergy.messages.parts import reading_of, series_of
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controllers.home_energy.analysis.portrait import PlugPortrait, Portrait
    from controllers.home_energy.homes import Home, Homes
    from controllers.home_energy.ledger import Day
    from controllers.home_energy.optimum import HomePlan
    from controllers.home_energy.outlook import Expected
    from controllers.home_energy.reading import Reading
    from twinergy.messages import Message


DAYS_PER_WEEK: Final = 7.0
LEAST_SHARE: Final = 1e-9


class Daily:
    """Writes the messages of a day.

    Parameters
    ----------
    source, pilot, timezone : str
        Who speaks, in which scenario, and where the homes' clocks are.
    homes : Homes
        The homes.
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, source: str, pilot: str, timezone: str, homes: Homes, step_s: int) -> None:
        self._source, self._pilot, self._zone, self._homes, self._step_s = source, pilot, timezone, homes, step_s

    def _envelope(self, row: int, sent_s: int, what: str) -> dict[str, Any]:
        dwelling = self._homes[row].dwelling.id
        return {
            "id": f"{dwelling}-{what}-{sent_s}",
            "source": self._source,
            "pilot": self._pilot,
            "sent": datetime.fromtimestamp(sent_s, UTC),
            "valid_s": float(SECONDS_PER_DAY),
            "dwelling": dwelling,
        }

    def plan(self, row: int, plan: HomePlan, sent_s: int) -> Message:
        """Return a home's plan, with what it is to do at which port."""
        home = self._homes[row]
        return ControlAnalysis(
            **self._envelope(row, sent_s, "plan"),
            start=datetime.fromtimestamp(plan.index * self._step_s, UTC),
            step_s=float(self._step_s),
            status="best_effort" if plan.binding or plan.status != "optimal" else "optimal",
            cost_eur=reading_of(plan.cost_eur),
            p_optimal_kw=series_of(plan.p_import_kw - plan.p_export_kw),
            binding=tuple(each.text for each in plan.binding),
            schedule=tuple(_schedules(home, plan)),
        )

    def settled(self, row: int, day: Day, sent_s: int) -> Message:
        """Return what a day saved that has been reckoned: habit beside what was."""
        of = day.totals

        def saved(name: str) -> float:
            values = getattr(of, name)[:, row]
            return float(values[HABIT] - values[REAL])

        real_kw, habit_kw = day.real_kw[:, row], day.habit_kw[:, row]
        return ControlAnalysis(
            **self._envelope(row, sent_s, "settled"),
            start=datetime.fromtimestamp(day.start_s, UTC),
            step_s=float(self._step_s),
            status="optimal",
            saved_kwh=saved("import_kwh"),
            saved_eur=saved("cost_eur"),
            saved_co2_kg=saved("co2_kg"),
            cost_eur=float(of.cost_eur[REAL, row]),
            p_real_kw=series_of(habit_kw),
            p_optimal_kw=series_of(real_kw),
            difference_kwh=float(np.abs(real_kw - habit_kw).sum() * self._step_s / SECONDS_PER_HOUR),
        )

    def sun(self, row: int, expected: Expected, provider: str, sent_s: int) -> Message:
        """Return the forecast of a home's PV."""
        return PvForecast(
            **self._envelope(row, sent_s, "sun"),
            start=datetime.fromtimestamp(sent_s + self._step_s, UTC),
            step_s=float(self._step_s),
            provider=provider,
            p_kw=tuple(np.minimum(expected.pv_kw[:, row], 0.0).tolist()),
        )

    def freedom(self, row: int, reading: Reading, programme_kwh: np.ndarray, sent_s: int) -> Message:
        """Return which of a home's appliances can be shifted now, and between which bounds."""
        home, now = self._homes[row], datetime.fromtimestamp(sent_s, UTC)
        tomorrow = datetime.fromtimestamp(sent_s + SECONDS_PER_DAY, UTC)
        free = []
        for place, machine in enumerate(MACHINES):
            if reading.pending[row, place] and home.steers("machines"):
                latest = datetime.fromtimestamp(sent_s + float(reading.slack_s[row, place]), UTC)
                name, kwh = f"{home.devices['household'].id} {machine}", float(programme_kwh[row, place])
                free.append(ApplianceFlexibility(appliance=name, kind="deferrable", earliest=now, latest=latest, energy_kwh=kwh))
        if "battery" in home.devices and home.steers("battery"):
            charge_kw = float(home.option("battery", "p_charge_kw"))
            discharge_kw = float(home.option("battery", "p_discharge_kw") or charge_kw)
            bounds: dict[str, Any] = {"p_low_kw": -discharge_kw, "p_high_kw": charge_kw, "interruptible": True}
            name = home.devices["battery"].id
            free.append(ApplianceFlexibility(appliance=name, kind="storage", earliest=now, latest=tomorrow, **bounds))
        wanted = float(np.nan_to_num(reading.values["car_wanted_kwh"][row]))
        if wanted > 0 and home.steers("car"):
            leaves_s = float(np.nan_to_num(reading.values["car_departure_s"][row], nan=SECONDS_PER_DAY))
            leaves = datetime.fromtimestamp(sent_s + max(0.0, leaves_s), UTC)
            name = home.devices["charging"].id
            free.append(
                ApplianceFlexibility(
                    appliance=name, kind="charging", earliest=now, latest=leaves, energy_kwh=wanted, interruptible=True
                )
            )
        return UserAppliancesFlexibility(
            **self._envelope(row, sent_s, "freedom"),
            start=datetime.fromtimestamp(sent_s + self._step_s, UTC),
            step_s=float(self._step_s),
            appliances=tuple(free),
        )

    def user(self, row: int, portrait: Portrait, sent_s: int) -> Message:
        """Return what has been learned of a household."""
        return DtModelOfUser(
            **self._envelope(row, sent_s, "user"),
            start=portrait.start,
            end=portrait.end,
            timezone=self._zone,
            patterns=tuple(each for plug in portrait.plugs if (each := _pattern(plug)) is not None),
            base_load_kw=_not_negative(portrait.base_load_kw),
            self_consumption_share=_share(portrait.self_consumption),
            self_sufficiency_share=_share(portrait.self_sufficiency),
        )


def _schedules(home: Home, plan: HomePlan) -> Iterator[PortSchedule]:
    ports = {
        "battery": ("battery", "p_set_kw", plan.p_battery_kw),
        "charging": ("car", "p_max_kw", plan.p_ev_kw),
        "pv": ("pv", "p_min_kw", plan.p_pv_kw),
    }
    for table, (what, port, values) in ports.items():
        if table in home.devices and home.steers(what):
            yield PortSchedule(table=table, device=home.devices[table].id, port=port, values=series_of(values))
    for what, port, values in (
        ("heating", "temp_set_degc", plan.temp_indoor_degc),
        ("hot_water", "tank_temp_set_degc", plan.temp_tank_degc),
    ):
        if "building" in home.devices and home.steers(what) and np.isfinite(values).all():
            yield PortSchedule(table="building", device=home.devices["building"].id, port=port, values=series_of(values[1:]))
    for machine, start in zip(MACHINES, plan.starts, strict=False):
        if start is not None:
            on = np.where(np.arange(len(plan.p_import_kw)) == start, 1.0, np.nan)
            yield PortSchedule(table="household", device=home.devices["household"].id, port=f"{machine}_on", values=series_of(on))


def _pattern(plug: PlugPortrait) -> UsagePattern | None:
    figures = (plug.starts_per_week, plug.energy_per_use_kwh, plug.duration_s, *plug.start_share)
    if not np.isfinite(figures).all() or not sum(plug.start_share) > LEAST_SHARE:
        return None
    return UsagePattern(
        appliance=plug.plug,
        starts_per_day_count=plug.starts_per_week / DAYS_PER_WEEK,
        energy_kwh=max(0.0, plug.energy_per_use_kwh),
        duration_s=plug.duration_s,
        start_share=tuple(min(1.0, max(0.0, share)) for share in plug.start_share),
    )


def _share(value: float) -> float | None:
    return min(1.0, max(0.0, value)) if np.isfinite(value) else None


def _not_negative(value: float) -> float | None:
    return max(0.0, value) if np.isfinite(value) else None

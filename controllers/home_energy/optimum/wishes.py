# SPDX-License-Identifier: Apache-2.0
"""Which wishes a plan does not meet, by how much and why, and at which hard limits it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.optimum.account import idle_degc
from controllers.home_energy.optimum.numbers import limits_kw, may_charge, startable
from controllers.home_energy.optimum.plan import Binding
from controllers.home_energy.optimum.prices import wanted_kwh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controllers.home_energy.optimum.account import Account, Traces
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.outlook import HomeOutlook
    from controllers.home_energy.optimum.plan import Decisions
    from twinergy.kinds import FloatArray

NOISE: Final = 1e-4
"""What is not worth a sentence: 0.1 W, 0.1 Wh, 0.0001 K."""


def unmet(
    assets: HomeAssets, outlook: HomeOutlook, decisions: Decisions, traces: Traces, account: Account
) -> tuple[Binding, ...]:
    """Return what is not met, in the order in which it counts."""
    found = [*_connection(assets, outlook, traces), *_soc(assets, traces)]
    for number in range(len(assets.machines)):
        found += _machine(assets, number, outlook, decisions)
    found += _car(assets, outlook, traces)
    found += _hot_water(assets, decisions, traces)
    if account.comfort_kh > NOISE:
        found += _comfort(assets, outlook, decisions, traces)
    return tuple(found)


def _connection(assets: HomeAssets, outlook: HomeOutlook, traces: Traces) -> Iterator[Binding]:
    most_in, most_out = limits_kw(assets, outlook)
    for way, excess, limit in (("import", traces.grid_kw - most_in, most_in), ("export", -traces.grid_kw - most_out, most_out)):
        worst = int(excess.argmax())
        if excess[worst] > NOISE:
            cause = "load" if way == "import" else "generation"
            text = f"{way} exceeds its limit of {limit[worst]:.1f} kW by {excess[worst]:.1f} kW: {cause} that cannot be planned"
            yield Binding("connection", float(excess[worst]), "kW", text)


def _soc(assets: HomeAssets, traces: Traces) -> Iterator[Binding]:
    battery = assets.battery
    if battery is None or battery.capacity_kwh <= 0:
        return
    start = float(traces.energy_kwh[0]) / battery.capacity_kwh
    for name, beyond, bound in (
        ("below", battery.min_soc - start, battery.min_soc),
        ("above", start - battery.max_soc, battery.max_soc),
    ):
        if beyond > NOISE:
            text = f"the battery starts at {100 * start:.1f} %, {name} its bound of {100 * bound:.1f} %"
            yield Binding("soc", beyond, "1", text)


def _machine(assets: HomeAssets, number: int, outlook: HomeOutlook, decisions: Decisions) -> Iterator[Binding]:
    start, latest, name = decisions.starts[number], outlook.latest[number], assets.machines[number].name
    if not outlook.pending[number] or (start is not None and start <= latest):
        return
    if start is None and latest >= assets.n_steps:
        return
    free = startable(assets, number, outlook)
    blocked = not free[: max(latest + 1, 0)].any()
    cause = (
        "its latest start has passed"
        if latest < 0
        else "blocked hours leave no earlier start"
        if blocked
        else "the home is at its limits"
    )
    if start is None:
        hours = (assets.n_steps - latest) * assets.step_h
        yield Binding(
            name, hours, "h", f"{name} does not start within the horizon of {assets.n_steps * assets.step_h:g} h: {cause}"
        )
    else:
        hours = (start - latest) * assets.step_h
        yield Binding(name, hours, "h", f"{name} starts {hours:.2f} h after its latest start: {cause}")


def _car(assets: HomeAssets, outlook: HomeOutlook, traces: Traces) -> Iterator[Binding]:
    car = assets.car
    if car is None:
        return
    if outlook.car_wanted_kwh - car.capacity_kwh > NOISE:
        beyond = outlook.car_wanted_kwh - car.capacity_kwh
        text = f"the car is said to want {outlook.car_wanted_kwh:.1f} kWh, more than its battery's {car.capacity_kwh:.1f} kWh"
        yield Binding("car", beyond, "kWh", text)
    if traces.car_short_kwh <= NOISE:
        return
    steps = int(may_charge(assets.n_steps, outlook).sum())
    most_kwh = steps * assets.step_h * car.p_max_kw * car.efficiency
    room = most_kwh >= wanted_kwh(car, outlook) - NOISE
    cause = "the connection is at its limit" if room else f"charging power {car.p_max_kw:.1f} kW for {steps * assets.step_h:g} h"
    if 0 < wanted_kwh(car, outlook) < assets.step_h * car.p_min_kw * car.efficiency:
        cause = f"less than a step of {assets.step_h:g} h at its least power {car.p_min_kw:.1f} kW"
    text = f"car leaves with {traces.car_short_kwh:.1f} kWh less than wanted: {cause}"
    yield Binding("car", traces.car_short_kwh, "kWh", text)


def _hot_water(assets: HomeAssets, decisions: Decisions, traces: Traces) -> Iterator[Binding]:
    tank = assets.tank
    if tank is None:
        return
    short = tank.low_degc - traces.water_degc[1:]
    hours = float(np.maximum(short, 0.0).sum()) * assets.step_h
    if hours > NOISE:
        at_limit = bool((decisions.p_tank_kw > tank.p_max_kw - NOISE).any())
        cause = f"heater power {tank.p_max_kw:.1f} kW" if at_limit else "the connection is at its limit"
        text = f"hot water is up to {short.max():.1f} K below {tank.low_degc:g} °C for {_span(short, assets.step_h):g} h: {cause}"
        yield Binding("hot_water", hours, "K h", text)


def _comfort(assets: HomeAssets, outlook: HomeOutlook, decisions: Decisions, traces: Traces) -> Iterator[Binding]:
    """Name what the home could have changed: a room that only heats is never blamed for heat that comes in by itself."""
    room, low, high = assets.room, outlook.comfort_low_degc, outlook.comfort_high_degc
    assert room is not None  # noqa: S101 - only a room has comfort
    assert low is not None  # noqa: S101
    assert high is not None  # noqa: S101
    if room.gain_k_per_kw == 0 or room.p_max_kw == 0:
        return
    idle, indoor = idle_degc(assets, outlook)[1:], traces.indoor_degc[1:]
    heats = room.gain_k_per_kw > 0
    cold = (low if heats else np.minimum(low, idle)) - indoor
    warm = indoor - (np.maximum(high, idle) if heats else high)
    beyond = np.maximum(cold, warm)
    hours = float(np.maximum(beyond, 0.0).sum()) * assets.step_h
    if hours <= NOISE:
        return
    worst = int(beyond.argmax())
    way = "below" if cold[worst] > warm[worst] else "above"
    at_limit = (way == "below") == heats and bool((decisions.p_heat_kw > room.p_max_kw - NOISE).any())
    cause = f"power {room.p_max_kw:.1f} kW" if at_limit else "weighed against money"
    text = f"room is up to {beyond.max():.1f} K {way} its comfort band for {_span(beyond, assets.step_h):g} h: {cause}"
    yield Binding("comfort", hours, "K h", text)


def _span(beyond: FloatArray, step_h: float) -> float:
    return int((beyond > NOISE).sum()) * step_h


def limiting(assets: HomeAssets, outlook: HomeOutlook, decisions: Decisions, traces: Traces) -> tuple[str, ...]:
    """Return the hard limits at which a plan runs, with how many steps it does."""
    most_in, most_out = limits_kw(assets, outlook)
    at: list[tuple[str, FloatArray]] = [("import limit", traces.grid_kw - most_in), ("export limit", -traces.grid_kw - most_out)]
    if (battery := assets.battery) is not None and battery.capacity_kwh > 0:
        at.append(("battery charging power", decisions.p_battery_kw - battery.p_charge_kw))
        at.append(("battery discharging power", -decisions.p_battery_kw - battery.p_discharge_kw))
        at.append(("battery full", traces.energy_kwh[1:] - battery.max_soc * battery.capacity_kwh))
        at.append(("battery empty", battery.min_soc * battery.capacity_kwh - traces.energy_kwh[1:]))
    for name, asset, p_kw in (
        ("heating power", assets.room, decisions.p_heat_kw),
        ("hot water power", assets.tank, decisions.p_tank_kw),
        ("car charging power", assets.car, decisions.p_ev_kw),
    ):
        if asset is not None and asset.p_max_kw > 0:
            at.append((name, p_kw - asset.p_max_kw))
    counts = [(name, int((margin >= -NOISE).sum())) for name, margin in at]
    return tuple(f"{name} in {count} of {assets.n_steps} steps" for name, count in counts if count)

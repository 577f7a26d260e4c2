# SPDX-License-Identifier: Apache-2.0
"""Homes and outlooks for the tests of the optimum: small ones to reckon by hand and random ones for everything else."""

from __future__ import annotations

from typing import Any

import numpy as np

from controllers.home_energy.optimum import Battery, Car, HomeAssets, HomeOutlook, Machine, Room, Tank, Weights

PARTS = ("battery", "car", "tank", "room", "machines", "pv")


def bare_home(n_steps: int, **parts: Any) -> HomeAssets:
    """Return a home of hourly steps with a 10 kW connection and only the parts that are named."""
    return HomeAssets(**({"step_s": 3600.0, "n_steps": n_steps, "import_limit_kw": 10.0, "export_limit_kw": 10.0} | parts))


def bare_outlook(assets: HomeAssets, **known: Any) -> HomeOutlook:
    """Return an outlook of zeros (no end value, 20 °C, band 20..24 °C) but for what is named; lists become arrays."""
    n = assets.n_steps
    values: dict[str, Any] = dict.fromkeys(
        ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh", "base_load_kw", "p_pv_available_kw"), np.zeros(n)
    )
    values |= {"end_value_eur_per_kwh": 0.0, "pending": (True,) * len(assets.machines), "latest": (n - 1,) * len(assets.machines)}
    if assets.battery is not None:
        values |= {"soc": 0.0}
    if assets.room is not None:
        values |= {"temp_indoor_degc": 20.0, "temp_outdoor_degc": np.zeros(n), "gain_k": np.zeros(n)}
        values |= {"comfort_low_degc": np.full(n, 20.0), "comfort_high_degc": np.full(n, 24.0)}
    if assets.tank is not None:
        values |= {"temp_tank_degc": 50.0, "draw_kw": np.zeros(n)}
    if assets.car is not None:
        values |= {"car_present": np.ones(n, dtype=bool), "car_wanted_kwh": 0.0, "car_departure": n}
    given = {name: np.array(value) if isinstance(value, list) else value for name, value in known.items()}
    return HomeOutlook(**(values | given))


def random_home(rng: np.random.Generator, n_steps: int, parts: frozenset[str]) -> HomeAssets:
    """Return a home of quarter hours with random numbers and the parts that are named."""
    battery = Battery(
        capacity_kwh=rng.uniform(1, 15), p_charge_kw=rng.uniform(0.5, 6), p_discharge_kw=rng.uniform(0.5, 6),
        efficiency_charge=rng.uniform(0.8, 1), efficiency_discharge=rng.uniform(0.8, 1), min_soc=rng.uniform(0, 0.2),
        max_soc=rng.uniform(0.8, 1), wear_eur_per_kwh=rng.choice([0.0, 0.03]),
    )  # fmt: skip
    keep = rng.uniform(0.97, 0.999)
    room = Room(keep=keep, gain_k_per_kw=rng.choice([0.2, -0.2]), leak=1 - keep, p_max_kw=rng.uniform(1, 4))
    tank = Tank(
        kwh_per_k=rng.uniform(0.1, 0.4), loss_kw_per_k=rng.uniform(0, 0.004), p_max_kw=rng.uniform(0.5, 3), cop=rng.uniform(1, 3)
    )
    names = ("washing_machine", "dishwasher", "tumble_dryer")[: rng.integers(1, 4)]
    machines = tuple(Machine(name=name, programme_kw=tuple(rng.uniform(0, 2, rng.integers(1, 6)).tolist())) for name in names)
    return HomeAssets(
        step_s=900.0, n_steps=n_steps, import_limit_kw=rng.uniform(4, 20), export_limit_kw=rng.choice([1.0, 12.0]),
        battery=battery if "battery" in parts else None, room=room if "room" in parts else None,
        tank=tank if "tank" in parts else None, machines=machines if "machines" in parts else (),
        car=Car(p_max_kw=rng.uniform(3, 11), p_min_kw=rng.choice([0.0, 1.4]), capacity_kwh=40.0) if "car" in parts else None,
        curtailable=bool(rng.integers(2)), battery_may_export=bool(rng.integers(2)),
    )  # fmt: skip


def random_outlook(
    rng: np.random.Generator, assets: HomeAssets, parts: frozenset[str], *, odd_prices: bool = False
) -> HomeOutlook:
    """Return a random outlook; odd prices are sometimes negative and sometimes below the feed-in price."""
    n = assets.n_steps
    low = rng.uniform(18, 21)
    return HomeOutlook(
        buy_eur_per_kwh=rng.uniform(-0.1 if odd_prices else 0.15, 0.5, n),
        feed_in_eur_per_kwh=rng.uniform(-0.05 if odd_prices else 0.02, 0.3 if odd_prices else 0.12, n),
        co2_g_per_kwh=rng.uniform(50, 600, n), base_load_kw=rng.gamma(0.8, 0.6, n),
        p_pv_available_kw=-rng.uniform(0, 8, n) * (rng.random(n) < 0.6) if "pv" in parts else np.zeros(n),
        soc=rng.uniform(0, 1), temp_indoor_degc=rng.uniform(17, 25), temp_outdoor_degc=rng.uniform(-5, 32, n),
        gain_k=rng.uniform(0, 0.1, n), comfort_low_degc=np.full(n, low), comfort_high_degc=np.full(n, low + rng.uniform(1, 4)),
        temp_tank_degc=rng.uniform(40, 62), draw_kw=rng.uniform(0, 6, n) * (rng.random(n) < 0.2),
        car_present=rng.random(n) < 0.8, car_wanted_kwh=rng.uniform(0, 12), car_departure=int(rng.integers(0, n + 4)),
        pending=tuple(bool(rng.integers(4)) for _ in assets.machines),
        latest=tuple(int(rng.integers(-1, n + 2)) for _ in assets.machines), blocked=rng.random(n) < 0.2,
        end_value_eur_per_kwh=rng.choice([np.nan, 0.0, 0.2]),
    )  # fmt: skip


def random_weights(rng: np.random.Generator) -> Weights:
    """Return random weights of a household."""
    return Weights(
        cost=rng.uniform(0.2, 1), self_consumption=rng.choice([0, 0.1]), co2=rng.choice([0, 0.3]), comfort=rng.uniform(0, 2),
        doubt_eur_per_kwh=rng.choice([0, 0.05]),
    )  # fmt: skip

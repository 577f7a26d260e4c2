# SPDX-License-Identifier: Apache-2.0
"""What is learned from measured data alone, against what was simulated, real traces, and the key figures of a run."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from controllers.home_energy.analysis import PLUG, Window, base_load_kw, costs, idle_kw, programmes, supply, usage
from controllers.home_energy.analysis.usage import runs_of
from simulators.household import programmes as true_programmes
from tests.shared_data import shared_data
from tests.unit.results_sample import SUMMER, block_of, community
from tests.unit.test_home_analysis_case import MACHINES, households
from twinergy.results.kpis import Kpis
from twinergy.results.settlement import PRICES, settle
from twinergy.timebase import TimeAxis

# --- against what was simulated ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step_s", "within"), [(300, 0.01), (900, 0.12)])
def test_starts_per_week_of_machines(step_s, within):
    """Jobs that follow each other at once, without having waited, are seen as one: in steps of 15 minutes more often."""
    window, _, jobs = households(step_s=step_s)
    true = Counter((machine, home) for machine, home, _, _ in jobs)
    found = sum(usage(window, PLUG[name]).starts_per_week.sum() * 4.0 for name in MACHINES)
    assert found == pytest.approx(sum(true.values()), rel=within)
    for row, name in enumerate(MACHINES):
        single = usage(window, PLUG[name]).starts_per_week * 4.0
        few = [home for home in range(8) if 0 < true[row, home] <= 12]
        assert single[few] == pytest.approx([true[row, home] for home in few], abs=1.0)


@pytest.mark.parametrize("step_s", [300, 900])
def test_the_learned_programme_is_one_the_home_uses(step_s):
    """Energy within 2 % of a programme that ran at least a fifth of the times, and its peak within a tenth at 5 minutes."""
    window, fleet, jobs = households(step_s=step_s)
    size = fleet._chunks[0].traits.machine_size
    checked = 0
    for row, name in enumerate(MACHINES):
        learned = programmes(window, name)
        for home in np.flatnonzero(learned.known):
            runs = Counter(programme for machine, at, _, programme in jobs if (machine, at) == (row, home))
            often = [each for each, count in runs.items() if count >= 0.2 * sum(runs.values())]
            true_kwh = true_programmes.ENERGY_KWH[often] * size[home, row]
            assert np.abs(learned.energy_kwh[home] / true_kwh - 1.0).min() < 0.02
            if step_s == 300:
                nearest = often[int(np.abs(learned.energy_kwh[home] / true_kwh - 1.0).argmin())]
                peak_kw = true_programmes.POWER_KW[nearest].max() * size[home, row]
                assert learned.of(home).max() == pytest.approx(peak_kw, rel=0.1)
            checked += 1
    assert checked >= 12


@pytest.mark.parametrize("step_s", [300, 900])
def test_base_load_and_standby(step_s):
    """The simulator's standby, pump and mean of its compressors. Minima lean to the low side, by less than a tenth."""
    window, fleet, _ = households(step_s=step_s)
    traits = fleet._chunks[0].traits
    standby_kw = traits.of("standby") / 8760.0
    always = standby_kw + window["p_cold_kw"].mean(axis=0) + fleet._chunks[0]._homes.pump_kw(_block(window))
    found = base_load_kw(window)
    assert (found / always).min() > 0.9
    assert (found / always).max() < 1.03
    assert idle_kw(window, "p_electronics_kw") == pytest.approx(standby_kw, rel=0.001)


def _block(window):
    return next(iter(TimeAxis(window.start_epoch_s + 14 * 86400, 900, 96).blocks()))


def test_hours_of_use_are_those_of_the_jobs():
    window, _, jobs = households(step_s=900)
    start_share = usage(window, PLUG["washing_machine"]).start_share
    for home in range(8):
        hours = [
            pd.Timestamp(at, unit="s", tz="UTC").tz_convert("Europe/Berlin").hour for m, h, at, _ in jobs if (m, h) == (0, home)
        ]
        true = np.bincount(hours, minlength=24) / len(hours)
        assert np.abs(np.cumsum(true) - np.cumsum(start_share[:, home])).max() < 0.25  # Kolmogorov's distance


# --- against real traces -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trace", "plug", "most_runs"),
    [
        ("Dishwasher_1", "dishwasher", 4), ("Dishwasher_3", "dishwasher", 3), ("Washingmachine_1", "washing_machine", 4),
        ("Washingmachine_3", "washing_machine", 4), ("LaundryDryer_2", "tumble_dryer", 4), ("WaterKettle_2", "cooking", 12),
    ],
)  # fmt: skip
def test_runs_of_real_appliances_hold_their_energy(trace, plug, most_runs):
    """tracebase (Darmstadt 2011/12), www.tracebase.org, Open Database License: the day's energy as its index states it."""
    table = pd.read_parquet(shared_data("loads", "tracebase_de_appliance_traces_10s.parquet"))
    index = pd.read_csv(shared_data("loads", "tracebase_de_appliance_traces_index.csv"), index_col="trace_id")
    power_kw = (
        table.loc[table["trace_id"] == trace, "power_w"].fillna(0.0).to_numpy(dtype=float).reshape(-1, 6).mean(axis=1) / 1000.0
    )
    kind = PLUG[plug]
    window = Window(ids=("a",), start_epoch_s=0, step_s=60, timezone="UTC", values={kind.port: power_kw[:, None]})
    standby_kw = idle_kw(window, kind.port)
    runs = runs_of(window, kind)
    assert 1 <= len(runs.home) <= most_runs
    total_kwh = runs.energy_kwh.sum() + 24.0 * standby_kw[0]
    assert total_kwh == pytest.approx(index.loc[trace, "energy_kwh_per_day"], rel=0.04)


def test_base_load_of_a_home_of_the_load_profile_generator_is_that_of_pandas():
    """CHR01, a year of minutes, another tool's rolling mean and grouping."""
    power = (
        pd.read_parquet(shared_data("loads", "lpg_chr01_couple_both_at_work_2021_1min.parquet"))["electricity_w"][: 60 * 1440]
        / 1000.0
    )
    means = power.rolling(180).mean().shift(-179)
    expected = means.groupby(means.index.normalize()).min().median()
    values = {"p_household_kw": power.to_numpy(dtype=float)[:, None]}
    start = int(pd.Timestamp(power.index[0]).tz_localize("UTC").timestamp())
    window = Window(ids=("a",), start_epoch_s=start, step_s=60, timezone="UTC", values=values)
    assert base_load_kw(window)[0] == pytest.approx(expected, rel=1e-9)
    assert 0.03 < expected < 0.3


# --- the same words mean the same ----------------------------------------------------------------------------------------


def test_supply_is_that_of_the_key_figures():
    """The community of the key figures' own tests; what a gateway sees of its two homes."""
    place, axis = community(2), TimeAxis(int(SUMMER.timestamp()), 3600, 48)
    rng = np.random.default_rng(5)
    load, sun = rng.uniform(0.1, 3.0, (48, 2)), -np.maximum(0.0, 5.0 * np.sin(np.arange(48) / 24 * 2 * np.pi))
    battery = np.where(sun < -2.0, 1.5, -0.6)
    grid = load.copy()
    grid[:, 1] += sun + battery
    tables = {
        "household": {"p_kw": load, "q_kvar": np.zeros((48, 2))},
        "pv": {"p_kw": sun[:, None], "p_curtailed_kw": np.zeros((48, 1))},
        "battery": {"p_kw": battery[:, None], "energy_kwh": np.full((48, 1), 5.0), "p_loss_kw": np.zeros((48, 1))},
        "connection": {"p_kw": grid},
    }
    kpis = Kpis(place.twin, axis)
    kpis.add(block_of(place, tables))
    want = kpis.result()
    nothing = np.full(48, np.nan)
    values = {
        "p_grid_kw": grid,
        "p_pv_kw": np.column_stack([nothing, sun]),
        "p_battery_kw": np.column_stack([nothing, battery]),
    }
    got = supply(Window(ids=("000", "001"), start_epoch_s=axis.start_epoch_s, step_s=3600, timezone="UTC", values=values))
    for name in ("consumption_kwh", "generation_kwh"):
        assert getattr(got, name).sum() == pytest.approx(want[name].value, rel=1e-12)
    assert got.import_kwh.sum() == pytest.approx(want["import_kwh"].value + want["shared_kwh"].value, rel=1e-12)
    assert got.export_kwh.sum() == pytest.approx(want["export_kwh"].value + want["shared_kwh"].value, rel=1e-12)
    assert got.self_consumption[1] == pytest.approx(want["dwelling_self_consumption"].value, rel=1e-12)
    assert got.self_sufficiency.mean() == pytest.approx(want["dwelling_self_sufficiency"].value, rel=1e-12)


def test_costs_are_those_of_the_settlement():
    rng = np.random.default_rng(6)
    grid = rng.normal(0.5, 1.5, (96, 3))
    prices = {name: rng.uniform(0.01, 0.3, (96, 1)) for name in PRICES}
    parts = ("energy", "grid_fee", "levy", "vat")
    prices["buy_eur_per_kwh"] = sum(prices[f"{name}_eur_per_kwh"] for name in parts)
    want = settle(grid, 900.0, prices, np.zeros(3, dtype=np.int64), np.array([120.0]), np.array([19.0]))
    window = Window(ids=("a", "b", "c"), start_epoch_s=0, step_s=900, timezone="UTC", values={"p_grid_kw": grid})
    got = costs(window, prices, [], standing_eur_per_year=120.0, vat_percent=19.0)
    for name in (*parts, "standing"):
        assert got.component_eur[name] == pytest.approx(getattr(want, f"{name}_eur"), rel=1e-12)
    assert got.net_cost_eur == pytest.approx(want.net_cost_eur, rel=1e-12)
    assert got.group_eur["rest"] == pytest.approx((want.cost_eur - want.standing_eur * 1.19), rel=1e-12)

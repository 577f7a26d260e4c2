# SPDX-License-Identifier: Apache-2.0
"""Hubs against queueing theory, ElaadNL's distributions and the sessions of the Caltech and JPL garages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.charging.arrivals import drawn
from simulators.charging.options import ArrivalOptions
from simulators.charging.replay import read
from tests.shared_data import shared_data
from tests.unit.test_charging_world import World, twin_of
from twinergy.randomness import device_generator
from twinergy.timebase import BLOCK_S

ELAAD = ("ev", "elaadnl_distributions")
STAY_H = 0.1


def erlang_c(points: int, offered: float) -> float:
    """Return the probability of having to wait in M/M/c: A. K. Erlang 1917, by the recursion of formula B. From memory."""
    blocked = 1.0
    for number in range(1, points + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1.0 - offered / points * (1.0 - blocked))


def test_the_formula_itself():
    """Textbook cases: one server waits with the probability of its load, two at half load with one third."""
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1.0 / 3.0)


@pytest.mark.parametrize(("points", "load", "weeks", "tolerance"), [(2, 0.5, 12, 0.08), (8, 0.7, 5, 0.10)])
def test_waiting_time_and_queue_are_those_of_erlang(points, load, weeks, tolerance):
    """Mean wait = C / (c - a) of a stay, mean queue = C a / (c - a), for exponential stays and any patience."""
    names = [f"p{row}" for row in range(points)]
    visitors = {
        "arrivals": {"pattern": "constant", "sessions_per_day": 24.0 * load / STAY_H},
        "stay_mean_h": STAY_H,
        "queue_length": None,
        "patience_s": None,
    }
    hub = twin_of({}, {name: {"visitors": visitors} for name in names}, {"hub": (1e3, names)})
    run = World(hub, steps=weeks * 168, step_s=3600).run()["charging"]
    served, offered = run["sessions_count"][-1].sum(), points * load
    wait = erlang_c(points, offered) / (points - offered)
    assert served == pytest.approx(offered / STAY_H * 168 * weeks, rel=0.03)
    assert run["waited_h"][-1].sum() / served / STAY_H == pytest.approx(wait, rel=tolerance)
    assert run["queue"][:, 0].mean() == pytest.approx(offered * wait, rel=0.25)  # seen once an hour only


def test_a_hub_without_a_queue_refuses_with_erlangs_other_formula():
    """Erlang B: of 4 Erlang offered to 4 points 31.07 % are turned away, whatever the distribution of the stays."""
    visitors = {"arrivals": {"pattern": "constant", "sessions_per_day": 24.0}, "stay_mean_h": 1.0, "queue_length": 0}
    names = ["a1", "b1", "c1", "d1"]
    hub = twin_of({}, {name: {"visitors": visitors} for name in names}, {"hub": (1e3, names)})
    run = World(hub, steps=20 * 168, step_s=3600).run()["charging"]
    refused, served = run["refused_count"][-1].sum(), run["sessions_count"][-1].sum()
    assert refused / (refused + served) == pytest.approx(0.3107, rel=0.05)


def many(pattern, weeks=60, per_week=400.0):
    """Return sessions of many weeks of winter, and their local hour and weekday."""
    weeks = [
        drawn(device_generator(1, "hub", "test", number), pattern, per_week, number, "Europe/Berlin")
        for number in range(2790, 2790 + weeks)
    ]
    arrives, stays, energies = (np.concatenate(column) for column in zip(*weeks, strict=True))
    local = pd.to_datetime(arrives, unit="s", utc=True).tz_convert("Europe/Berlin")
    counts = np.array([len(week.arrives_s) for week in weeks])
    return local, stays / 3600.0, energies, counts


@pytest.mark.parametrize("pattern", ["public", "workplace", "private"])
def test_drawn_sessions_follow_elaad(pattern):
    """Arrival hour, connection time and energy of 24,000 sessions: at most 0.015 from the published distributions."""
    local, stays, energies, _ = many(pattern)
    weekday = np.asarray(local.dayofweek < 5)
    hour = (local.hour + local.minute / 60).to_numpy()[weekday]
    table = pd.read_csv(shared_data(*ELAAD, "distribution-of-arrival.csv"))[pattern]
    own = np.array([(hour < (quarter + 1) / 4).mean() for quarter in range(96)])
    assert np.abs(own - np.cumsum(table) / table.sum()).max() < 0.015
    for values, file in ((stays, "distribution-of-connection-time.csv"), (energies, "distribution-of-energy-demand.csv")):
        exceeded = pd.read_csv(shared_data(*ELAAD, file))[pattern].to_numpy()
        own = np.array([(values > limit).mean() for limit in exceeded[1:-1]])
        known = exceeded[1:-1] > 0.06  # a visitor stays at least three minutes
        assert np.abs(own - np.arange(0.01, 1.0, 0.01))[known].max() < 0.015


def test_arrivals_are_poisson():
    """Counts of weeks have the variance of their mean, and gaps of a constant hub are exponential."""
    local, _, _, counts = many("constant", weeks=150)
    assert counts.mean() == pytest.approx(400.0, rel=0.02)
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.35)
    gaps = np.diff(np.asarray(local.as_unit("ns").asi8)) / 1e9
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.02)


def test_weekdays_follow_elaad():
    local, _, _, _ = many("workplace")
    days = np.bincount(local.dayofweek, minlength=7) / len(local)
    table = pd.read_csv(shared_data(*ELAAD, "distribution-of-charging.csv"))["workplace (median)"].fillna(0.0)
    np.testing.assert_allclose(days, table / table.sum(), atol=0.01)


def test_public_points_deliver_what_elaad_measured():
    """Eleven kilowatt points and all the time they stay: the mean energy of a session is at most a sixth below the published."""
    names = [f"p{row}" for row in range(20)]
    visitors = {"arrivals": {"sessions_per_day": 0.5, "pattern": "public"}, "queue_length": None, "patience_s": None}
    hub = twin_of({}, {name: {"visitors": visitors} for name in names}, {"hub": (1e3, names)})
    run = World(hub, steps=8 * 672).run()["charging"]
    mean = run["energy_kwh"][-1].sum() / run["sessions_count"][-1].sum()
    published = pd.read_csv(shared_data(*ELAAD, "distribution-of-energy-demand.csv"))["public"].mean()
    assert 0.80 * published < mean < 1.05 * published


def test_real_garages_replayed():
    """All 27,407 sessions are read; two weeks of Caltech at 54 points deliver what drivers asked for, or count it."""
    file = shared_data("ev", "acn_caltech_jpl_sessions_2019_2021.parquet")
    assert len(read(ArrivalOptions(file=str(file)), file.parent, "UTC", "x").sessions.arrives_s) == 27_407
    names = [f"p{row:02d}" for row in range(54)]
    arrivals = {"file": str(file), "where": {"site": "caltech"}, "energy_column": "delivered_energy_kwh"}
    points = {name: {"limit_a": 32.0, "visitors": {"arrivals": arrivals}} for name in names}
    start = int(pd.Timestamp("2019-05-02", tz="UTC").timestamp()) // BLOCK_S * BLOCK_S
    run = World(twin_of({}, points, {"hub": (300.0, names)}), steps=2 * 672, start_s=start).run()["charging"]
    truth = pd.read_parquet(file)
    ends = pd.to_datetime(start + 2 * BLOCK_S, unit="s", utc=True)
    mine = truth[
        (truth.site == "caltech") & (truth.arrival_utc >= pd.to_datetime(start, unit="s", utc=True)) & (truth.arrival_utc < ends)
    ]
    assert len(mine) > 300
    assert run["sessions_count"][-1].sum() == pytest.approx(len(mine), abs=2)
    assert run["refused_count"][-1].sum() == 0
    asked, unserved = mine.delivered_energy_kwh.sum(), run["unserved_kwh"][-1].sum() / 0.9
    assert run["energy_kwh"][-1].sum() + unserved == pytest.approx(asked, rel=0.02)
    assert unserved < 0.05 * asked

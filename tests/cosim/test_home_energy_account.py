# SPDX-License-Identifier: Apache-2.0
"""What the module says it saved, against what two runs of the same days really differ by, at the meter."""

from __future__ import annotations

import numpy as np
import pytest

from tests.home_energy_case import village
from twinergy.community.scenario import load
from twinergy.cosim.runner import run

DAYS, PER_DAY = 6, 96
STEP_H = 0.25
RECKONED = slice(0, (DAYS - 1) * PER_DAY)
"""The last day is not in the account."""
CAPACITY_KWH, ONE_WAY = 8.0, 0.93


def lived(folder, start, options):
    folder.mkdir()
    file = village(folder, extra=f"controllers:\n  home_energy: {{{options}}}\n")
    return run(load(str(file), [f"run.days={DAYS}", f"run.start={start}"]), out=folder / "runs", report=False)


def course(finished, table, port, device):
    return finished.wide(table, port)[device].to_numpy()[RECKONED]


def bill_eur(finished):
    net_kwh = course(finished, "meter", "p_kw", "meter-home-a") * STEP_H
    buy, sell = (finished.wide("prices", port).to_numpy()[RECKONED, 0] for port in ("buy_eur_per_kwh", "feed_in_eur_per_kwh"))
    return float((np.maximum(net_kwh, 0.0) * buy - np.maximum(-net_kwh, 0.0) * sell).sum())


def account(finished, home="home-a"):
    table = next(table for table in finished.accounts["home_energy"] if table["title"] == "Against the habit")
    return dict(zip(table["columns"], next(row for row in table["rows"] if row[0] == home), strict=True))


def ahead_kwh(finished, other):
    """Return how much more than in the other run is left in the battery and in the car at the end, as it counts at the meter."""
    soc, car = (
        [course(each, *what) for each in (finished, other)]
        for what in (("battery", "soc", "battery-a"), ("charging", "p_kw", "point-a"))
    )
    return (soc[0][-1] - soc[1][-1]) * CAPACITY_KWH * ONE_WAY, (car[0].sum() - car[1].sum()) * STEP_H


@pytest.fixture(scope="module", params=["2024-06-03", "2024-03-18"])
def pair(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("account")
    steer = "watch_days: 1, steer: [battery, machines, car]"  # heating is taken as it was
    return lived(folder / "habit", request.param, "opt_out: true"), lived(folder / "steered", request.param, steer)


def test_a_home_left_alone_has_saved_nothing(pair):
    """Its bill by habit is its bill, which is what the meter says."""
    for home in ("home-a", "home-b"):
        row = account(pair[0], home)
        assert (row["Saved, EUR"], row["Import saved, kWh"], row["CO₂ saved, kg"], row["Held more, kWh"]) == (0.0, 0.0, 0.0, 0.0)
    assert account(pair[0])["Bill, EUR"] == pytest.approx(bill_eur(pair[0]), abs=1e-6)


def test_what_was_saved_is_what_two_runs_differ_by(pair):
    """Within a tenth or 0.30 EUR, energy left in the battery and the car put right at the mean price."""
    habit, steered = pair
    price = float(steered.wide("prices", "buy_eur_per_kwh").to_numpy()[RECKONED, 0].mean())
    row, (battery_kwh, car_kwh) = account(steered), ahead_kwh(steered, habit)
    differ = bill_eur(habit) - bill_eur(steered) + (battery_kwh + car_kwh) * price
    said = row["Saved, EUR"] + row["Held more, kWh"] * ONE_WAY * price
    assert differ > 1.0
    assert said == pytest.approx(differ, rel=0.1, abs=0.3)
    assert row["Bill, EUR"] == pytest.approx(bill_eur(steered), abs=1e-6)

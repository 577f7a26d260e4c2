# SPDX-License-Identifier: Apache-2.0
"""Home energy management in a running village: it saves against the habit, is told perfect forecasts, and gives account."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.home_energy_case import village
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError
from twinergy.messages import decode

WISH = "at_h: 1, dwelling: home-x, table: household, port: x, value: 1"
OPTIONS = "watch_days: 1, wear_eur_per_kwh: 0, co2_eur_per_kg: 0"


def lived(folder, name, options, **settings):
    file = village(folder, extra=f"controllers:\n  home_energy: {{{options}}}\n")
    scenario = load(str(file), [f"{path}={value}" for path, value in {"run.days": 5, **settings}.items()])
    return run(scenario, out=folder / name, report=False)


def bill(finished, home="home-a"):
    return float(finished.dwellings.set_index("dwelling").loc[home, "cost_eur"])


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lives")
    told = {"load_forecast": "{kind: perfect}", "pv_forecast": "{kind: perfect}"}
    perfect = ", ".join(f"{name}: {value}" for name, value in told.items())
    return {
        "habit": lived(folder, "habit", "opt_out: true"),
        "steered": lived(folder, "steered", OPTIONS),
        "foreseen": lived(folder, "foreseen", f"{OPTIONS}, {perfect}"),
    }


def test_a_home_with_two_prices_pays_less_and_most_of_what_is_to_be_had(lives):
    habit, steered, foreseen = (bill(lives[name]) for name in ("habit", "steered", "foreseen"))
    assert foreseen < habit
    assert habit - steered >= 0.8 * (habit - foreseen)


def test_a_home_with_nothing_to_steer_is_left_as_it_was(lives):
    assert bill(lives["steered"], "home-b") == bill(lives["habit"], "home-b")


def test_a_household_that_opted_out_is_watched_and_never_asked(lives):
    assert lives["habit"].set_points().empty
    subjects = set(lives["habit"].messages()["subject"])
    assert "twinergy.small.home_energy.energy_data" in subjects


def test_the_ledger_of_a_home_left_alone_agrees_with_its_bill(lives):
    """What is reckoned as habit is what really happened there, but for the losses of a battery at low power: within 2 %."""
    (table, *_) = lives["habit"].accounts["home_energy"]
    row = next(row for row in table["rows"] if row[0] == "home-a")
    habit, real = row[1], row[2]
    assert habit == pytest.approx(real, rel=0.02)


def test_energy_by_the_hour_is_the_energy_of_the_meter(lives):
    finished = lives["habit"]
    bodies = finished.messages().query("subject == 'twinergy.small.home_energy.energy_data'")["body"]
    said = [decode(body.encode()) for body in bodies]
    energy = sum(line.energy_kwh[0] for each in said if each.dwelling == "home-a" for line in each.lines if line.name == "grid")
    meter = finished.wide("meter", "p_kw")["meter-home-a"].to_numpy()
    assert energy == pytest.approx(np.nansum(meter) / 4, abs=1e-6)


def test_all_of_a_day_is_told_and_can_be_read_again(lives):
    bodies = lives["steered"].messages()["body"]
    kinds = {type(decode(body.encode())).__name__ for body in bodies}
    assert {"SensorStatus", "ActualConsumption", "Production", "EnergyData", "ControlAnalysis", "PvForecast"} <= kinds
    assert "UserAppliancesFlexibility" in kinds


def test_forecasts_are_scored_in_the_accounts(lives):
    scores = next(table for table in lives["steered"].accounts["home_energy"] if table["title"] == "Forecasts")
    load_rows = [row for row in scores["rows"] if row[0] == "load"]
    assert [row[2] for row in load_rows] == [1.0, 6.0, 24.0]
    assert all(row[3] > 0 for row in load_rows)


def test_what_was_learned_of_a_home_is_the_homes_own(lives):
    learned = next(table for table in lives["habit"].accounts["home_energy"] if table["title"].startswith("What was learned"))
    rows = {row[0]: row for row in learned["rows"]}
    true_kwh = lives["habit"].wide("household", "p_kw").sum() / 4 / 5
    for home, household in (("home-a", "load-a"), ("home-b", "load-b")):
        assert rows[home][1] == pytest.approx(true_kwh[household], rel=0.02)
        assert rows[home][4] == "too few"


def test_comfort_is_held(lives):
    cold = {name: finished.wide("building", "temp_indoor_degc")["building-a"].to_numpy() for name, finished in lives.items()}
    assert (cold["steered"][96:] >= cold["habit"][96:].min() - 0.3).all()


def test_same_seed_same_bits(lives, tmp_path):
    again = lived(tmp_path, "again", OPTIONS)
    first = lives["steered"]
    for port in ("p_kw", "soc"):
        np.testing.assert_array_equal(again.wide("battery", port), first.wide("battery", port))
    assert json.dumps(again.accounts) == json.dumps(first.accounts)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ("dwellings: [home-c]", "controllers.home_energy.dwellings"),
        ("households: {home-x: {}}", "controllers.home_energy.households"),
        (
            f"requests: [{{{WISH}}}]",
            "controllers.home_energy.requests[0].dwelling",
        ),
    ],
)
def test_a_home_without_a_gateway_is_named_with_its_place(tmp_path, options, place):
    file = village(tmp_path, extra=f"controllers:\n  home_energy: {{{options}}}\n")
    with pytest.raises(ScenarioError) as caught:
        load(str(file))
    assert place in str(caught.value)
    assert "gateway" in str(caught.value)

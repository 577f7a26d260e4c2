# SPDX-License-Identifier: Apache-2.0
"""What the books take for the habit: reality where nothing is steered, and elsewhere what can be reckoned by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.home_energy.batteries import Batteries
from controllers.home_energy.homes import Homes
from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from controllers.home_energy.ledger import Ledger, Totals
from controllers.home_energy.machines import Machines, Run
from controllers.home_energy.options import HomeEnergyOptions
from controllers.home_energy.reporting import SHOWN_HOMES, _savings
from tests.home_energy_case import homes, reading, village
from twinergy.community.scenario import load
from twinergy.errors import ScenarioError

HOUR = 3600
YES, NO = np.ones(2, dtype=bool), np.zeros(2, dtype=bool)
DAY_AND_NIGHT = [np.where(hour >= 6, 0.4, 0.1) for hour in range(24)]


def books(village_homes, **columns):
    """Return a ledger whose battery loses nothing: 8 kWh, 4 kW, no standby, but for the columns that are given."""
    batteries = Batteries(village_homes, HomeEnergyOptions(round_trip_efficiency=1.0), HOUR)
    for name, value in {"standby_kw": 0.0, **columns}.items():
        getattr(batteries, name)[:] = value
    return Ledger(village_homes, batteries, HOUR)


def live(ledger, steps, **kept):
    """Note steps of an hour, each the ports of home-a, at 0.10 EUR by night and 0.40 EUR from 6:00; return the reckoned days."""
    days = []
    for number, ports in enumerate(steps):
        runs = [run for run in kept.get("runs", []) if run.started_s + HOUR * len(run.programme_kw) == HOUR * number]
        prices = [np.full(2, DAY_AND_NIGHT[number % 24]), np.full(2, 0.05), np.full(2, 500.0)]
        planned = YES if number >= kept.get("planned_from", 0) else NO
        days.append(ledger.note(reading(HOUR * number, **ports), prices, runs, np.zeros(3), planned=planned))
    return [day for day in days if day is not None]


def saved_eur(ledger):
    return float(ledger.totals.cost_eur[HABIT, 0] - ledger.totals.cost_eur[REAL, 0])


STEP = st.fixed_dictionaries(
    {
        "p_household_kw": st.sampled_from([np.nan, 0.3, 2.0]),
        "p_battery_kw": st.floats(-4.0, 4.0),
        "soc": st.one_of(st.just(np.nan), st.floats(0.0, 1.0)),
        "p_pv_kw": st.floats(-5.0, 0.0),
        "p_pv_available_kw": st.floats(-6.0, 0.0),
        "p_charging_kw": st.sampled_from([0.0, 3.7, 11.0]),
        "car_wanted_kwh": st.sampled_from([np.nan, 0.0, 5.0]),
        "car_departure_s": st.sampled_from([np.nan, 9000.0]),
    }
)
LIVES = st.lists(STEP, min_size=6, max_size=6).map(lambda some: [some[(number + number // 24) % 6] for number in range(8 * 24)])
RUNS = [Run(0, 1, HOUR * 30, HOUR * 34, np.array([2.0, 1.0])), Run(0, 0, HOUR * 90, HOUR * 101, np.array([0.7]))]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return the village whose households have opted out, one that is only watched, and one with only its PV steered."""
    folder = tmp_path_factory.mktemp("alone")
    return {
        "opted out": (homes(folder, opt_out=True), 0),
        "watched": (homes(folder), 10**6),
        "pv": (homes(folder, steer=("pv",)), 0),
    }


@pytest.mark.parametrize("case", ["opted out", "watched", "pv"])
@settings(max_examples=15, deadline=None)
@given(steps=LIVES)
def test_a_home_that_is_left_alone_lives_by_habit(alone, case, steps):
    """Whatever is read, through gaps and over days that have been closed: to the last bit."""
    village_homes, planned_from = alone[case]
    ledger = books(village_homes, standby_kw=0.01, min_soc=0.2, max_soc=0.9)
    for day in live(ledger, steps, planned_from=planned_from, runs=RUNS):
        assert (day.habit_kw == day.real_kw).all()
    for name in Totals.__dataclass_fields__:
        real, habit = getattr(ledger.totals, name)
        assert (real == habit).all()


def test_a_battery_that_does_not_follow_its_home_is_as_it_was(tmp_path):
    battery = "- {id: battery-a, kind: battery, dwelling: home-a, capacity_kwh: 8, p_charge_kw: 4"
    file = village(tmp_path, (f"{battery}}}", f"{battery}, mode: idle}}"))
    ledger = books(Homes(load(str(file)).context, HomeEnergyOptions()))
    live(ledger, [{"p_household_kw": 1.0, "p_battery_kw": -0.5, "soc": 0.5}] * 48)
    assert saved_eur(ledger) == 0.0
    assert ledger.totals.import_kwh[:, 0].tolist() == [12.0, 12.0]


def test_a_battery_behind_the_meter_of_several_homes_is_as_it_was(tmp_path):
    file = village(tmp_path, ("{id: home-b, connection: home-b,", "{id: home-b, connection: home-a,"))
    ledger = books(Homes(load(str(file)).context, HomeEnergyOptions()))
    live(ledger, [{"p_household_kw": 1.0, "p_battery_kw": -0.5, "soc": 0.5}] * 48)
    assert saved_eur(ledger) == 0.0


def test_the_habit_of_a_battery_begins_with_what_it_held_when_steering_began(tmp_path):
    """Full (8 kWh), kept full by the plan from 20:00 on: by habit it feeds 1 kW of load, 4 h at 0.40 and 4 h at 0.10 EUR."""
    ledger = books(homes(tmp_path), min_soc=0.0, max_soc=1.0)
    days = live(ledger, [{"p_household_kw": 1.0, "p_battery_kw": 0.0, "soc": 1.0}] * 9 * 24, planned_from=20)
    assert days[0].habit_kw[:, 0].tolist() == [1.0] * 20 + [0.0] * 4
    assert saved_eur(ledger) == pytest.approx(-4 * 0.4 - 4 * 0.1)
    assert ledger.held_kwh[:, 0] == pytest.approx([8.0, 0.0])


def test_a_battery_left_to_itself_follows_what_was_put_off(tmp_path):
    """Its 2 kWh run the dishwasher at 20:00, put off from 18:00: by habit they would have run it then, and nothing is saved."""
    ledger = books(homes(tmp_path, steer=("machines",)), min_soc=0.0, max_soc=1.0)
    runs = [Run(0, 1, HOUR * 18, HOUR * 20, np.array([2.0]))]
    steps = [{"p_household_kw": 0.0, "p_battery_kw": 0.0, "soc": 0.25 * (number < 20)} for number in range(48)]
    steps[20] |= {"p_household_kw": 2.0, "p_battery_kw": -2.0}
    (day,) = live(ledger, steps, runs=runs)
    assert saved_eur(ledger) == pytest.approx(0.0)
    assert np.abs(day.habit_kw[:, 0]).max() == pytest.approx(0.0)


def test_in_a_gap_the_cells_do_what_the_real_ones_did(tmp_path):
    """From 22:00 the gateway is silent for 2 h in which 4 of 8 kWh leave the battery: by habit the rest is there to feed 1 kW."""
    ledger = books(homes(tmp_path), min_soc=0.0, max_soc=1.0)
    steps = [{"p_household_kw": 0.0, "p_battery_kw": 0.0, "soc": 1.0}] * 22 + [{"p_household_kw": np.nan}] * 2
    steps += [{"p_household_kw": 1.0, "p_battery_kw": 0.0, "soc": 0.5}] * 48
    live(ledger, steps)
    assert saved_eur(ledger) == pytest.approx(-4 * 0.1)


@pytest.mark.parametrize(("planned_from", "saved"), [(0, 0.6), (24, 0.6), (25, 0.0)])
def test_a_run_is_moved_only_if_a_plan_was_in_force_when_it_began(tmp_path, planned_from, saved):
    """Loaded at 18:00 and run at 0:00, 2 kWh save 0.60 EUR; what began before there was a plan is habit."""
    ledger = books(homes(tmp_path, steer=("machines",)))
    runs = [Run(0, 1, HOUR * 18, HOUR * 24, np.array([2.0]))]
    steps = [{"p_household_kw": 2.0 * (HOUR * number == runs[0].started_s)} for number in range(72)]
    live(ledger, steps, runs=runs, planned_from=planned_from)
    assert saved_eur(ledger) == pytest.approx(saved)


def test_a_run_that_goes_on_when_its_day_is_reckoned_counts_when_it_has_ended(tmp_path):
    """Loaded on the first evening, it runs for 3 h around the end of the second day: the first day is corrected afterwards."""
    ledger = books(homes(tmp_path, steer=("machines",)))
    runs = [Run(0, 1, HOUR * 20, HOUR * 47, np.array([1.0, 1.0, 1.0]))]
    steps = [{"p_household_kw": float(47 <= number < 50)} for number in range(9 * 24)]
    days = live(ledger, steps, runs=runs)
    assert [day.totals.import_kwh[HABIT, 0] for day in days] == pytest.approx([0.0] * 8)
    assert ledger.totals.import_kwh[:, 0] == pytest.approx([3.0, 3.0])
    assert saved_eur(ledger) == pytest.approx(3 * 0.4 - 0.4 - 2 * 0.1)


def test_a_machine_started_sooner_than_usual_is_moved_forward(tmp_path):
    """Loaded at 04:00 and started at once, after 05:00, for 2 kWh at 0.10 EUR: people would have waited until 07:00."""
    ledger = books(homes(tmp_path, steer=("machines",)))
    run = Run(0, 1, HOUR * 4, HOUR * 5, np.array([2.0]))
    for number in range(48):
        prices = [np.full(2, DAY_AND_NIGHT[number % 24]), np.zeros(2), np.zeros(2)]
        seen = reading(HOUR * number, p_household_kw=2.0 * (number == 5))
        ledger.note(seen, prices, [run] if number == 6 else [], np.full(3, 3.0 * HOUR))
    assert saved_eur(ledger) == pytest.approx(2.0 * 0.3)


def test_a_car_that_is_charged_two_days_after_it_came(tmp_path):
    """It comes on day 0 at 18:00 (0.40 EUR), stays to day 3 and takes its 4 kWh in the night of day 2 (0.10 EUR)."""
    ledger = books(homes(tmp_path), capacity_kwh=0.0)
    steps = [
        {"p_household_kw": 0.0, "p_charging_kw": 4.0 * (number == 51), "car_departure_s": 9e4 if 18 <= number < 80 else np.nan}
        | {"car_wanted_kwh": float(18 <= number <= 50)}
        for number in range(12 * 24)
    ]
    days = live(ledger, steps)
    assert sum(day.totals.cost_eur[REAL, 0] for day in days) == pytest.approx(0.4)
    assert ledger.totals.cost_eur[:, 0] == pytest.approx([0.4, 1.6])
    assert ledger.totals.import_kwh[:, 0] == pytest.approx([4.0, 4.0])


def test_pv_counts_as_curtailed_only_where_the_module_did_it(tmp_path):
    for curtailed, exported in ((NO, 24.0), (YES, 48.0)):
        ledger = books(homes(tmp_path), capacity_kwh=0.0)
        for number in range(48):
            seen = reading(HOUR * number, p_household_kw=0.0, p_pv_kw=-1.0, p_pv_available_kw=-2.0)
            ledger.note(seen, (np.full(2, 0.3), np.full(2, 0.1), np.zeros(2)), [], np.zeros(3), curtailed=curtailed)
        assert ledger.totals.export_kwh[:, 0] == pytest.approx([24.0, exported])


def test_two_batteries_behind_one_gateway_are_a_finding(tmp_path):
    battery = "  - {id: battery-a, kind: battery, dwelling: home-a, capacity_kwh: 8, p_charge_kw: 4}\n"
    file = village(tmp_path, (battery, battery + battery.replace("battery-a", "battery-b")))
    with pytest.raises(ScenarioError, match="battery-a, battery-b"):
        load(str(file))


def agent(n_homes=3, *, currency="EUR", eur_per_unit=1.0, known=1.0):
    """Return what the savings table looks at: home number n saves n euro, imports 10 kWh, generates 10 kWh and feeds in 4 kWh."""
    totals = Totals.of(n_homes)
    totals.cost_eur[HABIT] = np.arange(n_homes) * np.where(np.arange(n_homes) % 2, -1.0, 1.0)
    totals.import_kwh += 10.0
    totals.pv_kwh += 10.0
    totals.fed_kwh += 4.0
    ledger = SimpleNamespace(totals=totals, held_kwh=np.zeros((2, n_homes)), known_share=np.full(n_homes, known))
    some = [SimpleNamespace(tariff=0, dwelling=SimpleNamespace(id=f"home-{row}")) for row in range(n_homes)]
    site = SimpleNamespace(currency=currency, eur_per_unit=eur_per_unit)
    return SimpleNamespace(ledger=ledger, homes=some, context=SimpleNamespace(twin=SimpleNamespace(site=site)))


def test_savings_are_told_in_the_money_of_the_site():
    table = _savings(agent(currency="GBP", eur_per_unit=1.25))
    assert table.columns[1:4] == ("Bill by habit, GBP", "Bill, GBP", "Saved, GBP")
    assert {row[0]: row[3] for row in table.rows} == {"all homes": 0.8, "home-2": 1.6, "home-1": -0.8, "home-0": 0.0}


def test_only_the_homes_that_differ_most_have_rows():
    table = _savings(agent(50))
    assert [row[0] for row in table.rows[:3]] == ["all homes", "home-49", "home-48"]
    assert len(table.rows) == SHOWN_HOMES + 1
    assert table.note.endswith("Shown are the 20 homes with the largest differences; 30 others are in the sum.")
    assert "others are" not in _savings(agent()).note


@pytest.mark.parametrize(("known", "used"), [(0.5, 60.0), (0.49, None)])
def test_own_use_is_left_out_where_too_little_was_seen(known, used):
    assert [row[6:8] for row in _savings(agent(known=known)).rows] == [(used, used)] * 4


def test_machines_learn_nothing_from_what_the_ledger_does_not_move():
    """A job that begins before anybody sees it wait has arrived when it started: the ledger leaves it where it is."""
    machines = Machines(2, HOUR)
    runs = [
        run for number in range(3) for run in machines.observe(reading(HOUR * number, dishwasher_p_kw=float(number == 1)), YES)[1]
    ]
    assert [run.arrived_s == run.started_s for run in runs] == [True]

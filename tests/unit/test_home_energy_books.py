# SPDX-License-Identifier: Apache-2.0
"""What home energy management keeps: runs of machines, losses of batteries, savings, each against a hand calculation."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.home_energy.batteries import Batteries
from controllers.home_energy.habit_cars import Carried, place
from controllers.home_energy.homes import Homes
from controllers.home_energy.learning import Learning
from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from controllers.home_energy.ledger import Ledger
from controllers.home_energy.machines import Machines
from controllers.home_energy.options import HomeEnergyOptions
from tests.home_energy_case import homes, reading, village
from twinergy.community.scenario import load

HOUR = 3600
NOBODY = np.zeros(2, dtype=bool)


def test_a_run_is_known_by_its_arrival_its_start_and_what_it_drew():
    machines = Machines(2, 900)
    runs, news = [], []
    course = [(0, 0.0), (1, 0.0), (1, 0.0), (0, 2.0), (0, 0.5), (0, 0.0)]
    for number, (pending, p_kw) in enumerate(course):
        new, ended = machines.observe(reading(900 * number, dishwasher_pending=pending, dishwasher_p_kw=p_kw), NOBODY)
        runs += ended
        news.append(bool(new[0, 1]))
    (run,) = runs
    assert news == [False, True, False, False, False, False]
    assert (run.home, run.machine, run.arrived_s, run.started_s) == (0, 1, 900, 2700)
    assert run.programme_kw.tolist() == [2.0, 0.5]
    assert machines.programme_kw[0, 1, :3].tolist() == [2.0, 0.5, 0.0]
    assert machines.known.tolist() == [[False, True, False], [False] * 3]


def test_what_a_machine_will_still_draw_is_a_commitment():
    machines = Machines(2, 900)
    for number, p_kw in enumerate((2.0, 1.0, 0.0)):
        machines.observe(reading(900 * number, dishwasher_p_kw=p_kw), NOBODY)
    machines.observe(reading(2700, dishwasher_p_kw=2.0), NOBODY)
    assert machines.committed_kw(4)[:, 0].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_only_runs_nobody_steered_tell_how_long_people_wait():
    machines = Machines(2, 900)
    before = machines.usual_wait_s.copy()
    for free, expected in ((NOBODY, before[1]), (~NOBODY, (before[1] + 4 * 900) / 2)):
        start = 0 if not free.any() else 90_000
        for number in range(5):
            machines.observe(
                reading(start + 900 * number, dishwasher_pending=float(number < 4), dishwasher_p_kw=2.0 * (number == 4)), free
            )
        machines.observe(reading(start + 4500), free)
        assert machines.usual_wait_s[1] == pytest.approx(expected)


def test_the_efficiency_of_a_battery_is_learned_from_its_terminals(tmp_path):
    """8 kWh: charged with 4 kWh, 3.6 kWh of which arrive (0.9), and 3.24 kWh come out again; standby at rest is no throughput."""
    village = homes(tmp_path)
    batteries = Batteries(village, HomeEnergyOptions(round_trip_efficiency=0.5), HOUR)
    standby = float(batteries.standby_kw[0])
    soc = 0.2
    batteries.observe(reading(0, p_battery_kw=standby, soc=soc))
    for cycle in range(40):
        for number, (p_kw, stored) in enumerate(((2.0, 1.8), (2.0, 1.8), (-1.62, -1.8), (-1.62, -1.8), (0.0, 0.0))):
            soc += stored / 8.0
            batteries.observe(reading(HOUR * (1 + 5 * cycle + number), p_battery_kw=p_kw or standby, soc=soc))
    assert batteries.one_way[0] == pytest.approx(0.9, abs=0.01)


def test_a_gap_in_the_readings_does_not_spoil_what_was_learned(tmp_path):
    batteries = Batteries(homes(tmp_path), HomeEnergyOptions(round_trip_efficiency=0.81), HOUR)
    for number, (p_kw, soc) in enumerate(((0.0, 0.2), (2.0, 0.425), (np.nan, np.nan), (0.0, 0.9), (-1.8, 0.65))):
        batteries.observe(reading(HOUR * number, p_battery_kw=p_kw or float(batteries.standby_kw[0]), soc=soc))
    assert batteries.one_way[0] == pytest.approx(0.9, abs=1e-3)


def test_a_car_is_moved_back_to_its_arrival_with_its_trickle_behind():
    """It comes at step 1, wants energy until step 4 and was charged in steps 3 and 4 with 4 kW, then trickles."""
    car_kw, wants = np.array([0.0, 0.0, 4.0, 4.0, 1.0, 0.5, 0.0]), np.array([1, 1, 1, 1, 0, 0, 0], dtype=bool)
    placed = place(car_kw, wants, 8.0, Carried(), fresh=True)
    assert placed.car_kw.tolist() == [8.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]


def test_the_ledger_of_a_machine_that_was_put_off_into_the_cheap_hour(tmp_path):
    """Hand calculation: a run of 2 kWh, loaded at 18:00 (0.40 EUR), run at 20:00 (0.10 EUR), saves 0.60 EUR and no energy."""
    village = homes(tmp_path)
    ledger = Ledger(village, Batteries(village, HomeEnergyOptions(), HOUR), HOUR)
    machines = Machines(2, HOUR)
    day = None
    for number in range(48):
        buy = np.full(2, 0.10 if number % 24 >= 20 else 0.40)
        pending, p_kw = float(number in {18, 19}), 2.0 * (number == 20)
        seen = reading(HOUR * number, p_household_kw=[p_kw, 0.5], dishwasher_pending=pending, dishwasher_p_kw=p_kw)
        _, runs = machines.observe(seen, NOBODY)
        day = ledger.note(seen, [buy, np.zeros(2), np.full(2, 500.0)], runs, np.zeros(3)) or day
    standby_kwh = 24 * float(village[0].option("battery", "standby_kw"))
    cost = day.totals.cost_eur
    assert cost[HABIT, 0] - cost[REAL, 0] == pytest.approx(2.0 * (0.40 - 0.10) + _standby_cost(village), abs=1e-9)
    assert day.totals.import_kwh[HABIT, 0] - day.totals.import_kwh[REAL, 0] == pytest.approx(standby_kwh)
    assert cost[:, 1] == pytest.approx(2 * [20 * 0.5 * 0.40 + 4 * 0.5 * 0.10])


def _standby_cost(village):
    """The habit's battery draws its standby power, which the readings of this case leave out."""
    return float(village[0].option("battery", "standby_kw")) * (20 * 0.40 + 4 * 0.10)


def test_the_habit_of_a_battery_by_hand(tmp_path):
    """8 kWh, 4 kW, 0.9 each way: 3 kW of surplus for an hour puts 2.7 kWh in, 2.43 kWh of which come out for 1 kW of load."""
    village = homes(tmp_path)
    batteries = Batteries(village, HomeEnergyOptions(round_trip_efficiency=0.81), HOUR)
    batteries.standby_kw[:] = 0.0
    ledger = Ledger(village, batteries, HOUR)
    day = None
    for number in range(48):
        pv_kw = -3.0 * (number == 10)
        load_kw = 1.0 * (12 <= number < 16)
        seen = reading(
            HOUR * number,
            p_household_kw=[load_kw, 0.0],
            p_pv_kw=[pv_kw, 0.0],
            p_pv_available_kw=[pv_kw, 0.0],
            p_battery_kw=0.0,
            soc=0.0,
        )
        day = ledger.note(seen, [np.full(2, 0.3), np.full(2, 0.08), np.zeros(2)], [], np.zeros(3)) or day
    assert day.totals.import_kwh[:, 0] == pytest.approx([4.0, 4.0 - 2.43])
    assert day.totals.export_kwh[:, 0] == pytest.approx([3.0, 0.0])
    assert day.totals.cost_eur[:, 0] == pytest.approx([4 * 0.3 - 3 * 0.08, 1.57 * 0.3])


def test_a_car_that_charges_after_midnight_is_counted_once(tmp_path):
    """It comes at 18:00 wanting energy and is charged at 3:00 with 4 kWh: by habit at 18:00, in the account of the first day."""
    village = homes(tmp_path)
    batteries = Batteries(village, HomeEnergyOptions(), HOUR)
    batteries.capacity_kwh[:] = batteries.standby_kw[:] = 0.0
    ledger = Ledger(village, batteries, HOUR)
    days = []
    for number in range(72):
        wanting, p_kw = float(18 <= number <= 27), 4.0 * (number == 27)
        buy = np.full(2, 0.4 if number % 24 >= 6 else 0.1)
        there = 9e4 if number >= 18 else np.nan
        seen = reading(
            HOUR * number, p_household_kw=[0.0, 0.0], car_wanted_kwh=wanting, car_departure_s=there, p_charging_kw=p_kw
        )
        day = ledger.note(seen, [buy, np.zeros(2), np.zeros(2)], [], np.zeros(3))
        days += [day] if day else []
    assert [day.totals.cost_eur[HABIT, 0] for day in days] == pytest.approx([1.6, 0.0])
    assert [day.totals.cost_eur[REAL, 0] for day in days] == pytest.approx([0.0, 0.4])


def test_a_home_without_plugs_is_not_searched_for_anomalies(tmp_path):
    context = load(village(tmp_path)).context
    learning = Learning(Homes(context, HomeEnergyOptions()), context)
    seen = []
    learning.watch.observe = lambda _epoch_s, values: seen.append(values["p_other_kw"]) or []
    for number, cold_kw in enumerate((0.0, 0.05)):
        learning.observe(reading(900 * number, p_other_kw=[0.3, 0.4], p_cold_kw=[cold_kw, 0.0]), {})
    np.testing.assert_array_equal(seen, [[np.nan, np.nan], [0.3, np.nan]])

# SPDX-License-Identifier: Apache-2.0
"""What a review of home energy management found: gaps, partial steering, cars over midnight, who may ask for what."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from controllers.home_energy.agent import _plannable
from controllers.home_energy.batteries import Batteries
from controllers.home_energy.cars import Cars
from controllers.home_energy.commands import Commands
from controllers.home_energy.homes import Homes
from controllers.home_energy.ledger import HABIT_ROW as HABIT
from controllers.home_energy.ledger import REAL_ROW as REAL
from controllers.home_energy.ledger import Ledger
from controllers.home_energy.machines import Machines
from controllers.home_energy.options import HomeEnergyOptions
from controllers.home_energy.plans import Plans
from controllers.home_energy.publishing import Hourly
from controllers.home_energy.reading import METER_PORTS, PORTS, read
from controllers.home_energy.steering import Steering
from controllers.home_energy.thermal import NOTHING
from tests.home_energy_case import homes, reading, village
from twinergy.agents import Rank, View
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError
from twinergy.messages.objects.remote_control_data import RemoteControlData

HOUR = 3600
AWAKE = np.zeros(2, dtype=bool)
FLAT = (np.full(2, 0.3), np.zeros(2), np.zeros(2))


def without_battery(folder):
    """Return the ledger of the village as if home-a had no battery, so that sums can be done by hand."""
    village_homes = homes(folder)
    batteries = Batteries(village_homes, HomeEnergyOptions(), HOUR)
    for name in ("standby_kw", "capacity_kwh", "p_charge_kw", "p_discharge_kw"):
        getattr(batteries, name)[:] = 0.0
    return Ledger(village_homes, batteries, HOUR)


def test_a_car_charged_after_midnight_is_counted_once_in_the_habit(tmp_path):
    """Every evening at 18:00 it wants 8 kWh, which it gets at 02:00: the habit needs as much, no more."""
    ledger = without_battery(tmp_path)
    days = []
    for number in range(5 * 24):
        hour = number % 24
        wanting = hour >= 18 or (hour < 4 and number >= 24)
        car_kw = 4.0 if hour in {2, 3} and number >= 24 else 0.0
        seen = reading(HOUR * number, p_household_kw=0.0, p_charging_kw=car_kw, car_wanted_kwh=8.0 if wanting else 0.0)
        days.append(ledger.note(seen, FLAT, [], np.zeros(3)))
    whole = [day.totals.import_kwh[:, 0] for day in days if day is not None][1:]
    assert [float(day[HABIT]) for day in whole] == pytest.approx([float(day[REAL]) for day in whole])


def test_a_gap_of_the_gateway_is_no_loss_against_the_habit(tmp_path):
    """1 kW all day, every other telegram of the gateway lost, the meter complete: nothing was saved and nothing was lost."""
    ledger, day = without_battery(tmp_path), None
    for number in range(48):
        silent = number % 2 == 1
        values = {port: np.full(2, np.nan) for port in PORTS}
        values |= {"p_household_kw": np.full(2, np.nan if silent else 1.0), "valid": np.full(2, float(not silent))}
        meters = {port: np.full(2, np.nan) for port in METER_PORTS} | {"p_kw": np.ones(2)}
        seen = read(HOUR * number, View(("a", "b"), values), View(("a", "b"), meters), np.arange(2))
        day = ledger.note(seen, FLAT, [], np.zeros(3)) or day
    assert day.totals.import_kwh[HABIT].tolist() == pytest.approx(day.totals.import_kwh[REAL].tolist())


def test_a_gap_does_not_cut_a_run_in_two():
    machines, runs = Machines(2, 900), []
    for number, p_kw in enumerate((2.0, 2.0, np.nan, 2.0, 0.5, 0.0)):
        seen = reading(900 * number, dishwasher_p_kw=p_kw, p_household_kw=p_kw, valid=float(not np.isnan(p_kw)))
        runs += machines.observe(seen, AWAKE)[1]
    assert [run.started_s for run in runs] == [0]
    assert len(runs[0].programme_kw) == 5


def test_a_job_that_waits_through_a_gap_was_loaded_before_it():
    machines = Machines(2, 900)
    for number, pending in enumerate((1.0, np.nan, 1.0)):
        load_kw = np.nan if np.isnan(pending) else 0.1
        machines.observe(reading(900 * number, dishwasher_pending=pending, p_household_kw=load_kw), AWAKE)
    assert machines.arrived_s[0, 1] == 0


@pytest.mark.parametrize(
    ("port", "value"), [("soc", 1.0000001), ("humidity_percent", 100.1), ("co2_ppm", -1.0), ("illuminance_lx", -0.5)]
)
def test_a_reading_beyond_its_range_does_not_end_the_run(tmp_path, port, value):
    assert Hourly("home_energy", "small", homes(tmp_path), HOUR).observe(reading(0, **{port: value}))


def test_a_home_may_be_steered_in_part(tmp_path):
    file = village(tmp_path, extra="controllers:\n  home_energy: {watch_days: 0, steer: [battery]}\n")
    assert run(load(str(file), ["run.days=1"]), out=tmp_path / "runs", report=False).accounts


def test_a_home_that_gives_only_its_hot_water_is_planned(tmp_path):
    assert _plannable(homes(tmp_path, steer=("hot_water",)), 0)


def test_who_has_nothing_to_say_asks_for_nothing(tmp_path):
    """The arbiter gives a port to the first agent of the highest rank, whatever it asks for: NaN there shuts the others out."""
    village_homes = homes(tmp_path)
    plans, thermals = Plans(village_homes, 4, 900), [NOTHING] * len(village_homes)
    plans.made_s[:] = 0
    asked = Steering(village_homes, 900).set_points(plans, reading(0), Cars(village_homes, 900), thermals, 900)
    assert all(np.isfinite(each.value).all() for each in asked)


def test_a_request_for_a_home_that_does_not_take_part_is_found_before_the_run(tmp_path):
    wish = "{at_h: 1, dwelling: home-b, table: household, port: electronics_on, value: 0}"
    file = village(tmp_path, extra=f"controllers:\n  home_energy: {{dwellings: [home-a], requests: [{wish}]}}\n")
    with pytest.raises(ScenarioError, match=r"requests\[0\]"):
        load(str(file))


@pytest.fixture
def context(tmp_path):
    return load(village(tmp_path)).context


def desk(context, **options):
    chosen = HomeEnergyOptions(**options)
    return Commands("home_energy", Homes(context, chosen), context, chosen.requests)


def request(epoch_s, **fields):
    """Return the request of another module to switch the plugs of home-a's electronics off."""
    usual = {
        "id": "r0",
        "source": "transactive_energy",
        "requested_by": "transactive_energy",
        "pilot": "small",
        "sent": datetime.fromtimestamp(epoch_s, UTC),
        "dwelling": "home-a",
        "command_id": "c0",
        "device": "load-a",
        "table": "household",
        "port": "electronics_on",
        "value": 0.0,
        "state": "requested",
    }
    return RemoteControlData(**(usual | fields))


def told(context, value):
    ids = [device.id for device in context.twin.of_kind("household")]
    return {"household": {"electronics_on": np.where(np.array(ids) == "load-a", value, np.nan)}}


def test_another_module_cannot_speak_as_the_household(context):
    commands = desk(context, opt_out=True)
    assert commands.take(900, [request(900, requested_by="household")], ~AWAKE, 0) == []


def test_a_module_does_not_overwrite_what_the_household_asked_for(context):
    wish = {"at_h": 1.0, "dwelling": "home-a", "table": "household", "port": "electronics_on", "value": 1.0, "valid_h": 4.0}
    commands, start_s = desk(context, requests=[wish]), context.axis.start_epoch_s
    (mine,) = commands.take(start_s + 3600, [], AWAKE, 0)
    assert mine.rank == Rank.USER_OVERRIDE
    assert commands.take(start_s + 4500, [request(start_s + 3600)], AWAKE, 0) == []


def test_a_command_for_later_does_not_act_at_once(context):
    commands = desk(context)
    later = request(900, acts=datetime.fromtimestamp(7200, UTC))
    assert commands.take(900, [later], AWAKE, 0) == []
    assert len(commands.take(7200, [], AWAKE, 0)) == 1


def test_a_command_that_has_expired_does_not_act(context):
    assert desk(context).take(9000, [request(0, valid_s=900.0)], AWAKE, 0) == []


def test_a_short_command_that_did_not_work_failed_and_was_not_overruled(context):
    commands = desk(context)
    commands.take(900, [request(900, valid_s=900.0)], AWAKE, 0)
    for number, value in ((1, 0.0), (2, np.nan)):
        commands.verify(reading(900 * number, p_electronics_kw=0.2), told(context, value))
    assert [message.state for message in commands.take_messages()] == ["failed"]


def test_a_command_is_not_called_failed_while_the_gateway_is_silent(context):
    commands = desk(context)
    commands.take(900, [request(900)], AWAKE, 0)
    for number in (1, 2):
        silent = reading(900 * number, p_electronics_kw=np.nan, p_household_kw=np.nan, valid=0.0)
        commands.verify(silent, told(context, 0.0))
    commands.verify(reading(2700, p_electronics_kw=0.0), told(context, 0.0))
    assert [message.state for message in commands.take_messages()] == ["acknowledged"]


def test_a_car_that_only_tops_up_is_charged_by_habit_when_it_came(tmp_path):
    """On the first day it wants 4 kWh, leaves the next, comes home on the third wanting nothing, and tops up all the same."""
    ledger, days = without_battery(tmp_path), []
    for number in range(5 * 24):
        there = 18 <= number < 34 or number >= 66
        seen = reading(
            HOUR * number,
            p_household_kw=0.0,
            p_charging_kw=4.0 if number in {18, 66} else 0.0,
            car_wanted_kwh=(4.0 if number == 18 else 0.0) if there else np.nan,
            car_departure_s=HOUR * 10.0 if there else np.nan,
        )
        days.append(ledger.note(seen, FLAT, [], np.zeros(3)))
    whole = [day.totals.import_kwh[:, 0] for day in days if day is not None]
    assert [float(day[HABIT]) for day in whole] == pytest.approx([float(day[REAL]) for day in whole])


def test_what_the_gateway_says_late_does_not_raise_the_habit(tmp_path):
    """1 kW on average, which the gateway says an hour late: nobody steered, so the habit is what was, within the shift."""
    ledger, days = without_battery(tmp_path), []
    for number in range(48):
        truth_kw, said_kw = (2.0 * (number % 2 == phase) for phase in (0, 1))
        values = {port: np.full(2, np.nan) for port in PORTS}
        values |= {"p_household_kw": np.zeros(2), "p_heating_kw": np.full(2, said_kw), "valid": np.ones(2)}
        meters = {port: np.full(2, np.nan) for port in METER_PORTS} | {"p_kw": np.full(2, truth_kw)}
        seen = read(HOUR * number, View(("a", "b"), values), View(("a", "b"), meters), np.arange(2))
        days.append(ledger.note(seen, FLAT, [], np.zeros(3)))
    (day,) = [each for each in days if each is not None]
    assert day.totals.import_kwh[HABIT].tolist() == pytest.approx(day.totals.import_kwh[REAL].tolist())

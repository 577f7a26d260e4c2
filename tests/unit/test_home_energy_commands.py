# SPDX-License-Identifier: Apache-2.0
"""Commands to a home's devices: who may, who may not and why, and how each one ends."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from controllers.home_energy.commands import Commands
from controllers.home_energy.homes import Homes
from controllers.home_energy.options import HomeEnergyOptions
from tests.home_energy_case import reading, village
from twinergy.agents import Rank
from twinergy.community.scenario import load
from twinergy.messages.objects.remote_control_data import RemoteControlData

AWAKE = np.zeros(2, dtype=bool)


@pytest.fixture
def context(tmp_path):
    return load(village(tmp_path)).context


def desk(context, **options):
    chosen = HomeEnergyOptions(**options)
    return Commands("home_energy", Homes(context, chosen), context, chosen.requests)


def request(
    epoch_s,
    device="load-a",
    port="electronics_on",
    value=0.0,
    *,
    by="transactive_energy",
    table="household",
    number=0,
    valid_s=3600.0,
):
    return RemoteControlData(
        id=f"r{number}",
        source=by,
        pilot="small",
        sent=datetime.fromtimestamp(epoch_s, UTC),
        dwelling="home-a",
        command_id=f"c{number}",
        valid_s=valid_s,
        requested_by=by,
        device=device,
        table=table,
        port=port,
        value=value,
        state="requested",
    )


def states(commands):
    return [(message.state, message.reason) for message in commands.take_messages()]


def told(context, port, value):
    ids = [device.id for device in context.twin.of_kind("household")]
    values = np.full(len(ids), np.nan)
    values[ids.index("load-a")] = value
    return {"household": {port: values}}


def test_another_module_switches_a_plug_off_and_the_readings_prove_it(context):
    commands = desk(context)
    (asked,) = commands.take(900, [request(900)], AWAKE, 0)
    assert (asked.ids, asked.port, asked.value, asked.rank) == (("load-a",), "electronics_on", 0.0, Rank.DEMAND_RESPONSE)
    commands.verify(reading(900, p_electronics_kw=0.002), told(context, "electronics_on", 0.0))
    assert states(commands) == [("acknowledged", "")]


def test_a_plug_that_goes_on_drawing_is_reported_failed(context):
    commands = desk(context)
    commands.take(900, [request(900)], AWAKE, 0)
    for number in (1, 2):
        commands.verify(reading(900 * number, p_electronics_kw=0.2), told(context, "electronics_on", 0.0))
    ((state, reason),) = states(commands)
    assert state == "failed"
    assert "1800 s" in reason


def test_a_command_that_was_over_too_soon_has_failed(context):
    commands = desk(context)
    commands.take(900, [request(900, port="dishwasher_on", value=1.0, valid_s=900.0)], AWAKE, 0)
    commands.verify(reading(900), told(context, "dishwasher_on", 1.0))
    commands.verify(reading(1800), told(context, "dishwasher_on", np.nan))
    ((state, reason),) = states(commands)
    assert (state, "time was over" in reason) == ("failed", True)


def test_who_is_overruled_by_a_higher_standing_learns_it(context):
    commands = desk(context)
    commands.take(900, [request(900)], AWAKE, 0)
    commands.verify(reading(900, p_electronics_kw=0.2), told(context, "electronics_on", 1.0))
    ((state, reason),) = states(commands)
    assert (state, "higher standing" in reason) == ("refused", True)


@pytest.mark.parametrize(
    ("options", "quiet", "asked", "reason"),
    [
        ({"opt_out": True}, AWAKE, {}, "opted out"),
        ({}, ~AWAKE, {}, "wants quiet from 22 to 6"),
        ({"most_interventions": 0}, AWAKE, {}, "accepts 0 interventions a day"),
        ({}, AWAKE, {"device": "load-x"}, "no household of a home that takes part"),
        ({}, AWAKE, {"port": "fridge_on"}, "cannot be commanded"),
        ({}, AWAKE, {"value": 3.0}, "outside 0 to 1"),
        ({}, AWAKE, {"device": "building-a", "table": "building", "port": "temp_set_degc", "value": 40.0}, "outside 5 to 28"),
    ],
)
def test_what_is_not_permitted_is_refused_with_the_reason(context, options, quiet, asked, reason):
    commands = desk(context, **options)
    assert commands.take(900, [request(900, **asked)], quiet, 0) == []
    ((state, said),) = states(commands)
    assert state == "refused"
    assert reason in said


def test_interventions_are_counted_by_the_local_day(context):
    commands = desk(context, most_interventions=2)
    granted = [len(commands.take(900 * n, [request(900 * n, number=n)], AWAKE, day)) for n, day in enumerate((0, 0, 0, 1))]
    assert granted == [1, 1, 0, 1]


def test_a_household_may_at_any_time_and_overrides(context):
    wish = {"at_h": 1.0, "dwelling": "home-a", "table": "household", "port": "electronics_on", "value": 0.0}
    commands = desk(context, opt_out=True, most_interventions=0, requests=[wish])
    start_s = context.axis.start_epoch_s
    assert commands.take(start_s, [], ~AWAKE, 0) == []
    (asked,) = commands.take(start_s + 3600, [], ~AWAKE, 0)
    assert (asked.rank, asked.valid_s) == (Rank.USER_OVERRIDE, 3600.0)
    assert [state for state, _ in states(commands)] == ["requested"]


def test_what_is_delivered_twice_counts_once(context):
    commands = desk(context, most_interventions=1)
    assert len(commands.take(900, [request(900), request(900)], AWAKE, 0)) == 1
    assert commands.counts["repeated"] == 1


def test_a_device_is_given_back(context):
    commands = desk(context)
    commands.take(900, [request(900)], AWAKE, 0)
    (asked,) = commands.take(1800, [request(1800, value=None, number=1)], AWAKE, 0)
    assert np.isnan(asked.value)
    commands.verify(reading(1800, p_electronics_kw=0.2), told(context, "electronics_on", np.nan))
    assert ("acknowledged", "") in states(commands)


def test_its_own_answers_are_not_requests(context):
    commands = desk(context)
    assert commands.take(900, [request(900, by="home_energy")], AWAKE, 0) == []
    assert commands.counts["requested"] == 0

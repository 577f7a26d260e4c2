# SPDX-License-Identifier: Apache-2.0
"""Transactions and registers: what comes twice, late, never, or after a restart."""

from __future__ import annotations

import json
import math

import pytest

from hardware_in_loop.ocpp.central.metering import Meters
from hardware_in_loop.ocpp.central.registers import RegisterLine
from hardware_in_loop.ocpp.central.transactions import Event, Happening, Ledger, Numbers

STARTED, UPDATED, ENDED = Happening.STARTED, Happening.UPDATED, Happening.ENDED


def line(*readings: tuple[float, float], most_kw: float = 22.0) -> RegisterLine:
    made = RegisterLine(most_kw)
    for time_s, register_kwh in readings:
        made.see(time_s, register_kwh)
    return made


def event(happening: Happening, seq: int | None, time_s: float, register_kwh: float = math.nan, **facts: object) -> Event:
    return Event(happening, "T", 1, time_s, seq, readings=(Meters(time_s=time_s, energy_kwh=register_kwh),), **facts)


def test_a_register_counts_from_its_first_reading() -> None:
    assert line((0, 100.0), (3600, 107.0), (7200, 111.5)).energy_kwh == pytest.approx(11.5)


def test_late_and_repeated_readings_change_nothing() -> None:
    made = line((0, 100.0), (7200, 111.5), (3600, 107.0), (7200, 111.5), (0, 100.0))
    assert (made.energy_kwh, made.restarts) == (pytest.approx(11.5), 0)


def test_a_register_that_begins_anew() -> None:
    """3 kWh before the restart, 2 kWh after it, of which 0.5 kWh before the first reading."""
    made = line((0, 100.0), (3600, 103.0), (3700, 0.5), (7200, 2.0))
    assert (made.energy_kwh, made.restarts) == (pytest.approx(5.0), 1)


def test_what_was_queued_before_a_restart_arrives_after_it() -> None:
    """Live readings overtake the queue: 10, 12 | restart | 0.5, 3 | restart | 0.2, 4. 2 + 3 + 4 = 9 kWh."""
    made = line((0, 10.0), (36000, 4.0), (3600, 12.0), (7200, 0.5), (14400, 3.0), (18000, 0.2))
    assert (made.energy_kwh, made.restarts) == (pytest.approx(9.0), 2)


def test_another_meter_counts_from_what_it_shows() -> None:
    """5000 kWh cannot have been drawn in a minute."""
    assert line((0, 9000.0), (60, 5000.0), (3660, 5007.0)).energy_kwh == pytest.approx(7.0)


def test_a_glitch_is_taken_back() -> None:
    made = line((0, 100.0), (10, 0.0), (20, 100.05))
    assert (made.energy_kwh, made.restarts, made.glitches) == (pytest.approx(0.05), 0, 1)


def test_a_rise_beyond_all_measure_is_a_glitch_too() -> None:
    """4294967.295 kWh is what 32 bits of watt-hours show at most."""
    made = line((0, 100.0), (10, 4294967.295), (20, 100.05), (30, 100.1))
    assert (made.energy_kwh, made.glitches) == (pytest.approx(0.1), 1)


@pytest.mark.parametrize("back_s", [1.0, 3.0, 60.0])
def test_a_clock_that_is_put_back_is_not_a_queue(back_s: float) -> None:
    """11 kW, a reading a second, for a minute; the clock is put back halfway."""
    made = line(*((second - back_s * (second >= 30), 100.0 + 11.0 * second / 3600.0) for second in range(61)))
    assert (made.energy_kwh, made.restarts) == (pytest.approx(11.0 / 60.0), 0)


def test_a_live_reading_is_the_newest_however_its_clock_was_put_back() -> None:
    made = line((7200, 100.0))
    made.see(0.0, 102.0, live=True)
    made.see(60.0, 102.5, live=True)
    assert (made.energy_kwh, made.restarts) == (pytest.approx(2.5), 0)


def test_rounding_is_no_restart() -> None:
    """MeterValues of 1234.6 Wh, then a meterStop of 1234."""
    assert line((0, 1.0), (60, 1.2346), (60, 1.234), (120, 1.3)).energy_kwh == pytest.approx(0.3)


@pytest.mark.parametrize("register_kwh", [math.inf, -1.0])
def test_what_is_no_register_is_ignored(register_kwh: float) -> None:
    made = line((0, 5.0), (60, register_kwh), (120, 5.1))
    assert (made.energy_kwh, made.ignored) == (pytest.approx(0.1), 1)


def test_events_are_counted_once_by_their_numbers() -> None:
    ledger = Ledger(22.0)
    events = [event(STARTED, 0, 0, 50.0), event(UPDATED, 1, 1800, 53.0), event(ENDED, 2, 3600, 57.5)]
    assert [ledger.record(one) for one in events] == [True, True, True]
    assert [ledger.record(one) for one in events] == [False, False, False]
    assert ledger.transactions["T"].drawn.energy_kwh == pytest.approx(7.5)
    assert (ledger.duplicates, ledger.missing) == (3, 0)


def test_a_gap_is_noticed_until_the_queue_fills_it() -> None:
    ledger = Ledger(22.0)
    for one in (event(STARTED, 0, 0, 50.0), event(UPDATED, 3, 3600, 57.0)):
        ledger.record(one)
    assert ledger.missing == 2
    for one in (event(UPDATED, 2, 2400, 55.0, offline=True), event(UPDATED, 1, 1200, 52.0, offline=True)):
        ledger.record(one)
    assert (ledger.missing, ledger.transactions["T"].drawn.energy_kwh) == (0, pytest.approx(7.0))


def test_a_late_event_does_not_turn_the_state_back() -> None:
    ledger = Ledger()
    for one in (event(STARTED, 0, 0), event(UPDATED, 2, 20, state="SuspendedEV"), event(UPDATED, 1, 10, state="Charging")):
        ledger.record(one)
    assert ledger.transactions["T"].state == "SuspendedEV"


def test_an_end_that_overtook_its_start_stays_the_end() -> None:
    ledger = Ledger(22.0)
    ledger.record(event(ENDED, 1, 3600, 57.0))
    ledger.record(event(STARTED, 0, 0, 50.0))
    assert ledger.active(1) is None
    assert (ledger.transactions["T"].drawn.energy_kwh, ledger.adopted) == (pytest.approx(7.0), 0)


def test_a_start_of_16_that_is_sent_again_gets_the_same_id() -> None:
    ledger = Ledger(first_id=7)
    assert ledger.number(1, "CARD", "2024-01-01T00:00:00Z", 1000) == ("7", True)
    assert ledger.number(1, "CARD", "2024-01-01T00:00:00Z", 1000) == ("7", False)
    assert ledger.number(1, "CARD", "2024-01-01T00:00:01Z", 1000) == ("8", True)


def test_a_transaction_that_began_before_us_is_adopted() -> None:
    ledger = Ledger(22.0)
    assert ledger.record(event(UPDATED, None, 0, 60.0))
    assert ledger.record(event(ENDED, None, 3600, 63.0))
    assert not ledger.record(event(ENDED, None, 3600, 63.0))
    assert (ledger.adopted, ledger.transactions["T"].drawn.energy_kwh) == (1, pytest.approx(3.0))


def test_a_restart_of_ours_goes_on_where_it_was() -> None:
    before = Ledger(22.0, first_id=7)
    given, _ = before.number(1, "CARD", "t", 50000)
    before.record(Event(STARTED, given, 1, 0.0, readings=(Meters(time_s=0.0, energy_kwh=50.0),)))
    after = Ledger(22.0, first_id=3)
    after.load(json.loads(json.dumps(before.dump())))
    assert after.number(1, "CARD", "t", 50000) == (given, False)
    assert after.number(1, "CARD", "later", 50000)[0] == "8"
    assert not after.record(Event(STARTED, given, 1, 0.0, readings=(Meters(time_s=0.0, energy_kwh=50.0),)))
    after.record(Event(ENDED, given, 0, 3600.0, readings=(Meters(time_s=3600.0, energy_kwh=58.0),)))
    assert (after.transactions[given].drawn.energy_kwh, after.transactions[given].evse) == (pytest.approx(8.0), 1)


def test_old_transactions_are_forgotten_and_running_ones_are_not() -> None:
    ledger = Ledger()
    ledger.record(Event(STARTED, "long", 1, 0.0, 0))
    for number in range(300):
        ledger.record(Event(STARTED, f"n{number}", 2, 0.0, 0))
        ledger.record(Event(ENDED, f"n{number}", 2, 1.0, 1))
    assert len(ledger.transactions) == 200
    assert ledger.active(1) is not None


def test_numbers_know_what_is_missing() -> None:
    numbers = Numbers()
    assert [numbers.add(number) for number in (0, 1, 5, 5, 3, 4)] == [True, True, True, False, True, True]
    assert (numbers.ranges, numbers.missing) == ([[0, 1], [3, 5]], 1)

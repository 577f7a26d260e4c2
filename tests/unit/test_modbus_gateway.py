# SPDX-License-Identifier: Apache-2.0
"""Units that share a gateway: one keeps silent, the others go on, and it is heard soon after it is back."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from hardware_in_loop.modbus.errors import ModbusError, NoAnswerError
from hardware_in_loop.modbus.units import Units
from tests.unit.test_modbus_connection import answer, connected, run

PERIOD_S = 0.02


def pauses(units, took_s, n, known):
    """Pauses of unit 1 after its second, third ... time-out, each after its own."""
    units.known.update(known)
    now_s, found = 0.0, []
    units.silent(1, now_s, took_s)
    assert units.may_ask(1, now_s)  # one time-out is no sign of anything
    for _ in range(n):
        units.silent(1, now_s, took_s)
        found.append(units.wait_s(1, now_s))
        now_s += found[-1]
        assert units.may_ask(1, now_s)
        units.asked(1, now_s, took_s)
        assert not units.may_ask(1, now_s)  # one probe at a time
    return found


def test_one_that_has_never_answered_is_asked_ever_less():
    assert pauses(Units(), 0.5, 6, {1, 2}) == pytest.approx([0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_one_that_is_alone_is_asked_again_soon():
    assert pauses(Units(), 0.5, 4, {1}) == [0.25] * 4


def test_a_known_one_costs_the_others_a_quarter_of_their_time_at_most():
    for needs_s in (0.001, 0.02, 0.1, 0.4):
        units = Units()
        units.answered(1, needs_s)
        units.known.update({1, 2})
        for _ in range(3):
            units.silent(1, 0.0, units.asked(1, 0.0, 0.5))
        spent_s = waited_s = 0.0
        for _ in range(160):
            probe_s = units.asked(1, waited_s, 0.5)
            units.silent(1, waited_s, probe_s)
            spent_s += probe_s
            waited_s += units.wait_s(1, waited_s)
        assert spent_s / (spent_s + waited_s) <= 0.25


def test_a_gateway_that_waits_itself_is_asked_less_often():
    """The probe was given up after 0.05 s, but the next answer of another unit came 0.5 s late: the gateway was waiting."""
    units = Units()
    units.known.update({1, 2})
    units.answered(1, 0.002)
    units.answered(2, 0.002)
    for _ in range(2):
        units.silent(1, 0.0, units.asked(1, 0.0, 0.5))
    units.asked(2, 0.0, 0.5)
    units.answered(2, 0.5)
    assert units.wait_s(1, 0.0) == pytest.approx(0.4 + 4.0 * 0.498)
    units.answered(2, 0.5)
    assert units.wait_s(1, 0.0) == pytest.approx(0.4 + 4.0 * 0.498)  # only the first answer after it says so


def test_a_serial_line_has_no_brief_probes():
    """There a late answer carries no number: it is given the whole time."""
    units = Units(brief=False)
    units.known.update({1, 2})
    units.answered(1, 0.002)
    for _ in range(4):
        timeout_s = units.asked(1, 0.0, 0.5)
        units.silent(1, 0.0, timeout_s)
        assert timeout_s == 0.5


def test_one_that_has_become_slow_is_given_the_whole_time_now_and_then():
    units = Units()
    units.known.update({1, 2})
    units.answered(1, 0.002)
    waits = []
    for _ in range(34):
        waits.append(units.asked(1, 0.0, 0.5))
        units.silent(1, 0.0, waits[-1])
    assert waits == [0.5, 0.5, *[0.05] * 14, 0.5, *[0.05] * 15, 0.5, 0.05]


async def _poll(connection, unit, ends_s, seen):
    """Read a unit again and again; keep when it answered."""
    while time.monotonic() < ends_s:
        begun_s = time.monotonic()
        try:
            await connection.read(unit, 0, 1)
            seen.append(time.monotonic())
        except ModbusError:
            pass  # it is the missing entry that is looked at
        await asyncio.sleep(max(begun_s + PERIOD_S - time.monotonic(), 0.001))


@pytest.mark.parametrize("silent_s", [1.0, 4.0])
def test_a_unit_behind_a_gateway_is_good_again_within_a_second(silent_s):
    quiet = [False]

    def behave(peer, transport, data):
        if not (quiet[0] and data[6] == 2):
            transport.write(answer(data))

    async def main():
        async with connected(behave, timeout_s=0.3) as (_, connection):
            begun_s = time.monotonic()
            ends_s = begun_s + 0.3 + silent_s + 1.5
            one, two = [], []
            polls = [asyncio.create_task(_poll(connection, unit, ends_s, seen)) for unit, seen in ((1, one), (2, two))]
            await asyncio.sleep(0.3)
            quiet[0] = True
            await asyncio.sleep(silent_s)
            quiet[0], back_s = False, time.monotonic()
            await asyncio.gather(*polls)
            assert min(at for at in two if at > back_s) - back_s < 1.0
            probed_s = [at for at in one if begun_s + 1.0 < at < back_s]  # after the two time-outs that told
            gaps_s = sorted(b - a for a, b in pairwise(probed_s))
            assert len(probed_s) > 0.6 * (back_s - begun_s - 1.0) / PERIOD_S
            assert gaps_s[len(gaps_s) // 2] < 2.0 * PERIOD_S

    run(main)


def test_late_answers_of_a_brief_probe_are_never_taken_for_others():
    """The unit answers after 0.1 s what the probe no longer waits for: values stay those of who was asked."""
    late = [False]

    def behave(peer, transport, data):
        reply = answer(data, [data[6]])
        if late[0] and data[6] == 2:
            asyncio.get_running_loop().call_later(0.1, transport.write, reply)
        else:
            transport.write(reply)

    async def main():
        async with connected(behave, timeout_s=0.08) as (_, connection):
            for unit in (1, 2):
                assert await connection.read(unit, 0, 1) == (unit,)
            late[0] = True
            for _ in range(2):
                with pytest.raises(NoAnswerError):
                    await connection.read(2, 0, 1)
            ends_s = time.monotonic() + 1.5
            while time.monotonic() < ends_s:
                assert await connection.read(1, 0, 1) == (1,)
                if connection.may_ask(2):
                    with pytest.raises(NoAnswerError, match=r"within 0\.05 s"):
                        await connection.read(2, 0, 1)
                await asyncio.sleep(PERIOD_S)

    run(main)

# SPDX-License-Identifier: Apache-2.0
"""What every bus must keep to: in-process, over core NATS and over a NATS stream, the latter two against the real server."""

from __future__ import annotations

import uuid

import pytest

from tests.bus_samples import SENT, action
from twinergy.bus import LocalBus
from twinergy.bus.nats_bus import NatsBus, scope_of
from twinergy.bus.server import EmbeddedServer


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer() as running:
        yield running


@pytest.fixture(params=["local", "nats", "kept"])
def bus(request):
    if request.param == "local":
        bus = LocalBus()
    else:
        bus = NatsBus(request.getfixturevalue("server").address, lasting=request.param == "kept")
    yield bus
    bus.close()


def values(inbox):
    return [message.value for message in inbox.take()]


def test_each_matching_message_once_in_order(bus):
    every, one = bus.subscribe(["twinergy.>", "twinergy.small.>"]), bus.subscribe(["twinergy.*.other.*"])
    messages = [action(number, source="other" if number % 3 else "peak_shaving") for number in range(300)]
    for message in messages:
        bus.publish(message)
    assert every.take() == tuple(messages)
    assert one.take() == tuple(message for message in messages if message.source == "other")
    assert every.take() == ()
    assert (bus.counts.published, bus.counts.delivered, bus.counts.rejected) == (300, 500, {})


def test_a_message_comes_back_as_it_was(bus):
    inbox = bus.subscribe(["twinergy.>"])
    message = action(1, reason="größer als 10 kW “…”\n\u0000", value=0.1 + 0.2, devices=())
    bus.publish(message)
    (got,) = inbox.take()
    assert got == message
    assert type(got) is type(message)


def test_a_subscriber_gets_nothing_from_before(bus):
    bus.publish(action(1))
    inbox = bus.subscribe(["twinergy.>"])
    bus.publish(action(2))
    assert values(inbox) == [2.0]


def test_nobody_needs_to_listen(bus):
    bus.publish(action(1))
    assert bus.flush()
    assert bus.counts.delivered == 0


def test_no_pattern_no_message(bus):
    inbox = bus.subscribe([])
    bus.publish(action(1))
    assert inbox.take() == ()


@pytest.mark.parametrize(("seconds_after", "kept"), [(0, True), (900, True), (901, False)])
def test_what_is_past_its_validity_is_counted_not_handed_out(bus, seconds_after, kept):
    inbox, recorder = bus.subscribe(["twinergy.>"]), bus.subscribe(["twinergy.>"], keep_late=True)
    bus.now_s = SENT.timestamp() + seconds_after
    bus.publish(action(1, valid_s=900.0))
    assert bool(inbox.take()) is kept
    assert len(recorder.take()) == 1
    assert bus.counts.rejected == ({} if kept else {"late": 1})
    if not kept:
        (rejection,) = bus.counts.rejections
        assert "its validity of 900 s ended 1 s ago" in rejection.reason


def test_an_inbox_that_nobody_reads_loses_the_oldest_and_says_so(bus, monkeypatch):
    monkeypatch.setattr("twinergy.bus.inbox.INBOX_LIMIT", 10)
    inbox = bus.subscribe(["twinergy.>"])
    for number in range(15):
        bus.publish(action(number))
    assert values(inbox) == list(range(5, 15))
    assert bus.counts.rejected == {"dropped": 5}
    assert inbox.dropped == 5


def test_flush_waits_until_everything_is_there(bus):
    inbox = bus.subscribe(["twinergy.>"])
    for number in range(500):
        bus.publish(action(number))
    assert bus.flush()
    assert inbox.waiting == 500


def test_closing_twice_is_no_error(bus):
    bus.close()
    bus.close()


@pytest.mark.parametrize("lasting", [False, True], ids=["nats", "kept"])
def test_two_processes_see_each_others_messages_in_order(server, lasting):
    pilot = f"p{uuid.uuid4().hex[:8]}"
    here = NatsBus(server.address, scope=scope_of(pilot), lasting=lasting)
    there = NatsBus(server.address, scope=scope_of(pilot), lasting=lasting)
    try:
        inbox, other = here.subscribe(["twinergy.>"]), there.subscribe(["twinergy.>"])
        for number in range(100):
            there.publish(action(number, pilot=pilot))
        assert there.flush()
        here.publish(action(100, pilot=pilot))
        assert values(inbox) == list(range(101))
        there.publish(action(101, pilot=pilot))
        assert values(other) == list(range(102))
    finally:
        here.close()
        there.close()

# SPDX-License-Identifier: Apache-2.0
"""Reservations at a software station: who is kept out, who gets in, and how each version uses them up."""

from __future__ import annotations

import asyncio
import time

import pytest

from hardware_in_loop.ocpp.station.options import EvseSpec
from hardware_in_loop.ocpp.station.reservations import Reservation, Reservations
from hardware_in_loop.ocpp.station.times import format_time
from hardware_in_loop.ocpp.versions import Version
from tests.unit.test_ocpp_station_world import Toy, until, world

V16, V201, V21 = Version.V16, Version.V201, Version.V21
BOB = {"token": "BOB"}
ALL = pytest.mark.parametrize("version", [V16, V201, V21])


def run(main):
    asyncio.run(main)


def book(version, number=1, card="ANNA", evse=1, ends_s=60.0):
    expiry = format_time(time.time() + ends_s)
    if version is V16:
        return {"connectorId": evse, "expiryDate": expiry, "idTag": card, "reservationId": number}
    wanted = {"id": number, "expiryDateTime": expiry, "idToken": {"idToken": card, "type": "Central"}}
    return wanted | ({"evseId": evse} if evse else {})


def remote(version, token, evse=1):
    if version is V16:
        return "RemoteStartTransaction", {"connectorId": evse, "idTag": token}
    return "RequestStartTransaction", {"idToken": {"idToken": token, "type": "Central"}, "remoteStartId": 1, "evseId": evse}


@ALL
def test_kept_for_anna(version):
    """Bob's card is not even asked about; Anna's start carries the number of her reservation and uses it up."""

    async def main():
        async with world(version, **BOB) as (heard, station, toy):
            name = "status" if version is V16 else "connectorStatus"
            await heard.wait("StatusNotification", **{name: "Available"})
            assert (await heard.rpc.call("ReserveNow", book(version, 7)))["status"] == "Accepted"
            await heard.wait("StatusNotification", **{name: "Reserved"})
            assert toy.asked["cp"]["reserved"] == 1.0
            toy.plugged["cp"] = True
            await asyncio.sleep(0.1)
            assert station.evses[0].transaction is None
            assert not heard.all("Authorize")
            assert toy.power("cp") == 0.0
            toy.plugged["cp"] = False
            await heard.wait("StatusNotification", 2, **{name: "Reserved"})
            assert (await heard.rpc.call(*remote(version, "BOB")))["status"] == "Rejected"
            assert (await heard.rpc.call(*remote(version, "ANNA")))["status"] == "Accepted"
            await until(lambda: station.evses[0].pending is not None)
            # 2.x uses it up when the token is presented, 1.6 when charging starts
            assert (7 in station.keeper.reservations.standing) is (version is V16)
            toy.plugged["cp"] = True
            start = await heard.wait("StartTransaction" if version is V16 else "TransactionEvent")
            assert start["reservationId"] == 7
            assert not station.keeper.reservations.standing
            await until(lambda: toy.asked["cp"]["reserved"] == 0.0)

    run(main())


@ALL
def test_a_reservation_ends(version):
    async def main():
        async with world(version) as (heard, _station, _toy):
            name = "status" if version is V16 else "connectorStatus"
            await heard.wait("StatusNotification", **{name: "Available"})
            assert (await heard.rpc.call("ReserveNow", book(version, 3, ends_s=0.2)))["status"] == "Accepted"
            await heard.wait("StatusNotification", **{name: "Reserved"})
            await heard.wait("StatusNotification", 2, **{name: "Available"})
            if version is not V16:
                update = await heard.wait("ReservationStatusUpdate")
                assert update == {"reservationId": 3, "reservationUpdateStatus": "Expired"}
            assert (await heard.rpc.call("CancelReservation", {"reservationId": 3}))["status"] == "Rejected"

    run(main())


@ALL
def test_every_answer_to_reserve_now(version):
    async def main():
        async with world(version) as (heard, station, toy):
            await heard.wait("StatusNotification")

            async def answer(**more):
                return (await heard.rpc.call("ReserveNow", book(version, **more)))["status"]

            assert await answer(number=1) == "Accepted"
            assert await answer(number=1, card="ELSE") == "Accepted"  # the same number replaces
            assert await answer(number=2) == "Occupied"
            assert await answer(number=2, evse=8) == "Rejected"
            assert (await heard.rpc.call("CancelReservation", {"reservationId": 1}))["status"] == "Accepted"
            toy.plugged["cp"] = True
            await until(lambda: station.evses[0].plugged)
            assert await answer(number=2) == "Occupied"
            toy.plugged["cp"] = False
            await until(lambda: station.evses[0].free)
            station.evses[0].operative = False
            assert await answer(number=2) == "Unavailable"
            station.evses[0].operative = True
            assert await answer(number=2) == "Accepted"
            toy.fault["cp"] = True
            await until(lambda: not station.keeper.reservations.standing)
            assert await answer(number=2) == "Faulted"
            if version is not V16:
                update = await heard.wait("ReservationStatusUpdate")
                assert update["reservationUpdateStatus"] == "Removed"

    run(main())


def test_a_reservation_of_any_keeps_one_free():
    """EVerest #521: with one reservation of any EVSE, of two EVSEs one stays free for it."""

    async def main():
        toy = Toy("a", "b")
        evses = (EvseSpec(device="a", link="a", evse=1), EvseSpec(device="b", link="b", evse=2, old_connector=2))
        async with world(V201, toy=toy, evses=evses, **BOB) as (heard, station, _):
            await heard.wait("StatusNotification", 2)
            assert (await heard.rpc.call("ReserveNow", book(V201, 1, evse=0)))["status"] == "Accepted"
            toy.plugged["a"] = True
            await until(lambda: station.evses[0].transaction is not None)
            await heard.wait("StatusNotification", connectorStatus="Reserved", evseId=2)
            toy.plugged["b"] = True
            await asyncio.sleep(0.1)
            assert station.evses[1].transaction is None
            assert (await heard.rpc.call("ReserveNow", book(V201, 2, evse=0)))["status"] == "Occupied"

    run(main())


def test_groups_may_use_a_reservation():
    one = Reservation(1, "ANNA", 100.0, 1, "FAMILY")
    assert one.is_for("ANNA")
    assert one.is_for("TOM", "FAMILY")
    assert not one.is_for("TOM")
    kept = Reservations({1: one})
    assert kept.blocks(1, 1, "TOM")
    assert not kept.blocks(2, 1, "TOM")
    assert [over.id for over in kept.expired(100.0)] == [1]

# SPDX-License-Identifier: Apache-2.0
"""A reservation from the wish to its end."""

from __future__ import annotations

import pytest

from hardware_in_loop.ocpp.central.reservations import Reservation, Standing


def standing() -> Reservation:
    one = Reservation(id=1, hold_s=900.0)
    one.wish(wanted=True)
    one.answered("Accepted", 1900.0)
    return one


def test_it_is_asked_for_once_and_renewed_at_half() -> None:
    one = Reservation(id=1, hold_s=900.0)
    assert not one.due(1000.0)
    one.wish(wanted=True)
    assert one.due(1000.0)
    one.answered("Accepted", 1900.0)
    assert not one.due(1449.0)
    assert one.due(1450.0)


@pytest.mark.parametrize("status", ["Occupied", "Faulted", "Rejected", "Unavailable"])
def test_a_refusal_is_kept_with_its_reason_and_tried_again(status: str) -> None:
    one = Reservation(id=1, hold_s=900.0)
    one.wish(wanted=True)
    one.answered(status, 1900.0)
    assert (one.standing, one.why, one.due(1001.0)) == (Standing.REFUSED, status, True)


def test_a_refused_renewal_does_not_end_the_one_that_stands() -> None:
    one = standing()
    one.answered("Rejected", 2800.0)
    assert one.standing is Standing.STANDS


def test_it_is_cancelled_when_nobody_wants_it() -> None:
    one = standing()
    one.wish(wanted=False)
    assert one.must_go()
    one.cancelled()
    assert not one.must_go()


@pytest.mark.parametrize(("status", "how"), [("Expired", Standing.EXPIRED), ("Removed", Standing.REMOVED)])
def test_what_the_station_ended_is_asked_for_again(status: str, how: Standing) -> None:
    one = standing()
    one.ended(status)
    assert (one.standing, one.due(1001.0)) == (how, True)


def test_a_guest_uses_it_up_and_the_next_wish_is_a_new_one() -> None:
    one = standing()
    assert not one.used(7)
    assert one.used(1)
    assert not one.due(1e9)  # while the guest is there
    one.wish(wanted=True)
    assert not one.due(1e9)
    one.wish(wanted=True, free_again=True)
    assert one.due(1001.0)

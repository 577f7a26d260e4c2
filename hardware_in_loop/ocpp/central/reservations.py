# SPDX-License-Identifier: Apache-2.0
"""The reservation that keeps a point free, from the wish to its end.

It ends by its expiry, by being used up or by being cancelled. When it is used up differs: in OCPP 1.6 as the transaction starts,
in 2.x already as its token is presented [1]_. Either way the transaction names it. What ended without being used up is asked for
again while the wish stands; a point with a car at it is reserved as soon as it is free.

References
----------
.. [1] OCPP 1.6 edition 2, 3.11 and 5.13; OCPP 2.0.1 part 2, H01 and H03.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How a reservation is."""

    NONE = "none"
    STANDS = "stands"
    USED = "used"
    EXPIRED = "expired"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(slots=True)
class Reservation:
    """The reservation of one point.

    Attributes
    ----------
    id : int
        Its id; one per point, so that a renewal replaces it.
    hold_s : float
        For how long it is asked. [s]
    """

    id: int
    hold_s: float
    wanted: bool = False
    standing: Standing = Standing.NONE
    until_s: float = 0.0
    """When it expires, on our clock. [s]."""
    why: str = ""

    def due(self, now_s: float) -> bool:
        """Return whether the station must be asked for it now: not there, or half of it has passed."""
        if not self.wanted:
            return False
        if self.standing is Standing.USED:
            return False  # its guest is there; the next one is for the next wish
        return self.standing is not Standing.STANDS or self.until_s - now_s <= self.hold_s / 2.0

    def must_go(self) -> bool:
        """Return whether it stands and nobody wants it."""
        return not self.wanted and self.standing is Standing.STANDS

    def answered(self, status: str, until_s: float) -> None:
        """Take in the answer to ReserveNow."""
        accepted = status == "Accepted"
        if accepted:
            self.standing, self.until_s, self.why = Standing.STANDS, until_s, ""
        elif self.standing is not Standing.STANDS:
            self.standing, self.why = Standing.REFUSED, status

    def cancelled(self) -> None:
        """Take in that it was cancelled, or that the station does not know it (any more)."""
        self.standing, self.until_s = Standing.NONE, 0.0

    def ended(self, status: str) -> None:
        """Take in a ReservationStatusUpdate."""
        self.standing = Standing.EXPIRED if status == "Expired" else Standing.REMOVED
        self.until_s = 0.0

    def used(self, reservation_id: int | None) -> bool:
        """Take in a transaction; return whether it used this reservation up."""
        if reservation_id != self.id or self.standing is Standing.NONE:
            return False
        self.standing, self.until_s = Standing.USED, 0.0
        return True

    def wish(self, *, wanted: bool, free_again: bool = False) -> None:
        """Take in what is asked for; a used one can be asked for anew once it was let go of, or once its guest has left."""
        if self.standing is Standing.USED and (not wanted or free_again):
            self.standing = Standing.NONE
        self.wanted = wanted

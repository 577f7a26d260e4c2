# SPDX-License-Identifier: Apache-2.0
"""Reservations of EVSEs, and of any EVSE."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reservation:
    """Somebody will come.

    Attributes
    ----------
    id : int
        Chosen by the central system.
    token, group : str
        Who may use it; a group is empty where there is none.
    expiry_s : float
        Until when it stands, since 1970. [s]
    evse : int
        Number of the EVSE, 0 for whichever is free.
    """

    id: int
    token: str
    expiry_s: float
    evse: int = 0
    group: str = ""

    def is_for(self, token: str, group: str = "") -> bool:
        """Return whether a token may use it."""
        return token == self.token or bool(group and group == self.group)


@dataclass(slots=True)
class Reservations:
    """All reservations of a station by id."""

    standing: dict[int, Reservation] = field(default_factory=dict)

    def of(self, evse: int) -> Reservation | None:
        """Return the one of an EVSE alone."""
        return next((one for one in self.standing.values() if evse and one.evse == evse), None)

    @property
    def for_any(self) -> list[Reservation]:
        """Those for whichever EVSE is free, the oldest first."""
        return [one for one in self.standing.values() if not one.evse]

    def blocks(self, evse: int, free: int, token: str) -> bool:
        """Return whether a token may not use an EVSE.

        Parameters
        ----------
        evse : int
            The EVSE, which is free.
        free : int
            How many EVSEs are free, this one included; one must be left for each reservation of any.
        token : str
            Who wants to charge.
        """
        own = self.of(evse)
        if own is not None:
            return not own.is_for(token)
        others = [one for one in self.for_any if not one.is_for(token)]
        return len(others) == len(self.for_any) and bool(others) and free <= len(others)

    def usable(self, evse: int, token: str) -> Reservation | None:
        """Return the one that a token uses up at an EVSE."""
        own = self.of(evse)
        if own is not None and own.is_for(token):
            return own
        return next((one for one in self.for_any if one.is_for(token)), None)

    def expired(self, now_s: float) -> list[Reservation]:
        """Take out and return those whose time is over."""
        over = [one for one in self.standing.values() if one.expiry_s <= now_s]
        for one in over:
            del self.standing[one.id]
        return over

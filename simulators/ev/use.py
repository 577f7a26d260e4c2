# SPDX-License-Identifier: Apache-2.0
"""How often a car leaves the house: probabilities of a day."""

from __future__ import annotations

from typing import Final, NamedTuple

WEEKS_PER_YEAR: Final = 52.18


class Use(NamedTuple):
    """Probabilities per day; all are *assumptions* and have no unit.

    Attributes
    ----------
    commutes : float
        That a commuter drives to work on a weekday; the rest is leave, illness and work at home.
    weekday, weekend, day_off : float
        A first private outing: of who does not commute, of anybody at weekends, of a commuter who does not go to work.
    after_work, second : float
        Another outing after one to work, and after a private one.
    """

    commutes: float
    weekday: float
    weekend: float
    day_off: float
    after_work: float
    second: float

    def commutes_per_year(self) -> float:
        """Return the days of a year with a trip to work."""
        return self.commutes * 5.0 * WEEKS_PER_YEAR

    def private_per_year(self, *, commuter: bool) -> float:
        """Return the expected number of private outings in a year."""
        going = self.commutes if commuter else 0.0
        first = self.day_off if commuter else self.weekday
        weekday = (1.0 - going) * first * (1.0 + self.second) + going * self.after_work
        return WEEKS_PER_YEAR * (5.0 * weekday + 2.0 * self.weekend * (1.0 + self.second))


USES: Final = {
    "private": Use(commutes=0.65, weekday=0.6, weekend=0.6, day_off=0.5, after_work=0.35, second=0.45),
    "company": Use(commutes=0.9, weekday=0.9, weekend=0.85, day_off=0.8, after_work=0.6, second=0.6),
}
"""``private``: two thirds of the cars move on a day; ``company``: nine out of ten."""

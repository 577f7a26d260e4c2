# SPDX-License-Identifier: Apache-2.0
"""Energy from counting registers, whatever they do: wrap, repeat themselves, come too late, begin again at zero."""

from __future__ import annotations

from fractions import Fraction

RESTART_SHARE = Fraction(1, 2)
"""A register that falls to this share of itself or less may have begun again; what falls less is a late telegram."""
WRAP_SHARE = Fraction(1, 4)
"""A register wraps from within this share below its width to within this share above zero."""
MOST_KW = 10_000.0
"""No device of a community draws or feeds in more. *Assumption*. [kW]"""
MOST_AT_ONCE_KWH = 10.0
"""What has been counted at once is never doubted up to here, however short the time: clocks of devices are coarse. [kWh]"""


def most_kwh(elapsed_s: float) -> float:
    """Return what a register can have counted since the reading before at most; more must be said twice to be believed. [kWh]."""
    return MOST_AT_ONCE_KWH + MOST_KW * max(elapsed_s, 0.0) / 3600.0


class EnergyCounter:
    """Total energy since the first reading of a register that only counts up.

    The rules, for a reading below the latest one that was believed:

    * from the top quarter of the register's width to its bottom quarter: it has wrapped;
    * to more than half of the latest one: a telegram that came too late, or noise; nothing is counted until the register has
      passed the latest one;
    * to half or less: it may have begun again at zero. That is believed once the register goes on counting from there, and then
      everything it shows counts, because it was counted since the restart. If it jumps back up instead, it was a glitch.

    A reading that would add more than can be (a glitch upwards, or a wrap that is none) counts once the next one confirms it.

    What a device counted between the last reading and its restart is unknown to everybody and not counted. Call `restart`
    where the protocol says that the device began again: then nothing must be guessed. Arithmetic is exact for integers.

    Parameters
    ----------
    width_counts : int or None
        Counts after which the register is zero again, ``2**32`` for a register of 32 bits; None for one that never wraps.
    kwh_per_count : float
        What a count is worth. [kWh]

    Examples
    --------
    >>> counter = EnergyCounter(2**16, 0.001)
    >>> [counter.advance(raw) for raw in (65_000, 65_500, 464, 464)]
    [0.0, 0.5, 1.0, 1.0]
    """

    def __init__(self, width_counts: int | None, kwh_per_count: float) -> None:
        self.width_counts = width_counts
        self._kwh_per_count = _exact(kwh_per_count)
        self._offset: Fraction | None = None
        self._last = Fraction(0)
        self._low: Fraction | None = None
        self._total = Fraction(0)
        self._doubted: Fraction | None = None

    @property
    def total_kwh(self) -> float:
        """Energy since the first reading. [kWh]."""
        return float(self._total)

    def advance(self, raw: float, kwh_per_count: float | None = None, most_kwh: float = float("inf")) -> float:
        """Take a reading.

        Parameters
        ----------
        raw : int or float
            What the register shows. [counts]
        kwh_per_count : float, optional
            What a count is worth from this reading on, where a scale factor has moved. [kWh]
        most_kwh : float
            More than this cannot have been added since the last reading, see `most_kwh`. [kWh]

        Returns
        -------
        float
            Energy since the first reading. [kWh]

        Raises
        ------
        ValueError
            If the register shows something that no counter shows: less than zero, or no number.
        """
        if not 0 <= raw < float("inf"):
            message = f"a counter cannot show {raw!r}"
            raise ValueError(message)
        counts = _exact(raw)
        moved = self._rescale(kwh_per_count)
        before = self._offset, self._last, self._low, self._total
        self._take(counts, moved)
        if self._total - before[3] > most_kwh and (self._doubted is None or counts < self._doubted):
            self._offset, self._last, self._low, self._total = before
            self._doubted = counts
        else:
            self._doubted = None
        return self.total_kwh

    def _take(self, counts: Fraction, moved: int) -> None:
        if self._offset is None:
            self._offset, self._last = self._total / self._kwh_per_count - counts, counts
        elif counts >= self._last - moved:
            self._believe(max(counts, self._last))
        else:
            self._fallen(counts)

    def restart(self) -> None:
        """Say that the register has begun again at zero: the next reading counts in full."""
        if self._offset is not None:
            self._offset += self._last
            self._last, self._low, self._doubted = Fraction(0), None, None

    def rebase(self) -> None:
        """Say that the next reading is of another register, another meter: it goes on counting from there."""
        self._offset, self._low, self._doubted = None, None, None

    def _believe(self, counts: Fraction) -> None:
        if self._offset is None:
            return
        self._last, self._low = counts, None
        self._total = max(self._total, (self._offset + counts) * self._kwh_per_count)

    def _fallen(self, counts: Fraction) -> None:
        if self._wrapped(counts) and self._offset is not None and self.width_counts is not None:
            self._offset += self.width_counts
            self._believe(counts)
        elif self._low is not None and counts > self._low:
            self.restart()
            self._believe(counts)
        elif counts <= self._last * RESTART_SHARE:
            self._low = counts
        else:
            self._low = None

    def _wrapped(self, counts: Fraction) -> bool:
        width = self.width_counts
        return width is not None and self._last >= width * (1 - WRAP_SHARE) and counts < width * WRAP_SHARE

    def _rescale(self, kwh_per_count: float | None) -> int:
        """Return how many counts a reading may lie below the latest one, because a coarser scale rounds."""
        new = self._kwh_per_count if kwh_per_count is None else _exact(kwh_per_count)
        if new == self._kwh_per_count:
            return 0
        ratio = self._kwh_per_count / new
        self._kwh_per_count = new
        self._last *= ratio
        self._low = None if self._low is None else self._low * ratio
        self._doubted = None
        self._offset = None if self._offset is None else self._offset * ratio
        return 1


def _exact(number: float) -> Fraction:
    """Return a number as it is written: 0.001 is a thousandth."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(float(number)))

# SPDX-License-Identifier: Apache-2.0
"""What a station can do, as it was found out when it connected."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Abilities:
    """What a station can do; None where it has not said, and trying will tell.

    Attributes
    ----------
    units : frozenset of str
        Units that limits may have, ``A`` and ``W``; empty for unknown.
    level : int or None
        Highest stack level.
    smart, composite, reserves, triggers, steers_both_ways, switches_phases : bool or None
        Smart charging, GetCompositeSchedule, reservations, TriggerMessage, 2.1 V2X, one phase instead of three.
    interval : bool
        Whether it took the interval of meter values.
    measurands : tuple of str
        Measurands that it took.
    maker : str
        Make, model, version.
    """

    units: frozenset[str] = frozenset()
    level: int | None = None
    smart: bool | None = None
    composite: bool | None = None
    reserves: bool | None = None
    triggers: bool | None = None
    steers_both_ways: bool | None = None
    switches_phases: bool | None = None
    interval: bool = False
    measurands: tuple[str, ...] = ()
    maker: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """One line for people.

        >>> Abilities(units=frozenset("W"), level=2, maker="X Y 1").text
        'X Y 1; limits in W, stack level up to 2; no interval of meter values'
        """
        parts = [self.maker] if self.maker else []
        limits = f"limits in {' or '.join(sorted(self.units))}" if self.units else "limits in a unit it did not say"
        parts.append(f"{limits}, stack level up to {self.level}" if self.level is not None else limits)
        lacking = {"smart charging": self.smart, "GetCompositeSchedule": self.composite, "reservations": self.reserves}
        lacking["TriggerMessage"] = self.triggers
        missing = [name for name, has in lacking.items() if has is False]
        if missing:
            parts.append(f"without {', '.join(missing)}")
        if self.switches_phases:
            parts.append("switches phases")
        if self.steers_both_ways:
            parts.append("feeds back")
        parts.append(f"measures {', '.join(self.measurands)}" if self.measurands else "")
        parts.append("" if self.interval else "no interval of meter values")
        return "; ".join(part for part in [*parts, *self.notes] if part)

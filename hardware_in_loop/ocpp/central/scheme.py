# SPDX-License-Identifier: Apache-2.0
"""Which charging profiles carry what, and what is fixed about a point that is steered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.central.smart_charging import Purpose

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.dialect import Place
    from hardware_in_loop.ocpp.central.smart_charging import Wish


@dataclass(frozen=True, slots=True)
class Scheme:
    """Which purposes carry the safe limit and the set-point."""

    safe: Purpose
    wish: Purpose
    idle: Purpose


OVER_DEFAULT: Final = Scheme(Purpose.DEFAULT, Purpose.TX, Purpose.DEFAULT)
OVER_MAX: Final = Scheme(Purpose.MAX, Purpose.MAX, Purpose.MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """What is fixed about a point; see `OcppOptions`."""

    place: Place
    safe: Wish
    within_s: float
    rated_kw: float
    must_fall_back: bool = True
    rate: str = "auto"
    phases: int = 3
    voltage_v: float = 230.0
    switches: bool = False
    both_ways: bool = False
    per_phase: bool = False
    stops: bool = False
    settle_s: float = 10.0

# SPDX-License-Identifier: Apache-2.0
"""Numbers, names and purposes as a planner reads them."""

from __future__ import annotations

import math
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from twinergy.drawing import style

if TYPE_CHECKING:
    from datetime import datetime

MISSING: Final = "–"
NBSP: Final = "\u00a0"
KG_PER_T: Final = 1000.0
FOUR_DIGITS: Final = 1000.0
TWO_DIGITS: Final = 10.0

KINDS: Final = {
    "pv": "PV",
    "wind": "Wind",
    "battery": "Batteries",
    "chp": "CHP",
    "boiler": "Boilers",
    "heat_pump": "Heat pumps",
    "heat_buffer": "Heat buffers",
    "ev": "Cars that feed back",
    "tariff": "Connections",
}
COLOUR_OF_KIND: Final = {
    "pv": style.ORANGE,
    "wind": style.TEAL,
    "battery": style.GREEN,
    "chp": style.PURPLE,
    "boiler": style.VERMILION,
    "heat_pump": style.BLUE,
    "heat_buffer": style.MINT,
    "ev": style.SKY,
}
PURPOSES: Final = {
    "investment": ("investment, a year's part", style.PURPLE),
    "import": ("drawn from the grid", style.BLUE),
    "fuel": ("fuel", style.VERMILION),
    "operation": ("operation", style.GENERATION[2]),
    "wear": ("wear", style.GENERATION[1]),
    "peak": ("peak power", style.TEAL),
    "co2_price": ("price on carbon", style.INK),
    "export": ("fed into the grid", style.SKY),
    "sharing": ("sharing", style.MINT),
    "subsidy": ("bonus", style.GREEN),
}
"""Purposes of the account: what they are called, and their colours; the order is that of the stack."""
EMITTED: Final = {"investment": "making the devices", "export": "credit for what is fed in"}
"""Purposes that are called otherwise where greenhouse gases are counted."""
QUESTIONS: Final = {
    "dispatch": "How is what exists run best?",
    "storage": "Which storage, how big, and where?",
    "hosting": "How much sun and wind is there room for?",
    "chp": "Which CHP unit suits the site?",
    "storage_and_res": "Which renewables and which storage together?",
}
GOALS: Final = {"cost": "least cost", "co2": "least greenhouse gases"}
UNITS: Final = {"size_kwp": "kWp", "capacity_kwh": "kWh", "power_kw": "kW", "size_kw": "kW", "limit_kw": "kW", "v2g_kw": "kW"}
SAID: Final = {
    "optimal": "optimal",
    "good": "good, not proven the best",
    "infeasible": "impossible as asked",
    "unbounded": "cost falls without end",
    "unfinished": "not finished",
}
_SIZE: Final = re.compile(r"[\w-]+\.\w+_(?:kwp|kwh|kw)\b")
USABLE: Final = frozenset({"optimal", "good"})


def real(value: Any) -> float:
    """Return a number, NaN for none: JSON has no NaN."""
    return math.nan if value is None else float(value)


def number(value: Any, digits: int | None = None) -> str:
    """Return a number for people: three digits that count, or as many after the point as asked for.

    >>> number(1234.5), number(-0.1234), number(None)
    ('1,234', '−0.12', '–')
    """
    known = real(value)
    if math.isnan(known):
        return MISSING
    if math.isinf(known):
        return "∞" if known > 0.0 else "−∞"
    size = abs(known)
    if not size:
        return "0"
    after = digits if digits is not None else 0 if size >= FOUR_DIGITS / 10.0 else 1 if size >= TWO_DIGITS else 2
    text = f"{known:,.{after}f}"
    return (text if float(text.replace(",", "")) else text.lstrip("-")).replace("-", "−")


def given(value: Any) -> str:
    """Return a number that somebody gave, as it was given.

    >>> given(0.05), given(1200.0)
    ('0.05', '1,200')
    """
    text = f"{real(value):,.6g}"
    return (MISSING if text == "nan" else text).replace("-", "−")


def quantity(value: Any, unit: str, digits: int | None = None) -> str:
    r"""Return a number with its unit on one line.

    >>> quantity(12.3456, "kWp")
    '12.3\xa0kWp'
    """
    text = number(value, digits)
    return text if text == MISSING else f"{text}{NBSP}{unit}".removesuffix(f"{NBSP}1")


def money(value: Any) -> str:
    r"""Return an amount in whole euro.

    >>> money(-1234.5)
    '−1,234\xa0EUR'
    """
    return quantity(value, "EUR", 0)


def tonnes(co2_kg: Any) -> str:
    r"""Return greenhouse gases given in kg.

    >>> tonnes(12345.0)
    '12.3\xa0t'
    """
    return quantity(real(co2_kg) / KG_PER_T, "t")


def percent(share: Any) -> str:
    r"""Return a share in percent.

    >>> percent(0.123)
    '12.3\xa0%'
    """
    return quantity(100.0 * real(share), "%")


def title(name: str) -> str:
    """Return a name of the machine as words: ``battery.capacity_kwh`` becomes ``Batteries, kWh``.

    >>> title("battery.capacity_kwh"), title("pv-homes-1.size_south_kwp")
    ('Batteries, kWh', 'pv-homes-1, south kWp')
    """
    owner, _, size = name.partition(".")
    head = KINDS.get(owner, owner)
    if not size:
        return head
    tail = UNITS.get(size) or _tail(size)
    return f"{head}, {tail}"


def _tail(size: str) -> str:
    words = size.removeprefix("size_").split("_")
    units = {unit.lower(): unit for unit in UNITS.values()}
    return " ".join([*words[:-1], units.get(words[-1], words[-1])])


def plain(text: str) -> str:
    """Return a sentence in which sizes of the model are words.

    >>> plain("pv-homes-2.size_tilt45_azimuth270_kwp is at its limit")
    'pv-homes-2, tilt45 azimuth270 kWp is at its limit'
    """
    return _SIZE.sub(lambda found: title(found.group()), text)


def local(moment: datetime, timezone: str) -> str:
    """Return a moment as people of a place write it.

    >>> from datetime import datetime
    >>> local(datetime(2024, 7, 2, 11, tzinfo=UTC), "Europe/Berlin")
    'Tuesday, 2 July 2024, 13:00'
    """
    here = moment.astimezone(UTC).astimezone(ZoneInfo(timezone))
    return f"{here:%A}, {here.day} {here:%B %Y, %H:%M}"

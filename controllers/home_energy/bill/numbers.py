# SPDX-License-Identifier: Apache-2.0
"""Numbers and dates as bills print them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Mark = Literal["comma", "point"]
_PATTERNS: Final[dict[Mark, re.Pattern[str]]] = {
    "comma": re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"),
    "point": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"),
}
_DATES: Final = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"),
    re.compile(r"(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<y>\d{4})"),
)
SYMBOLS: Final = {"€": "EUR", "£": "GBP"}


def bare(text: str) -> str:
    """Return a number without currency, percent sign and blanks; a trailing minus comes to the front."""
    found = re.sub(r"[\s\u00a0'€£%]|EUR|GBP", "", text).replace("\u2212", "-")
    return f"-{found[:-1]}" if found.endswith("-") else found


def marks_of(texts: Iterable[str]) -> list[Mark]:
    """Return which decimal marks all these numbers can be read with; two if it makes no difference or cannot be told."""
    numbers = [bare(text) for text in texts]
    return [mark for mark, pattern in _PATTERNS.items() if all(pattern.fullmatch(number) for number in numbers)]


def number(text: str, mark: Mark) -> Decimal:
    """Return the number a text prints, exactly.

    >>> number("1.234,50 €", "comma")
    Decimal('1234.50')

    Raises
    ------
    ValueError
        If it is none with this decimal mark.
    """
    found = bare(text)
    if not _PATTERNS[mark].fullmatch(found):
        message = f"{text!r} is no number with decimal {mark}"
        raise ValueError(message)
    plain = found.replace(".", "").replace(",", ".") if mark == "comma" else found.replace(",", "")
    return Decimal(plain)


def day(text: str) -> date:
    """Return a date of the form 2024-03-31, 31.03.2024 or 31/03/2024 (day before month, as in Europe).

    Raises
    ------
    ValueError
        If it is none of them.
    """
    for pattern in _DATES:
        found = pattern.fullmatch(text.strip())
        if found:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
    message = f"{text!r} is no date such as 2024-03-31, 31.03.2024 or 31/03/2024"
    raise ValueError(message)

# SPDX-License-Identifier: Apache-2.0
"""Reads a bill from CSV, with every finding at once."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from controllers.home_energy.bill.document import ALIASES, SUMS, Bill, Item, Line
from controllers.home_energy.bill.numbers import SYMBOLS, day, marks_of, number
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controllers.home_energy.bill.numbers import Mark

COLUMNS: Final = ("item", "from", "to", "quantity", "unit", "unit_price", "amount", "vat_percent")
OPTIONAL: Final = ("reading", "currency")
HEADERS: Final[dict[str, str]] = {
    **{name: name for name in (*COLUMNS, *OPTIONAL)},
    **dict.fromkeys(("position", "posten", "description"), "item"),
    **dict.fromkeys(("von", "start", "dal"), "from"),
    **dict.fromkeys(("bis", "end", "al"), "to"),
    **dict.fromkeys(("menge", "units", "quantità"), "quantity"),
    **dict.fromkeys(("einheit", "unità"), "unit"),
    **dict.fromkeys(("preis", "price", "unit price", "einzelpreis", "prezzo"), "unit_price"),
    **dict.fromkeys(("unit_price_ct", "unit_price_p", "ct/kwh", "p/kwh"), "unit_price_minor"),
    **dict.fromkeys(("betrag", "importo", "charge"), "amount"),
    **dict.fromkeys(("vat", "vat rate", "mwst", "ust", "iva"), "vat_percent"),
    **dict.fromkeys(("ablesung", "lettura"), "reading"),
    **dict.fromkeys(("währung", "valuta"), "currency"),
}
UNITS: Final = {
    **dict.fromkeys(("kwh",), "kWh"),
    **dict.fromkeys(("d", "day", "days", "tag", "tage", "giorni"), "day"),
    **dict.fromkeys(("month", "months", "monat", "monate", "mesi"), "month"),
    **dict.fromkeys(("a", "year", "years", "jahr", "jahre", "anno"), "year"),
    "": "",
}
READINGS: Final = {
    **dict.fromkeys(("", "read", "actual", "a", "abgelesen", "reale"), False),
    **dict.fromkeys(("estimated", "e", "geschätzt", "rechnerisch", "stimata"), True),
}
LARGEST_BYTES: Final = 5_000_000


def read_bill(path: Path, *, decimal: Literal["auto", "comma", "point"] = "auto", currency: str = "") -> Bill:
    """Return the bill of a CSV file.

    The columns are ``item, from, to, quantity, unit, unit_price, amount, vat_percent`` and, if wanted, ``reading`` (read or
    estimated) and ``currency``; separated by comma, semicolon or tab; ``unit_price_ct`` or ``unit_price_p`` holds cents or
    pence. Both dates are local and included. Sums (net, vat, total) need an amount only.

    Parameters
    ----------
    path : pathlib.Path
        The file, UTF-8.
    decimal : {"auto", "comma", "point"}
        Decimal mark; found out by default, and asked for where the file can be read both ways.
    currency : str
        ISO 4217 code; by default what the file says, or EUR.

    Raises
    ------
    ScenarioError
        With every finding and its line.
    """
    rows, header = _rows(path)
    money = [name for name in ("quantity", "unit_price", "unit_price_minor", "amount", "vat_percent") if name in header]
    mark = _mark(path, [cell for _, row in rows for name in money if (cell := row.get(name, ""))], decimal)
    reader = _Reader(path, mark)
    lines = [reader.line(place, row) for place, row in rows]
    found = currency or _currency(path, reader, rows)
    if reader.findings:
        raise ScenarioError(reader.findings, "bill")
    bill = Bill(tuple(line for line in lines if line is not None), found, path.name)
    if not bill.charges:
        raise ScenarioError([Finding(message="the bill charges for nothing", file=str(path))], "bill")
    return bill


def item_of(text: str) -> Item:
    """Return what a printed item charges for.

    >>> item_of("Arbeitspreis: Nacht"), item_of("Treueprämie")
    (<Item.SUPPLY: 'supply'>, <Item.UNKNOWN: 'unknown'>)
    """
    plain = re.sub(r"\(.*?\)|:.*", "", text).strip().lower()
    return ALIASES.get(plain, Item.UNKNOWN)


class _Reader:
    """Turns rows into lines and gathers what is wrong."""

    def __init__(self, path: Path, mark: Mark) -> None:
        self.path, self.mark = path, mark
        self.findings: list[Finding] = []

    def line(self, place: int, row: dict[str, str]) -> Line | None:
        before = len(self.findings)
        item = item_of(row["item"])
        bare = item in SUMS

        def value(name: str, convert: Callable[[str], Any], *, needed: bool) -> Any:
            text = row.get(name, "")
            if not text and not needed:
                return None
            try:
                return convert(text)
            except (ValueError, KeyError) as error:
                message = str(error) if isinstance(error, ValueError) else f"unknown {name}"
                allowed = "kWh, day, month, year" if name == "unit" else ""
                self.findings.append(
                    Finding(message=message, path=name, file=str(self.path), line=place, value=text, allowed=allowed)
                )
                return None

        def as_number(text: str) -> Any:
            return number(text, self.mark)

        start, end = value("from", day, needed=True), value("to", day, needed=True)
        if start and end and end < start:
            message = f"the last day {end} is before the first {start}"
            self.findings.append(Finding(message=message, path="to", file=str(self.path), line=place, value=row["to"]))
        priced = item not in SUMS and item is not Item.UNKNOWN
        price = value("unit_price", as_number, needed=priced and "unit_price_minor" not in row)
        minor = value("unit_price_minor", as_number, needed=False)
        found = {
            "quantity": value("quantity", as_number, needed=priced),
            "unit": value("unit", lambda text: UNITS[text.lower()], needed=False) or "",
            "unit_price": price if minor is None else minor.scaleb(-2),
            "amount": value("amount", as_number, needed=True),
            "vat_percent": value("vat_percent", as_number, needed=priced or item is Item.VAT),
            "estimated": value("reading", lambda text: READINGS[text.lower()], needed=False) or False,
        }
        if row["unit"].lower() in UNITS:
            self._check_unit(item, found["unit"], place, row, bare=bare)
        return (
            Line(number=place, text=row["item"], item=item, start=start, end=end, **found)
            if len(self.findings) == before
            else None
        )

    def _check_unit(self, item: Item, unit: str, place: int, row: dict[str, str], *, bare: bool) -> None:
        if bare or item is Item.UNKNOWN:
            return
        allowed = ("day", "month", "year") if item is Item.STANDING else ("kWh",)
        if unit not in allowed:
            message = f"{row['item']!r} is not counted in this unit"
            finding = Finding(
                message=message, path="unit", file=str(self.path), line=place, value=row.get("unit"), allowed=", ".join(allowed)
            )
            self.findings.append(finding)


def _rows(path: Path) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _wrong(path, f"is larger than {LARGEST_BYTES} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error
    first = text.split("\n", 1)[0]
    separator = max(";\t,", key=first.count)
    try:
        cells = [
            (place, row) for place, row in enumerate(csv.reader(text.splitlines(), delimiter=separator), start=1) if any(row)
        ]
    except csv.Error as error:
        raise _wrong(path, f"is no CSV: {error}") from error
    header = _header(path, [name.strip().lower() for name in cells[0][1]] if cells else [])
    short = [place for place, row in cells[1:] if len(row) != len(header)]
    if short:
        findings = [Finding(message=f"a row of {len(header)} cells was expected", file=str(path), line=place) for place in short]
        raise ScenarioError(findings, "bill")
    return [(place, dict(zip(header, (cell.strip() for cell in row), strict=True))) for place, row in cells[1:]], header


def _header(path: Path, names: list[str]) -> list[str]:
    found = [HEADERS.get(name, "") for name in names]
    findings = [
        Finding(message=f"unknown column {name!r}", file=str(path), line=1, allowed=closest(name, HEADERS))
        for name, known in zip(names, found, strict=True)
        if not known
    ]
    there = {*found, "unit_price"} if "unit_price_minor" in found else set(found)
    findings += [Finding(message=f"column {name!r} is missing", file=str(path), line=1) for name in COLUMNS if name not in there]
    doubled = sorted({name for name in found if name and found.count(name) > 1})
    findings += [Finding(message=f"column {name!r} stands there twice", file=str(path), line=1) for name in doubled]
    if findings:
        raise ScenarioError(findings, "bill")
    return found


def _mark(path: Path, cells: list[str], decimal: str) -> Mark:
    if decimal in {"comma", "point"}:
        return decimal  # type: ignore[return-value]  # narrowed by the line above
    marks = marks_of(cells)
    if len(marks) == 1:
        return marks[0]
    if marks and [number(cell, "comma") for cell in cells] == [number(cell, "point") for cell in cells]:
        return "point"
    if marks:
        raise _wrong(path, "can be read with decimal comma and with decimal point; say which: decimal='comma' or 'point'")
    commas = sum("," in cell for cell in cells)
    return "comma" if 2 * commas > len(cells) else "point"  # something is wrong: the reader says which cells


def _currency(path: Path, reader: _Reader, rows: list[tuple[int, dict[str, str]]]) -> str:
    named = {row["currency"].upper() for _, row in rows if row.get("currency")}
    named |= {code for _, row in rows for cell in row.values() for symbol, code in SYMBOLS.items() if symbol in cell}
    if len(named) > 1:
        reader.findings.append(Finding(message=f"the bill names several currencies: {', '.join(sorted(named))}", file=str(path)))
    return next(iter(named), "EUR")


def _wrong(path: Path, message: str) -> ScenarioError:
    return ScenarioError([Finding(message=message, file=str(path))], "bill")

# SPDX-License-Identifier: Apache-2.0
"""The page of a plan and of its proof: whole, self-contained, escaped, and honest about what is not known."""

from __future__ import annotations

import dataclasses
import math
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.planning.report_sample import BERLIN, topology, village
from twinergy.planning import folder as folders
from twinergy.planning.report import write_report, write_verification

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"meta", "br", "link", "img", "input", "hr"}
WEEK = 168
EVERYTHING = [
    "answer",
    "options",
    "costs",
    "emissions",
    "account",
    "built",
    "sizes",
    "front",
    "week1",
    "week2",
    "months",
    "duration",
    "network",
    "grid",
    "tornado",
    "ranges",
    "futures",
    "reasons",
    "assumptions",
    "again",
    "made",
]


class Page(HTMLParser):
    """Reads a page: whether tags close, where it points to, and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "section":
            self.ids.append(str(known.get("id")))
        self.links += [str(known[name]) for name in ("href", "src") if known.get(name)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """SVG closes some tags at once."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page_of(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Page]:
    out = tmp_path_factory.mktemp("plan")
    return out, page_of(write_report(village(), out, topology=topology(), timezone=BERLIN))


def test_everything_that_a_plan_has_is_on_the_page(whole: tuple[Path, Page]) -> None:
    _, page = whole
    assert page.open == []
    assert set(EVERYTHING) <= set(page.ids)
    assert [name for name in page.ids if name in EVERYTHING] == EVERYTHING


def test_the_page_needs_nothing_else(whole: tuple[Path, Page]) -> None:
    out, page = whole
    assert [link for link in page.links if not link.startswith("#")] == []
    assert "url(http" not in (out / "report.html").read_text(encoding="utf-8")
    assert "@import" not in (out / "report.html").read_text(encoding="utf-8")


def test_figures_are_files_as_well(whole: tuple[Path, Page]) -> None:
    out, _ = whole
    pictures = {path.stem: path.read_bytes() for path in (out / "figures").glob("*.png")}
    assert set(pictures) >= {"costs", "emissions", "front", "week1", "duration", "network", "tornado"}
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 4000 for picture in pictures.values())


def test_the_answer_says_what_to_build_and_what_it_brings(whole: tuple[Path, Page]) -> None:
    _, page = whole
    text = page.text.replace("\u00a0", " ")
    assert "Build 106 kWp of PV at 26 places, 120 kWh of batteries at 24 places and 15.0 kW of CHP." in text
    assert "That takes 222,700 EUR at once." in text
    assert "76,936 EUR, the investment's part included, instead of 113,010 EUR (31.9 % less)" in text


def test_numbers_of_technologies_come_with_their_sources(whole: tuple[Path, Page]) -> None:
    _, page = whole
    assert "dea_power: sheet 22, rooftop PV residential" in page.text
    assert "Danish Energy Agency" in page.text


def test_texts_of_people_are_text() -> None:
    with pytest.raises(AssertionError, match="closes something else"):
        Page("<p><b></p>")  # the reader above bites


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    plan = village(
        WEEK, name="<script>alert(1)</script> & <b>", notes=("<i>note",), scenario='"><img src=x>', extras={}, flows={}
    )
    page = page_of(write_report(plan, tmp_path))
    assert page.open == []
    assert "<script>alert(1)</script> & <b>" in page.text
    assert "<i>note" in page.text
    assert page.links == [link for link in page.links if link.startswith("#")]


def test_what_is_not_known_is_a_dash_and_never_a_number(tmp_path: Path) -> None:
    extras: dict[str, Any] = village(WEEK).extras
    front = {"points": [{"eur": None, "co2_kg": math.nan, "eur_per_t": None, "sizes": {}}]}
    units = tuple(dataclasses.replace(unit, invest_eur=math.nan) for unit in village(WEEK).units)
    page = page_of(write_report(village(WEEK, gap=math.nan, units=units, flows={}, extras={**extras, "front": front}), tmp_path))
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", page.text)
    assert "front, – EUR/t" in page.text


def test_a_plan_that_was_read_again_has_the_same_page(tmp_path: Path) -> None:
    plan = village(WEEK, extras={name: village(WEEK).extras[name] for name in ("front", "uncertain")})
    first = write_report(plan, tmp_path / "one", timezone=BERLIN).read_text(encoding="utf-8")
    again = folders.read(folders.write(plan, tmp_path / "kept"))
    second = write_report(again, tmp_path / "two" / "one", timezone=BERLIN).read_text(encoding="utf-8")
    assert first == second


def test_a_plan_with_nothing_beyond_itself(tmp_path: Path) -> None:
    plan = village(WEEK, reference=(), grid=None, extras={}, reasons=(), notes=(), seconds={}, flows={}, units=())
    page = page_of(write_report(plan, tmp_path))
    assert set(page.ids) == {"answer", "costs", "emissions", "account", "assumptions", "again", "made"}
    assert "Build nothing" in page.text


def test_no_plan_says_what_is_in_the_way(tmp_path: Path) -> None:
    member = {"kind": "most", "block": "pv-farm", "name": "size_kwp", "value": 30.0, "unit": "kWp", "missed": 12.0, "hours": None}
    lack = {"kind": "demand", "block": "heat", "name": "heat", "value": 90.0, "unit": "kW", "missed": 20.0, "hours": 31.0}
    conflict = {"status": "infeasible", "clashes": [[member, lack]], "runaways": []}
    nothing: dict[str, Any] = {"units": (), "account": (), "reference": (), "flows": {}, "grid": None, "reasons": ()}
    page = page_of(write_report(village(WEEK, status="infeasible", extras={"conflict": conflict}, **nothing), tmp_path))
    text = page.text.replace("\u00a0", " ")
    assert "impossible as asked" in text
    assert "pv-farm: size kwp, 30.0 kWp: raise it by 12.0 kWp" in text
    assert "heat: heat, 90.0 kW: lower it, or bring more, by up to 20.0 kW in 31 h a year" in text
    assert "costs" not in page.ids


def test_typical_periods_have_no_dates_and_no_months(tmp_path: Path) -> None:
    options = {"resolution": {"kind": "typical", "periods": 3, "hours": 24}}
    hours = np.repeat([100.0, 200.0, 65.0], 24)
    page = page_of(write_report(village(72, options=options, hours=hours, extras={}), tmp_path, timezone=BERLIN))
    assert "months" not in page.ids
    assert "typical period" in page.text
    assert "January 2024" not in page.text


def test_limits_that_could_not_be_kept_are_said_first(tmp_path: Path) -> None:
    grid = dataclasses.replace(village(WEEK).grid, agreed=False, line_percent=131.0, diverged=3)  # type: ignore[type-var]
    text = page_of(write_report(village(WEEK, grid=grid, extras={}, flows={}), tmp_path)).text.replace("\u00a0", " ")
    assert "The network does not carry it" in text
    assert "network limits broken" in text
    assert "In 3 steps it found no solution" in text


def test_without_a_map_there_is_a_table(tmp_path: Path) -> None:
    page = page_of(write_report(village(WEEK, extras={}, flows={}), tmp_path))
    assert "network" not in page.ids
    assert "lv-6 0.9460" in page.text.replace("\u00a0", " ")


def test_options_of_another_version_leave_the_assumptions_out(tmp_path: Path) -> None:
    page = page_of(write_report(village(WEEK, options={"no_such_option": 1}, extras={}, flows={}), tmp_path))
    assert "assumptions" in page.ids
    assert "Discount rate" not in page.text


def test_the_proof_shows_both_sides_and_the_way_between(tmp_path: Path) -> None:
    rows = [
        {"what": "eur", "unit": "EUR/a", "planned": 1000.0, "simulated": 1150.0},
        {"what": "co2_kg", "unit": "kg/a", "planned": 500.0, "simulated": 450.0},
        {"what": "too_cold_kh", "unit": "K h/a", "planned": None, "simulated": 12.0},
    ]
    reasons = [{"reason": "control", "eur": 120.0, "co2_kg": -50.0}, {"reason": "<forecast>", "eur": 30.0, "co2_kg": 0.0}]
    page = page_of(write_verification(village(WEEK), rows, reasons, tmp_path, notes=["4 weeks"], adds="a battery"))
    text = page.text.replace("\u00a0", " ")
    assert page.open == []
    assert "In the twin it costs 1,150 EUR a year, 150 (15.0 %) more than planned." in text
    assert "it emits 450 kg of greenhouse gases a year, 50 (10.0 %) less than planned." in text
    assert "<forecast>" in text
    assert (tmp_path / "figures" / "gap_eur.png").is_file()


def test_a_proof_without_ends_has_no_waterfall(tmp_path: Path) -> None:
    page = page_of(
        write_verification(village(WEEK), [{"what": "cycles", "unit": "1/a", "planned": 200.0, "simulated": 180.0}], [], tmp_path)
    )
    assert page.ids == ["figures"]


def test_a_proof_that_says_only_reasons_shows_what_they_add_up_to(tmp_path: Path) -> None:
    reasons = [
        {"name": "control", "what": "by rule", "eur": 120.0, "co2_kg": 0.0},
        {"name": "forecast", "eur": -20.0, "co2_kg": 0.0},
    ]
    page = page_of(write_verification(village(WEEK), [], reasons, tmp_path))
    assert "In the twin it costs 100 EUR a year more than planned." in page.text.replace("\u00a0", " ")
    assert "gap_eur" in page.ids
    assert "gap_co2_kg" not in page.ids


def test_alternatives_of_a_few_weeks_say_so(tmp_path: Path) -> None:
    plans = [{"sought": "best", "eur": 70000.0, "co2_kg": 1.0, "sizes": {}}]
    page = page_of(write_report(village(WEEK, extras={"alternatives": {"plans": plans}}, flows={}), tmp_path))
    assert "by which the best plan costs 70,000 EUR a year" in page.text.replace("\u00a0", " ")

# SPDX-License-Identifier: Apache-2.0
"""The report: complete, self-contained, honest about faults, safe against names that look like HTML."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.unit.results_sample import write_run
from twinergy.results.compare import compare
from twinergy.results.errors import UnreadableError
from twinergy.results.reader import Run
from twinergy.results.report import render, write_report
from twinergy.results.report_facts import period

if TYPE_CHECKING:
    from pathlib import Path

LIGHT = ("writer", "reader", "kpis", "report", "figures", "compare", "block", "settlement")
HEAVY = ("pandas", "pyarrow", "matplotlib", "duckdb", "jinja2", "pydantic", "mosaik")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(write_run(tmp_path_factory.mktemp("runs"), days=2, homes=16, step_s=3600).path)


@pytest.fixture(scope="module")
def page(run: Run) -> str:
    return write_report(run).read_text(encoding="utf-8")


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Path:
    return shutil.copytree(run.path, tmp_path / "copy")


def change(copy: Path, **facts: object) -> str:
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
    return render(Run(copy))


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}">', 1)[1].split("</section>", 1)[0]


class Ids(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.count.update(str(value) for name, value in attrs if name == "id")


def test_nothing_is_fetched_from_elsewhere(page: str) -> None:
    assert not re.findall(
        r'(?:src|(?<!xlink:)href)="(?!#|data:text/csv;)[^"]*"|url\((?!#)|@import|<script.*src|<link|fetch\(', page
    )


def test_ids_are_unique(page: str) -> None:
    assert [name for name, count in Ids(page).count.items() if count > 1] == []


def test_all_figures_are_inside(page: str, run: Run) -> None:
    assert Ids(page).tags["svg"] == 7
    assert len(list(run.folder.figures.glob("*.svg"))) == 7


def test_every_key_figure_is_named(page: str, run: Run) -> None:
    assert [figure.name for figure in run.kpis.values() if figure.title not in page] == []


def test_what_was_run(page: str) -> None:
    for text in ("A street with roofs and batteries", "Hagedorn", "1 July 2024 – 2 July 2024 (2 days)", "60 min", "numpy"):
        assert text in page


def test_clean_run_says_so(page: str) -> None:
    assert "Everything adds up" in page
    assert 'class="bad"' not in page


def test_connections_beyond_the_first_can_be_opened(page: str) -> None:
    assert "Show the other 6" in page
    assert section(page, "connections").count("<tr><td>home 0") == 16


def test_dwellings_can_be_downloaded(page: str, run: Run) -> None:
    found = re.search(r'download="dwellings.csv" href="data:text/csv;base64,([^"]+)"', page)
    assert found is not None
    assert base64.b64decode(found[1]) == run.folder.table("dwellings").with_suffix(".csv").read_bytes()
    part = section(page, "dwellings")
    assert part.count("<tr><td>home 0") == 16
    assert "Show all 16" in part
    bills = [float(bill) for bill in re.findall(r'class="number">([-\d.]+)</td></tr>', part.replace("−", "-"))]
    assert len(bills) == 16
    assert bills == sorted(bills, reverse=True)


def test_believable_figures_stand_beside_what_is_usual(page: str, run: Run) -> None:
    part = section(page, "believable")
    assert run.kpis["pv_yield_kwh_per_kwp"].text in part
    assert run.kpis["diversified_peak_kw"].text in part
    assert 'class="number wrong"' not in part


def test_money_is_shown_in_the_currency_of_the_site(copy: Path) -> None:
    euro = Run(copy).kpis["dwelling_cost_eur"]
    text = change(copy, currency={"code": "GBP", "eur_per_unit": 1.17})
    pounds = Run(copy).kpis["dwelling_cost_eur"]
    assert pounds.value == euro.value
    assert pounds.text == f"{euro.value / 1.17:,.2f} GBP".replace("-", "−")
    assert pounds.text in text
    assert euro.text not in text
    assert "Cost, GBP" in text
    assert "GBP (£); 1 GBP = 1.17 EUR, stored figures are in EUR" in text
    assert json.loads((copy / "kpis.json").read_text())["currency"] == "EUR"


def test_refusals_are_counted_with_their_reason(page: str) -> None:
    assert re.search(r"grid operator goes first</td><td class=\"number\">2</td>", page)


def test_faults_come_first(tmp_path: Path) -> None:
    text = render(Run(write_run(tmp_path, days=1, homes=4, step_s=3600, failed_steps=(3, 9)).path))
    assert "Read this first" in text
    assert 'class="bad">In 2 of 24 steps the power flow found no solution' in text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("running", "The run is still under way, or was killed, after 24 of 48 steps"),
        ("interrupted", "The run was interrupted after 24 of 48 steps"),
        ("failed", "The run failed after 24 of 48 steps: disk full"),
    ],
)
def test_a_run_that_did_not_end_says_so(copy: Path, status: str, text: str) -> None:
    assert text in change(copy, status=status, steps=24, error="disk full")


def test_a_balance_that_does_not_close_is_told(copy: Path) -> None:
    path = copy / "kpis.json"
    document = json.loads(path.read_text())
    document["kpis"]["storage_balance_max_kwh"]["value"] = 0.5
    path.write_text(json.dumps(document))
    text = render(Run(copy))
    assert "This should hold but does not: every storage holds" in text
    assert "off by 5.0e-01 kWh" in text


def test_names_are_not_markup(copy: Path) -> None:
    topology = json.loads((copy / "topology.json").read_text())
    topology["transformers"] = {"<b>T1</b>": topology["transformers"]["transformer 1"]}
    (copy / "topology.json").write_text(json.dumps(topology))
    text = change(copy, title="<script>alert(1)</script>", site="<i>here</i>", error='"><img src=x>', status="failed")
    for markup in ("<script>alert", "<i>", "<img", "<b>T1"):
        assert markup not in text
    assert text.count("<script") == 1
    assert "&lt;script&gt;" in text


def test_a_bare_manifest_is_enough(copy: Path) -> None:
    (copy / "manifest.json").write_text('{"status": "running"}')
    assert "still under way" in render(Run(copy))


def test_period_is_local(copy: Path) -> None:
    facts = {"start": "2024-03-30T23:00:00+00:00", "written_until": "2024-03-31T22:00:00+00:00"}
    change(copy, **facts)
    assert period(Run(copy)) == "31 March 2024 (23 hours)"


def test_no_key_figures_no_report(copy: Path) -> None:
    (copy / "kpis.json").unlink()
    with pytest.raises(UnreadableError, match="has no key figures"):
        render(Run(copy))


def test_importing_the_results_room_is_cheap() -> None:
    code = f"""
import sys
{"; ".join(f"import twinergy.results.{name}" for name in LIGHT)}
loaded = [name for name in {HEAVY} if name in sys.modules]
assert not loaded, loaded
assert not [name for name in sys.modules if name.startswith(("simulators", "controllers", "twinergy.cosim"))]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_compare(run: Run, copy: Path) -> None:
    path = copy / "kpis.json"
    document = json.loads(path.read_text())
    document["kpis"]["import_kwh"]["value"] *= 1.5
    del document["kpis"]["co2_kg"]
    path.write_text(json.dumps(document))
    frame = compare([run, Run(copy)])
    assert frame.loc["import_kwh", "copy change"] == pytest.approx(0.5)
    assert frame.loc["import_kwh", "copy difference"] == pytest.approx(0.5 * run.kpis["import_kwh"].value)
    assert (frame.loc["export_kwh", "copy difference"], frame.loc["export_kwh", "unit"]) == (0.0, "kWh")
    assert frame.loc[["co2_kg"], "copy"].isna().all()


def test_compare_with_itself_keeps_both_columns(run: Run) -> None:
    frame = compare([run, run])
    assert [f"{run.name} (1)", f"{run.name} (2)"] == [name for name in frame.columns if name.endswith(")")]


def test_change_against_nothing_is_unknown(run: Run) -> None:
    frame = compare([run, run])
    assert frame.loc[["line_overload_h"], f"{run.name} (2) change"].isna().all()


def test_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="give at least one run"):
        compare([])

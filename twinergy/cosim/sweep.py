# SPDX-License-Identifier: Apache-2.0
"""Sweeps: one scenario with lists of values, each combination a run, on as many workers as there are.

A sweep has a folder. A case that is finished there is not run again, so a sweep goes on where it stopped and grows when values
are added. A case that fails is a row with its reason, not the end of the sweep.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.community.document import read
from twinergy.community.scenario import find, load
from twinergy.cosim.runner import run
from twinergy.cosim.workers import cluster_of, prepare
from twinergy.errors import Finding, ScenarioError, TwinergyError
from twinergy.results.figure_sweep import save_sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

SWEEPS: Final = Path("sweeps")
TABLE: Final = "kpis.parquet"
FIGURE: Final = "sweep.svg"
ERROR: Final = "error"
_RANGE: Final = re.compile(r"^(-?\d+)\.\.(-?\d+)$")


@dataclass(frozen=True, slots=True)
class Case:
    """One combination of values.

    Attributes
    ----------
    assignments : tuple of str
        ``a.b=c``, in the order of the command line.
    id : str
        Name of its folder, from the scenario's content and the assignments: another content is another case.
    """

    assignments: tuple[str, ...]
    id: str

    @property
    def values(self) -> dict[str, str]:
        """Values by path, as text."""
        return dict(assignment.split("=", 1) for assignment in self.assignments)


def values_of(text: str) -> list[str]:
    """Return the values a list stands for.

    >>> values_of("0,0.25,0.5")
    ['0', '0.25', '0.5']
    >>> values_of("1..4")
    ['1', '2', '3', '4']
    >>> values_of("{kind: fixed, price: 1},[2,3]")
    ['{kind: fixed, price: 1}', '[2,3]']
    """
    found = _RANGE.match(text.strip())
    if found:
        first, last = int(found[1]), int(found[2])
        return [str(value) for value in range(first, last + 1)]
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def cases(scenario: str, assignments: Sequence[str]) -> list[Case]:
    """Return every combination of the listed values, the last list running fastest.

    Raises
    ------
    ScenarioError
        If an assignment has no ``=`` or a list is empty.
    """
    findings = [
        Finding(message="is not of the form a.b=1,2,3", file="--set", value=text)
        for text in assignments
        if "=" not in text or not all(values_of(text.split("=", 1)[1]))
    ]
    if findings:
        raise ScenarioError(findings, "command line")
    split = [text.split("=", 1) for text in assignments]
    columns = [[f"{path}={value}" for value in values_of(text)] for path, text in split]
    content = json.dumps(read(find(scenario)).data, sort_keys=True, default=str)
    return [Case(combination, _id(content, combination)) for combination in itertools.product(*columns)]


def _id(content: str, assignments: Iterable[str]) -> str:
    return hashlib.blake2b("\x1f".join([content, *sorted(assignments)]).encode(), digest_size=8).hexdigest()


def sweep(
    scenario: str,
    assignments: Sequence[str],
    *,
    out: Path = SWEEPS,
    workers: int = 2,
    cluster: str | None = None,
    keep_series: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Run every case that is not finished yet and return the sweep's folder.

    Parameters
    ----------
    scenario : str
        Name of a pilot or path of a scenario file.
    assignments : sequence of str
        ``a.b=1,2,3`` or ``a.b=1..20``; a single value holds for all cases.
    out : pathlib.Path
        Folder that holds the sweeps; the sweep's own is named after the scenario.
    workers : int
        Processes of the local cluster.
    cluster : str, optional
        Address of a running Dask scheduler instead, ``tcp://host:port``; its workers must see the same files.
    keep_series : bool
        Whether to keep the series of each run, or its key figures only.
    progress : callable, optional
        Called with cases done and cases in all.

    Raises
    ------
    ScenarioError
        If the scenario itself, without the lists, cannot be used.
    """
    if cluster is None:
        prepare()
    wanted = cases(scenario, assignments)
    folder = (out / load(scenario, wanted[0].assignments).name).resolve()
    missing = [case for case in wanted if not _result(folder, case).is_file()]
    done = len(wanted) - len(missing)
    if progress:
        progress(done, len(wanted))
    place = str(Path(scenario).resolve()) if Path(scenario).exists() else scenario
    if missing:
        with cluster_of(min(workers, len(missing)), cluster) as client:
            from distributed import as_completed  # noqa: PLC0415 - only a sweep needs it

            futures = [client.submit(_run_case, place, case, folder, keep_series, pure=False) for case in missing]
            for future in as_completed(futures):
                future.result()
                done += 1
                if progress:
                    progress(done, len(wanted))
    frame = _collect(folder, wanted)
    frame.to_parquet(folder / TABLE)
    save_sweep(frame, list(wanted[0].values), folder / FIGURE)
    return folder


def _result(folder: Path, case: Case) -> Path:
    return folder / "cases" / case.id / "case.json"


def _run_case(scenario: str, case: Case, folder: Path, keep_series: bool) -> None:
    """Run one case and leave its key figures, or the reason why there are none."""
    home = _result(folder, case).parent
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    found: dict[str, Any] = {"values": case.values, ERROR: "", "kpis": {}}
    try:
        simulated = load(scenario, case.assignments).simulated()  # many runs at once cannot share a real device
        finished = run(simulated, out=home, report=False, series=keep_series)
        found["kpis"] = {name: figure.value for name, figure in finished.kpis.items()}
    except TwinergyError as error:
        found[ERROR] = str(error)
    unfinished = home / "case.json.tmp"
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    unfinished.replace(_result(folder, case))


def _collect(folder: Path, wanted: Sequence[Case]) -> pd.DataFrame:
    """Return one row per case: its values, its key figures, and the reason where it failed."""
    import pandas as pd  # noqa: PLC0415

    rows = []
    for case in wanted:
        found = json.loads(_result(folder, case).read_text(encoding="utf-8"))
        rows.append({"case": case.id, **found["values"], **found["kpis"], ERROR: found[ERROR]})
    frame = pd.DataFrame(rows)
    for path in wanted[0].values:
        numbers = pd.to_numeric(frame[path], errors="coerce")
        frame[path] = numbers if numbers.notna().all() else frame[path]
    return frame

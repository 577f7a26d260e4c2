# SPDX-License-Identifier: Apache-2.0
"""Sweeps on a real local cluster."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.scenario_files import small
from twinergy.cosim.sweep import TABLE, cases, sweep
from twinergy.errors import ScenarioError

QUIET = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


def test_combinations_are_all_there_once(tmp_path):
    found = cases(str(small(tmp_path)), ["devices.3.p_dc_kwp=2,4,8", "run.seed=1..3", "run.days=1"])
    assert len({case.id for case in found}) == 9
    assert found[0].assignments == ("devices.3.p_dc_kwp=2", "run.seed=1", "run.days=1")


def test_another_content_of_the_scenario_is_another_case(tmp_path):
    (before,) = cases(str(small(tmp_path)), ["run.seed=1"])
    (after,) = cases(str(small(tmp_path, ("annual_kwh: 3500", "annual_kwh: 3600"))), ["run.seed=1"])
    assert before.id != after.id


@pytest.mark.parametrize("assignment", ["run.seed", "run.seed=1,,2"])
def test_a_list_that_is_none(tmp_path, assignment):
    with pytest.raises(ScenarioError, match=r"not of the form a\.b=1,2,3"):
        cases(str(small(tmp_path)), [assignment])


@QUIET
def test_a_sweep_runs_grows_and_names_what_failed(tmp_path):
    file, calls = str(small(tmp_path)), []
    arguments = {"out": tmp_path / "sweeps", "workers": 2}
    folder = sweep(file, ["devices.3.p_dc_kwp=2,8"], **arguments)
    frame = pd.read_parquet(folder / TABLE).set_index("devices.3.p_dc_kwp")
    assert frame["generation_kwh"][8] == pytest.approx(4.0 * frame["generation_kwh"][2], rel=0.02)
    assert (folder / "sweep.svg").is_file()
    folder = sweep(file, ["devices.3.p_dc_kwp=2,8,40"], progress=lambda done, total: calls.append((done, total)), **arguments)
    assert calls[0] == (2, 3), "finished cases are not run again"
    grown = pd.read_parquet(folder / TABLE)
    failed = grown[grown["error"] != ""]
    assert list(failed["devices.3.p_dc_kwp"]) == [40]
    assert "p_dc_kwp" in failed["error"].iloc[0]

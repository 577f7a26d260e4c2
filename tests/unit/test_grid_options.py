# SPDX-License-Identifier: Apache-2.0
"""Options of the grid block, and networks that are refused."""

from __future__ import annotations

from pathlib import Path

import pandapower as pp
import pytest
from pydantic import ValidationError

from simulators.grid import KIND
from simulators.grid.naming import unique_names
from simulators.grid.networks import load_network
from simulators.grid.params import BuiltInOptions, FileOptions, GridOptions, KerberOptions
from tests.unit.test_grid_building import two_bus
from twinergy.errors import ScenarioError


def test_source_decides_which_options_there_are():
    assert isinstance(GridOptions.model_validate({}), KerberOptions)
    assert isinstance(GridOptions.model_validate({"source": "pandapower", "function": "case33bw"}), BuiltInOptions)
    assert isinstance(GridOptions.model_validate({"source": "file", "path": "a.json"}), FileOptions)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"source": "simbench"}, "kerber_dorfnetz, village_ring, ieee_european_lv, pandapower, file"),
        ({"source": "pandapower", "function": "case9241pegase"}, "case33bw"),
        ({"source": "kerber_dorfnetz", "path": "a.json"}, "path"),
        ({"source": "file"}, "path"),
        ({"stations": 0}, "greater than or equal to 1"),
        ({"slack_vm_pu": 10.5}, "less than 1.5"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(options, said):
    with pytest.raises(ValidationError, match=said):
        GridOptions.model_validate(options)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"nowhere\.json"):
        KIND.describe(GridOptions.model_validate({"source": "file", "path": "nowhere.json"}), tmp_path, 1)


@pytest.mark.parametrize("text", ["{]", "[1, 2]", '{"buses": 3}'])
def test_a_file_without_a_network_is_named(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(ScenarioError, match=r"not a pandapower network.*odd\.json"):
        KIND.describe(GridOptions.model_validate({"source": "file", "path": "odd.json"}), tmp_path, 1)


def test_wrong_arguments_of_a_built_in_network_are_named():
    options = GridOptions.model_validate({"source": "pandapower", "function": "mv_oberrhein", "arguments": {"scenario": "storm"}})
    with pytest.raises(ScenarioError, match="storm"):
        KIND.describe(options, Path(), 1)


def _with(tmp_path, change, **options):
    asked = two_bus(tmp_path) | options
    net = pp.from_json(str(asked["path"]))
    change(net)
    pp.to_json(net, str(asked["path"]))
    return load_network(GridOptions.model_validate(asked), tmp_path)


def test_elements_without_a_model_are_refused(tmp_path):
    with pytest.raises(ScenarioError, match="1 x dcline"):
        _with(tmp_path, lambda net: pp.create_dcline(net, 0, 1, 0.01, 1.0, 0.0, 1.0, 1.0))


def test_loads_that_depend_on_voltage_are_refused_when_kept(tmp_path):
    def change(net):
        net.load["const_z_p_percent"] = 30.0

    assert len(_with(tmp_path, change).load) == 0
    with pytest.raises(ScenarioError, match="const_z_p_percent"):
        _with(tmp_path, change, keep_loads=True)


def test_a_network_without_infeed_is_refused(tmp_path):
    def change(net):
        net.ext_grid["in_service"] = False

    with pytest.raises(ScenarioError, match="no infeed in service"):
        _with(tmp_path, change)


@pytest.mark.parametrize("options", [{"stations": 1}, {"source": "pandapower", "function": "create_kerber_landnetz_kabel_1"}])
def test_service_cables_which_pandapower_tosses_are_the_same_in_every_run(options):
    options = GridOptions.model_validate(options)
    first = load_network(options, Path("a")).line["std_type"].tolist()
    assert first == load_network(options, Path("b")).line["std_type"].tolist()


def test_names_that_collide_fall_back_to_numbers():
    assert unique_names(["bus-1", None], [0, 1], "bus") == ["bus-0", "bus-1"]
    assert unique_names(["a", "a", 7.0, " "], [4, 5, 6, 7], "bus") == ["a-4", "a-5", "bus-6", "bus-7"]

# SPDX-License-Identifier: Apache-2.0
"""Cuts of the network: before the plan is solved and after, over the data's steps and over others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.planning.block_cases import meter
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.network import Cuts, NetworkLimits, placed
from twinergy.planning.blocks.pv import Pv
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner
from twinergy.planning.size import Size

HORIZON = Horizon.periods([0], 3, np.array([1.0]))
ROOF = Pv.of(id="roof", node="a", yield_kw_per_kwp=np.array([1.0, 0.5, 1.0]), size=Size(unit="kWp", existing=6.0, most=0.0))
BLOCKS = [meter("a"), ROOF, Demand(id="load", node="a", demand_kw=0.0)]
VOLTAGE = Cuts(
    name="voltage",
    variables=(("a", "export_kw"), ("roof", "size_kwp")),
    coefficients=np.array([[0.5, 1.0], [0.25, 0.0]]),
    step=np.array([0, 2]),
    least=np.full(2, -np.inf),
    most=np.array([2.0, 1.0]),
)
"""By hand: 6 kWp feed in 6, 3 and 6 kW; step 0 may feed in 2 / 0.5 = 4, step 2 may feed in 1 / 0.25 = 4."""


def exported(planner):
    answer = planner.ask()
    assert answer.usable
    return answer.value("a.export_kw")


def test_cuts_known_before_limit_the_steps_they_are_of():
    assert exported(Planner([*BLOCKS, NetworkLimits(id="wires", cuts=(VOLTAGE,))], HORIZON)) == pytest.approx([4.0, 3.0, 4.0])


def test_cuts_found_afterwards_do_the_same():
    planner = Planner(BLOCKS, HORIZON)
    assert exported(planner) == pytest.approx([6.0, 3.0, 6.0])
    rows = VOLTAGE.rows(planner.matrices)
    planner.program.cut(*rows.as_arguments())
    assert exported(planner) == pytest.approx([4.0, 3.0, 4.0])
    assert rows.step.tolist() == [0, 2]


def test_cuts_go_with_the_steps_of_the_data():
    # the plan has step 2 of the data first, step 0 twice after it, and no step 1
    horizon = Horizon(1.0, np.ones(3), np.array([2, 0, 0]), np.array([2, 0, 1]))
    cut, step = placed(np.array([1, 0, 2]), horizon)
    assert (cut.tolist(), step.tolist()) == ([1, 1, 2], [1, 2, 0])
    assert exported(Planner([*BLOCKS, NetworkLimits(id="wires", cuts=(VOLTAGE,))], horizon)) == pytest.approx([4.0, 4.0, 4.0])


def test_cuts_on_what_is_not_there_are_refused():
    wrong = Cuts(
        **{name: getattr(VOLTAGE, name) for name in VOLTAGE.__slots__} | {"variables": (("a", "export"), ("b", "size_kwp"))}
    )
    with pytest.raises(KeyError, match=r"no variable 'export' of a block 'a': did you mean 'export_kw'\?"):
        Planner([*BLOCKS, NetworkLimits(id="wires", cuts=(wrong,))], HORIZON)

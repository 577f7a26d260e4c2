# SPDX-License-Identifier: Apache-2.0
"""What must hold for any run: cutting it into blocks changes nothing, shares are shares, energy is conserved."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.unit.results_sample import SUMMER, block_of, community
from twinergy.results.kpis import Kpis
from twinergy.timebase import TimeAxis

PLACE = community(2)
BUSES = len(PLACE.buses)
STEP_S = 300
STEPS = st.integers(1, 40)
POWER = st.floats(0.0, 20.0, allow_subnormal=False)


@st.composite
def courses(draw: st.DrawFn) -> dict:
    steps = draw(STEPS)

    def of(columns: int, elements: st.SearchStrategy[float]) -> np.ndarray:
        return draw(arrays(float, (steps, columns), elements=elements))

    load, pv, battery = of(2, POWER), -of(1, POWER), of(1, st.floats(-5.0, 5.0))
    connection = load.copy()
    connection[:, 1:] += pv + battery
    vm = of(BUSES, st.one_of(st.floats(0.8, 1.2), st.just(math.nan)))
    return {
        "household": {"p_kw": load},
        "pv": {"p_kw": pv},
        "battery": {"p_kw": battery, "energy_kwh": np.cumsum(battery, axis=0) * STEP_S / 3600, "p_loss_kw": np.zeros((steps, 1))},
        "connection": {"p_kw": connection},
        "bus": {"vm_pu": vm},
        "line": {"loading_percent": of(2, st.floats(0.0, 150.0))},
    }


def computed(values: dict, cuts: list[int]) -> Kpis:
    steps = len(values["connection"]["p_kw"])
    kpis = Kpis(PLACE.twin, TimeAxis(int(SUMMER.timestamp()), STEP_S, steps))
    edges = sorted({0, steps, *(cut for cut in cuts if 0 < cut < steps)})
    for first, end in itertools.pairwise(edges):
        part = {table: {port: rows[first:end] for port, rows in ports.items()} for table, ports in values.items()}
        kpis.add(block_of(PLACE, part, step_s=STEP_S, start=SUMMER + timedelta(seconds=first * STEP_S)))
    return kpis


@given(courses(), st.lists(st.integers(1, 39), max_size=5))
@settings(max_examples=60, deadline=None)
def test_blocks_do_not_matter(values: dict, cuts: list[int]) -> None:
    whole, parts = computed(values, []), computed(values, cuts)
    for name, figure in whole.result().items():
        other = parts.result()[name]
        assert other.value == pytest.approx(figure.value, rel=1e-9, abs=1e-9, nan_ok=True), name
        assert (other.where, other.when) == (figure.where, figure.when), name
    assert parts.document()["per_bus"] == whole.document()["per_bus"]


@given(courses())
@settings(max_examples=60, deadline=None)
def test_shares_are_shares(values: dict) -> None:
    found = computed(values, []).result()
    for name in (
        "self_consumption",
        "self_sufficiency",
        "dwelling_self_consumption",
        "dwelling_self_sufficiency",
        "voltage_compliance",
    ):
        assert math.isnan(found[name].value) or 0.0 <= found[name].value <= 1.0


@given(courses())
@settings(max_examples=60, deadline=None)
def test_energy_is_conserved(values: dict) -> None:
    found = computed(values, []).result()
    stored = float(values["battery"]["p_kw"].sum()) * STEP_S / 3600
    net = found["import_kwh"].value - found["export_kwh"].value
    assert net == pytest.approx(found["consumption_kwh"].value - found["generation_kwh"].value + stored, abs=1e-9)
    assert found["connection_balance_max_kw"].value == pytest.approx(0.0, abs=1e-9)


@given(courses())
@settings(max_examples=60, deadline=None)
def test_what_one_neighbour_gives_another_takes(values: dict) -> None:
    kpis = computed(values, [])
    found, rows = kpis.result(), kpis.per_connection()
    shared = found["shared_kwh"].value
    assert shared == pytest.approx(sum(row["import_kwh"] for row in rows) - found["import_kwh"].value, abs=1e-9)
    assert shared == pytest.approx(sum(row["export_kwh"] for row in rows) - found["export_kwh"].value, abs=1e-9)


@given(courses(), st.floats(0.001, 5.0))
@settings(max_examples=30, deadline=None)
def test_more_load_never_helps_the_peak(values: dict, more_kw: float) -> None:
    before = computed(values, []).result()
    values["household"]["p_kw"] = values["household"]["p_kw"] + more_kw
    values["connection"]["p_kw"] = values["connection"]["p_kw"] + more_kw
    after = computed(values, []).result()
    assert after["peak_import_kw"].value >= before["peak_import_kw"].value
    assert after["export_kwh"].value <= before["export_kwh"].value

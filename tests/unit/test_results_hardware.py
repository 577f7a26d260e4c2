# SPDX-License-Identifier: Apache-2.0
"""Key figures and tables of real devices against values worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinergy.kinds import Table
from twinergy.ports import measured
from twinergy.results.block import ResultBlock, TableBlock
from twinergy.results.hardware import CLOCK, LINKS, READINGS, HardwareAccount
from twinergy.results.spread import Spread

STEPS = 4
READING = np.array([[1.0, 0.5], [2.0, 0.5], [3.0, np.nan], [4.0, 0.5]])
TWIN = np.array([[1.5, 0.4], [2.5, 0.4], [9.0, 0.4], [4.5, 0.4]])
QUALITY = np.array([[0.0, 0.0], [0.0, 1.0], [2.0, 4.0], [0.0, 3.0]])


def block(first: int = 0, steps: int = STEPS, start_s: int = 0) -> SimpleNamespace:
    part = slice(first, first + steps)
    readings = {
        "reading": READING[part],
        "twin_reading": TWIN[part],
        "quality": QUALITY[part],
        "age_s": np.full((steps, 2), 0.01),
        "device_lag_s": np.full((steps, 2), np.nan),
    }
    present = np.array([[1.0], [1.0], [0.0], [1.0]])[part]
    counts = {name: np.arange(steps, dtype=float)[:, None] for name in ("sent", "failed", "limited", "withheld")}
    links = {"present_state": present, **{f"{name}_count": values for name, values in counts.items()}}
    late = np.array([[0.0], [0.001], [0.002], [0.1]])[part]
    clock = {"lateness_s": late, "busy_s": late, "overrun_count": np.arange(steps, dtype=float)[:, None]}
    tables = {
        name: TableBlock(Table(name, ids, (measured("reading", "x"),)), values)
        for name, ids, values in (
            (READINGS, ("b.x.p_kw", "b.x.soc"), readings),
            (LINKS, ("b.x",), links),
            (CLOCK, ("run",), clock),
        )
    }
    epoch_s = start_s + 1800 * np.arange(first, first + steps, dtype=np.int64)
    return SimpleNamespace(block=ResultBlock(epoch_s, 1800, tables), hours=0.5, when=lambda place: f"step {place}")


def account(*blocks: SimpleNamespace) -> HardwareAccount:
    made = HardwareAccount()
    for one in blocks:
        made.add(one)
    return made


def test_shares_times_and_counts_by_hand():
    figures = {figure.name: figure for figure in account(block()).kpis()}
    assert figures["hardware_good_share"].value == 5 / 8  # local control counts as there
    assert (figures["hardware_away_h"].value, figures["hardware_away_h"].where) == (0.5, "b.x")
    assert figures["hardware_failed_commands"].value == 3
    assert figures["hardware_overruns"].value == 3
    assert figures["hardware_age_p99_s"].value == pytest.approx(0.01, rel=0.011)
    assert figures["hardware_lateness_p99_s"].value == pytest.approx(0.1, rel=0.011)


def test_twin_against_reality_by_hand():
    """Power: 0.5 kW too much in the three good steps. Charge: 0.1 too little in two. Steps 2 and 3 are the last hour."""
    links = {"b.x": {"mode": "shadow", "rated_kw": 4.0, "drift_percent": 10.0}}
    rows = {row[0]: row[1:] for row in account(block()).accounts({"links": links})[2]["rows"]}
    assert rows["b.x.p_kw"] == ["kW", "alarm: 12 % of the rating", *(pytest.approx(0.5) for _ in range(4))]
    unit, alarm, bias, rmse, last, worst = rows["b.x.soc"]
    assert (unit, alarm) == ("1", "none")
    assert (bias, rmse, worst) == (pytest.approx(-0.1), pytest.approx(0.1), pytest.approx(0.1))
    assert np.isnan(last)


def test_a_monitored_device_is_not_judged():
    made = account(block()).accounts({"links": {"b.x": {"mode": "monitor"}}})
    assert made[2]["rows"] == []
    assert made[1]["rows"][0][:6] == ["b.x.p_kw", 3, 0, 1, 0, 0]


def test_blocks_do_not_matter():
    links = {"links": {"b.x": {"mode": "shadow", "rated_kw": 4.0, "drift_percent": 10.0}}}
    whole, parts = account(block()), account(block(0, 1), block(1, 2), block(3, 1))
    for one, other in zip(whole.accounts(links)[1:], parts.accounts(links)[1:], strict=True):
        for row, same in zip(one["rows"], other["rows"], strict=True):
            assert row == [pytest.approx(value, nan_ok=True) if isinstance(value, float) else value for value in same]


def test_a_run_without_real_devices_has_no_such_figures():
    made = HardwareAccount()
    made.add(SimpleNamespace(block=ResultBlock(np.array([0]), 900, {}), hours=0.25, when=str))
    assert list(made.kpis()) == []
    assert made.accounts({}) == []


@given(arrays(np.float64, (50, 2), elements=st.floats(1e-6, 1e3)), st.sampled_from([50.0, 90.0, 99.0]))
@settings(max_examples=60, deadline=None)
def test_percentiles_are_at_most_one_percent_too_high(values, percent):
    spread = Spread(2)
    spread.add(values[:20])
    spread.add(values[20:])
    exact = np.sort(values, axis=0)[int(np.ceil(50 * percent / 100)) - 1]
    found = spread.percentile(percent)
    assert (found >= exact * (1 - 1e-9)).all()
    assert (found <= exact * 1.0101).all()

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from simulators.prices import KIND
from tests.unit.test_prices_support import column, context, day_axis, device, fleet
from twinergy.errors import ScenarioError

DAY = date(2024, 6, 12)
MIDNIGHT = datetime(2024, 6, 11, 22, tzinfo=UTC)  # 00:00 CEST


def stamps(count, minutes=60):
    return [(MIDNIGHT + timedelta(minutes=minutes * row)).isoformat() for row in range(count)]


def written(folder, rows, header="time,price"):
    (folder / "p.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def hourly(folder, prices):
    return written(folder, [f"{time},{price}" for time, price in zip(stamps(len(prices)), prices, strict=True)])


def dynamic(**more):
    return {"energy": {"kind": "dynamic", "path": "p.csv", "unit": "eur_per_mwh"} | more}


def findings_of(folder, block=None, axis=None):
    with pytest.raises(ScenarioError) as caught:
        fleet(axis or day_axis(DAY), block or dynamic(), folder=folder)
    return [str(finding) for finding in caught.value.findings]


@pytest.mark.parametrize(("unit", "price"), [("eur_per_mwh", 80.0), ("ct_per_kwh", 8.0), ("eur_per_kwh", 0.08)])
def test_units_of_a_file(tmp_path, unit, price):
    hourly(tmp_path, [price] * 24)
    energy = column(day_axis(DAY), "energy_eur_per_kwh", dynamic(unit=unit, margin_eur_per_kwh=0.02), folder=tmp_path)
    np.testing.assert_allclose(energy, 0.10, rtol=1e-12)


def test_an_hourly_price_is_constant_within_its_hour(tmp_path):
    hourly(tmp_path, range(24))
    energy = column(day_axis(DAY, step_s=900), "energy_eur_per_kwh", dynamic(), folder=tmp_path)
    np.testing.assert_allclose(energy, np.repeat(np.arange(24), 4) / 1000, rtol=1e-12)


def test_four_quarters_are_averaged_onto_an_hour(tmp_path):
    # 10, 20, 60, 70 EUR/MWh make 40 EUR/MWh.
    written(tmp_path, [f"{time},{price}" for time, price in zip(stamps(96, 15), [10, 20, 60, 70] * 24, strict=True)])
    energy = column(day_axis(DAY), "energy_eur_per_kwh", dynamic(), folder=tmp_path)
    np.testing.assert_allclose(energy, 0.040, rtol=1e-12)


def test_feed_in_follows_the_market_without_the_margin(tmp_path):
    # 0.9 x 80 EUR/MWh = 0.072 EUR/kWh
    hourly(tmp_path, [80] * 24)
    block = dynamic(margin_eur_per_kwh=0.02) | {"feed_in": {"kind": "dynamic", "factor": 0.9}}
    np.testing.assert_allclose(column(day_axis(DAY), "feed_in_eur_per_kwh", block, folder=tmp_path), 0.072, rtol=1e-12)


def test_feed_in_may_follow_a_market_of_its_own(tmp_path):
    hourly(tmp_path, [50] * 24)
    market = {"kind": "dynamic", "path": "p.csv", "unit": "eur_per_mwh", "factor": 0.5}
    block = {"energy": {"kind": "fixed", "price_eur_per_kwh": 0.2}, "feed_in": market}
    np.testing.assert_allclose(column(day_axis(DAY), "feed_in_eur_per_kwh", block, folder=tmp_path), 0.025, rtol=1e-12)


def test_parquet_with_times_as_index(tmp_path):
    frame = pd.DataFrame({"price": np.full(24, 80.0)}, index=pd.DatetimeIndex(stamps(24), name="time"))
    frame.to_parquet(tmp_path / "p.parquet")
    energy = column(day_axis(DAY), "energy_eur_per_kwh", dynamic(path="p.parquet"), folder=tmp_path)
    np.testing.assert_allclose(energy, 0.08, rtol=1e-12)


def test_carbon_from_a_file(tmp_path):
    written(tmp_path, [f"{time},{50 + row}" for row, time in enumerate(stamps(24))], "time,carbon_intensity_g_per_kwh")
    block = {"energy": {"kind": "fixed", "price_eur_per_kwh": 0.2}, "carbon": {"kind": "file", "path": "p.csv"}}
    np.testing.assert_allclose(column(day_axis(DAY), "co2_g_per_kwh", block, folder=tmp_path), 50.0 + np.arange(24))


def test_prices_after_the_end_of_a_file_are_not_known(tmp_path):
    hourly(tmp_path, [80] * 24)
    axis = day_axis(DAY)
    ahead = fleet(axis, dynamic(), folder=tmp_path).series(np.array([axis.end_epoch_s - 3600, axis.end_epoch_s], dtype=np.int64))
    np.testing.assert_allclose(ahead["buy_eur_per_kwh"][:, 0], [0.08, np.nan], rtol=1e-12)


def test_a_missing_file_is_named(tmp_path):
    assert findings_of(tmp_path) == [
        f"{tmp_path / 'p.csv'} tariffs.tariff-0.energy: file not found; relative paths start at the scenario's folder"
    ]


def test_a_missing_column_names_what_exists(tmp_path):
    written(tmp_path, ["x,1"], header="time,prices")
    assert findings_of(tmp_path) == [
        f"{tmp_path / 'p.csv'}:1 tariffs.tariff-0.energy: no column 'price'; did you mean 'prices'? known: prices, time"
    ]


def rows_with(row, text):
    lines = [f"{time},80" for time in stamps(24)]
    return [*lines[:row], text, *lines[row + 1 :]]


@pytest.mark.parametrize(
    ("rows", "line", "told"),
    [
        pytest.param(rows_with(5, f"{stamps(6)[5]},"), 7, "1 values missing or not a number (got '')", id="empty value"),
        pytest.param(rows_with(5, f"{stamps(6)[5]},n/a"), 7, "missing or not a number (got 'n/a')", id="text"),
        pytest.param(rows_with(5, stamps(5)[4] + ",80"), 7, "1 times occur twice (got '2024-06-12T02:00:00+00:00')", id="double"),
        pytest.param(rows_with(5, stamps(4)[3] + ",80"), 7, "1 times go back (got '2024-06-12T01:00:00+00:00')", id="back"),
        pytest.param(
            rows_with(5, "2024-06-12 03:00:00,80"), 7, "without a readable time and zone (got '2024-06-12 03:00:00')", id="naive"
        ),
        pytest.param(rows_with(5, "2024-06-12,80"), 7, "without a readable time and zone (got '2024-06-12')", id="date"),
        pytest.param(rows_with(5, ""), 7, "1 rows without a readable time and zone", id="blank line"),
        pytest.param(rows_with(5, f"{stamps(6)[5]},1e9"), 7, "cannot be; is the unit right", id="size"),
        pytest.param(
            [f"{time},80" for time in stamps(24) if "T03" not in time], 7, "an interval of 7200 s in a series of 3600 s", id="gap"
        ),
        pytest.param(["2024-06-12T00:00Z,80"], 2, "at least two rows", id="one row"),
    ],
)
def test_bad_rows_are_found_with_file_and_line(tmp_path, rows, line, told):
    found = findings_of(written(tmp_path, rows))
    assert any(text.startswith(f"{tmp_path / 'p.csv'}:{line} tariffs.tariff-0.energy: ") and told in text for text in found), (
        found
    )


def test_prices_in_eur_per_mwh_declared_as_eur_per_kwh_are_found(tmp_path):
    hourly(tmp_path, [-3.0, 85.3] + [90.0] * 22)
    (found,) = findings_of(tmp_path, dynamic(unit="eur_per_kwh"))
    assert ":3 " in found
    assert "23 of 24 values cannot be" in found
    assert "(got '85.3 EUR/kWh'); allowed: -5 to 5 EUR/kWh" in found


def test_prices_in_eur_per_kwh_declared_as_eur_per_mwh_are_found(tmp_path):
    hourly(tmp_path, [0.08] * 23 + [0.09])
    (found,) = findings_of(tmp_path)
    assert ":25 " in found
    assert "too small" in found
    assert "9e-05 EUR/kWh" in found


def test_carbon_in_kg_per_kwh_is_found(tmp_path):
    written(tmp_path, [f"{time},0.38" for time in stamps(24)], "time,carbon_intensity_g_per_kwh")
    block = {"energy": {"kind": "fixed", "price_eur_per_kwh": 0.2}, "carbon": {"kind": "file", "path": "p.csv"}}
    (found,) = findings_of(tmp_path, block)
    assert "not kg/kWh" in found
    assert "0.38 g/kWh" in found


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    rows = rows_with(5, f"{stamps(5)[4]},")
    rows[9] = f"{stamps(10)[9]},1e9"
    assert len(findings_of(written(tmp_path, rows))) == 4  # doubled time, the gap after it, missing value, size


def test_a_file_that_ends_before_the_run_is_found(tmp_path):
    hourly(tmp_path, [80] * 24)
    (found,) = findings_of(tmp_path, axis=day_axis(DAY, days=2))
    assert "does not cover the run (got '2024-06-11T22:00:00Z to 2024-06-12T22:00:00Z')" in found
    assert "allowed: 2024-06-11T22:00:00+00:00 to 2024-06-13T22:00:00+00:00" in found


def test_findings_of_all_tariffs_come_at_once(tmp_path):
    block = dynamic(path="a.csv") | {"carbon": {"kind": "file", "path": "c.csv"}}
    devices = [device("one", **block), device("two", **dynamic(path="b.csv"))]
    with pytest.raises(ScenarioError, match="tariffs: 3 findings") as caught:
        KIND.build(devices, context(day_axis(DAY), folder=tmp_path))
    assert [finding.path for finding in caught.value.findings] == [
        "tariffs.one.energy",
        "tariffs.one.carbon",
        "tariffs.two.energy",
    ]


def test_rows_of_parquet_files_are_numbered(tmp_path):
    frame = pd.DataFrame({"time": pd.DatetimeIndex(stamps(24)), "price": [80.0] * 7 + [np.nan] + [80.0] * 16})
    frame.to_parquet(tmp_path / "p.parquet")
    (found,) = findings_of(tmp_path, dynamic(path="p.parquet"))
    assert f"{tmp_path / 'p.parquet'} tariffs.tariff-0.energy row 7: 1 values missing" in found


def test_what_is_no_table_is_said(tmp_path):
    (tmp_path / "p.parquet").write_bytes(b"not a table")
    (found,) = findings_of(tmp_path, dynamic(path="p.parquet"))
    assert "cannot be read as a table" in found

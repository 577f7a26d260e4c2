# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import traceback
from datetime import UTC, date, datetime
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from simulators.prices.entsoe_client import joined, months
from simulators.prices.series import Sampled
from tests.unit.test_prices_support import column, day_axis
from twinergy.cache import cache_folder
from twinergy.errors import ScenarioError
from twinergy.timebase import TimeAxis

AXIS = day_axis(date(2024, 6, 12))
BLOCK = {"energy": {"kind": "entsoe", "zone": "GR", "key_variable": "MY_KEY", "margin_eur_per_kwh": 0.01}}


class NoMatchingDataError(Exception):
    pass


class Client:
    """Answers with 80 EUR/MWh in every hour, or as the test wants."""

    asked: list[tuple[str, str]]
    answer: type[Exception] | Exception | None

    def __init__(self, api_key, **_):
        self.key = api_key

    def query_day_ahead_prices(self, zone, start, end):
        Client.asked.append((zone, f"{start:%Y-%m-%d}"))
        if Client.answer is not None:
            raise Client.answer
        index = pd.date_range(start, end, freq="h", tz=start.tz)  # the end included, as the package does
        return pd.Series(80.0, index=index)


@pytest.fixture
def client(monkeypatch, tmp_path):
    package, exceptions = ModuleType("entsoe"), ModuleType("entsoe.exceptions")
    package.EntsoePandasClient = Client
    exceptions.NoMatchingDataError = NoMatchingDataError
    exceptions.InvalidBusinessParameterError = type("InvalidBusinessParameterError", (Exception,), {})
    monkeypatch.setitem(sys.modules, "entsoe", package)
    monkeypatch.setitem(sys.modules, "entsoe.exceptions", exceptions)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("MY_KEY", "secret-1234")
    Client.asked, Client.answer = [], None
    return Client


def energy():
    return column(AXIS, "energy_eur_per_kwh", BLOCK)


def refusal():
    with pytest.raises(ScenarioError) as caught:
        energy()
    assert "use kind 'dynamic' with a file (path, unit) or with statistics DE_LU, GR or IT_SARD" in str(caught.value)
    return caught


def test_prices_come_in_eur_per_kwh_with_the_margin(client):
    np.testing.assert_allclose(energy(), 0.09, rtol=1e-12)
    assert client.asked == [("GR", "2024-06-01")]
    assert len((cache_folder("entsoe") / "GR-2024-06.csv").read_text().splitlines()) == 1 + 30 * 24


def test_a_kept_month_needs_neither_package_nor_key_nor_network(client, monkeypatch):
    first = energy()
    monkeypatch.delenv("MY_KEY")
    monkeypatch.setitem(sys.modules, "entsoe", None)
    np.testing.assert_array_equal(energy(), first)
    assert [file.name for file in cache_folder("entsoe").iterdir()] == ["GR-2024-06.csv"]


def test_without_a_key_the_variable_and_the_ways_out_are_named(client, monkeypatch):
    monkeypatch.delenv("MY_KEY")
    assert "tariffs.tariff-0.energy: no key in the environment variable 'MY_KEY'" in str(refusal().value)


def test_without_the_package_the_extra_is_named(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "entsoe", None)
    assert "entsoe-py is not installed: add the extra 'entsoe'" in str(refusal().value)


def test_without_a_network_the_key_is_not_told(client):
    client.answer = OSError("no route to https://host/api?securityToken=secret-1234")
    caught = refusal()
    assert "prices of 'GR' from 2024-06 cannot be had (no route to https://host/api?securityToken=***)" in str(caught.value)
    assert "secret-1234" not in "".join(traceback.format_exception(caught.value))


def test_no_prices_in_the_period_of_the_run_are_found(client):
    client.answer = NoMatchingDataError
    assert "no day-ahead prices of 'GR' in 2024-06" in str(refusal().value)


def test_a_damaged_file_in_the_cache_is_found_with_its_line(client):
    energy()
    file = cache_folder("entsoe") / "GR-2024-06.csv"
    file.write_text(file.read_text().replace("2024-05-31T22:00:00Z,80.0", "2024-05-31T22:00:00Z,"))
    with pytest.raises(ScenarioError, match=r"GR-2024-06.csv:2 tariffs.tariff-0.energy: 1 values missing"):
        energy()


def test_months_of_market_time_that_a_run_and_two_days_touch():
    start = int(datetime(2024, 12, 30, tzinfo=UTC).timestamp())
    got = [
        (day.isoformat(), datetime.fromtimestamp(epoch_s, tz=UTC).isoformat())
        for day, epoch_s in months(TimeAxis(start, 3600, 24))
    ]
    assert got == [("2024-12-01", "2024-11-30T23:00:00+00:00"), ("2025-01-01", "2024-12-31T23:00:00+00:00")]


def test_hours_and_quarters_are_joined_on_quarters():
    # The market's change of 2025-10-01, shortened: two hours, a missing quarter, two quarters.
    whole = joined([Sampled(0, 3600, np.array([1.0, 2.0])), Sampled(8100, 900, np.array([3.0, 4.0]))])
    np.testing.assert_array_equal(whole.values, [1, 1, 1, 1, 2, 2, 2, 2, np.nan, 3, 4])

# SPDX-License-Identifier: Apache-2.0
"""The optional download: kept once fetched, and clear advice without a network (no test opens a connection)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import requests
from pvlib import iotools

from simulators.weather import KIND
from simulators.weather.download import pvgis_typical_year
from tests.unit.test_weather_support import ATHENS, context, device
from twinergy.errors import ScenarioError


def pvgis_answer(latitude, longitude, **options):
    index = pd.date_range("2011-01-01", periods=8760, freq="h", tz="UTC")
    ghi = np.maximum(0.0, 800.0 * np.cos((index.hour - 10.6) / 24.0 * 2.0 * np.pi))
    table = pd.DataFrame(
        {"ghi": ghi, "dni": 0.0, "dhi": ghi, "temp_air": 20.0, "relative_humidity": 60.0, "wind_speed": 3.0}, index
    )
    place = {"latitude": latitude, "longitude": longitude, "elevation": 100.0, "irradiance_time_offset": 0.1761}
    return table.assign(pressure=100_500.0), {"inputs": {"location": place}}


def no_network(*_, **__):
    message = "Failed to establish a new connection"
    raise requests.ConnectionError(message)


def test_a_download_is_kept_and_read_back(monkeypatch, tmp_path):
    monkeypatch.setattr(iotools, "get_pvgis_tmy", pvgis_answer)
    first = pvgis_typical_year(ATHENS, tmp_path)
    assert str(first.index[0]) == "2014-12-31 23:40:00+00:00"  # full hour + 0.1761 h - half an hour, to five minutes
    assert first["pressure_hpa"].iloc[0] == 1005.0
    monkeypatch.setattr(iotools, "get_pvgis_tmy", no_network)
    assert np.allclose(pvgis_typical_year(ATHENS, tmp_path), first)
    assert [path.name for path in tmp_path.iterdir()] == ["pvgis_tmy_37.970_23.740.parquet"]


@pytest.mark.parametrize(
    "failure", [no_network, lambda *_, **__: (_ for _ in ()).throw(requests.HTTPError("Location over the sea"))]
)
def test_without_a_network_the_message_names_what_to_use(monkeypatch, tmp_path, failure):
    monkeypatch.setattr(iotools, "get_pvgis_tmy", failure)
    with pytest.raises(ScenarioError, match=r"37.97, 23.74 cannot be downloaded.*source: climate.*source: file"):
        KIND.build([device(source="download", cache_folder=tmp_path)], context(ATHENS, "2024-06-02", "2024-06-08", 900))
    assert not list(tmp_path.iterdir())

# SPDX-License-Identifier: Apache-2.0
"""German test reference years: region by place, noon where the sun is, monthly means as in the file."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from simulators.weather import read_weather
from simulators.weather.noon import noon_offset_min
from simulators.weather.try_region import region_at, region_file
from tests.shared_data import shared_data
from tests.unit.test_weather_support import STEINHEIM, series

# The stations of the 15 regions as the files name them, from their own headers. [deg north], [deg east]
STATIONS = {
    1: (53.533, 8.583), 2: (54.183, 12.083), 3: (53.633, 10.0), 4: (52.383, 13.067), 5: (51.4, 6.967), 6: (50.667, 7.967),
    7: (51.3, 9.45), 8: (51.733, 10.6), 9: (50.8, 12.867), 10: (50.317, 11.883), 11: (50.433, 12.95), 12: (49.517, 8.55),
    13: (48.283, 12.5), 14: (48.667, 9.867), 15: (47.483, 11.067),
}  # fmt: skip


def as_printed(region: int) -> pd.DataFrame:
    """Return the table of a file by its own header line, untouched."""
    text = region_file(region).read_text(encoding="utf-8", errors="replace")
    head, body = text.split("***")
    return pd.read_csv(io.StringIO(body), sep=r"\s+", names=head.split("\n")[-2].split())


@pytest.mark.parametrize("region", [4, 5, 6, 7, 9, 10, 12, 13])
def test_stations_lie_in_their_regions(region):
    assert region_at(*STATIONS[region]) == region


@pytest.mark.parametrize(("place", "region"), [((51.87, 9.09), 6), ((51.45, -2.59), None), ((37.97, 23.74), None)])
def test_pilots(place, region):
    assert region_at(*place) == region  # Steinheim is in region 6 according to the shared data's README


@pytest.mark.parametrize("region", sorted(STATIONS))
def test_noon_of_every_region(region):
    # As printed the irradiance of 2010 is 12 to 31 minutes early: computed values are centred on HH, measured ones are in
    # true solar time (hourly radiation of the DWD is stamped in whole hours of it, see MESS_DATUM_WOZ of its open data).
    frame = read_weather(region_file(region))
    assert abs(noon_offset_min(frame, STATIONS[region][1])) < 5.0
    table = as_printed(region)
    assert frame["ghi_w_per_m2"].sum() == pytest.approx((table["B"] + table["D"]).sum(), rel=1e-3)
    assert frame["dhi_w_per_m2"].sum() == pytest.approx(table["D"].sum(), rel=2e-3)


@pytest.mark.parametrize("region", [4, 6])
def test_monthly_means_of_the_run_are_those_of_the_file(region):
    run = series(STEINHEIM, "2023-01-01", "2024-01-01", 3600, source="try", region=region)
    table = as_printed(region).assign(GHI=lambda rows: rows["B"] + rows["D"]).groupby("MM").mean()
    ours = run.groupby(run.index.month).mean()
    for name, theirs in (("ghi_w_per_m2", "GHI"), ("humidity_percent", "RF"), ("wind_m_per_s", "WG"), ("pressure_hpa", "p")):
        assert ours[name].to_numpy() == pytest.approx(table[theirs].to_numpy(), rel=0.05), name
    assert ours["temp_degc"].to_numpy() == pytest.approx(table["t"].to_numpy(), rel=0.05, abs=0.05)


def test_diffuse_of_the_run_stays_close_to_the_file():
    run = series(STEINHEIM, "2023-01-01", "2024-01-01", 900, source="try", region=6)
    assert run["dhi_w_per_m2"].mean() == pytest.approx(as_printed(6)["D"].mean(), rel=0.01)


def test_a_file_of_2015_is_read_as_its_published_conversion(tmp_path):
    expected = read_weather(shared_data("weather", "kassel_de_dwd_try2015_region07_mean_hourly.parquet"))
    rows = []
    for stamp, row in zip(expected.index, expected.itertuples(index=False), strict=True):
        end = stamp + pd.Timedelta(hours=1)  # MEZ of the interval's start is UTC of its end; HH is one more
        beam = round(row.ghi_w_per_m2 - row.dhi_w_per_m2)
        air = f"{row.temp_degc:.1f} {row.pressure_hpa:.0f} 0 {row.wind_m_per_s:.1f} 0 0 {row.humidity_percent:.0f}"
        rows.append(f"1 2 {end.month} {end.day} {end.hour + 1} {air} {beam} {row.dhi_w_per_m2:.0f} 0 0 1")
    path = tmp_path / "TRY2015.dat"
    path.write_text("Lage\nRW HW MM DD HH t p WR WG N x RF B D A E IL\n***\n" + "\n".join(rows) + "\n")
    frame = read_weather(path)
    assert frame.index.equals(expected.index)
    assert np.abs(frame - expected[frame.columns]).max().max() < 0.06

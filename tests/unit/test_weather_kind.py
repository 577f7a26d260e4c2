# SPDX-License-Identifier: Apache-2.0
"""The device kind: ports, checks, steps, and weather that does not depend on where a run begins."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.weather import KIND, WeatherOptions
from tests.unit.test_weather_support import ATHENS, BRISTOL, STEINHEIM, context, csv, device, plain_frame, series, up
from twinergy.community.twin import Twin
from twinergy.errors import ScenarioError
from twinergy.kinds import Phase
from twinergy.ports import Direction

PORTS = {
    "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2", "dni_extra_w_per_m2", "temp_degc", "humidity_percent", "wind_m_per_s",
    "pressure_hpa", "albedo", "solar_zenith_deg", "solar_apparent_zenith_deg", "solar_azimuth_deg",
}  # fmt: skip


def test_ports_are_measured_and_named_as_agreed():
    assert {port.name for port in KIND.ports} == PORTS
    assert {port.direction for port in KIND.ports} == {Direction.MEASURED}
    assert KIND.phase is Phase.AMBIENT


def test_import_loads_no_heavy_library():
    heavy = "('pandas', 'pvlib', 'scipy', 'demandlib', 'pyarrow')"
    code = f"import sys, simulators.weather; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "try", "place": "athens"}, "place belongs to source: climate"),
        ({"source": "climate", "path": "x.csv"}, "path belongs to source: file"),
        ({"region": 6}, "region belongs to source: try .source is not given"),
        ({"source": "file"}, "source: file needs path"),
        ({"source": "file", "path": "x.csv", "timezone": "Europe/Atlantis"}, "no time zone 'Europe/Atlantis'"),
        ({"source": "try", "region": 16}, "less than or equal to 15"),
        ({"source": "weatherman"}, "'try', 'climate', 'file' or 'download'"),
        ({"sauce": "try"}, "Extra inputs"),
    ],
)
def test_options_are_closed(options, message):
    with pytest.raises(ValidationError, match=message):
        WeatherOptions(**options)


def test_options_survive_being_written_and_read():
    options = WeatherOptions(source="file", path="w.epw")
    assert WeatherOptions.model_validate(options.model_dump(mode="json")) == options


def test_check_finds_a_second_device_and_a_site_without_test_reference_year():
    twin = Twin(site=BRISTOL)
    found = KIND.check([device(source="try"), device("other", source="climate", place="atlantis")], twin)
    assert [finding.path for finding in found] == ["weather", "weather.source", "weather.place"]
    assert "did you mean" in found[2].allowed or "known: athens" in found[2].allowed
    assert found[1].value == "51.45, -2.59"


def test_check_is_content_with_a_default():
    assert KIND.check([device()], Twin(site=STEINHEIM)) == []
    assert KIND.check([device()], Twin(site=BRISTOL)) == []


def test_default_is_the_test_reference_year_in_germany():
    given = series(STEINHEIM, "2023-06-01", "2023-06-03", 3600)
    assert given.equals(series(STEINHEIM, "2023-06-01", "2023-06-03", 3600, source="try", region=6))


def test_step_returns_new_rows_of_one_value_per_device():
    setting = context(ATHENS, "2023-06-01", "2023-06-20", 900)
    fleet = KIND.build([device(source="climate")], setting)
    first, second = list(setting.axis.blocks())[:2]
    fleet.prepare(first)
    kept = fleet.step(setting.axis.step(first, 40), {})
    before = {name: values.copy() for name, values in kept.items()}
    fleet.prepare(second)
    assert {name: values.shape for name, values in kept.items()} == dict.fromkeys(PORTS, (1,))
    assert all(np.array_equal(kept[name], before[name]) for name in PORTS)
    assert {values.dtype for values in kept.values()} == {np.dtype(np.float64)}


@pytest.mark.parametrize("options", [{"source": "try", "region": 7}, {"source": "climate", "place": "kassel"}])
def test_weather_does_not_depend_on_the_start_of_the_run(options):
    long = series(STEINHEIM, "2023-03-20", "2023-04-10", 900, **options)
    late = series(STEINHEIM, "2023-03-31 07:15", "2023-04-04", 900, **options)
    assert np.array_equal(long.loc[late.index].to_numpy(), late.to_numpy())


def test_climate_depends_on_the_seed_and_the_device():
    first, other = (series(ATHENS, "2023-06-01", "2023-06-03", 3600, seed=seed)["temp_degc"] for seed in (1, 2))
    assert not np.allclose(first, other)


def test_closure_and_bounds_of_every_step():
    run = series(STEINHEIM, "2024-03-01", "2024-03-15", 300)
    assert np.abs(run["ghi_w_per_m2"] - run["dhi_w_per_m2"] - run["dni_w_per_m2"] * up(run)).max() < 1e-9
    assert (run[["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]] >= 0.0).all(axis=None)
    assert (run["dni_w_per_m2"] <= run["dni_extra_w_per_m2"]).all()
    assert (run.loc[up(run) == 0.0, "dni_w_per_m2"] == 0.0).all()


def test_albedo_and_pressure_come_from_the_site_unless_the_file_has_them(tmp_path):
    csv(tmp_path, plain_frame())
    site = replace(ATHENS, albedo=0.35, altitude_m=1000.0)
    run = series(site, "2024-06-01", "2024-06-02", 3600, folder=tmp_path, source="file", path="weather.csv")
    assert run["albedo"].iloc[0] == pytest.approx(0.35)
    assert run["pressure_hpa"].iloc[0] == pytest.approx(898.75, abs=0.05)  # ISO 2533:1975 at 1000 m
    csv(tmp_path, plain_frame().assign(albedo=0.6, pressure_hpa=1001.0))
    run = series(site, "2024-06-01", "2024-06-02", 3600, folder=tmp_path, source="file", path="weather.csv")
    assert run[["albedo", "pressure_hpa"]].iloc[5].tolist() == pytest.approx([0.6, 1001.0])


def test_a_file_without_humidity_and_wind_says_so(tmp_path, caplog):
    csv(tmp_path, plain_frame())
    with caplog.at_level(logging.WARNING, logger="simulators.weather"):
        KIND.build([device(source="file", path="weather.csv")], context(ATHENS, "2024-06-01", "2024-06-02", 3600, tmp_path))
    assert "no humidity_percent: estimated" in caplog.text
    assert "no wind_m_per_s: assumed constant (FAO-56) (got 2.7)" in caplog.text


def test_estimated_humidity_has_the_level_of_a_near_climate(tmp_path):
    csv(tmp_path, plain_frame())
    near, far = (replace(ATHENS, latitude_deg=latitude) for latitude in (38.0, 45.0))
    options = {"folder": tmp_path, "source": "file", "path": "weather.csv"}
    runs = [series(site, "2024-06-01", "2024-06-04", 3600, **options)["humidity_percent"] for site in (near, far)]
    assert runs[0].mean() == pytest.approx(53.0, abs=1.5)  # June in Athens, Hellenic National Meteorological Service: 53.4 %
    # 15 degC in the hour from 09:00 and a day's minimum of 10 degC: 12.28 / 17.05 hPa (FAO-56, eq. 11).
    assert runs[1].iloc[9] == pytest.approx(72.0, abs=0.2)


def test_a_short_file_must_cover_the_run(tmp_path):
    csv(tmp_path, plain_frame())
    with pytest.raises(
        ScenarioError, match=r"first at 2024-06-04T00:00:00 UTC .got '2024-06-01T00:00:00 to 2024-06-04T00:00:00'"
    ):
        KIND.build([device(source="file", path="weather.csv")], context(ATHENS, "2024-06-02", "2024-06-08", 900, tmp_path))


def test_a_short_file_of_middle_labels_covers_its_last_half_interval(tmp_path):
    csv(tmp_path, plain_frame())
    run = series(ATHENS, "2024-06-01", "2024-06-04", 900, folder=tmp_path, source="file", path="weather.csv", label="middle")
    assert run["temp_degc"].iloc[-1] == pytest.approx(plain_frame()["temp_degc"].iloc[-1], abs=1.5)


def test_a_climate_of_another_latitude_is_refused():
    with pytest.raises(ScenarioError, match=r"climate of 'athens' would have a clearness index of .got (0\.[89]|1\.)"):
        KIND.build(
            [device(source="climate", place="athens")],
            context(replace(BRISTOL, latitude_deg=60.0), "2024-06-02", "2024-06-08", 900),
        )


def test_the_nearest_climate_says_how_far_it_is():
    fleet = KIND.build(
        [device(source="climate")],
        context(replace(ATHENS, latitude_deg=41.0, longitude_deg=23.0), "2024-06-02", "2024-06-08", 900),
    )
    assert [(finding.path, finding.value) for finding in fleet.findings] == [("place", 343)]


def test_a_file_of_another_longitude_or_time_zone_is_noticed(tmp_path):
    # The days are symmetric about 12:30 UTC; at 30 degrees west the sun culminates at 14:00, plus 0 to 6 min.
    csv(tmp_path, plain_frame(24 * 60))
    site = replace(ATHENS, longitude_deg=-30.0)
    fleet = KIND.build([device(source="file", path="weather.csv")], context(site, "2024-06-02", "2024-06-08", 900, tmp_path))
    late = [finding.value for finding in fleet.findings if "minutes from solar noon" in finding.message]
    assert late == [pytest.approx(-93.0, abs=3.5)]

# SPDX-License-Identifier: Apache-2.0
"""Files of sessions: what is read, what repeats, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.charging.options import ArrivalOptions
from simulators.charging.replay import read
from tests.unit.test_charging_world import THURSDAY, World, twin_of
from twinergy.errors import ScenarioError
from twinergy.timebase import BLOCK_S

HEAD = "site,arrival_utc,departure_utc,requested_energy_kwh\n"
GOOD = (
    "a,2024-05-09T08:00:00Z,2024-05-09T10:00:00Z,12.5\n"
    "b,2024-05-10T08:00:00+02:00,2024-05-10T09:00:00+02:00,5\n"
    "a,2024-05-16T08:00:00Z,2024-05-16T10:00:00Z,1\n"
)


def sessions(tmp_path, text, **options):
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    return read(ArrivalOptions(file="s.csv", **options), tmp_path, "Europe/Berlin", "devices[0].visitors.arrivals.file")


def test_sessions_are_read_with_their_offsets(tmp_path):
    replay = sessions(tmp_path, HEAD + GOOD)
    week = replay.week(THURSDAY // BLOCK_S)
    np.testing.assert_array_equal(week.arrives_s - THURSDAY, [8 * 3600, 30 * 3600])
    np.testing.assert_array_equal(week.stay_s, [7200, 3600])
    np.testing.assert_array_equal(week.energy_kwh, [12.5, 5.0])
    assert len(sessions(tmp_path, HEAD + GOOD, where={"site": "b"}).sessions.arrives_s) == 1


def test_times_without_offset_are_local(tmp_path):
    replay = sessions(tmp_path, HEAD + "a,2024-05-09 08:00,2024-05-09 10:00,12.5\n")
    assert replay.sessions.arrives_s[0] - THURSDAY == 6 * 3600
    zoned = sessions(tmp_path, HEAD + "a,2024-05-09 08:00,2024-05-09 10:00,12.5\n", timezone="UTC")
    assert zoned.sessions.arrives_s[0] - THURSDAY == 8 * 3600


def test_beyond_its_own_time_a_file_repeats_by_whole_weeks(tmp_path):
    replay = sessions(tmp_path, HEAD + GOOD)
    first = THURSDAY // BLOCK_S
    assert replay.n_weeks == 2
    for shift in (-4, 10):
        np.testing.assert_array_equal(replay.week(first + shift).arrives_s, replay.week(first).arrives_s + shift * BLOCK_S)
    np.testing.assert_array_equal(replay.week(first + 1).energy_kwh, [1.0])


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (HEAD + GOOD, {"energy_column": "requested_kwh"}, r"no column 'requested_kwh'; did you mean 'requested_energy_kwh'\?"),
        (HEAD + GOOD, {"where": {"place": "a"}}, "no column 'place'"),
        (HEAD + GOOD, {"where": {"site": "c"}}, "no session is left after"),
        (HEAD, {}, "there is no session in it"),
        (
            HEAD + GOOD + "a,2024-13-09,2024-05-09T10:00Z,1\n",
            {},
            r"s.csv:5 .*arrival_utc: not a time \(1 of 4 rows\).*2024-13-09",
        ),
        (HEAD + GOOD + "a,2024-05-09T11:00Z,2024-05-09T10:00Z,1\n", {}, r"s.csv:5 .*a session that ends before it begins"),
        (HEAD + GOOD + "a,2024-05-09T09:00Z,2024-05-09T10:00Z,-1\n", {}, r"not an energy .*got '-1.0'.*0 to 1000 kWh"),
        (HEAD + GOOD + "a,2024-05-09T09:00Z,2024-05-09T10:00Z,12000\n", {}, r"not an energy .*12000"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_line_and_value(tmp_path, text, options, message):
    with pytest.raises(ScenarioError, match=message):
        sessions(tmp_path, text, **options)


def test_all_faults_of_a_file_are_named_at_once(tmp_path):
    text = HEAD + "a,never,2024-05-09T10:00Z,x\na,2024-05-09T09:00Z,2024-05-09T08:00Z,1\n"
    with pytest.raises(ScenarioError) as caught:
        sessions(tmp_path, text)
    assert len(caught.value.findings) == 3


def test_a_missing_file_is_a_finding_when_the_fleet_is_built(tmp_path):
    points = {"p": {"visitors": {"arrivals": {"file": "nowhere.parquet"}}}}
    with pytest.raises(ScenarioError, match=r"devices\[p\].visitors.arrivals.file: file not found"):
        World(twin_of({}, points, {"hub": (60.0, ["p"])}), steps=4, folder=str(tmp_path))


@pytest.mark.parametrize("name", ["s.csv", "s.parquet"])
def test_real_sessions_drive_a_hub(tmp_path, name):
    times = pd.to_datetime([THURSDAY + 3600, THURSDAY + 3 * 3600], unit="s", utc=True)
    frame = pd.DataFrame(
        {"arrival_utc": times, "departure_utc": times + pd.Timedelta(hours=2), "requested_energy_kwh": [5.0, 80.0]}
    )
    frame.to_csv(tmp_path / name, index=False) if name.endswith("csv") else frame.to_parquet(tmp_path / name)
    points = {"p": {"visitors": {"arrivals": {"file": name}}}}
    run = World(twin_of({}, points, {"hub": (60.0, ["p"])}), steps=24, folder=str(tmp_path)).run()["charging"]
    assert run["sessions_count"][-1, 0] == 2
    assert run["session_kwh"][10, 0] == pytest.approx(5.0, rel=0.01)
    np.testing.assert_array_equal(run["departure_s"][3:6, 0], [7200.0, 6300.0, 5400.0])
    delivered = run["session_kwh"][-1, 0]
    assert delivered <= 2 * 11.0
    assert run["unserved_kwh"][-1, 0] == pytest.approx((80.0 - delivered) * 0.9, rel=1e-6)

# SPDX-License-Identifier: Apache-2.0
"""The data service: what it answers, page by page and format by format."""

from __future__ import annotations

import io
import json
import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from tests.unit.results_sample import axis_of, blocks, community, write_run
from tests.unit.serve_sample import ALL, HOMES, owned_run, served
from twinergy.cli.serving import new_token_command
from twinergy.results.provenance import run_facts
from twinergy.results.reader import Run
from twinergy.results.writer import RunFolder, RunWriter
from twinergy.serve.options import ServeOptions

PV = "/tables/pv/series"
RAW_JSON = "application/json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return owned_run(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def client(folder):
    with served(folder) as client:
        yield client


def as_frame(answer):
    return pd.DataFrame(answer.json()["data"])


def all_pages(client, path, **params):
    """Follow `next` to the end and return the pages."""
    pages = [client.get(path, **params)]
    while pages[-1].json()["next"]:
        assert pages[-1].headers["link"] == f'<{pages[-1].json()["next"]}>; rel="next"'
        pages.append(client.get(pages[-1].json()["next"]))
    return pages


def test_health_needs_no_token_and_says_nothing_else(client):
    assert client.get("/v1/health", token=None).json() == {"status": "ok"}


def test_a_run_is_described(client, folder):
    told = client.get().json()
    assert client.get("/v1/runs").json() == {"runs": [told]}
    assert (told["run"], told["timezone"], told["step_s"]) == (folder.path.name, "Europe/Berlin", 900)
    assert told["written_until"] == "2024-07-02T22:00:00+00:00"  # two local days from 2024-06-30 22:00 UTC


def test_key_figures_are_those_of_the_run(client, folder):
    told = {row["name"]: row["value"] for row in client.get("/kpis").json()["kpis"]}
    known = Run(folder.path).kpis
    assert set(told) == set(known)
    assert told["consumption_kwh"] == known["consumption_kwh"].value


def test_tables_have_their_ports_with_units(client):
    tables = {row["table"]: row for row in client.get("/tables").json()["tables"]}
    assert tables["household"]["devices"] == HOMES
    assert {"port": "p_kw", "unit": "kW", "description": "active power, never positive"} in tables["pv"]["ports"]
    assert client.get("/tables/pv").json() == tables["pv"]


def test_devices_by_table_and_dwelling_in_pages(client):
    assert len(client.get("/devices", table="battery").json()["devices"]) == HOMES // 2
    own = client.get("/devices", dwelling="home 001").json()["devices"]
    assert {row["device"] for row in own} == {"battery 001", "home 001", "household 001", "meter 001", "pv 001"}
    pages = all_pages(client, "/devices", limit=7)
    whole = client.get("/devices").json()["devices"]
    assert [row for page in pages for row in page.json()["devices"]] == whole


@pytest.mark.parametrize("limit", [1, 7, 383, 384, 50_000])
def test_pages_together_are_the_recorded_values(client, folder, limit):
    run = Run(folder.path)
    whole = run.frame("pv", ["pv 001", "pv 002"], ["p_kw"]).sort_values(["time", "device"])
    start = {"start": "2024-07-02T20:00:00Z"} if limit == 1 else {}
    pages = all_pages(client, PV, port="p_kw", device=["pv 001", "pv 002"], limit=limit, **start)
    got = pd.concat([as_frame(page) for page in pages])
    whole = whole[whole["time"] >= pd.Timestamp(start.get("start", "2024-01-01T00:00:00Z"))]
    assert all(page.json()["rows"] <= limit for page in pages)
    assert list(got["device"]) == list(whole["device"].astype(str))
    assert list(pd.to_datetime(got["time"])) == list(whole["time"])
    np.testing.assert_array_equal(got["p_kw"].to_numpy(np.float32), whole["p_kw"].to_numpy(np.float32))


def test_times_bound_what_is_given(client):
    given = client.get(PV, device="pv 001", start="2024-07-01T00:00:00+02:00", end="2024-06-30T22:30:00Z").json()
    assert given["data"]["time"] == ["2024-06-30T22:00:00Z", "2024-06-30T22:15:00Z"]


def test_an_hour_holds_the_energy_of_its_quarters(client):
    span = {"device": "household 000", "port": "p_kw", "end": "2024-06-30T23:00:00Z"}
    quarters = as_frame(client.get("/tables/household/series", **span))["p_kw"]
    hour = client.get("/tables/household/series", resolution="hourly", **span).json()
    assert hour["units"] == {"p_kw": "kW", "p_kwh": "kWh", "p_share": "1"}
    assert hour["data"]["p_kwh"] == pytest.approx([quarters.sum() / 4], rel=1e-6)


def test_days_are_local(client):
    days = client.get("/tables/household/series", resolution="daily", device="household 000", port="p_kw").json()
    assert days["data"]["time"] == ["2024-06-30T22:00:00Z", "2024-07-01T22:00:00Z"]


def test_an_aggregate_is_the_sum_over_devices_in_pages(client, folder):
    wide = Run(folder.path).wide("household", "p_kw").sum(axis=1)
    pages = all_pages(client, "/tables/household/series", aggregate="sum", port="p_kw", limit=50)
    got = pd.concat([as_frame(page) for page in pages])
    assert len(pages) == math.ceil(192 / 50)
    np.testing.assert_allclose(got["p_kw"], wide, rtol=1e-6)
    assert set(got["devices_count"]) == {HOMES}


def test_formats_hold_the_same(client):
    params = {"device": "pv 001", "port": "p_kw", "limit": 96}
    frame = as_frame(client.get(PV, **params))
    text = client.get(PV, format="csv", **params)
    parquet = client.get(PV, headers={"Accept": "application/vnd.apache.parquet"}, **params)
    arrow = client.get(PV, headers={"Accept": "text/plain;q=0.9, application/vnd.apache.arrow.stream"}, **params)
    tables = [
        pc.read_csv(io.BytesIO(text.content)),
        pq.read_table(io.BytesIO(parquet.content)),
        pa.ipc.open_stream(arrow.content).read_all(),
    ]
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    for table in tables:
        np.testing.assert_allclose(table.column("p_kw").to_numpy(), frame["p_kw"], rtol=1e-7)
    assert tables[1].schema.field("p_kw").metadata[b"unit"] == b"kW"


def test_gaps_are_null_and_never_zero(tmp_path):
    with served(write_run(tmp_path, homes=2, days=1, failed_steps=(1,))) as client:
        told = client.get("/tables/grid/series", port="p_exchange_kw", limit=3)
    assert told.json()["data"]["p_exchange_kw"][1] is None
    assert "NaN" not in told.text


def test_flags_of_curation(tmp_path):
    folder = owned_run(tmp_path, days=1)
    when = [datetime(2024, 7, 1, hour, tzinfo=UTC) for hour in (1, 2, 3)]
    flags = {
        "time": when,
        "until": [moment.replace(minute=15) for moment in when],
        "device": ["meter 001", "meter 002", "meter 001"],
    }
    flags |= {"table": ["meter"] * 3, "port": ["p_kw"] * 3, "flag": ["gap", "spike", "stuck"], "detail": ["", "9 kW", ""]}
    (folder.path / "quality").mkdir()
    pq.write_table(pa.table(flags), folder.path / "quality" / "part-00000.parquet")
    with served(folder) as client:
        assert client.get("/tables/meter/quality").json()["data"]["flag"] == ["gap", "spike", "stuck"]
        assert client.get("/tables/meter/quality", device="meter 002", port="p_kw").json()["data"]["detail"] == ["9 kW"]
        pages = all_pages(client, "/tables/meter/quality", limit=2)
        assert [page.json()["rows"] for page in pages] == [2, 1]
        assert client.get("/events").json()["events"] == ["set_points"]


def messages_of(base, rows):
    folder = write_run(base, homes=3, days=1)
    for part in (folder.path / "messages").iterdir():
        part.unlink()
    with RunWriter(folder) as writer:
        for part in rows:
            writer.write_events("messages", part)
    return folder


def message(second, home, name="actual_consumption", body=None):
    text = json.dumps({"dwelling": home, "p_kw": 1.5} if body is None else body)
    subject = f"twinergy.sample.home_energy.{name}"
    return {"time": 1719784800 + second, "subject": subject, "source": "home_energy", "id": str(second), "body": text}


def test_messages_by_subject_and_time_across_parts(tmp_path):
    rows = [
        [message(0, "home 001"), message(900, "home 002")],
        [message(1800, "home 001", "production"), message(2700, "home 001")],
    ]
    with served(messages_of(tmp_path, rows)) as client:
        ids = lambda **params: [row["id"] for row in client.get("/messages", **params).json()["messages"]]  # noqa: E731
        assert ids() == ["0", "900", "1800", "2700"]
        assert ids(subject="twinergy.*.home_energy.production") == ["1800"]
        assert ids(subject="twinergy.>", start="2024-06-30T22:15:00Z", end="2024-06-30T22:45:00Z") == ["900", "1800"]
        assert client.get("/messages", limit=1).json()["messages"][0]["body"] == {"dwelling": "home 001", "p_kw": 1.5}
        pages = all_pages(client, "/messages", limit=1)
        assert [row["id"] for page in pages for row in page.json()["messages"]] == ["0", "900", "1800", "2700"]


def test_a_message_that_is_no_json_is_given_as_text(tmp_path):
    row = message(0, "home 001") | {"body": "{broken"}
    nan = message(1, "home 001") | {"body": '{"p_kw": NaN}'}
    with served(messages_of(tmp_path, [[row, nan]])) as client:
        assert [told["body"] for told in client.get("/messages").json()["messages"]] == ["{broken", {"p_kw": None}]


def test_events_in_pages(client):
    pages = all_pages(client, "/events/set_points", limit=4)
    outcomes = [outcome for page in pages for outcome in page.json()["data"]["outcome"]]
    assert outcomes == ["granted", "limited", "refused"] * 2


def test_a_run_that_is_being_written_shows_its_newest_values(tmp_path):
    place, axis = community(3), axis_of(9)  # nine days from a Sunday evening lie in two blocks
    folder = RunFolder.create(tmp_path, "live", datetime(2024, 9, 1, tzinfo=UTC))
    made = list(blocks(place, axis))
    writer = RunWriter(folder)
    writer.__enter__()
    writer.write_manifest(**run_facts(scenario="live", twin=place.twin, axis=axis, seed=7))
    counts, states = [], []
    with served(folder) as client:
        for block in made:
            writer.write_block(block)
            wait_for(writer)
            states.append(client.get().json()["status"])
            answer = client.get("/tables/pv/series", device="pv 001", port="p_kw", limit=50_000)
            counts.append(answer.json()["rows"])
        writer.close()
        states.append(client.get().json()["status"])
    assert counts == list(np.cumsum([len(block.epoch_s) for block in made]))
    assert len(made) > 1
    assert states == ["running"] * len(made) + ["completed"]


def wait_for(writer):
    """Return when everything that was queued has been written."""
    import threading

    done = threading.Event()
    writer._background.submit(done.set)
    assert done.wait(10)


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("/v1/nothing", {}, 404, "openapi.json"),
        ("/tables/pvv/series", {}, 404, "did you mean 'pv'?"),
        (PV, {"port": "p_kv"}, 404, "did you mean 'p_kw'?"),
        (PV, {"device": "pv 1"}, 404, "did you mean 'pv 001'?"),
        (PV, {"start": "2024-07-02T00:00:00Z", "end": "2024-07-01T00:00:00Z"}, 404, "give an end after it"),
        (PV, {"cursor": "WyJ4IixbXV0"}, 404, "no such page"),
        (PV, {"limit": "0"}, 422, "greater than or equal to 1"),
        (PV, {"limit": "1e3"}, 422, "expected a whole number"),
        (PV, {"start": "2024-07-01T00:00:00"}, 422, "expected a time with zone"),
        (PV, {"resolution": "weekly"}, 422, "'raw', '15min', 'hourly' or 'daily'"),
        (PV, {"ports": "p_kw"}, 422, "Extra inputs are not permitted"),
        (PV, {"format": "xml"}, 422, "'json', 'csv', 'parquet' or 'arrow'"),
        ("/events/nothing", {}, 404, "known: set_points"),
        ("/messages", {"subject": "a b"}, 422, "^[A-Za-z0-9_*>.-]{1,200}$"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(client, path, params, status, said):
    answer = client.get(path, **params)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["type"].startswith("tag:twinergy-lab,2026:problem:")
    assert said in json.dumps(document, ensure_ascii=False)


def test_everything_that_is_wrong_is_said_at_once(client):
    wrong = client.get(PV, limit="x", resolution="weekly", start="yesterday").json()["errors"]
    assert {item["where"] for item in wrong} == {"query.limit", "query.resolution", "query.start"}
    assert {item["value"] for item in wrong} == {"x", "weekly", "yesterday"}


def test_a_media_type_that_cannot_be_given(client):
    answer = client.get(PV, headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["allowed"][0]) == (406, RAW_JSON)


def test_a_cursor_belongs_to_its_question(client):
    first = client.get(PV, device="pv 001", limit=1).json()["next"]
    cursor = first.rsplit("cursor=", 1)[1]
    assert client.get(PV, device="pv 002", limit=1, cursor=cursor).status_code == 404
    assert client.get(PV, device="pv 001", limit=3, cursor=cursor).json()["data"]["time"][0] == "2024-06-30T22:15:00Z"


def test_a_damaged_run_answers_without_a_trace(tmp_path, caplog):
    folder = owned_run(tmp_path, days=1)
    with served(folder) as client:
        next((folder.path / "series" / "pv").iterdir()).write_bytes(b"not parquet at all")
        answer = client.get(PV)
    assert answer.status_code == 503
    assert "incident" in answer.json()
    assert str(tmp_path) not in answer.text
    assert answer.json()["incident"] in caplog.text


def test_a_fault_of_the_server_tells_the_client_nothing_of_it(tmp_path, caplog):
    with served(owned_run(tmp_path, days=1)) as client:
        run = next(iter(client.app.state.service.runs.values()))
        whole, run.store = run.store, None
        answer = client.get(PV)
        run.store = whole
    assert answer.status_code == 500
    assert "NoneType" not in answer.text
    assert "Traceback" not in answer.text
    assert "NoneType" in caplog.text


def test_a_slow_answer_is_given_up(tmp_path):
    import time

    with served(owned_run(tmp_path, days=1), ServeOptions(longest_s=0.05)) as client:
        run = next(iter(client.app.state.service.runs.values()))
        run.refresh = lambda: time.sleep(0.3)
        answer = client.get(PV)
    assert answer.status_code == 503
    assert "longer than 0.05 s" in answer.json()["detail"]


def test_a_new_token_is_shown_with_its_entry(tmp_path):
    from rich.console import Console

    from twinergy.serve.token_files import read_tokens

    out = io.StringIO()
    new_token_command(Console(file=out), "grid", ["dso"])
    first, *entry = out.getvalue().splitlines()
    file = tmp_path / "tokens.yaml"
    file.write_text("\n".join(entry))
    token = first.removeprefix("token, shown once: ")
    assert read_tokens(file).grant_of(f"Bearer {token}").scopes == ("dso",)
    assert token not in file.read_text()
    assert ALL not in out.getvalue()

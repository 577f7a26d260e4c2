# SPDX-License-Identifier: Apache-2.0
"""Who is let in, what each token sees, and how often it may ask."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.serve_sample import ALL, BOOK, DSO, HOME, HOMES, OTHER, owned_run, served
from tests.unit.test_serve import message, messages_of
from twinergy.cli import serving
from twinergy.errors import ScenarioError
from twinergy.serve.access import sight_of
from twinergy.serve.cursors import cursor_of, keys_of
from twinergy.serve.limits import RateLimiter
from twinergy.serve.options import ServeOptions
from twinergy.serve.owners import owners
from twinergy.serve.problems import ProblemError
from twinergy.serve.token_files import TokenFile, fresh_token_file, read_tokens
from twinergy.serve.tokens import Grant, TokenBook, book_of, digest_of

HOME_SERIES = "/tables/household/series"
NOW = datetime(2024, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with served(owned_run(tmp_path_factory.mktemp("access"))) as client:
        yield client


def paths(client):
    document = client.get("/v1/openapi.json").json()
    filled = {"{run}": client.base.rsplit("/", 1)[1], "{table}": "pv", "{name}": "set_points"}
    for path in document["paths"]:
        for name, value in filled.items():
            path = path.replace(name, value)  # noqa: PLW2901
        yield path


def test_every_address_but_health_refuses_without_a_token(client):
    answers = {path: client.get(path, token=None) for path in paths(client)}
    assert len(answers) == 12
    refused = {path for path, answer in answers.items() if answer.status_code == 401}
    assert set(answers) - refused == {"/v1/health"}
    for path in refused:
        assert answers[path].headers["www-authenticate"] == 'Bearer realm="twinergy"'
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("given_", ["Bearer", "Bearer ", "Basic dXNlcjpwdw==", "Bearer " + "x" * 32, "Bearer " + ALL + "x", ALL])
def test_anything_but_a_known_bearer_token_is_refused(client, given_):
    answer = client.get(token=None, headers={"Authorization": given_})
    assert answer.status_code == 401
    assert ALL not in answer.text


def test_a_token_holds_from_its_start_to_its_end():
    grant = Grant(name="g", sha256=digest_of(ALL), scopes=("all",), starts=NOW, expires=NOW + timedelta(days=1))
    book = TokenBook((grant,))
    assert book.grant_of(f"Bearer {ALL}", NOW) is grant
    for moment, said in (
        (NOW - timedelta(seconds=1), "starts at 2024-07-01"),
        (NOW + timedelta(days=1), "expired at 2024-07-02"),
    ):
        with pytest.raises(ProblemError, match=said) as caught:
            book.grant_of(f"Bearer {ALL}", moment)
        assert caught.value.status == 401


def test_an_expired_token_is_refused_over_http(tmp_path):
    gone = Grant(name="g", sha256=digest_of(ALL), scopes=("all",), expires=NOW)
    with served(owned_run(tmp_path, days=1), book=TokenBook((gone,))) as client:
        answer = client.get()
    assert (answer.status_code, "expired" in answer.json()["detail"]) == (401, True)


def test_digest_is_sha256_of_the_published_example():
    """FIPS 180-4, example "abc"."""
    assert digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# --- households


@pytest.mark.parametrize("table", ["household", "pv", "battery", "meter", "connection"])
def test_a_household_reads_its_own_and_nobody_elses(client, table):
    own = "home 001" if table == "connection" else f"{table} 001"
    foreign = own.replace("001", "003")
    everything = client.get(f"/tables/{table}/series", HOME)
    assert set(everything.json()["data"]["device"]) == {own}
    assert client.get(f"/tables/{table}/series", HOME, device=own).json()["data"] == everything.json()["data"]
    refused = client.get(f"/tables/{table}/series", HOME, device=foreign)
    assert refused.status_code == 403
    assert own in refused.json()["detail"]
    assert client.get(f"/tables/{table}/series", HOME, device=[own, foreign]).status_code == 403


def test_a_foreign_device_is_refused_like_one_that_does_not_exist(client):
    foreign, none = (client.get(HOME_SERIES, HOME, device=name) for name in ("household 002", "household 999"))
    assert foreign.status_code == none.status_code == 403
    assert foreign.text.replace("002", "999") == none.text


@pytest.mark.parametrize(
    "path", ["/tables/bus/series", "/tables/grid/series", "/tables/line/quality", "/kpis", "/tables/transformer"]
)
def test_a_household_does_not_see_the_grid_nor_the_community(client, path):
    assert client.get(path, HOME).status_code == 403


def test_a_household_does_not_get_a_sum_over_others(client):
    mine = client.get(HOME_SERIES, HOME, aggregate="sum", limit=5).json()["data"]
    assert mine["devices_count"] == [1] * 5
    assert mine["p_kw"] == client.get(HOME_SERIES, HOME, limit=5).json()["data"]["p_kw"]


def test_a_household_sees_prices_and_events_of_its_own(client):
    assert client.get("/tables/prices/series", HOME).status_code == 200
    assert client.get("/events/set_points", HOME).json()["rows"] == 6  # all at battery 001
    assert client.get("/events/set_points", OTHER).json()["rows"] == 0


def test_a_household_sees_messages_about_its_dwelling(tmp_path):
    rows = [message(0, "home 001"), message(1, "home 002"), message(2, "", body={"p_kw": 1.0}), message(3, "", body=[1])]
    with served(messages_of(tmp_path, [rows])) as client:
        assert [row["id"] for row in client.get("/messages", HOME).json()["messages"]] == ["0"]
        assert [row["id"] for row in client.get("/messages", OTHER).json()["messages"]] == ["1"]
        assert client.get("/messages", DSO).status_code == 403


def test_a_cursor_of_somebody_else_opens_nothing(client):
    address = client.get(HOME_SERIES, ALL, limit=1).json()["next"]
    assert set(client.get(address, HOME).json()["data"]["device"]) == {"household 001"}


# --- grid operator


def test_a_grid_operator_reads_transformers_one_by_one_and_customers_together(client):
    assert client.get("/tables/transformer/series", DSO).status_code == 200
    alone = client.get("/tables/connection/series", DSO)
    assert (alone.status_code, "aggregate=sum" in alone.json()["detail"]) == (403, True)
    together = client.get("/tables/connection/series", DSO, aggregate="sum", limit=3).json()["data"]
    assert together["devices_count"] == [HOMES] * 3


@pytest.mark.parametrize("params", [{"aggregate": "max"}, {"aggregate": "min"}, {"aggregate": "sum", "device": "home 001"}])
def test_a_grid_operator_cannot_single_out_a_customer(client, params):
    assert client.get("/tables/connection/series", DSO, **params).status_code == 403


@pytest.mark.parametrize("table", ["household", "battery", "pv"])
def test_a_grid_operator_does_not_see_behind_the_meter(client, table):
    assert client.get(f"/tables/{table}/series", DSO, aggregate="sum").status_code == 403


def test_too_few_customers_are_not_told(tmp_path):
    from tests.unit.results_sample import write_run

    with served(write_run(tmp_path, homes=4, days=1)) as client:
        answer = client.get("/tables/connection/series", DSO, aggregate="sum")
    assert (answer.status_code, "needs 5 customers" in answer.json()["detail"]) == (403, True)


CATALOGUE = {
    "connection": {f"home-{n}": f"home-{n}" for n in range(6)},
    "meter": {f"meter-home-{n}": f"home-{n}" for n in range(6)} | {"meter-trafo": "", "meter-battery-0": "home-0"},
    "transformer": {"trafo": ""},
    "weather": {"weather": ""},
}


@pytest.mark.parametrize(
    ("scopes", "table", "devices", "pooled"),
    [
        (("all",), "meter", 8, 8),
        (("dso",), "meter", 1, 6),
        (("dso",), "connection", 0, 6),
        (("household:home-0",), "meter", 2, 2),
        (("household:home-0", "dso"), "meter", 3, 6),
        (("household:nobody",), "meter", 0, 0),
        (("household:nobody",), "weather", 1, 1),
    ],
)
def test_what_each_scope_sees(scopes, table, devices, pooled):
    sight = sight_of(Grant(name="g", sha256="0" * 64, scopes=scopes), CATALOGUE, table)
    assert (len(sight.devices), len(sight.pooled)) == (devices, pooled)


# --- whose a device is


def scenario(folder, text):
    folder.scenario.write_text(text, encoding="utf-8")
    return folder


def test_owners_are_what_the_scenario_states_not_what_looks_alike(tmp_path):
    from twinergy.results.folder import RunFolder

    folder = RunFolder.create(tmp_path, "s", NOW)
    text = """
    dwellings: [{id: home-a, connection: place-a}, {id: home-b, connection: shared}, {id: home-c, connection: shared}]
    devices:
      - {id: home-a-car, kind: ev, dwelling: home-b}
      - {id: load, kind: household, connection: place-a}
      - {id: smart, kind: meter, of: {connection: place-a}}
      - {id: hall, kind: household, connection: shared}
    """
    scenario(folder, text)
    asked = [("ev", "home-a-car"), ("household", "load"), ("meter", "smart"), ("household", "hall"), ("pv", "home-a-pv")]
    asked += [("meter", "meter-place-a"), ("meter", "meter-shared"), ("meter", "meter-load"), ("connection", "place-a")]
    asked += [("connection", "shared"), ("heat_meter", "heat_meter-load"), ("meter", "xhome-a"), ("bus", "home-a")]
    assert owners(folder, asked) == {
        ("ev", "home-a-car"): "home-b",  # although it is called after home-a
        ("household", "load"): "home-a",
        ("meter", "smart"): "home-a",
        ("household", "hall"): "",  # two dwellings share the connection
        ("pv", "home-a-pv"): "home-a",
        ("meter", "meter-place-a"): "home-a",
        ("meter", "meter-shared"): "",
        ("meter", "meter-load"): "home-a",
        ("connection", "place-a"): "home-a",
        ("connection", "shared"): "",
        ("heat_meter", "heat_meter-load"): "home-a",
        ("meter", "xhome-a"): "",
        ("bus", "home-a"): "",
    }


# --- tokens in files


def write_tokens(path, *grants):
    rows = "\n".join(f"  - {{name: {name}, sha256: {digest}, scopes: [{scopes}]}}" for name, digest, scopes in grants)
    path.write_text(f"tokens:\n{rows}\n")


def test_a_rotated_token_is_refused_within_a_second(tmp_path):
    file, clock = tmp_path / "tokens.yaml", [0.0]
    write_tokens(file, ("op", digest_of(ALL), "all"))
    tokens = TokenFile(file, lambda: clock[0])
    assert tokens().grant_of(f"Bearer {ALL}").name == "op"
    write_tokens(file, ("operator", digest_of(HOME), "all"))
    clock[0] = 1.0
    with pytest.raises(ProblemError, match="not known"):
        tokens().grant_of(f"Bearer {ALL}")
    assert tokens().grant_of(f"Bearer {HOME}").name == "operator"


def test_nobody_gets_in_while_the_file_of_tokens_is_wrong(tmp_path, caplog):
    file, clock = tmp_path / "tokens.yaml", [0.0]
    write_tokens(file, ("op", digest_of(ALL), "all"))
    tokens = TokenFile(file, lambda: clock[0])
    for number, text in enumerate(("tokens: [", "tokens: []", "other: 1", "")):
        file.write_text(text)
        clock[0] = number + 1.0
        with pytest.raises(ProblemError, match="cannot be read") as caught:
            tokens()
        assert caught.value.status == 503
    file.unlink()
    clock[0] = 9.0
    with pytest.raises(ProblemError):
        tokens()
    assert "nobody gets in" in caplog.text


def test_everything_wrong_in_a_file_of_tokens_is_named_but_no_secret(tmp_path):
    file = tmp_path / "tokens.yaml"
    rows = f"""tokens:
      - {{name: one, sha256: {ALL}, scopes: [all]}}
      - {{name: two, sha256: {digest_of(ALL)}, scopes: [admin]}}
      - {{name: three, sha256: {digest_of(DSO)}, scopes: [], until: 3}}
      - {{name: four, sha256: {digest_of(HOME)}, scopes: [dso]}}
      - {{name: five, sha256: {digest_of(HOME)}, scopes: [all]}}
    """
    file.write_text(rows)
    with pytest.raises(ScenarioError) as caught:
        read_tokens(file)
    said = str(caught.value)
    places = ("tokens[0].sha256", "tokens[1].scopes.0", "tokens[2].scopes", "tokens[2].until", "'five' is given to somebody else")
    assert all(place in said for place in places), said
    assert ALL not in said


def test_a_single_token_in_a_file_is_for_its_owner_alone(tmp_path):
    file = tmp_path / "token"
    file.write_text(ALL + "\n")
    file.chmod(0o644)
    with pytest.raises(ScenarioError, match="chmod 600"):
        read_tokens(file)
    file.chmod(0o600)
    assert read_tokens(file).grant_of(f"Bearer {ALL}").sees_all


def test_a_short_token_is_refused():
    with pytest.raises(ValueError, match=r"32 to 512 .*this one has 6"):
        book_of("secret")


def test_a_token_from_the_environment_holds_and_is_not_shown(monkeypatch):
    said = []
    monkeypatch.setenv("TWINERGY_API_TOKEN", ALL)
    with ExitStack() as stack:
        assert serving._tokens(said.append, None, stack)().grant_of(f"Bearer {ALL}").sees_all
        monkeypatch.setenv("TWINERGY_API_TOKEN", "secret")
        with pytest.raises(ScenarioError, match="TWINERGY_API_TOKEN: a token has 32 to 512"):
            serving._tokens(said.append, None, stack)
    assert not said


def test_a_fresh_token_is_in_a_file_only_its_owner_reads(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path, token = fresh_token_file()
    assert path.read_text() == token + "\n"
    assert len(token) >= 43  # 256 bits in base64
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert fresh_token_file()[1] != token


# --- limits


def test_a_bucket_by_hand():
    """Two at once, one per 2 s: at 0 s two are taken and the third waits 2 s; at 2 s one more is there, at 100 s again two."""
    clock = [0.0]
    limit = RateLimiter(0.5, 2, lambda: clock[0])
    assert [limit.take("a"), limit.take("a")] == [1, 0]
    with pytest.raises(ProblemError) as caught:
        limit.take("a")
    assert caught.value.headers == {"Retry-After": "2"}
    assert limit.take("b") == 1
    clock[0] = 2.0
    assert limit.take("a") == 0
    clock[0] = 100.0
    assert limit.take("a") == 1


@given(st.lists(st.floats(0.0, 3.0), max_size=60), st.floats(0.1, 10.0), st.integers(1, 5))
def test_never_more_than_the_bucket_and_its_inflow(pauses, per_s, burst):
    now, taken = 0.0, 0
    limit = RateLimiter(per_s, burst, lambda: now)
    for pause in pauses:
        now += pause
        try:
            limit.take("a")
            taken += 1
        except ProblemError:
            continue
        assert taken <= burst + now * per_s + 1e-6


def test_too_many_requests_are_refused_with_the_time_to_wait(tmp_path):
    with served(owned_run(tmp_path, days=1), ServeOptions(requests_per_s=0.001, burst=3)) as client:
        statuses = [client.get(token=HOME).status_code for _ in range(4)]
        refused = client.get(token=HOME)
        assert statuses == [200, 200, 200, 429]
        assert 1 <= int(refused.headers["retry-after"]) <= 1000
        assert client.get(token=DSO).status_code == 200  # each token has its own
        assert [client.get(token="x" * 32).status_code for _ in range(4)] == [401, 401, 401, 429]
        assert client.get("/v1/health", token=None).status_code == 200


def test_an_address_that_is_too_long_is_refused_before_anything_else(client):
    answer = client.get(HOME_SERIES, token=None, device=["x" * 150] * 200)
    assert answer.status_code == 414
    assert "16384" in answer.json()["detail"]


def test_scripts_of_other_pages_are_not_let_in_unless_named(tmp_path, client):
    asks = {"Origin": "https://example.org"}
    assert "access-control-allow-origin" not in client.get(headers=asks).headers
    with served(owned_run(tmp_path, days=1), ServeOptions(origins=("https://example.org",))) as open_client:
        assert open_client.get(headers=asks).headers["access-control-allow-origin"] == "https://example.org"
        other = open_client.get(headers={"Origin": "https://example.com"})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    "path", ["/../../../etc/passwd", "/tables/..%2f..%2fmanifest.json/series", "/events/..%2fseries", "/events/tables"]
)
def test_no_path_leads_out_of_a_run(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(client, method):
    answer = client.get(method=method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@given(st.lists(st.one_of(st.integers(), st.text(max_size=20)), max_size=3), st.text(max_size=20))
def test_cursors_round_trip_and_fit_their_question_only(keys, question):
    cursor = cursor_of(question, keys)
    assert keys_of(question, cursor, *[type(key) for key in keys]) == keys
    with pytest.raises(ProblemError):
        keys_of(question + "x", cursor, *[type(key) for key in keys])


@given(st.text(alphabet="abcXYZ019-_", max_size=60))
def test_a_made_up_cursor_is_no_page(text):
    with pytest.raises(ProblemError, match="no such page"):
        keys_of("question", text, int)


def test_the_digest_is_not_the_token():
    assert all(grant.sha256 != ALL for grant in BOOK.grants)
    assert hashlib.sha256(ALL.encode()).hexdigest() in {grant.sha256 for grant in BOOK.grants}

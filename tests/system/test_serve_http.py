# SPDX-License-Identifier: Apache-2.0
"""The data service as it stands in a network: a process of its own, its OpenAPI document put to the test, garbage at its port."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.unit.serve_sample import owned_run
from twinergy.serve.tokens import digest_of

ROOT = Path(__file__).resolve().parents[2]
START = """
import sys
from pathlib import Path
from rich.console import Console
from twinergy.cli.serving import serve_command
tokens = Path(sys.argv[2]) if sys.argv[2:] else None
serve_command(Console(width=200), Path(sys.argv[1]), ["sample"], port=0, requests_per_s=1e5, token_file=tokens)
"""
ALL, HOME = secrets.token_urlsafe(32), secrets.token_urlsafe(32)


class Service:
    """A service in a process of its own."""

    def __init__(self, runs, *arguments, **environment) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(runs), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
        self.said = ""
        while "http://" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        self.base = re.search(r"http://127\.0\.0\.1:\d+", self.said).group(0)
        self.port = int(self.base.rsplit(":", 1)[1])

    def get(self, path, token="", **params):
        head = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(self.base + path, headers=head, params=params, timeout=10)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=20)
        self.said += out
        return self.process.returncode


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    base = tmp_path_factory.mktemp("system")
    owned_run(base)
    return base


@pytest.fixture(scope="module")
def service(runs):
    file = runs / "tokens.yaml"
    rows = ((ALL, "all"), (HOME, "household:home 001"))
    entries = [f"  - {{name: n{n}, sha256: {digest_of(token)}, scopes: ['{scope}']}}" for n, (token, scope) in enumerate(rows)]
    file.write_text("tokens:\n" + "\n".join(entries))
    service = Service(runs, file)
    yield service
    status = service.stop()
    assert (status, "Traceback" in service.said, service.said.endswith("stopped\n")) == (0, False, True), service.said


def schemathesis(service, token, cwd, examples, phases):
    script = Path(sys.executable).with_name("schemathesis")
    arguments = ["run", f"{service.base}/v1/openapi.json", "-H", f"Authorization: Bearer {token}", "--seed", "1"]
    arguments += ["--max-examples", str(examples), "--no-color", "--generation-database", "none", "--phases", phases]
    return subprocess.run([script, *arguments], cwd=cwd, capture_output=True, text=True, timeout=200, check=False)


@pytest.mark.parametrize(
    ("token", "examples", "phases", "least"),
    [(ALL, 8, "coverage,fuzzing,stateful", 400), (HOME, 4, "fuzzing,stateful", 50)],
    ids=["all", "household"],
)
def test_every_check_of_schemathesis_passes_on_the_openapi_document(service, tmp_path, token, examples, phases, least):
    done = schemathesis(service, token, tmp_path, examples, phases)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    generated = int(re.search(r"(\d+) generated", done.stdout).group(1))
    assert generated > least


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff" * 2000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
        b"GET /v1/runs?" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/runs HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{",
        b"GET /v1/runs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
    ids=["bytes", "version", "token", "query", "headers", "length", "chunk"],
)
def test_garbage_gets_no_data_and_hurts_nobody(service, garbage):
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as line:
        try:
            line.sendall(garbage)
            answer = line.recv(4096)
        except (ConnectionError, TimeoutError):
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 2")
    assert not answer.startswith(b"HTTP/1.1 5")
    assert service.get("/v1/health").json() == {"status": "ok"}


def test_it_listens_on_this_machine_only(service):
    assert "127.0.0.1" in service.said
    with socket.socket() as probe:
        probe.settimeout(2)
        outside = next((ip for ip in socket.gethostbyname_ex(socket.gethostname())[2] if not ip.startswith("127.")), None)
        if outside is None:
            pytest.skip("this machine has no other address")
        assert probe.connect_ex((outside, service.port)) != 0


def test_without_any_token_given_a_fresh_one_is_made_and_forgotten(runs, tmp_path):
    service = Service(runs, XDG_RUNTIME_DIR=str(tmp_path), TWINERGY_API_TOKEN="")
    file = Path(re.search(r"is in (\S+)", service.said).group(1))
    token = file.read_text().strip()
    assert token not in service.said
    assert service.get("/v1/runs").status_code == 401
    assert service.get("/v1/runs", token).status_code == 200
    assert service.stop() == 0
    assert not file.parent.exists()


def test_what_cannot_be_served_says_why(runs, tmp_path):
    import io

    from rich.console import Console

    from twinergy.cli.serving import serve_command
    from twinergy.errors import RunError, ScenarioError

    console = Console(file=io.StringIO())
    with pytest.raises(RunError, match="no run 'other'"):
        serve_command(console, runs, ["other"])
    with pytest.raises(ScenarioError, match=r"none\.yaml: cannot be read: No such file"):
        serve_command(console, runs, ["sample"], port=0, token_file=tmp_path / "none.yaml")
    with pytest.raises(RunError, match=r"listen at 127\.0\.0\.1:99999"):
        serve_command(console, runs, ["sample"], port=99999)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=rf"127\.0\.0\.1:{port}: Address already in use; choose another --port"):
            serve_command(console, runs, ["sample"], port=port)

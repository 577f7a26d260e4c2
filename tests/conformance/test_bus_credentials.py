# SPDX-License-Identifier: Apache-2.0
"""A credentials file against a real server in operator mode: keys and tokens are made here, as `nsc` would make them."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
from shutil import which

import nkeys
import pytest

from tests.bus_samples import action
from twinergy.bus.address import address_of
from twinergy.bus.errors import BusError
from twinergy.bus.nats_bus import NatsBus

UNLIMITED = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1) | {"wildcards": True}
PREFIX = {"operator": nkeys.PREFIX_BYTE_OPERATOR, "account": nkeys.PREFIX_BYTE_ACCOUNT, "user": nkeys.PREFIX_BYTE_USER}


def key(kind):
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), PREFIX[kind]))


def token(issuer, subject, name, **nats):
    """Return a signed token (JWT, algorithm ed25519-nkey), see NATS architecture and design, ADR-14."""

    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")

    claims = {
        "jti": name,
        "iat": int(time.time()),
        "iss": issuer.public_key.decode(),
        "name": name,
        "sub": subject.public_key.decode(),
    }
    head = part({"typ": "JWT", "alg": "ed25519-nkey"}) + b"." + part(claims | {"nats": nats | {"version": 2}})
    return (head + b"." + base64.urlsafe_b64encode(issuer.sign(head)).rstrip(b"=")).decode()


def creds_file(path, account, user):
    jwt = token(account, user, "lab", type="user", subs=-1, data=-1, payload=-1)
    path.write_text(
        f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n",
        encoding="utf-8",
    )
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Start a server that knows one account, and return its port and that account."""
    folder = tmp_path_factory.mktemp("operator")
    operator, account = key("operator"), key("account")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    jwt = token(operator, account, "community", type="account", limits=UNLIMITED)
    (folder / "server.conf").write_text(
        f'listen: "127.0.0.1:{port}"\noperator: {token(operator, operator, "op", type="operator")}\nresolver: MEMORY\n'
        f"resolver_preload: {{ {account.public_key.decode()}: {jwt} }}\n",
        encoding="utf-8",
    )
    server = subprocess.Popen([which("nats-server"), "-c", str(folder / "server.conf")], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port, account
    server.terminate()
    server.wait(10)


def test_a_credentials_file_opens_the_bus(place, tmp_path):
    port, account = place
    bus = NatsBus(address_of(f"nats://127.0.0.1:{port}", creds_file(tmp_path / "lab.creds", account, key("user"))))
    try:
        inbox = bus.subscribe(("twinergy.>",))
        message = action()
        bus.publish(message)
        assert bus.flush(5.0)
        assert inbox.take() == (message,)
    finally:
        bus.close()


def test_credentials_of_another_account_are_refused_and_not_shown(place, tmp_path):
    port, _ = place
    user = key("user")
    creds = creds_file(tmp_path / "other.creds", key("account"), user)
    with pytest.raises(BusError, match="the server refuses credentials") as caught:
        NatsBus(address_of(f"nats://127.0.0.1:{port}", creds))
    assert user.seed.decode() not in str(caught.value)

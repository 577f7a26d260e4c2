# SPDX-License-Identifier: Apache-2.0
"""Who is let in; the Basic header against the example of RFC 7617, section 2."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.ocpp.listen import Listener, ListenOptions, _identity
from hardware_in_loop.ocpp.security import (
    CertificateOptions,
    SecurityOptions,
    authorization,
    check_binding,
    client_context,
    is_authorized,
    is_certified,
    is_loopback,
    password_of,
    server_context,
)
from tests.ocpp_certificates import Authority
from twinergy.adapters import Secret
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from pathlib import Path

RAW = bytes(range(256))


def test_basic_header_of_rfc_7617() -> None:
    assert authorization("Aladdin", b"open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert is_authorized("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", b"open sesame")


@pytest.mark.parametrize("password", [b"x", RAW, b":", b"a:b", "grün".encode()])
@pytest.mark.parametrize("station", ["CP-1", "with:colon", "ü"])
def test_passwords_may_be_any_bytes(station: str, password: bytes) -> None:
    assert is_authorized(authorization(station, password), station, password)
    assert not is_authorized(authorization(station, password + b"x"), station, password)
    assert not is_authorized(authorization(station, password[:-1]), station, password)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic ü",
        "Bearer Q1A6cHc=",
        "Basic " + base64.b64encode(b"CP").decode(),
        "Q1A6cHc=",
    ],
)
def test_strange_headers_are_refused(header: str | None) -> None:
    assert not is_authorized(header, "CP", b"pw")


def test_scheme_has_no_case() -> None:
    assert is_authorized("basic Q1A6cHc=", "CP", b"pw")


@pytest.mark.parametrize(
    ("subject", "good"),
    [
        (((("commonName", "CP-1"),),), True),
        (((("organizationName", "Lab"),), (("serialNumber", "CP-1"),)), True),
        (((("commonName", "CP-2"),),), False),
        (((("organizationName", "CP-1"),),), False),
        ((), False),
    ],
)
def test_certificates_name_the_station(subject: Any, good: bool) -> None:
    assert is_certified({"subject": subject}, "CP-1") is good


def test_no_certificate_is_none() -> None:
    assert not is_certified(None, "CP-1")
    assert not is_certified({}, "")


def test_passwords_in_hexadecimal_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CP_PASSWORD", "00ff10")
    assert password_of(Secret(env="CP_PASSWORD"), is_hex=True) == b"\x00\xff\x10"
    assert password_of(Secret(env="CP_PASSWORD")) == b"00ff10"
    monkeypatch.setenv("CP_PASSWORD", "hush!")
    with pytest.raises(DeviceError, match="CP_PASSWORD is said to be hexadecimal") as info:
        password_of(Secret(env="CP_PASSWORD"), is_hex=True)
    assert "hush!" not in str(info.value)


@pytest.mark.parametrize(
    ("host", "inside"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False)],  # noqa: S104
)
def test_loopback(host: str, inside: bool) -> None:
    assert is_loopback(host) is inside


def test_no_security_stays_inside_unless_said_so() -> None:
    check_binding("127.0.0.1", SecurityOptions(profile=0))
    check_binding("0.0.0.0", SecurityOptions(profile=0, lab_only=True))  # noqa: S104
    check_binding("0.0.0.0", SecurityOptions(profile=1))  # noqa: S104
    with pytest.raises(DeviceError, match=r"profile 0 on '0.0.0.0'.*lab_only: true"):
        check_binding("0.0.0.0", SecurityOptions(profile=0))  # noqa: S104


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": 3, "password": {"env": "X"}}, "profile 3 has no password"),
        ({"profile": 0, "password": {"env": "X"}}, "profile 0 has neither"),
        ({"profile": 1, "ca": "ca.pem"}, "profile 1 is not encrypted"),
        ({"profile": 4}, "profile"),
        ({"profile": 1, "pasword": {"env": "X"}}, "pasword"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SecurityOptions(**options)


def test_certificates_are_loaded(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    both = (authority.issue("rsa", rsa=True), authority.issue("ec"))
    context = server_context(SecurityOptions(profile=3, certificates=both, ca=authority.file), tmp_path)
    assert context is not None
    assert context.minimum_version.name == "TLSv1_2"
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert client_context(SecurityOptions(profile=1), tmp_path) is None


@pytest.mark.parametrize(
    ("security", "words"),
    [
        (SecurityOptions(profile=2), "needs a certificate of the central system"),
        (SecurityOptions(profile=2, certificates=(CertificateOptions(chain="no.pem", key="no.key"),)), "no.key: cannot be read"),
        (SecurityOptions(profile=2, certificates=(CertificateOptions(chain="ca.pem", key="open.key"),)), "chmod 600"),
        (
            SecurityOptions(profile=2, certificates=(CertificateOptions(chain="ca.pem", key="bad.key"),)),
            "no certificate with its key",
        ),
        (SecurityOptions(profile=3, certificates=(CertificateOptions(chain="ec.pem", key="ec.key"),)), "security.ca"),
        (
            SecurityOptions(profile=3, certificates=(CertificateOptions(chain="ec.pem", key="ec.key"),), ca="bad.key"),
            "no certificate to",
        ),
    ],
)
def test_what_is_wrong_with_files_is_said(tmp_path: Path, security: SecurityOptions, words: str) -> None:
    Authority(tmp_path).issue("ec")
    (tmp_path / "open.key").write_text("x")
    (tmp_path / "open.key").chmod(0o644)
    (tmp_path / "bad.key").write_text("x")
    (tmp_path / "bad.key").chmod(0o600)
    with pytest.raises(DeviceError, match=words):
        server_context(security, tmp_path)


def test_a_station_needs_its_certificate(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="the station's certificate"):
        client_context(SecurityOptions(profile=3), tmp_path)


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/CP-1", "CP-1"),
        ("/ocpp/a/CP-1", "CP-1"),
        ("/ocpp/CP-1/", "CP-1"),
        ("/ocpp/CP%201?x=1", "CP 1"),
        ("/ocpp/%C3%BC", "ü"),
        ("/", ""),
        ("/ocpp/%FF", ""),
        ("/ocpp/%00", ""),
        ("/ocpp/%0a", ""),
        ("/" + "x" * 256, ""),
        ("//[", ""),
    ],
)
def test_identities(path: str, identity: str) -> None:
    assert _identity(path) == identity


def test_listening_with_passwords_needs_them_all() -> None:
    async def nobody(station: object) -> None: ...

    for stations, words in ((None, "of the stations"), ({"CP-1": b"x", "CP-2": None, "CP-3": b""}, "CP-2, CP-3")):
        with pytest.raises(DeviceError, match=words):
            asyncio.run(Listener(ListenOptions(port=0), nobody, stations=stations).start())


@pytest.mark.parametrize("ping_s", [0.0, 60.0])
def test_pings_come_more_often_than_once_a_minute(ping_s: float) -> None:
    with pytest.raises(ValueError, match="ping_s"):
        ListenOptions(ping_s=ping_s)

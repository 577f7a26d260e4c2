# SPDX-License-Identifier: Apache-2.0
"""Where a bus is and how to get in. Secrets stay out of every text that is made of an address."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from twinergy.errors import Finding, ScenarioError

CREDENTIALS_VARIABLE: Final = "TWINERGY_NATS_CREDS"
CA_VARIABLE: Final = "TWINERGY_NATS_CA"
ADDRESS_VARIABLE: Final = "TWINERGY_BUS"
LOCAL: Final = "local"
EMBEDDED: Final = "nats"
DEFAULT_PORT: Final = 4222
FORMS: Final = "local, nats, nats://user:password@host:4222 or tls://host:4222"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A NATS server.

    Attributes
    ----------
    host : str
        Name or IP address.
    port : int
        Port for clients.
    tls : bool
        Whether the connection is encrypted, the server's certificate checked.
    user, password, token : str
        How to get in; empty for none.
    credentials : pathlib.Path or None
        File with a user's JWT and seed instead.
    ca : pathlib.Path or None
        Certificates to trust instead of the system's.
    """

    host: str
    port: int = DEFAULT_PORT
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    credentials: Path | None = None
    ca: Path | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.tls else 'nats'}://{host}:{self.port}"


def address_of(text: str, credentials: Path | None = None) -> Address:
    """Return the address that a text stands for.

    Parameters
    ----------
    text : str
        ``nats://user:password@host:port`` or ``tls://…``; a name without password is a token.
    credentials : pathlib.Path, optional
        Credentials file; otherwise the one that ``TWINERGY_NATS_CREDS`` names.

    Raises
    ------
    ScenarioError
        If it is none, or a file it needs is missing or open to others. The text is not repeated, it may hold a password.
    """
    findings: list[Finding] = []
    host, port, scheme, user, password = "", DEFAULT_PORT, "", None, None
    try:
        parts = urlsplit(text)
        scheme, host, port, user, password = (
            parts.scheme,
            parts.hostname or "",
            parts.port or DEFAULT_PORT,
            parts.username,
            parts.password,
        )
        extra = parts.path not in {"", "/"} or bool(parts.query or parts.fragment)
    except ValueError:
        extra = True
    if extra or scheme not in {"nats", "tls"} or not host:
        findings.append(Finding(message="is no address of a bus", path="--bus", allowed=FORMS))
    creds = _file(credentials or _from(CREDENTIALS_VARIABLE), CREDENTIALS_VARIABLE, findings, secret=True)
    ca = _file(_from(CA_VARIABLE), CA_VARIABLE, findings, secret=False)
    if findings:
        raise ScenarioError(findings, "command line")
    name, secret = unquote(user or ""), unquote(password or "")
    who = {"token": name} if name and password is None else {"user": name, "password": secret}
    return Address(host=host, port=port, tls=scheme == "tls", credentials=creds, ca=ca, **who)


def _from(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _file(path: Path | None, name: str, findings: list[Finding], *, secret: bool) -> Path | None:
    if path is None:
        return None
    if not path.is_file():
        findings.append(Finding(message="there is no such file", path=name, value=str(path)))
    elif secret and os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        findings.append(Finding(message="others can read these credentials; chmod 600 it", path=name, value=str(path)))
    return path

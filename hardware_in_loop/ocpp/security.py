# SPDX-License-Identifier: Apache-2.0
"""The security profiles of OCPP: who may connect, and how either side shows who it is.

Profile 1 is HTTP Basic over an open websocket, 2 the same over TLS of at least 1.2, 3 TLS with a certificate of the client too
(OCPP 1.6 security whitepaper, OCPP 2.0.1 part 2, use case A00). Profile 0 is the laboratory's name for no security at all.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import os
import ssl
import stat
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import model_validator

from twinergy.adapters import Secret
from twinergy.errors import DeviceError
from twinergy.options import Options

OPEN: Final = 0
BASIC: Final = 1
TLS_BASIC: Final = 2
TLS_CLIENT: Final = 3


class CertificateOptions(Options):
    """A certificate of this side and its key. Paths are relative to the scenario's folder."""

    chain: str
    """PEM file with the certificate, followed by those between it and the root."""
    key: str
    """PEM file with its private key, readable by its owner alone."""
    passphrase: Secret | None = None
    """Of the key, where it is encrypted."""


class SecurityOptions(Options):
    """How a connection between a charging station and a central system is secured; the same block on both sides."""

    profile: Literal[0, 1, 2, 3] = 1
    """0 none (laboratory only), 1 Basic, 2 TLS and Basic, 3 TLS with client certificates."""
    lab_only: bool = False
    """Must be true for profile 0 where the port can be reached from elsewhere."""
    password: Secret | None = None
    """Of the station, for profiles 1 and 2; its user name is its identity."""
    password_is_hex: bool = False
    """Whether the password is written as hexadecimal digits of its raw bytes, as the key AuthorizationKey of 1.6 is."""
    certificates: tuple[CertificateOptions, ...] = ()
    """Of a central system from profile 2 on (one with an RSA and one with an ECDSA key serve all stations); of a station in 3."""
    ca: str = ""
    """PEM file with the roots to trust: of the station for the central system's certificate, the other way round in profile 3. Of
    a station, without it, those of the operating system."""

    @model_validator(mode="after")
    def _fits_profile(self) -> SecurityOptions:
        if self.profile >= TLS_BASIC and self.password is not None and self.profile == TLS_CLIENT:
            message = "profile 3 has no password: the certificate says who it is"
            raise ValueError(message)
        if self.profile == OPEN and (self.password is not None or self.certificates):
            message = "profile 0 has neither password nor certificates; did you mean 1 (Basic), 2 (TLS and Basic) or 3?"
            raise ValueError(message)
        if self.profile < TLS_BASIC and (self.certificates or self.ca):
            message = f"profile {self.profile} is not encrypted; certificates and ca belong to profiles 2 and 3"
            raise ValueError(message)
        return self

    @property
    def encrypted(self) -> bool:
        """Whether it runs over TLS."""
        return self.profile >= TLS_BASIC

    @property
    def wants_password(self) -> bool:
        """Whether the station shows a password."""
        return self.profile in {BASIC, TLS_BASIC}


def password_of(secret: Secret, folder: Path | None = None, *, is_hex: bool = False) -> bytes:
    """Return a password as the bytes that go over the wire.

    Raises
    ------
    DeviceError
        If there is none, others may read it, or it is said to be hexadecimal and is not.
    """
    text = secret.read(folder)
    if not is_hex:
        return text.encode()
    try:
        return bytes.fromhex(text)
    except ValueError:
        where = secret.env or secret.file
        message = f"the password in {where} is said to be hexadecimal digits, and is not: pairs of 0 to 9 and a to f"
        raise DeviceError(message) from None


def check_binding(host: str, security: SecurityOptions) -> None:
    """Refuse to listen without security where others can reach it.

    Raises
    ------
    DeviceError
        If profile 0 is to listen elsewhere than on the loopback, and nobody said that this is a laboratory.
    """
    if security.profile == OPEN and not security.lab_only and not is_loopback(host):
        message = (
            f"security profile 0 on {host!r} lets anybody act as any charging station: use profile 1, 2 or 3, bind to 127.0.0.1,"
            " or write lab_only: true where nobody else is on the network"
        )
        raise DeviceError(message)


def is_loopback(host: str) -> bool:
    """Return whether an address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def authorization(station_id: str, password: bytes) -> str:
    """Return the header of HTTP Basic authentication (RFC 7617); the password may be any bytes."""
    return "Basic " + base64.b64encode(station_id.encode() + b":" + password).decode("ascii")


def is_authorized(header: str | None, station_id: str, password: bytes) -> bool:
    """Return whether a header shows the identity and the password of a station; takes as long for a wrong one."""
    scheme, _, rest = (header or "").partition(" ")
    try:
        shown = base64.b64decode(rest.strip().encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        shown = b""
    # compared as a whole: the identity may hold a colon in 1.6, and the password may hold anything
    same = hmac.compare_digest(shown, station_id.encode() + b":" + password)
    return same and scheme.lower() == "basic"


def is_certified(certificate: dict[str, Any] | None, station_id: str) -> bool:
    """Return whether a client's certificate names a station: as its common name, or as the serial number in its subject."""
    subject = (certificate or {}).get("subject", ())
    shown = {value for part in subject for name, value in part if name in {"commonName", "serialNumber"}}
    return station_id in shown


def server_context(security: SecurityOptions, folder: Path | None) -> ssl.SSLContext | None:
    """Return the TLS settings of a central system, None where it is not encrypted.

    Parameters
    ----------
    security : SecurityOptions
        Profile, certificates, and for profile 3 the roots of the stations' certificates.
    folder : pathlib.Path or None
        Paths are relative to it.

    Raises
    ------
    DeviceError
        If a file is missing, open to others or no certificate.
    """
    if not security.encrypted:
        return None
    if not security.certificates:
        message = f"profile {security.profile} needs a certificate of the central system: security.certificates"
        raise DeviceError(message)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for certificate in security.certificates:
        _load(context, certificate, folder)
    if security.profile == TLS_CLIENT:
        if not security.ca:
            message = "profile 3 needs the roots that signed the stations' certificates: security.ca"
            raise DeviceError(message)
        _trust(context, security.ca, folder)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(security: SecurityOptions, folder: Path | None) -> ssl.SSLContext | None:
    """Return the TLS settings of a charging station, None where it is not encrypted.

    Raises
    ------
    DeviceError
        As `server_context`.
    """
    if not security.encrypted:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if security.ca:
        _trust(context, security.ca, folder)
    else:
        context.load_default_certs()
    if security.profile == TLS_CLIENT and not security.certificates:
        message = "profile 3 needs the station's certificate: security.certificates"
        raise DeviceError(message)
    if security.profile == TLS_CLIENT:
        _load(context, security.certificates[0], folder)
    return context


def _load(context: ssl.SSLContext, certificate: CertificateOptions, folder: Path | None) -> None:
    chain, key = (folder or Path()) / certificate.chain, (folder or Path()) / certificate.key
    # without a passphrase an encrypted key must fail, not ask at the terminal
    passphrase = certificate.passphrase.read(folder) if certificate.passphrase else ""
    try:
        if os.name == "posix" and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            message = f"{key}: others may read this private key; chmod 600 it"
            raise DeviceError(message)
        context.load_cert_chain(chain, key, password=lambda: passphrase)
    except ssl.SSLError as error:
        message = f"{chain}, {key}: no certificate with its key ({error.reason or error})"
        raise DeviceError(message) from error
    except OSError as error:
        message = f"{chain}, {key}: cannot be read ({error.strerror})"
        raise DeviceError(message) from error


def _trust(context: ssl.SSLContext, ca: str, folder: Path | None) -> None:
    path = (folder or Path()) / ca
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        message = f"{path}: holds no certificate to trust ({error.reason or error})"
        raise DeviceError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise DeviceError(message) from error

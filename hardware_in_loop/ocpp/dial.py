# SPDX-License-Identifier: Apache-2.0
"""The charging station's side of a connection: going to a central system and showing who one is."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from hardware_in_loop.ocpp.errors import OcppError
from hardware_in_loop.ocpp.frames import LONGEST_FRAME_BYTES
from hardware_in_loop.ocpp.security import SecurityOptions, authorization, client_context, password_of
from hardware_in_loop.ocpp.versions import NEWEST_FIRST, Version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

OPEN_TIMEOUT_S: Final = 10.0
PING_S: Final = 20.0
CLOSE_TIMEOUT_S: Final = 2.0
_PROTOCOL_ERROR: Final = 1002

_ADVICE: Final = {
    401: "it wants another password (or any at all); the user name is the identity of the station",
    403: "it refuses this station: does its certificate name the identity?",
    404: "it does not know this identity, or has another path",
    409: "a station of this identity is connected already",
    426: "it wants a websocket of another version",
}


async def dial(
    url: str,
    station_id: str,
    versions: Sequence[Version] = NEWEST_FIRST,
    security: SecurityOptions | None = None,
    *,
    folder: Path | None = None,
    timeout_s: float = OPEN_TIMEOUT_S,
    ping_s: float | None = PING_S,
) -> tuple[ClientConnection, Version]:
    """Return an open websocket to a central system, and the version that it chose.

    Parameters
    ----------
    url : str
        ``ws://host:port/path`` or ``wss://…``, without the identity, which is added.
    station_id : str
        Identity of the charging station.
    versions : sequence of Version
        Spoken ones, the preferred one first.
    security : SecurityOptions, optional
        Profile, password, certificates; profile 0 by default.
    folder : pathlib.Path, optional
        Paths in it are relative to this.
    timeout_s : float
        How long opening may take in all. [s]
    ping_s : float or None
        Interval of pings, which find a dead connection; None sends none. [s]

    Raises
    ------
    OcppError
        If nothing answers, or the other side refuses, saying what to do.
    DeviceError
        If a password or certificate is missing.
    """
    security = security or SecurityOptions(profile=0)
    _check(url, security)
    headers = {}
    if security.wants_password and security.password is not None:
        password = password_of(security.password, folder, is_hex=security.password_is_hex)
        headers["Authorization"] = authorization(station_id, password)
    where = f"{url.rstrip('/')}/{quote(station_id, safe='')}"
    try:
        socket = await connect(
            where,
            subprotocols=[Subprotocol(version) for version in versions],
            additional_headers=headers,
            ssl=client_context(security, folder),
            compression=None,
            proxy=None,
            open_timeout=timeout_s,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=ping_s,
            ping_timeout=ping_s,
            max_size=LONGEST_FRAME_BYTES,
        )
    except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as error:
        message = f"{where}: {_why(error, timeout_s)}"
        raise OcppError(message) from error
    if socket.subprotocol is None:
        await socket.close(_PROTOCOL_ERROR, "no common version")
        message = f"{where}: it speaks none of {', '.join(versions)}"
        raise OcppError(message)
    return socket, Version(socket.subprotocol)


def _check(url: str, security: SecurityOptions) -> None:
    scheme = urlsplit(url).scheme
    wanted = "wss" if security.encrypted else "ws"
    if scheme != wanted:
        message = f"{url}: security profile {security.profile} goes to {wanted}://, this is {scheme or 'no URL'}"
        raise OcppError(message)
    if security.wants_password and security.password is None:
        message = f"{url}: security profile {security.profile} needs a password: security.password"
        raise OcppError(message)


def _why(error: Exception, timeout_s: float) -> str:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return f"refused with HTTP {status}; {_ADVICE.get(status, 'see its log')}"
    if isinstance(error, ssl.SSLError):
        verified = getattr(error, "verify_message", "")  # of the one subclass that is about trust
        why = f"its certificate is not trusted: {verified}; is its root in security.ca?" if verified else error.reason
        return f"no encrypted connection ({why or error})"
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    if isinstance(error, OSError) and not isinstance(error, ConnectionResetError | BrokenPipeError):
        return f"nobody listens there ({error.strerror or type(error).__name__})"
    return f"it did not answer as a central system does ({error}); does it want TLS, or another client certificate?"

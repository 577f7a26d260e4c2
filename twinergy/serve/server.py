# SPDX-License-Identifier: Apache-2.0
"""Listens: uvicorn with our limits."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from twinergy.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

KEEP_ALIVE_S: Final = 15
LONGEST_HEAD_BYTES: Final = 32_768
MOST_CONNECTIONS: Final = 200


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 takes a free one.

    Raises
    ------
    RunError
        If that cannot be, with the reason and what to do.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        found = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        message = f"no address {host!r}: {error.strerror}; use --host 127.0.0.1 or an address of this machine"
        raise RunError(message) from error
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen()  # who is told the address may come at once
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot listen at {host}:{port}: {reason}; choose another --port, 0 takes a free one"
        raise RunError(message) from error
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def server(app: FastAPI, *, certificate: Path | None = None, key: Path | None = None) -> uvicorn.Server:
    """Return a server for an application; run it with ``run(sockets=[bound_socket(...)])``."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LONGEST_HEAD_BYTES,
        http="h11",
        ws="none",
        ssl_certfile=None if certificate is None else str(certificate),
        ssl_keyfile=None if key is None else str(key),
    )
    return uvicorn.Server(config)

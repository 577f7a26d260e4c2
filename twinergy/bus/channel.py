# SPDX-License-Identifier: Apache-2.0
"""One connection to a NATS server, for as long as it lives: at most once, as core NATS has it.

The barrier is a frame that a connection sends to itself: a server handles what one connection sends in order, so everything sent
before has come back before it. PING and PONG would do, but nats-py 2.16 writes a PING ahead of frames that it still holds.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

import nats
import nats.errors

from twinergy.bus.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nats.aio.client import Client
    from nats.aio.msg import Msg

    from twinergy.bus.address import Address

CONNECT_TIMEOUT_S: Final = 5
CLOSE_TIMEOUT_S: Final = 2
PING_INTERVAL_S: Final = 10
AT_MOST_ONCE: Final = "at most once"


class Channel(Protocol):
    """How a `Link` uses a connection."""

    lost: asyncio.Event
    guarantee: str

    async def open(self) -> None:
        """Subscribe to the scope."""

    async def resend(self) -> None:
        """Send again what the last connection may have lost."""

    async def send(self, number: int, subject: str, data: bytes) -> None:
        """Send one frame; numbers grow."""

    async def settle(self) -> None:
        """Return once all that was sent has come back to the subscriptions here."""

    async def close(self) -> None:
        """Close the connection."""


class Echo:
    """A barrier on a connection.

    Parameters
    ----------
    client : nats.aio.client.Client
        A connected client.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = client.new_inbox()
        self._back: asyncio.Future[None] | None = None

    async def open(self) -> None:
        """Listen to itself."""
        await self._client.subscribe(self._inbox, cb=self._heard)

    async def _heard(self, _message: Msg) -> None:
        if self._back is not None and not self._back.done():
            self._back.set_result(None)

    async def there_and_back(self) -> None:
        """Return once everything that was sent before has come back as well; one call at a time."""
        self._back = asyncio.get_running_loop().create_future()
        await self._client.publish(self._inbox, b"")
        await self._back


class CoreChannel:
    """Publish and subscribe.

    Parameters
    ----------
    client : nats.aio.client.Client
        A connected client.
    lost : asyncio.Event
        Set when the connection has gone.
    scope : str
        Pattern of the subjects that come in.
    take : callable
        Called with subject and payload of each frame, in order.
    """

    guarantee = AT_MOST_ONCE

    def __init__(self, client: Client, lost: asyncio.Event, scope: str, take: Callable[[str, bytes], None]) -> None:
        self.lost = lost
        self._client = client
        self._scope = scope
        self._take = take
        self._echo = Echo(client)
        self._subscription: Any = None

    async def open(self) -> None:
        """Subscribe to the scope."""
        self._subscription = await self._client.subscribe(
            self._scope, cb=self._taken, pending_msgs_limit=0, pending_bytes_limit=0
        )
        await self._echo.open()
        await self._echo.there_and_back()  # from here on it is subscribed, whoever publishes

    async def _taken(self, message: Msg) -> None:
        self._take(message.subject, message.data)

    async def resend(self) -> None:
        """Do nothing: what was lost is lost."""

    async def send(self, number: int, subject: str, data: bytes) -> None:  # noqa: ARG002
        """Send one frame."""
        await self._client.publish(subject, data)

    async def settle(self) -> None:
        """Return once all that was sent has come back and was taken."""
        await self._echo.there_and_back()
        while self._subscription.pending_msgs:  # noqa: ASYNC110 - nobody sets an event for it
            await asyncio.sleep(0)  # its task empties it without a pause

    async def close(self) -> None:
        """Close the connection."""
        await closed(self._client)


async def closed(client: Client) -> None:
    """Close a client, whatever state it is in; a server that does not answer is not waited for."""
    with suppress(OSError, nats.errors.Error, TimeoutError, AssertionError):  # the last one where it was never open
        await asyncio.wait_for(client.close(), CLOSE_TIMEOUT_S)


async def connect(address: Address, wrong: Callable[[Exception], None]) -> tuple[Client, asyncio.Event]:
    """Return a connected client, and the event that is set when its connection goes.

    Parameters
    ----------
    address : Address
        Where to, and the way in.
    wrong : callable
        Told of each later error that does not end the connection.

    Raises
    ------
    BusError
        If there is nobody, or the way in is refused.
    """
    lost = asyncio.Event()
    client = nats.NATS()
    trouble: list[Exception] = []
    opening = True

    async def on_error(error: Exception) -> None:
        if opening:
            trouble.append(error)
            raise error  # or the library would try again for ever
        if not isinstance(error, OSError):  # of those it is closed as well, and that is told
            wrong(error)

    async def on_closed() -> None:
        lost.set()

    try:
        await asyncio.wait_for(client.connect(error_cb=on_error, closed_cb=on_closed, **_options(address)), CONNECT_TIMEOUT_S + 1)
    except (OSError, nats.errors.Error, TimeoutError, ImportError, ssl.SSLError, ValueError) as error:
        await closed(client)
        raise BusError(str(address), _reason(trouble[-1] if trouble else error, address)) from None
    opening = False
    return client, lost


def _options(address: Address) -> dict[str, Any]:
    options: dict[str, Any] = {
        "servers": [str(address)],
        "name": "twinergy-lab",
        "allow_reconnect": False,
        "max_reconnect_attempts": 1,
        "reconnect_time_wait": 0,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "ping_interval": PING_INTERVAL_S,
    }
    if address.credentials is not None:
        options["user_credentials"] = str(address.credentials)
    elif address.token:
        options["token"] = address.token
    elif address.user:
        options |= {"user": address.user, "password": address.password}
    if address.tls:
        options["tls"] = ssl.create_default_context(cafile=str(address.ca) if address.ca else None)
        options["tls_hostname"] = address.host
    return options


def _reason(error: Exception, address: Address) -> str:
    """Return what to do about a connection that did not come about; never what was sent."""
    text = str(error).lower()
    if isinstance(error, ssl.SSLError):
        why = error.reason or type(error).__name__
        return f"no encrypted connection: {why}; is its certificate trusted here (TWINERGY_NATS_CA)?"
    hung_up = isinstance(error, ConnectionResetError)  # a refusal that the server closes faster than it can be read
    if hung_up or "authorization" in text or "authentication" in text:
        who = f"user {address.user!r}" if address.user else "credentials" if address.credentials else "nobody in particular"
        return f"the server refuses {who}: check user and password" + (" (it hung up without a word)" if hung_up else "")
    if "secure connection" in text or "tls" in text:
        return "the server and the address differ on encryption: write tls:// for a server with TLS, nats:// for one without"
    if isinstance(error, TimeoutError | asyncio.TimeoutError | nats.errors.TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT_S} s; is this a NATS server?"
    return f"nobody listens there ({type(error).__name__}); start a server with `twinergy bus`, or let --bus nats start one"

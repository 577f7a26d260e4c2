# SPDX-License-Identifier: Apache-2.0
"""One device behind a broker: its readings as they come, how it is, and questions for its state."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from hardware_in_loop.mqtt.calls import Caller
from hardware_in_loop.mqtt.intake import Intake, available
from hardware_in_loop.mqtt.payloads import LONGEST_BYTES, PayloadError, encode, fill
from hardware_in_loop.mqtt.setting import Setter
from twinergy.adapters import DeviceLink, LinkState, Quality, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from hardware_in_loop.mqtt.client import Connection, Incoming
    from hardware_in_loop.mqtt.options import MqttOptions
    from hardware_in_loop.mqtt.ports import Wiring
    from hardware_in_loop.mqtt.profile import Availability, Message, Profile, Request
    from twinergy.adapters import Attached, Journal, Row


LOGGED_BYTES: Final = 64
"""What is logged of a message that is longer than any that is read: nobody shall fill the disk."""


class MqttLink(DeviceLink):
    """A device behind a broker.

    Parameters
    ----------
    attached : Attached
        The device.
    row : Row
        Where its readings go.
    profile : Profile
        What it says and takes, all placeholders filled.
    wiring : Wiring
        Its ports.
    connection : Connection
        To its broker; the link puts its handlers there, so before it starts.
    journal : Journal
        Where frames go.

    Attributes
    ----------
    intake : Intake
        What it said, with counts of garbage, copies and gaps.
    setter : Setter
        What is asked of it.
    """

    def __init__(
        self, attached: Attached, row: Row, profile: Profile, wiring: Wiring, connection: Connection, journal: Journal
    ) -> None:
        super().__init__(attached, row)
        self.options = cast("MqttOptions", attached.options)
        self.profile, self.connection, self.journal = profile, connection, journal
        self.intake = Intake(profile, wiring.reads, row, attached.rated_kw)
        self.news = asyncio.Event()
        self._present: dict[str, bool | None] = {}
        self._spoken = self._kept = False
        self._silent = ""
        self._asked_s: dict[int, float] = {}
        self._requests = (profile.request, *profile.also) if profile.request is not None else ()
        self._caller = Caller(connection, profile.calls, self.id, self._sent) if profile.calls else None
        self.setter = Setter(self, wiring.writes)
        self._listen()

    @property
    def gone(self) -> str:
        """Why nothing can be asked of it now; empty if it can."""
        if not self.connection.up:
            return f"{self.connection.settings.address}: {self.connection.reason}"
        fallen = [guard.reason for guard in self.setter.guards if not guard.up]
        if fallen:
            return f"its last will does not stand with the broker ({fallen[0]}), or has come true"
        absent = [topic for topic, present in self._present.items() if present is False]
        return f"{' and '.join(absent)} says that it is offline" if absent else self._silent

    def _listen(self) -> None:
        on = self.connection.on
        for topic in dict.fromkeys(state.topic for state in self.profile.states if state.topic):
            on(topic, self._supervised(partial(self._message, topic)))
        for each in self.profile.availability:
            self._present[each.topic] = None
            on(each.topic, self._supervised(partial(self._availability, each)))
        if self.profile.calls is not None:
            on(self.profile.calls.answers, self._supervised(self._answered))
        self.connection.watch(self._connection_changed)

    def _supervised(self, handler: Callable[[Incoming], None]) -> Callable[[Incoming], None]:
        def handle(message: Incoming) -> None:
            try:
                if self.journal.frames:
                    self.journal.frame(Way.RECEIVED, self.id, _line(message.topic, message.payload))
                handler(message)
            except Exception as error:  # noqa: BLE001 - the supervisor: one link's error must not end the others' connection
                self._set(LinkState.DOWN, f"an error of the adapter at {message.topic}: {error!r}")

        return handle

    def _message(self, topic: str, message: Incoming) -> None:
        if self.intake.message(topic, message):
            self._heard()
        elif message.retain and not self._kept:
            self._kept = True
            self._refresh()

    def _answered(self, message: Incoming) -> None:
        if self._caller is None:
            return
        try:
            answer = self._caller.answered(message.payload)
        except PayloadError as error:
            self.intake.garbage(f"{message.topic}: {error}")
            return
        if answer is not None and "result" in answer[1] and self.intake.answer(*answer):
            self._heard()

    def _heard(self) -> None:
        self._silent = ""
        self._spoken = True
        self.setter.judge()
        news, self.news = self.news, asyncio.Event()
        news.set()
        self._refresh()

    def _availability(self, each: Availability, message: Incoming) -> None:
        present = available(message.payload, each.path, each.online, each.offline)
        if present is None:
            self.intake.counts.garbage += 1
            return
        self._present[each.topic] = present
        if not present:
            self.intake.doubt(Quality.STALE, f"{each.topic} says that it is offline")
        self._refresh()

    def _connection_changed(self, up: bool, reason: str) -> None:
        if not up:
            self.intake.doubt(Quality.STALE, f"no connection to {self.connection.settings.address}: {reason}")
            self._silent = ""
            self._present = dict.fromkeys(self._present)
            self._spoken = self._kept = False
        self._asked_s = {}
        self._refresh()

    def guard_changed(self, up: bool, reason: str) -> None:  # noqa: ARG002 - as listeners are called
        """Take notice that the connection that holds the last will came or went: where it went, the will has come true."""
        self._refresh()

    def _refresh(self) -> None:
        if not self.connection.up and self.connection.fresh:
            self._set(LinkState.CONNECTING, self.gone)
        elif self.gone:
            self._set(LinkState.DOWN, self.gone)
        elif not self._spoken and not (self._kept and self._present and all(self._present.values())):
            self._set(LinkState.CONNECTING, f"{self.connection.settings.address} answers, the device has not spoken yet")
        else:
            self._set(LinkState.UP, self.profile.title)

    def _set(self, state: LinkState, said: str) -> None:
        if (state, said) != (self.state, self.said):
            self.state, self.said = state, said
            self.journal.event(Way.EVENT, self.id, state=state, said=said)

    def _sent(self, topic: str, payload: bytes) -> None:
        if self.journal.frames:
            self.journal.frame(Way.SENT, self.id, _line(topic, payload))

    async def sample(self) -> None:
        """Ask for the state where the profile does and it is time; see `DeviceLink.sample`."""
        expire_s = self.profile.expire_s
        if expire_s is not None and time.monotonic() - self.intake.live_s > expire_s:
            self.intake.doubt(Quality.STALE, f"nothing has been heard for {expire_s:g} s")
        if not self.connection.up:
            return
        due = [number for number, request in enumerate(self._requests) if self._due(number, request)]
        if due:
            await asyncio.gather(*(self._asked(number) for number in due))

    def _due(self, number: int, request: Request) -> bool:
        every_s = request.every_s if self.options.poll_s is None else max(self.options.poll_s, request.every_s if number else 0.0)
        return time.monotonic() - self._asked_s.get(number, -math.inf) >= every_s

    async def _asked(self, number: int) -> None:
        with contextlib.suppress(DeviceError):
            await self.ask(number)

    async def ask(self, number: int = 0) -> None:
        """Ask for the state once and wait for it; a device that should answer and does not is down from then on.

        Parameters
        ----------
        number : int
            0 for the profile's request, from 1 on for what it asks also.

        Raises
        ------
        DeviceError
            If nothing comes within the time-out.
        """
        if number >= len(self._requests):
            return
        request, timeout_s = self._requests[number], self.options.timeout_s
        self._asked_s[number] = time.monotonic()
        news = self.news
        try:
            async with asyncio.timeout(timeout_s):
                await self.send(request, {})
                if not request.method:
                    await news.wait()
        except TimeoutError:
            self._unanswered(request.method, timeout_s)
            message = f"{self.id}: does not answer within {timeout_s:g} s when it is asked for its state"
            raise DeviceError(message) from None

    def _unanswered(self, method: str, timeout_s: float) -> None:
        if method and self.connection.up:
            self._silent = f"does not answer {method} within {timeout_s:g} s"
            self.intake.doubt(Quality.STALE, self._silent)
            self._refresh()

    async def send(self, message: Message, fields: Mapping[str, Any]) -> None:
        """Publish a message, or make a call and wait for its answer.

        Raises
        ------
        DeviceError
            If it cannot be published, or the device refuses.
        """
        if message.method and self._caller is not None:
            await self._caller.call(message.method, fill(message.params, fields))
            return
        payload = encode(fill(message.payload, fields))
        self._sent(message.topic, payload)
        await self.connection.publish(message.topic, payload, retain=message.retain)

    async def arm(self) -> None:
        """Show that the device falls back by itself; see `DeviceLink.arm`."""
        await self.setter.arm()

    async def command(self, values: Mapping[str, float]) -> None:
        """Ask for set-points and prove them; see `DeviceLink.command`."""
        await self.setter.command(values)

    async def release(self) -> None:
        """Ask for the safe state and prove it; see `DeviceLink.release`."""
        await self.setter.release()

    async def close(self) -> None:
        """End what it does by itself."""
        await self.setter.close()


def _line(topic: str, payload: bytes) -> str:
    """Return a frame for the journal: text as it is, else hexadecimal digits; of one that nobody reads the beginning."""
    if len(payload) > LONGEST_BYTES:
        return f"{topic} 0x{payload[:LOGGED_BYTES].hex()} and so on, {len(payload)} bytes"
    try:
        return f"{topic} {payload.decode()}"
    except UnicodeDecodeError:
        return f"{topic} 0x{payload.hex()}"

# SPDX-License-Identifier: Apache-2.0
"""What is asked of a device: set-points with proof, the way back into the safe state, and a watch over who lets go."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.fallback import falls_back, safe_value, timed
from hardware_in_loop.mqtt.payloads import PayloadError, raw_value
from hardware_in_loop.mqtt.watch import Judge, Watch, tried
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.mqtt.client import Connection
    from hardware_in_loop.mqtt.link import MqttLink
    from hardware_in_loop.mqtt.profile import Command

NUDGE_SHARE: Final = 0.25
"""Part of the time-out after which a device that has not shown what it was asked for is asked for its state."""
TIMER_TOLERANCE_S: Final = 1.0
WATCH_SHARE: Final = 0.8
"""Part of ``within_s`` without a command after which this side asks for the safe state itself, where the device has no timer."""


class Setter:
    """Asks a device for set-points.

    Parameters
    ----------
    link : MqttLink
        The device.
    writes : dict of str to str
        Set-point port of each command of its profile.

    Attributes
    ----------
    writes : dict of str to str
        As given.
    guards : list of Connection
        Connections whose last wills are the safe commands, for a device that cannot fall back by itself.
    """

    def __init__(self, link: MqttLink, writes: dict[str, str]) -> None:
        self._link = link
        self.writes = writes
        self._name_of = {port: name for name, port in writes.items()}
        self.guards: list[Connection] = []
        self._judge = Judge(link, self._safe)
        self._watch = Watch(link, self.release)
        self._asking = 0
        self._releases = 0
        self._commanded = False
        self._began: dict[str, tuple[float, float]] = {}

    def judge(self) -> None:
        """Look whether the device still does what it was asked for; not while it is being asked."""
        if not self._asking:
            self._judge.look()

    async def command(self, values: Mapping[str, float]) -> None:
        """Ask for set-points by port and prove them, NaN lets go of one; see `DeviceLink.command`."""
        unknown = [port for port in values if port not in self._name_of]
        if unknown:
            message = f"{self._link.id}: takes no {', '.join(unknown)}; it takes {', '.join(self._name_of) or 'nothing'}"
            raise DeviceError(message)
        targets = {self._name_of[port]: self._target(self._name_of[port], value) for port, value in values.items()}
        if self.guards:
            self._watch.begin(WATCH_SHARE * self._link.options.safe.within_s)
        self._commanded = True
        await self._all(targets, self._releases)

    async def _all(self, targets: Mapping[str, float], releases: int) -> None:
        link = self._link
        timeout_s, sent_s = link.options.timeout_s, time.monotonic()
        self._asking += 1
        try:
            async with asyncio.timeout(timeout_s):
                for name, value in targets.items():
                    self._still(name, releases)
                    await self._one(name, value)
                    self._judge.wanted[name] = value
        except TimeoutError:
            shown = ", ".join(self._shown(name, value, sent_s) for name, value in targets.items())
            message = f"{link.id}: not proven within {timeout_s:g} s: {shown}"
            raise DeviceError(message) from None
        finally:
            self._asking -= 1
            self.judge()

    def _still(self, name: str, releases: int) -> None:
        if releases != self._releases:
            message = f"{self._link.id}: {name} is not asked for: the device was released meanwhile"
            raise DeviceError(message)

    def _target(self, name: str, value: float) -> float:
        let_go = self._link.profile.commands[name].let_go
        if math.isnan(value) and let_go is None:
            message = f"{self._link.id}: its profile does not say how to let go of {name} (let_go)"
            raise DeviceError(message)
        return let_go if math.isnan(value) and let_go is not None else value

    async def _one(self, name: str, value: float) -> None:
        command = self._link.profile.commands[name]
        with_timer = timed(self._link.profile, name, value, self._safe(name))
        message = command.timed if with_timer and command.timed is not None else command.send
        fields = self._fields(name, value)
        sent_s = time.monotonic()
        await self._link.send(message, fields)
        await self._prove(command, name, value, sent_s, with_timer=with_timer)

    def _fields(self, name: str, value: float) -> dict[str, Any]:
        within_s = self._link.options.safe.within_s
        try:
            raw = raw_value(self._link.profile.commands[name], value)
        except PayloadError as error:
            message = f"{self._link.id}: {name}: {error}"
            raise DeviceError(message) from None
        return {"value": raw, "within_s": int(within_s) if within_s == int(within_s) else within_s}

    async def _prove(self, command: Command, name: str, value: float, sent_s: float, *, with_timer: bool) -> None:
        link, proof = self._link, command.confirm or name
        if proof == "-":
            return
        if link.profile.request is not None and link.profile.request.method:
            await link.ask()
        nudge_s = NUDGE_SHARE * link.options.timeout_s
        while not self._proven(command, proof, value, sent_s, with_timer=with_timer):
            try:
                async with asyncio.timeout(nudge_s):
                    await link.news.wait()
            except TimeoutError:
                await link.ask()
                nudge_s *= 2.0
        if command.renewed:
            self._began[command.renewed] = link.intake.latest.get(command.renewed, 0.0), sent_s

    def _proven(self, command: Command, proof: str, value: float, sent_s: float, *, with_timer: bool) -> bool:
        intake = self._link.intake
        if intake.heard_s.get(proof, -math.inf) < sent_s or abs(intake.latest[proof] - value) > command.tolerance:
            return False
        if not command.timer:
            return True
        expected_s = self._link.options.safe.within_s if with_timer else 0.0
        timer_s = intake.latest.get(command.timer, math.nan)
        if intake.heard_s.get(command.timer, -math.inf) < sent_s or not abs(timer_s - expected_s) <= TIMER_TOLERANCE_S:
            return False
        return not with_timer or self._is_renewed(command, sent_s)

    def _is_renewed(self, command: Command, sent_s: float) -> bool:
        """Return whether the timer is another than the one that was proven last; a device that does not say is believed."""
        shown = self._link.intake.latest.get(command.renewed, 0.0)
        before, before_s = self._began.get(command.renewed, (0.0, -math.inf))
        return not shown or shown != before or sent_s - before_s < TIMER_TOLERANCE_S

    def _shown(self, name: str, value: float, sent_s: float) -> str:
        command, intake = self._link.profile.commands[name], self._link.intake
        proof = command.confirm or name
        if intake.heard_s.get(proof, -math.inf) < sent_s:
            return f"{name} {value:g} was asked for, and nothing has shown {proof} since"
        timer = f", its timer {intake.latest[command.timer]:g} s" if command.timer in intake.latest else ""
        timer += ", not renewed" if not self._is_renewed(command, sent_s) else ""
        return f"{proof} is {intake.latest[proof]:g}{timer}, {value:g} was asked for"

    # The way back

    def _safe(self, name: str) -> float | None:
        return safe_value(self._link.options, self._link.profile, name, self.writes[name])

    def _safe_state(self) -> dict[str, float]:
        state = {name: self._safe(name) for name in self.writes}
        missing = [self.writes[name] for name, value in state.items() if value is None]
        if missing:
            message = f"{self._link.id}: safe.set does not say what is safe for {', '.join(missing)}"
            raise DeviceError(message)
        return {name: value for name, value in state.items() if value is not None}

    async def arm(self) -> None:
        """Show that the device falls back by itself; see `DeviceLink.arm`."""
        link = self._link
        await link.connection.connected(link.options.timeout_s)
        if link.options.safe.fallback == "required":
            await self._falls_back()
        if link.gone:
            message = f"{link.id}: {link.gone}"
            raise DeviceError(message)
        if link.profile.request is not None:
            await link.ask()
        elif link.intake.live_s == -math.inf:
            message = f"{link.id}: nothing has been heard of it yet; it must speak before anything is asked of it"
            raise DeviceError(message)

    async def _falls_back(self) -> None:
        link = self._link
        means = {name: falls_back(link.profile, name, value) for name, value in self._safe_state().items()}
        nothing = [self.writes[name] for name, how in means.items() if not how]
        if nothing:
            message = (
                f"{link.id}: nothing brings {', '.join(nothing)} back by itself; choose another profile, or safe.fallback: none"
            )
            raise DeviceError(message)
        await self._guarded([name for name, how in means.items() if how == "will"])

    async def _guarded(self, names: list[str]) -> None:
        if len(self.guards) < len(names):
            message = f"{self._link.id}: needs a last will at the broker, which it has only in mode control"
            raise DeviceError(message)
        for guard in self.guards:
            if not await guard.connected(self._link.options.timeout_s):
                message = f"{self._link.id}: its last will does not stand with the broker: {guard.reason}"
                raise DeviceError(message)

    async def release(self) -> None:
        """Ask for the safe state and prove it; see `DeviceLink.release`."""
        self._releases += 1
        self._watch.end()
        state = self._safe_state()
        if not await self._link.connection.connected(self._link.options.timeout_s):
            message = f"{self._link.id}: cannot be released: {self._link.gone}"
            raise DeviceError(message)
        await self._all(state, self._releases)
        self._judge.wanted = {}
        self._commanded = False

    async def close(self) -> None:
        """End the watch and the connections that hold last wills, which never come true then: so nobody may be left commanded."""
        await self._watch.close()
        if self._commanded and self.guards and self._link.connection.up:
            await tried(self._link, self.release)
        await asyncio.gather(*(guard.close() for guard in self.guards))

# SPDX-License-Identifier: Apache-2.0
"""Who holds the reins: a hand at the device is respected, and a device that nobody commands any more goes to its safe state."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from twinergy.adapters import Way

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardware_in_loop.mqtt.link import MqttLink

AGAIN_S: Final = 1.0
"""Between attempts to bring a device into its safe state that nobody commands any more."""


class Judge:
    """Tells a device that somebody switched at its panel; one that is in its safe state has only fallen back.

    Parameters
    ----------
    link : MqttLink
        The device.
    safe : callable
        Value of a command in the safe state, None where nobody says.

    Attributes
    ----------
    wanted : dict of str to float
        What was asked for and proven, by command.
    """

    def __init__(self, link: MqttLink, safe: Callable[[str], float | None]) -> None:
        self.wanted: dict[str, float] = {}
        self._link, self._safe = link, safe
        self._since_s: float | None = None

    def look(self) -> None:
        """Look at the latest readings; a hand counts for ``local_s``, then the device may be asked again."""
        off = [text for name, value in self.wanted.items() if (text := self._deviates(name, value))]
        now_s = time.monotonic()
        if off and self._since_s is None:
            self._since_s = now_s
        if self._since_s is not None and (not off or now_s - self._since_s > self._link.options.local_s):
            self._since_s = None
            self.wanted = {} if off else self.wanted
            off = []
        self._tell("; ".join(off))

    def _deviates(self, name: str, value: float) -> str:
        command, latest = self._link.profile.commands[name], self._link.intake.latest
        proof = command.confirm or name
        if proof not in latest or abs(latest[proof] - value) <= command.tolerance:
            return ""
        safe = self._safe(name)
        by_hand = bool(command.hand) and latest.get(command.hand) == 1.0
        if safe is not None and abs(latest[proof] - safe) <= command.tolerance and not by_hand:
            return ""
        return f"{proof} is {latest[proof]:g} although {value:g} was asked for: somebody has switched it at the device"

    def _tell(self, why: str) -> None:
        link = self._link
        if why != link.intake.local:
            link.intake.obeys(why)
            link.journal.event(Way.EVENT, link.id, local=why)


class Watch:
    """Releases a device that nobody has commanded for a while: whoever commands may have died while this loop lives.

    Parameters
    ----------
    link : MqttLink
        The device.
    release : callable
        What brings it into its safe state.
    """

    def __init__(self, link: MqttLink, release: Callable[[], Awaitable[None]]) -> None:
        self._link, self._release = link, release
        self._timer: asyncio.TimerHandle | None = None
        self._delay_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def begin(self, delay_s: float) -> None:
        """Wait anew."""
        self.end()
        self._delay_s = delay_s
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._nobody)

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        """End, and wait for what was under way."""
        task = self._task
        self.end()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def _nobody(self) -> None:
        if self._link.intake.local:  # a hand at the device is no reason to work against it: look again later
            self.begin(self._delay_s)
            return
        self._link.journal.event(Way.EVENT, self._link.id, watch="nobody has commanded it any more: it goes to its safe state")
        self._task = asyncio.create_task(self._let_go(), name=f"{self._link.id}: into the safe state")

    async def _let_go(self) -> None:
        while not await tried(self._link, self._release):  # noqa: ASYNC110 - it tries again, it does not wait for something
            await asyncio.sleep(AGAIN_S)


async def tried(link: MqttLink, release: Callable[[], Awaitable[None]]) -> bool:
    """Try to release a device; return whether that was shown, and tell the journal if not."""
    try:
        await release()
    except Exception as error:  # noqa: BLE001 - the supervisor: whatever went wrong is told and tried again
        link.journal.event(Way.FAILED, link.id, release=str(error) or repr(error))
        return False
    return True

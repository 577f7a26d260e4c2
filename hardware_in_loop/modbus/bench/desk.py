# SPDX-License-Identifier: Apache-2.0
"""What a software device was told: several controls that hold at once, their revert timers, and what it means for its physics."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.adapters import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.adapters import Journal, Physics

NAN: Final = math.nan
MOST_S: Final = 1e7
"""Longest timer, four months: loops refuse more. [s]"""


@dataclass(frozen=True, slots=True)
class Reverted:
    """A timer that ended: when on the clock of the loop, at which link, and which control. [s]."""

    at_s: float
    link: str
    control: str


class RevertTimer:
    """Ends a control when nobody has renewed it for a while; runs on the loop's clock.

    Parameters
    ----------
    ended : callable
        What then happens.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._handle: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """Whether it will end."""
        return self._handle is not None

    @property
    def remaining_s(self) -> float:
        """Time to its end, 0 where it does not run. [s]."""
        return 0.0 if self._handle is None else max(self._handle.when() - asyncio.get_running_loop().time(), 0.0)

    def start(self, length_s: float) -> None:
        """Begin anew; a length of 0 means for ever. [s]."""
        self.stop()
        if length_s > 0.0 and math.isfinite(length_s):
            self._handle = asyncio.get_running_loop().call_later(min(length_s, MOST_S), self._end)

    def stop(self) -> None:
        """Forget it."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _end(self) -> None:
        self._handle = None
        self._ended()


@dataclass(frozen=True, slots=True)
class Want:
    """What one control asks for, load frame; NaN for nothing.

    Attributes
    ----------
    target_kw : float
        Power. [kW]
    low_kw, high_kw : float
        Limits of the power. [kW]
    ports : tuple of (str, float)
        Other set-points by port.
    """

    target_kw: float = NAN
    low_kw: float = NAN
    high_kw: float = NAN
    ports: tuple[tuple[str, float], ...] = ()


class Desk:
    """Puts together what the controls of one device ask for, and tells its physics what has changed.

    Limits of several controls hold at once; the target that came last counts. Limits without room between them are a target.

    Parameters
    ----------
    link, device : str
        The link, and the device of the physics.
    takes : collection of str
        Set-point ports of the device's kind.
    physics : Physics
        What is told.
    journal : Journal
        Where reverts are written down.
    """

    def __init__(self, link: str, device: str, takes: frozenset[str], physics: Physics, journal: Journal) -> None:
        self.link = link
        self.device = device
        self.reverted: list[Reverted] = []
        self._takes = takes
        self._physics = physics
        self._journal = journal
        self._wants: dict[str, Want] = {}
        self._told: dict[str, float] = {}

    def want(self, control: str, want: Want | None) -> None:
        """Renew what a control asks for; None lets go."""
        self._wants.pop(control, None)
        if want is not None:
            self._wants[control] = want
        self._tell()

    def revert(self, control: str, want: Want | None = None) -> None:
        """Note that the timer of a control has ended, and do what it asks for then."""
        at_s = asyncio.get_running_loop().time()
        self.reverted.append(Reverted(at_s, self.link, control))
        self._journal.event(Way.EVENT, self.link, text=f"{control}: nobody renewed it, reverted")
        self.want(control, want)

    def release(self) -> None:
        """Let go of everything: local mode."""
        self._wants.clear()
        self._tell()

    @property
    def asked(self) -> Mapping[str, float]:
        """What the physics was told last, by port."""
        return self._told

    def _tell(self) -> None:
        ports = self._ports()
        failures: list[Exception] = []
        for port in (*ports, *(port for port in self._told if port not in ports)):
            value, old = ports.get(port, NAN), self._told.get(port, NAN)
            if value == old or (math.isnan(value) and math.isnan(old)):
                continue
            try:
                self._physics.write(self.device, port, value)
            except Exception as error:  # noqa: BLE001 - one port that fails must not keep the others from their safe values
                self._journal.event(Way.FAILED, self.link, port=port, value=value, text=f"{type(error).__name__}: {error}")
                failures.append(error)
            else:
                self._told[port] = value
        if failures:
            raise failures[0]

    def _ports(self) -> dict[str, float]:
        wants = list(self._wants.values())
        low_kw = max((want.low_kw for want in wants if not math.isnan(want.low_kw)), default=NAN)
        high_kw = min((want.high_kw for want in wants if not math.isnan(want.high_kw)), default=NAN)
        target_kw = next((want.target_kw for want in reversed(wants) if not math.isnan(want.target_kw)), NAN)
        if "p_set_kw" not in self._takes and not math.isnan(target_kw):
            # What can only be limited, as PV, keeps to a target by a limit on what it makes.
            low_kw = target_kw if math.isnan(low_kw) else max(low_kw, target_kw)
            target_kw = NAN
        if "p_set_kw" in self._takes and math.isnan(target_kw) and not high_kw > low_kw and not math.isnan(high_kw + low_kw):
            target_kw, low_kw, high_kw = (low_kw + high_kw) / 2, NAN, NAN
        found = {"p_set_kw": target_kw, "p_min_kw": low_kw, "p_max_kw": high_kw}
        for want in wants:
            found.update(want.ports)
        return {port: value for port, value in found.items() if port in self._takes}

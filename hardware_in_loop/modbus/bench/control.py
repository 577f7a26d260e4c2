# SPDX-License-Identifier: Apache-2.0
"""Controls of a software device: registers that, once written, ask for something until a timer ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardware_in_loop.modbus.bench.desk import RevertTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.modbus.bench.desk import Desk, Want


def _nothing() -> None:
    pass


def _for_ever() -> float:
    return 0.0


@dataclass
class Control:
    """One control.

    Attributes
    ----------
    name : str
        Of it, unique within its desk.
    triggers : frozenset of str
        Registers whose writing renews it.
    desk : Desk
        Where it says what it wants.
    want : callable
        Returns what its registers ask for; None while they do not.
    seconds : callable
        Returns for how long it holds; 0 for ever. [s]
    revert : callable
        Puts its registers into the state they have when its timer has ended.
    let_go : callable
        Puts its registers into the state in which they ask for nothing.
    touched : callable
        Told first when they are written.
    """

    name: str
    triggers: frozenset[str]
    desk: Desk
    want: Callable[[], Want | None]
    seconds: Callable[[], float] = _for_ever
    revert: Callable[[], None] = _nothing
    let_go: Callable[[], None] = _nothing
    touched: Callable[[], None] = _nothing
    timer: RevertTimer = field(init=False)

    def __post_init__(self) -> None:
        self.timer = RevertTimer(self.end)

    def written(self) -> None:
        """Do what the registers ask for, and begin the timer anew."""
        self.touched()
        want = self.want()
        if want is None:
            self.timer.stop()
        else:
            self.timer.start(self.seconds())
        self.desk.want(self.name, want)

    def end(self) -> None:
        """Do what is due when nobody has renewed it."""
        self.timer.stop()
        self.revert()
        self.desk.revert(self.name, self.want())

    def drop(self) -> None:
        """Ask for nothing any more."""
        self.timer.stop()
        self.let_go()
        self.desk.want(self.name, None)


class Watchdog:
    """Ends controls when the heartbeat of whoever controls has not come for a while.

    Parameters
    ----------
    triggers : frozenset of str
        Registers that are its heartbeat. It begins to watch with the first one.
    within_s : float
        Longest time between two. [s]
    controls : list of Control
        What it ends.
    """

    def __init__(self, triggers: frozenset[str], within_s: float, controls: list[Control]) -> None:
        self.triggers = triggers
        self.within_s = within_s
        self._controls = controls
        self.timer = RevertTimer(self._end)

    def written(self) -> None:
        """Begin the time anew."""
        self.timer.start(self.within_s)

    def drop(self) -> None:
        """Watch no more."""
        self.timer.stop()

    def _end(self) -> None:
        for control in self._controls:
            if control.want() is not None:
                control.end()

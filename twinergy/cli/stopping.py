# SPDX-License-Identifier: Apache-2.0
"""How somebody ends a run: Ctrl-C, SIGTERM, a terminal that is closed. It imports nothing heavy, to listen from the start on."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stop:
    """Whether somebody has asked the run to end; called in every step.

    While a run is being made ready the question acts at once, as if nobody listened. It is remembered all the same, because an
    exception that arrives where Python or a library swallows it (a callback of the garbage collector, a bare ``except``) is lost.
    """

    def __init__(self) -> None:
        self._asked, self._ready = False, False

    def __call__(self) -> bool:
        """Return whether the run is to end."""
        return self._asked

    def ready(self) -> None:
        """Say that everything is loaded: from here on only the steps are asked to end, so that devices are released.

        Raises
        ------
        KeyboardInterrupt
            If somebody has asked before and the exception was lost.
        """
        self._ready = True
        if self._asked:
            raise KeyboardInterrupt

    def ask(self, number: int) -> None:
        """Take a signal, after its handler has been put back."""
        self._asked = True
        if not self._ready:
            signal.raise_signal(number)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a question the run asks in every step; the second one stops at once.

    The same holds for SIGTERM, and for SIGHUP where a terminal is closed: real devices are to be released then too.
    """
    stop = Stop()
    before: dict[int, Any] = {}

    def note(number: int, _frame: Any) -> None:
        signal.signal(number, before[number])
        stop.ask(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # not every system has all of them
        if number is not None:
            before[number] = signal.getsignal(number)
            if before[number] != signal.SIG_IGN:  # nohup
                signal.signal(number, note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

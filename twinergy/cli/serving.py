# SPDX-License-Identifier: Apache-2.0
"""The ``simulator`` command: wait for runs whose scenario has some kinds step here."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from twinergy.cosim.remote import TOKEN_VARIABLE, Listener, address_of, token_here

if TYPE_CHECKING:
    from rich.console import Console


def simulator_command(console: Console, listen: str) -> None:
    """Serve until Ctrl-C.

    Raises
    ------
    RunError
        If the address is none or is in use.
    """
    host, port = address_of(listen)
    given = os.environ.get(TOKEN_VARIABLE)
    token = token_here(given)

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    def ready(bound: int) -> None:
        say(f"waiting for runs at {host}:{bound}")
        if not given:
            say(f"whoever runs the scenario sets {TOKEN_VARIABLE}={token}")

    try:
        asyncio.run(Listener(token, say).serve(host, port, ready))
    except KeyboardInterrupt:
        say("stopped")

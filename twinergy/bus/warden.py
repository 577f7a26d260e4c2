# SPDX-License-Identifier: Apache-2.0
"""Runs a server for as long as whoever started it lives, however that ends.

It is started as ``python warden.py COMMAND...`` with a pipe as its standard input: when the other end closes, which the system
does even for a process that is killed, the server is stopped.
"""

from __future__ import annotations

import subprocess
import sys
import threading

STOP_TIMEOUT_S = 5.0


def main(command: list[str]) -> int:
    """Run a command until it ends or the standard input does, and return its exit code."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the command is the laboratory's own

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        server.terminate()
        try:
            server.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            server.kill()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

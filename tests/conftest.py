# SPDX-License-Identifier: Apache-2.0
"""What holds for all tests."""

from __future__ import annotations

import signal
import threading

# A shell that starts the suite in the background has it ignore Ctrl-C, and so would every process that a test starts; some are
# there to be ended by it. A signal that is handled here is at its default there.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

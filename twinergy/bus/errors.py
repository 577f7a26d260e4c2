# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with the bus itself."""

from __future__ import annotations

from twinergy.errors import RunError


class BusError(RunError):
    """The bus cannot be reached, refuses, or has gone away.

    Parameters
    ----------
    address : str
        Where it is, without password.
    reason : str
        What is wrong and what to do.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"bus {address}: {reason}")

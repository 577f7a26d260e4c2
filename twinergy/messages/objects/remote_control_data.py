# SPDX-License-Identifier: Apache-2.0
"""A command to a device of a home, and what became of it."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from twinergy.messages.parts import DwellingMessage, Instant, Reading

State = Literal["requested", "acknowledged", "refused", "failed"]


class RemoteControlData(DwellingMessage):
    """A command when it is requested, and the same command again with each new state.

    Who requests sends ``requested``; who carries it out answers with the same `command_id` and ``acknowledged``, ``refused``
    (not permitted) or ``failed`` (permitted, but the device did not do it), the last two with a reason.
    """

    information_object: ClassVar[str] = "remote_control_data"
    data_model: ClassVar[str] = "Remote Control"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.04", "PUC05.01", "PUC05.02", "PUC06.01")

    command_id: str
    """Unique within the one who requests."""
    requested_by: str
    """``household``, or the name of a module."""
    device: str
    """Id of the device."""
    table: str
    """Kind of the device."""
    port: str
    """Set-point port, with its unit."""
    value: Reading
    """What is asked for, in the port's unit; None gives the device back to its local mode."""
    acts: Instant | None = None
    """When it is to act, UTC; None: at once."""
    state: State
    """What became of it so far."""
    reason: str = ""
    """Why it is asked for, was refused or failed, for people."""

    @model_validator(mode="after")
    def _a_no_has_a_reason(self) -> Self:
        if self.state in {"refused", "failed"} and not self.reason.strip():
            message = f"a command that was {self.state} needs a reason, so that the one who asked knows what to do"
            raise ValueError(message)
        return self

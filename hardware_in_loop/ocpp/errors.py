# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a call, and what the standards name it.

The codes are those of OCPP-J 1.6 section 4.2.3 with its errata (two names are misspelled and stay so) and of part 4 of OCPP 2.0.1
and 2.1, section "CALLERROR".
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.versions import Version
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_DESCRIPTION: Final = 255
"""Characters of an error's description that a frame may have, in all versions."""


class Code(StrEnum):
    """What an error is, in the spelling of 2.1; `spelled` returns that of a version."""

    FORMAT = "FormatViolation"
    GENERIC = "GenericError"
    INTERNAL = "InternalError"
    MESSAGE_TYPE = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE = "OccurrenceConstraintViolation"
    PROPERTY = "PropertyConstraintViolation"
    PROTOCOL = "ProtocolError"
    FRAMEWORK = "RpcFrameworkError"
    SECURITY = "SecurityError"
    TYPE = "TypeConstraintViolation"


_SPELLINGS: Final[Mapping[Version, Mapping[str, str]]] = {
    Version.V16: {
        Code.FORMAT: "FormationViolation",
        Code.OCCURRENCE: "OccurenceConstraintViolation",
        Code.FRAMEWORK: "FormationViolation",
        Code.MESSAGE_TYPE: "GenericError",
    },
    Version.V201: {Code.OCCURRENCE: "OccurenceConstraintViolation"},
    Version.V21: {},
}


def spelled(code: str, version: Version) -> str:
    """Return an error's code as a version writes it; a code that is none of `Code` stays as it is.

    >>> spelled(Code.FORMAT, Version.V16)
    'FormationViolation'
    """
    return str(_SPELLINGS[version].get(code, code))


class OcppError(DeviceError):
    """Something about a conversation with a charging station or a central system."""


class CallError(OcppError):
    """The other side refused a call, or a handler here refuses one by raising it.

    Parameters
    ----------
    code : str
        What is wrong; one of `Code`, or what the other side wrote.
    description : str
        For people.
    details : mapping, optional
        Whatever the sender added.
    """

    def __init__(self, code: str, description: str = "", details: Mapping[str, Any] | None = None) -> None:
        self.code = str(code)
        self.description = description
        self.details = dict(details or {})
        super().__init__(f"{self.code}: {description}" if description else self.code)


class InvalidAnswerError(CallError):
    """The other side answered, but not with what the schema of the answer allows."""


class PayloadError(OcppError):
    """What this side was about to send is not allowed by the schema; a bug here, nothing was sent.

    Attributes
    ----------
    action : str
        What was to be sent.
    findings : tuple of str
        Everything that is wrong with it.
    """

    def __init__(self, action: str, findings: tuple[str, ...], version: Version) -> None:
        self.action = action
        self.findings = findings
        super().__init__(f"{action} is no payload of {version}, it was not sent: {'; '.join(findings)}")


class NoAnswerError(OcppError):
    """No answer came in time.

    Attributes
    ----------
    action : str
        What was asked.
    timeout_s : float
        How long was waited. [s]
    sent : bool
        Whether it was sent; not where an earlier call was still without its answer.
    """

    def __init__(self, who: str, action: str, timeout_s: float, *, sent: bool) -> None:
        self.action = action
        self.timeout_s = timeout_s
        self.sent = sent
        why = "no answer" if sent else "not sent, since an earlier call was still without its answer"
        super().__init__(f"{who}: {action}: {why} within {timeout_s:g} s")


class LostAnswerError(NoAnswerError):
    """The other side was away while it was asked, and is back: an answer will not come, and asking again is worth it."""


class ClosedError(OcppError):
    """The connection is closed; what was called may or may not have been done."""

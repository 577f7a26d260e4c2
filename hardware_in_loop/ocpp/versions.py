# SPDX-License-Identifier: Apache-2.0
"""The versions of OCPP that are spoken, by the names that a websocket negotiates."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Version(StrEnum):
    """A version of OCPP; its value is the name of the websocket subprotocol."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


NEWEST_FIRST: Final = (Version.V21, Version.V201, Version.V16)


def best(offered: Iterable[str], spoken: Sequence[Version] = NEWEST_FIRST) -> Version | None:
    """Return the first of the spoken versions that the other side offers, None where there is none.

    >>> best(["ocpp1.6", "ocpp2.0.1"])
    <Version.V201: 'ocpp2.0.1'>
    """
    names = set(offered)
    return next((version for version in spoken if version in names), None)

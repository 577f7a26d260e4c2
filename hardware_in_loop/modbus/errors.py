# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between a request and its answer, each with what to do about it."""

from __future__ import annotations

from typing import Final

from twinergy.errors import DeviceError

MEANINGS: Final = {
    1: ("illegal function", "the device does not know this function: check the table (holding or input) of the profile"),
    2: (
        "illegal data address",
        "no such register: check the address, whether the manual counts from 0 or 1, and the block's end",
    ),
    3: ("illegal data value", "the value or the number of registers is not accepted: check the allowed range in the manual"),
    4: ("server device failure", "the device failed while it worked on this: look at its own display or log"),
    5: ("acknowledge", "the device is still working on it: ask again later"),
    6: ("server device busy", "ask again later; another master may be using the device"),
    7: ("negative acknowledge", "the device cannot do this now"),
    8: ("memory parity error", "the device's memory is damaged: have it serviced"),
    10: ("gateway path unavailable", "the gateway has no way to this unit: check its serial settings and the unit id"),
    11: ("gateway target device failed to respond", "the unit behind the gateway is off, or the unit id is wrong"),
}
"""Exception codes: name and what to do. Names: Modbus Application Protocol V1.1b3, section 7 (code 7: older editions)."""

ACKNOWLEDGE: Final = 5
BUSY: Final = 6
GATEWAY: Final = frozenset({10, 11})


class ModbusError(DeviceError):
    """A request that has no usable answer.

    Parameters
    ----------
    message : str
        What happened and what to do.
    where : str
        Address of the connection; may be filled in later.
    unit : int or None
        Unit id that was asked.
    """

    def __init__(self, message: str, *, where: str = "", unit: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.unit = unit

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class NotConnectedError(ModbusError):
    """There is no connection, or it was lost before the answer came."""


class NoAnswerError(ModbusError):
    """The device did not answer in time, or is not asked now because it has not answered before."""


class BadReplyError(ModbusError):
    """Something arrived that cannot be the answer to what was asked: never taken for a value."""


class ExceptionReplyError(ModbusError):
    """The device, or a gateway before it, refused.

    Parameters
    ----------
    code : int
        Exception code.
    request : str
        What was asked, for people.
    unit : int or None
        Unit id.
    where : str
        Address of the connection.
    """

    def __init__(self, code: int, request: str = "", *, unit: int | None = None, where: str = "") -> None:
        name, advice = MEANINGS.get(code, ("unknown to the standard", "look it up in the device's manual"))
        self.code = code
        subject = f"{request}: " if request else ""
        super().__init__(f"{subject}refused with exception {code}, {name}; {advice}", where=where, unit=unit)

# SPDX-License-Identifier: Apache-2.0
"""Payloads of a LoRaWAN sensor: raw bytes, downlink commands, JSON as protobuf writes it.

Raw bytes as in the user guide of Milesight AM103: battery ``01 75``, temperature ``03 67`` (0.1 °C, signed, little endian),
humidity ``04 68`` (0.5 %), carbon dioxide ``07 7d`` (ppm, little endian). Protobuf's JSON leaves out zero, false, empty fields.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL_PERCENT: Final = 100
FLOAT_BYTES: Final = 4
HIGHEST_PORT: Final = 223
"""LoRaWAN 1.0.3, section 4.3.2: application ports are 1 to 223."""


def downlink(payload: bytes, dev_eui: str) -> dict[str, Any] | None:
    """Return a downlink command, or None where the network would not queue it for this device.

    >>> downlink(b'{"devEui": "24E124", "fPort": 10, "data": "/wM="}', "24e124")
    {'devEui': '24E124', 'fPort': 10, 'data': '/wM='}
    """
    try:
        asked = json.loads(payload)
        port, to = asked["fPort"], asked["devEui"]
        data = base64.b64decode(asked["data"], validate=True) if "data" in asked else b""
    except (ValueError, KeyError, TypeError):
        return None
    fits = type(port) is int and 1 <= port <= HIGHEST_PORT and str(to).lower() == dev_eui
    return asked if fits and (data or isinstance(asked.get("object"), dict)) else None


def encode(values: Mapping[str, float]) -> bytes:
    """Return the raw bytes of an uplink.

    >>> encode({"temperature": 30.8, "humidity": 50.5, "co2": 1255}).hex(" ")
    '01 75 64 03 67 34 01 04 68 65 07 7d e7 04'
    """
    data = bytes((0x01, 0x75, FULL_PERCENT))
    if "temperature" in values:
        data += b"\x03\x67" + struct.pack("<h", round(10.0 * values["temperature"]))
    if "humidity" in values:
        data += b"\x04\x68" + struct.pack("<B", round(2.0 * values["humidity"]))
    if "co2" in values:
        data += b"\x07\x7d" + struct.pack("<H", round(min(values["co2"], 65535.0)))
    return data


def place(data: bytearray, at: int, kind: str, order: str, value: float) -> None:
    """Write a number into raw bytes, which grow as needed.

    >>> data = bytearray()
    >>> place(data, 1, "i16", "little", -2.0)
    >>> data.hex()
    '00feff'
    """
    size = int(kind[1:]) // 8
    data.extend(bytes(max(at + size - len(data), 0)))
    byteorder: Literal["big", "little"] = "little" if order == "little" else "big"
    if kind[0] == "f":
        packed = struct.pack(("<" if byteorder == "little" else ">") + ("f" if size == FLOAT_BYTES else "d"), value)
    else:
        packed = round(value).to_bytes(size, byteorder, signed=kind[0] == "i")
    data[at : at + size] = packed


def without_zeros(document: Any, *, inside: bool = False) -> Any:
    """Return a document without the fields that protobuf's JSON leaves out; the codec's object stays whole.

    >>> without_zeros({"fCnt": 0, "fPort": 1, "confirmed": False, "tags": {}, "object": {"co2": 0}})
    {'fPort': 1, 'object': {'co2': 0}}
    """
    if isinstance(document, dict) and not inside:
        kept = {key: without_zeros(value, inside=key == "object") for key, value in document.items()}
        return {
            key: value for key, value in kept.items() if key == "object" or not (value in (0, "", False) or value in ({}, []))
        }
    if isinstance(document, list):
        return [without_zeros(one, inside=inside) for one in document]
    return document

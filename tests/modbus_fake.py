# SPDX-License-Identifier: Apache-2.0
"""A connection to units that live in dictionaries: what a device holds is written down by hand, nothing travels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardware_in_loop.modbus.driver import Keeper
from hardware_in_loop.modbus.errors import ExceptionReplyError, NoAnswerError, NotConnectedError
from hardware_in_loop.modbus.library import load
from hardware_in_loop.modbus.link import ModbusLink
from hardware_in_loop.modbus.options import ModbusOptions
from hardware_in_loop.modbus.shared import SharedUnit
from hardware_in_loop.modbus.sunspec.models import HEADER, models
from twinergy.adapters import Attached, Image, Journal, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUNS = (0x5375, 0x6E53)


class FakeConnection:
    """Registers by unit, table (function) and address; whatever is not there is exception 2."""

    def __init__(self, options: ModbusOptions) -> None:
        self.endpoint = options.endpoint
        self.generation = 1
        self.reason = ""
        self.connected = True
        self.silent = False
        self.ignores = False
        self.registers: dict[tuple[int, int], int] = {}
        self.refused: dict[int, int] = {}
        self.reads: list[tuple[int, int]] = []
        self.writes: list[tuple[int, tuple[int, ...]]] = []

    def may_ask(self, _unit: int) -> bool:
        return True

    async def wait_connected(self, timeout_s: float) -> None:
        if not self.connected:
            message = f"not connected within {timeout_s:g} s"
            raise NotConnectedError(message)

    def _ready(self) -> None:
        if not self.connected:
            message = "not connected: cable pulled"
            raise NotConnectedError(message)
        if self.silent:
            message = "no answer within 0.5 s"
            raise NoAnswerError(message)

    async def read(
        self, _unit: int, address: int, count: int, *, function: int = 3, timeout_s: float | None = None
    ) -> tuple[int, ...]:
        self._ready()
        self.reads.append((address, count))
        assert count <= 125
        places = [(function, address + offset) for offset in range(count)]
        if any(place not in self.registers for place in places):
            raise ExceptionReplyError(2, f"read {count} from {address}")
        return tuple(self.registers[place] for place in places)

    async def write(
        self,
        _unit: int,
        address: int,
        values: Sequence[int],
        *,
        function: int | None = None,
        timeout_s: float | None = None,
    ) -> None:
        self._ready()
        if address in self.refused:
            raise ExceptionReplyError(self.refused[address], f"write {address}")
        self.writes.append((address, tuple(values)))
        if not self.ignores:
            table = 1 if function in {5, 15} else 3
            for offset, value in enumerate(values):
                self.registers[table, address + offset] = value

    def hold(self, address: int, *words: int, function: int = 3) -> None:
        """Put registers."""
        for offset, word in enumerate(words):
            self.registers[function, address + offset] = word % 0x10000

    def sunspec(self, numbers: Sequence[int], base: int = 40_000) -> dict[int, int]:
        """Put a chain of models whose points are all not implemented; return the address of each model."""
        self.hold(base, *SUNS)
        address, found = base + 2, {}
        for number in numbers:
            length = models()[number].length
            self.hold(address, number, length)
            found.setdefault(number, address)
            for point in models()[number].points.values():
                kind = point.kind.value
                word = 0x8000 if kind in {"int16", "sunssf", "pad"} else 0 if kind in {"string", "acc32", "acc64"} else 0xFFFF
                words = [0x8000, 0] if kind == "int32" else [word] * point.count
                self.hold(address + point.at, *words)
            address += HEADER + length
        self.hold(address, 0xFFFF, 0)
        return found

    def put(self, models_at: dict[int, int], **points: int) -> None:
        """Put points of models of one or two registers, written ``m701_W=-5``."""
        for text, raw in points.items():
            number, _, name = text.removeprefix("m").partition("_")
            point = models()[int(number)].points[name]
            words = (
                [raw & 0xFFFF] if point.count == 1 else [(raw >> 16 * place) & 0xFFFF for place in reversed(range(point.count))]
            )
            self.hold(models_at[int(number)] + point.at, *words)

    def shows(self, models_at: dict[int, int], text: str) -> int:
        """Return a point of one or two registers, written ``704_WSet``; two make a signed number."""
        number, _, name = text.partition("_")
        point = models()[int(number)].points[name]
        raw = 0
        for offset in range(point.count):
            raw = raw << 16 | self.registers[3, models_at[int(number)] + point.at + offset]
        return raw - (1 << 32) if point.count == 2 and raw >> 31 else raw


class Rig:
    """A link on a fake connection."""

    def __init__(
        self,
        kind: str,
        profile: str,
        *,
        rated_kw: float = 5.0,
        folder: Path | None = None,
        facts: dict[str, float] | None = None,
        **adapter: Any,
    ) -> None:
        options = ModbusOptions(**{"profile": profile, "host": "192.0.2.1", "mode": "control", "timeout_s": 0.2, **adapter})
        loaded = load(profile, folder) if folder else load(profile)
        spec = loaded.devices[kind]
        attached = Attached(id="d", device="d", kind=kind, options=options, rated_kw=rated_kw, facts=facts or {})
        self.image = Image([("d", port) for port in spec.reads], [3.0] * len(spec.reads))
        row: Row = self.image.row("d")
        self.connection = FakeConnection(options)
        self.unit = SharedUnit(self.connection, 1, loaded)  # type: ignore[arg-type]
        self.link = ModbusLink(attached, row, self.unit, spec)
        self.unit.users.append(self.link)
        self.keeper = Keeper(self.unit, [self.link], Journal(None))

    def reading(self, port: str) -> tuple[float, str, str]:
        """Return value, quality and reason of a port."""
        one = self.image.reading("d", port)
        return one.value, one.quality.name, one.reason

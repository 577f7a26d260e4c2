# SPDX-License-Identifier: Apache-2.0
"""What writing the registers of a profile does in a software device: set-points, what enables them, timers, heartbeats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, cast

from hardware_in_loop.modbus import quantities
from hardware_in_loop.modbus.bench.control import Control, Watchdog
from hardware_in_loop.modbus.bench.desk import Want

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.modbus.bench.desk import Desk
    from hardware_in_loop.modbus.bench.mapped import MappedRegisters
    from hardware_in_loop.modbus.options import ModbusOptions
    from hardware_in_loop.modbus.profile import DeviceSpec, Value, Write
    from twinergy.adapters import Attached

LEAST_WATCH_S: Final = 3.0
"""Heartbeats come once a second; where nobody says when a device misses them, it waits for so long at least. *Assumption*. [s]"""


def options_of(attached: Attached) -> ModbusOptions:
    """Return the adapter block of a Modbus device."""
    return cast("ModbusOptions", attached.options)


class MappedControls:
    """Controls of one device whose registers a profile names.

    Parameters
    ----------
    registers : MappedRegisters
        What can be written.
    spec : DeviceSpec
        What it means.
    attached : Attached
        The device.
    desk : Desk
        Where its controls say what they want.
    """

    def __init__(self, registers: MappedRegisters, spec: DeviceSpec, attached: Attached, desk: Desk) -> None:
        self.controls: list[Control] = []
        for port, ways in spec.writes.items():
            own = [way for way in ways if all(registers.has(value.point) for value in way.values)]
            # A way that a device has hides those behind it: nobody will write them.
            self.controls += [_Way(registers, port, way, attached).control(desk) for way in own[:1]]
        for control in self.controls:
            control.let_go()
        registers.remember()
        beats = frozenset(beat.point for beat in spec.beat if registers.has(beat.point))
        within_s = min(
            (beat.within_s for beat in spec.beat if beat.within_s), default=max(attached.options.safe.within_s, LEAST_WATCH_S)
        )
        self.watchdog = Watchdog(beats, within_s, self.controls)

    def written(self, names: frozenset[str]) -> None:
        """Act on registers that were written together."""
        for control in self.controls:
            if control.triggers & names:
                control.written()
        if names & self.watchdog.triggers:
            self.watchdog.written()

    def drop(self) -> None:
        """Ask for nothing any more, and stop all timers."""
        for control in self.controls:
            control.drop()
        self.watchdog.drop()


class _Way:
    """One way to write a set-point, from the device's side."""

    def __init__(self, registers: MappedRegisters, port: str, way: Write, attached: Attached) -> None:
        self._registers = registers
        self._port = port
        self._way = way
        self._attached = attached
        self._written = False

    def control(self, desk: Desk) -> Control:
        way, revert = self._way, self._way.revert
        names = {value.point for value in way.values} | {*way.set, *way.enable, *way.bits, *way.release}
        if revert is not None:
            names |= {revert.seconds, revert.value, *revert.enable, *revert.local}
        control = Control(
            self._port, frozenset(names - {""}), desk, self._want, self._seconds, self._revert, self._let_go, self._touch
        )
        if revert is not None and revert.remaining:
            self._registers.live[revert.remaining] = lambda: control.timer.remaining_s / self._unit_s()
        return control

    def _touch(self) -> None:
        self._written = True

    def _want(self) -> Want | None:
        if not self._active():
            return None
        # Of several points, such as one for each direction, the one that says more counts.
        value = max((self._value(one) for one in self._way.values), key=abs)
        return Want(ports=((self._port, value),))

    def _active(self) -> bool:
        raw, way = self._registers.raw, self._way
        if way.enable:
            return all(raw(name) == code for name, code in way.enable.items())
        if way.bits:
            return all(int(raw(name)) & bits == bits for name, bits in way.bits.items())
        if way.release and all(raw(name) == code for name, code in way.release.items()):
            return False
        return self._written

    def _value(self, value: Value, point: str = "") -> float:
        """Return what a point asks of the port."""
        name = point or value.point
        if value.codes:
            raw = self._registers.raw(name)
            return next((asked for asked, code in value.codes.items() if code == raw), math.nan)
        turned = options_of(self._attached).signs.get(self._port, value.sign) == "generation"
        wire = self._registers.value(name) * (-1.0 if turned else 1.0)
        if value.of:
            return wire * quantities.to_port(self._registers.unit(name), "soc") * self._reference(value)
        phases = int(self._attached.facts.get("phases_count", 0)) or value.phases
        return wire / quantities.per_port(self._registers.unit(name), self._port, voltage_v=value.voltage_v, phases=phases)

    def _reference(self, value: Value) -> float:
        for name in value.of:
            if self._registers.has(name):
                return self._registers.value(name) * quantities.to_port(self._registers.unit(name), self._port)
        return self._attached.rated_kw

    def _unit_s(self) -> float:
        return quantities.in_seconds(self._registers.unit(self._way.revert.seconds)) if self._way.revert else 1.0

    def _seconds(self) -> float:
        return self._registers.value(self._way.revert.seconds) * self._unit_s() if self._way.revert else 0.0

    def _revert(self) -> None:
        revert = self._way.revert
        local = revert is None or not revert.value or (bool(revert.local) and self._matches(revert.local))
        if revert is not None and not local and self._matches(revert.enable):
            for value in self._way.values:
                self._registers.put(value.point, self._registers.value(revert.value))
        else:
            self._let_go()

    def _matches(self, codes: Mapping[str, int]) -> bool:
        return all(self._registers.raw(name) == code for name, code in codes.items())

    def _let_go(self) -> None:
        registers, way = self._registers, self._way
        for name, code in way.release.items():
            registers.put_raw(name, code)
        for name, code in way.enable.items():
            if name not in way.release:
                registers.put_raw(name, 0 if code else 1)
        for name, bits in way.bits.items():
            registers.put_raw(name, int(registers.raw(name)) & ~bits)
        self._written = False

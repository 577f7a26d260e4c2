# SPDX-License-Identifier: Apache-2.0
"""A software device: the registers of one unit id, all that is attached to it, and what writing them does."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from hardware_in_loop.modbus.bench.desk import Desk
from hardware_in_loop.modbus.bench.figures import Figures
from hardware_in_loop.modbus.bench.mapped import MappedRegisters
from hardware_in_loop.modbus.bench.mapped_controls import LEAST_WATCH_S, MappedControls
from hardware_in_loop.modbus.bench.page import HeldCell, Page
from hardware_in_loop.modbus.bench.pdu import Table
from hardware_in_loop.modbus.bench.senses import Senses
from hardware_in_loop.modbus.bench.sunspec_controls import SunSpecControls
from hardware_in_loop.modbus.bench.sunspec_map import offered
from hardware_in_loop.modbus.bench.sunspec_unit import BASE, SunSpecRegisters
from twinergy.adapters import Fault
from twinergy.plugins import device_kind
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hardware_in_loop.modbus.bench.page import Cell
    from hardware_in_loop.modbus.options import ModbusOptions
    from hardware_in_loop.modbus.profile import Profile
    from twinergy.adapters import Attached, FaultBoard, Journal, Physics


class SoftwareDevice:
    """One unit id.

    Parameters
    ----------
    attached : sequence of (Attached, ModbusOptions, Profile)
        What stands behind it: one device, or a battery and a PV system that share a hybrid inverter.
    physics : Physics
        Behind them.
    faults : FaultBoard
        What is wrong with them.
    journal : Journal
        Where events go.
    models : sequence of int, optional
        SunSpec models that it has; what is usual for its kinds if not given.
    clock : callable
        Monotonic time. [s]

    Attributes
    ----------
    page : Page
        Its registers.
    desks : dict of str to Desk
        What it was told, by link.
    """

    def __init__(
        self,
        attached: Sequence[tuple[Attached, ModbusOptions, Profile]],
        physics: Physics,
        faults: FaultBoard,
        journal: Journal,
        *,
        models: Sequence[int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._faults = faults
        self.links = tuple(one.id for one, _, _ in attached)
        self.senses = {
            one.kind: Senses(one.id, one.device, physics, faults, options.signs, clock) for one, options, _ in attached
        }
        desks = {one.kind: Desk(one.id, one.device, _takes(one.kind), physics, journal) for one, _, _ in attached}
        self.desks = {desk.link: desk for desk in desks.values()}
        self._attached = {one.kind: one for one, _, _ in attached}
        profiles = {id(profile): profile for _, _, profile in attached}
        rated_kw = {one.kind: one.rated_kw for one, _, _ in attached}
        self.mapped = [MappedRegisters(profile, self.senses, rated_kw) for profile in profiles.values()]
        self.sunspec: SunSpecRegisters | None = None
        self._controls: list[MappedControls | SunSpecControls] = []
        for registers, profile in zip(self.mapped, profiles.values(), strict=True):
            self._controls += [
                MappedControls(registers, profile.devices[one.kind], one, desks[one.kind])
                for one, _, own in attached
                if own is profile
            ]
        if any(profile.protocol == "sunspec" for profile in profiles.values()):
            self._add_sunspec(attached, desks, models)
        self.page = Page(self._cells(), self._texts(), self._written)
        self.page.ignoring = lambda: self._has(Fault.IGNORE)
        self.page.refusing = lambda: self._has(Fault.LOCAL)

    def let_go(self) -> None:
        """Give up everything that was asked: somebody at the device has taken control, or it is switched off."""
        for controls in self._controls:
            controls.drop()
        for desk in self.desks.values():
            desk.release()

    def restart(self) -> None:
        """Begin anew: nothing that was written stays, counters and heartbeats start at zero."""
        self.let_go()
        for registers in self._registers():
            registers.restart()
        for senses in self.senses.values():
            senses.restart()

    def stop(self) -> None:
        """End all timers without doing anything."""
        for controls in self._controls:
            controls.watchdog.drop()
            for control in controls.controls:
                control.timer.stop()

    def move_scale_factors(self, step: int = 1) -> None:
        """Move the scale factors of what can only be read."""
        for registers in self._registers():
            registers.move_factors(step)

    def near_wrap(self, counts_left: int) -> None:
        """Bring registers of energy so close to where they begin again."""
        for registers in self._registers():
            registers.lead(counts_left)

    def _add_sunspec(
        self, attached: Sequence[tuple[Attached, ModbusOptions, Profile]], desks: Mapping[str, Desk], models: Sequence[int] | None
    ) -> None:
        figures = Figures(self._attached, self.senses, _declared(attached))
        base = next((options.sunspec_base for _, options, _ in attached if options.sunspec_base is not None), BASE)
        controls: list[SunSpecControls] = []

        def remaining(stem: str) -> Callable[[], float]:
            return lambda: math.ceil(controls[0].remaining_s(f"704 {stem}"))

        live = {f"704:{stem}RvrtRem": remaining(stem) for stem in ("WMaxLimPct", "WSet", "VarSet")}
        self.sunspec = SunSpecRegisters(figures, models or offered(frozenset(self.senses)), live, base)
        within_s = max(min(options.safe.within_s for _, options, _ in attached), LEAST_WATCH_S)
        signs = {port: sign for _, options, _ in attached for port, sign in options.signs.items()}
        controls.append(SunSpecControls(self.sunspec, desks, rated_w=figures.rated_w(), within_s=within_s, signs=signs))
        self._controls += controls

    def _registers(self) -> list[MappedRegisters | SunSpecRegisters]:
        return [*self.mapped, self.sunspec] if self.sunspec is not None else [*self.mapped]

    def _cells(self) -> dict[Table, list[Cell]]:
        cells: dict[Table, list[Cell]] = {table: [] for table in Table}
        for registers in self.mapped:
            for table, ones in registers.cells.items():
                cells[table] += ones
        if self.sunspec is not None:
            cells[Table.HOLDING] += self.sunspec.cells
        return cells

    def _texts(self) -> dict[int, str]:
        return {0: "TwinERGY Lab", 1: f"software {' and '.join(self.senses)}", 2: "1.0", 4: ", ".join(self.links)}

    def _written(self, cells: list[Cell]) -> None:
        names = frozenset(cell.name for cell in cells if isinstance(cell, HeldCell))
        for controls in self._controls:
            controls.written(names)

    def _has(self, fault: Fault) -> bool:
        return any(self._faults.has(link, fault) for link in self.links)


def _takes(kind: str) -> frozenset[str]:
    return frozenset(port.name for port in device_kind(kind).ports if port.direction is Direction.SET_POINT)


def _declared(attached: Sequence[tuple[Attached, ModbusOptions, Profile]]) -> dict[str, str]:
    """Return what positive means by the profiles, in the models that leave it open."""
    signs: dict[str, str] = {}
    for one, _, profile in attached:
        for way in profile.devices[one.kind].reads.get("p_kw", ()):
            if way.point.startswith("802:"):
                signs["802"] = way.sign
            if way.point.startswith("2"):
                signs["meter"] = way.sign
    return signs

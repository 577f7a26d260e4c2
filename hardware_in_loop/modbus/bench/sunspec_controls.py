# SPDX-License-Identifier: Apache-2.0
"""What writing the control models of a SunSpec device does: 123, 124, 704, and the heartbeats of 715 and 802.

Reverts follow the texts of the models: 123 and 124 fall back to no limit when their time is over, 704 to its revert values where
they are enabled and to no control otherwise. Signs: models count what is delivered as positive, the desk what is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.control import Control, Watchdog
from hardware_in_loop.modbus.bench.desk import Want

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.modbus.bench.desk import Desk
    from hardware_in_loop.modbus.bench.sunspec_unit import SunSpecRegisters

W_PER_KW: Final = 1000.0
PERCENT: Final = 100.0
MODE_WATTS: Final = 1
MODE_VARS: Final = 4
CHARGE_LIMIT: Final = 1
DISCHARGE_LIMIT: Final = 2
BEATS: Final = frozenset({"715:ControllerHb", "802:CtrlHb"})


class SunSpecControls:
    """All controls of a unit.

    Parameters
    ----------
    registers : SunSpecRegisters
        What can be written.
    desks : mapping of str to Desk
        By kind of device. Limits of power reach a PV system where there is one, set-points of power a battery.
    rated_w : float
        Rating of the unit. [W]
    within_s : float
        Longest time between two heartbeats of whoever controls. [s]
    signs : mapping of str to str, optional
        ``load`` by set-point port that this device counts the other way round than model 704.
    """

    def __init__(
        self,
        registers: SunSpecRegisters,
        desks: Mapping[str, Desk],
        *,
        rated_w: float,
        within_s: float,
        signs: Mapping[str, str] | None = None,
    ) -> None:
        self._registers = registers
        self._rated_w = rated_w
        self._signs = dict(signs or {})
        battery, pv = desks.get("battery"), desks.get("pv")
        limited, driven = pv or battery, battery or pv
        self.controls: list[Control] = []
        if limited is not None and driven is not None:
            self.controls += [self._connect(limited), self._limit_123(limited), self._limit_704(limited)]
            self.controls += [self._target_704(driven), self._reactive_704(limited)]
        if battery is not None:
            self.controls.append(self._storage_124(battery))
        self.watchdog = Watchdog(BEATS, within_s, self.controls)

    def written(self, names: frozenset[str]) -> None:
        """Act on registers that were written together."""
        for control in self.controls:
            if control.triggers & names:
                control.written()
        if names & BEATS:
            self.watchdog.written()

    def drop(self) -> None:
        """Ask for nothing any more, and stop all timers."""
        for control in self.controls:
            control.drop()
        self.watchdog.drop()

    def remaining_s(self, name: str) -> float:
        """Return how long a control still holds. [s]."""
        return next((control.timer.remaining_s for control in self.controls if control.name == name), 0.0)

    def _most_w(self) -> float:
        return self._registers.value("702:WMax", self._registers.value("121:WMax", self._rated_w))

    def _connect(self, desk: Desk) -> Control:
        held = self._registers
        return Control(
            "123 Conn",
            frozenset({"123:Conn", "123:Conn_RvrtTms"}),
            desk,
            lambda: Want(target_kw=0.0) if held.value("123:Conn", 1.0) == 0.0 else None,
            lambda: held.value("123:Conn_RvrtTms", 0.0),
            *[lambda: held.put("123:Conn", 1.0)] * 2,
        )

    def _limit_123(self, desk: Desk) -> Control:
        held = self._registers

        def want() -> Want | None:
            if held.value("123:WMaxLim_Ena", 0.0) != 1.0:
                return None
            return Want(low_kw=-held.value("123:WMaxLimPct") / PERCENT * self._most_w() / W_PER_KW)

        names = ("WMaxLimPct", "WMaxLimPct_RvrtTms", "WMaxLim_Ena")
        off = [lambda: held.put("123:WMaxLim_Ena", 0.0)] * 2
        seconds = lambda: held.value("123:WMaxLimPct_RvrtTms", 0.0)  # noqa: E731 - as short as it is
        return Control("123 WMaxLimPct", _of(123, names), desk, want, seconds, *off)

    def _storage_124(self, desk: Desk) -> Control:
        held = self._registers

        def share_kw(name: str) -> float:
            return held.value(name) / PERCENT * held.value("124:WChaMax") / W_PER_KW

        def want() -> Want | None:
            mode = int(held.value("124:StorCtl_Mod", 0.0))
            if not mode & (CHARGE_LIMIT | DISCHARGE_LIMIT):
                return None
            high_kw = share_kw("124:InWRte") if mode & CHARGE_LIMIT else float("nan")
            low_kw = -share_kw("124:OutWRte") if mode & DISCHARGE_LIMIT else float("nan")
            return Want(low_kw=low_kw, high_kw=high_kw)

        names = ("StorCtl_Mod", "OutWRte", "InWRte", "InOutWRte_RvrtTms", "ChaGriSet", "WChaMax")
        off = [lambda: held.put("124:StorCtl_Mod", 0.0)] * 2
        seconds = lambda: held.value("124:InOutWRte_RvrtTms", 0.0)  # noqa: E731 - as short as it is
        return Control("124 InOutWRte", _of(124, names), desk, want, seconds, *off)

    def _limit_704(self, desk: Desk) -> Control:
        def want() -> Want:
            return Want(low_kw=-self._registers.value("704:WMaxLimPct") / PERCENT * self._most_w() / W_PER_KW)

        return self._group_704("WMaxLimPct", ("WMaxLimPct",), desk, want)

    def _target_704(self, desk: Desk) -> Control:
        held, turn = self._registers, self._turn("p_set_kw")

        def want() -> Want:
            if held.value("704:WSetMod") == MODE_WATTS:
                return Want(target_kw=turn * held.value("704:WSet") / W_PER_KW)
            return Want(target_kw=turn * held.value("704:WSetPct") / PERCENT * self._most_w() / W_PER_KW)

        return self._group_704("WSet", ("WSet", "WSetPct"), desk, want)

    def _turn(self, port: str) -> float:
        """Return what turns a set-point of model 704 into the load frame."""
        return 1.0 if self._signs.get(port) == "load" else -1.0

    def _reactive_704(self, desk: Desk) -> Control:
        held, turn = self._registers, self._turn("q_set_kvar")

        def want() -> Want:
            known = held.value("704:VarSetMod") == MODE_VARS
            return Want(ports=(("q_set_kvar", turn * held.value("704:VarSet") / W_PER_KW),) if known else ())

        return self._group_704("VarSet", ("VarSet",), desk, want)

    def _group_704(self, stem: str, values: tuple[str, ...], desk: Desk, wanted: Callable[[], Want]) -> Control:
        """Return a control of model 704: its parts are named alike."""
        held, enable = self._registers, f"704:{stem}Ena"

        def want() -> Want | None:
            return wanted() if held.value(enable, 0.0) == 1.0 else None

        def off() -> None:
            held.put(enable, 0.0)

        def revert() -> None:
            if held.value(f"704:{stem}EnaRvrt", 0.0) != 1.0:
                off()
                return
            for value in values:
                held.put(f"704:{value}", held.value(f"704:{value}Rvrt", 0.0))

        names = (*values, f"{stem}Ena", f"{stem}Mod", f"{stem}RvrtTms", f"{stem}EnaRvrt", *(f"{value}Rvrt" for value in values))
        return Control(
            f"704 {stem}", _of(704, names), desk, want, lambda: held.value(f"704:{stem}RvrtTms", 0.0), revert=revert, let_go=off
        )


def _of(model: int, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{model}:{name}" for name in names)

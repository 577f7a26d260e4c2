# SPDX-License-Identifier: Apache-2.0
"""The real devices of one run: when their readings are taken, what is sent to them, what the results say of them."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from twinergy.adapters import Mode
from twinergy.adapters.engine import Engine
from twinergy.adapters.guard import POWERS, SET, fold
from twinergy.adapters.live import Wish
from twinergy.community.real import adapter_kind
from twinergy.cosim.hardware.desk import Desk
from twinergy.cosim.hardware.swap import POWER, SwappedFleet
from twinergy.cosim.hardware.tables import HardwareTables
from twinergy.cosim.wiring import CONNECTION
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinergy.adapters import Attached, Coverage
    from twinergy.adapters.image import Latched
    from twinergy.community.scenario import Scenario
    from twinergy.cosim.pace import Pacer
    from twinergy.kinds import DeviceKind, Fleet, FloatArray, TableValues

JOURNAL: Final = "hardware.jsonl"
READY_S: Final = 5.0
"""How long a run waits at most for its devices before its first step; whoever comes later, comes later. [s]"""
FIRST_S: Final = 1.0
"""How long the first step waits at most for readings of its own. [s]"""
LEAST_STALE_S: Final = 3.0
RESERVE: Final = "min_soc"
Claims = dict[int | None, tuple[float, float]]
"""How much more and how much less than now is already promised behind each connection. [kW]"""
SWITCH_INTERVAL_S: Final = 5e-4
"""How long one thread may keep the interpreter while another wants it: by default ten times as long, which is late. [s]"""


class Hardware:
    """The real devices of a run.

    Parameters
    ----------
    scenario : Scenario
        A scenario with real devices.
    pacer : Pacer
        The clock.
    folder : pathlib.Path, optional
        The run folder, where every command and frame is logged.
    """

    def __init__(self, scenario: Scenario, pacer: Pacer, folder: Path | None = None) -> None:
        self._scenario, self._pacer = scenario, pacer
        kinds = {one.options.kind: adapter_kind(one.options.kind) for one, _ in scenario.real}
        self.engine = Engine(
            scenario.real,
            kinds,
            stale_s=max(3.0 * pacer.step_wall_s, LEAST_STALE_S),
            folder=scenario.document.folder,
            pilot=scenario.context.pilot,
            seed=scenario.context.seed,
            journal=folder / JOURNAL if folder else None,
        )
        self._desk = Desk(self.engine, folder) if folder else None
        self._tables = HardwareTables(self.engine)
        self.tables = self._tables.tables
        self._fleets: list[SwappedFleet] = []
        self._senders = [_Sender(one, covers, scenario) for one, covers in scenario.real if one.options.mode is Mode.CONTROL]
        self._latched: Latched = self.engine.image.latch()
        self._late_s, self._busy_s, self._overruns = 0.0, 0.0, 0
        self._began_s = math.nan
        self._waited: list[str] = []
        self._unsafe: dict[str, str] = {}
        self._interval_s = sys.getswitchinterval()

    # before the first step

    def swap(self, kind: DeviceKind, fleet: Fleet) -> Fleet:
        """Return a fleet with the real devices of its kind in it; the fleet itself where it has none."""
        mine = [(one, covers) for one, covers in self._scenario.real if one.kind == kind.name]
        if not mine:
            return fleet
        swapped = SwappedFleet(fleet, kind, mine, self.engine.image, lambda: self._latched)
        self._fleets.append(swapped)
        return swapped

    def start(self) -> list[str]:
        """Connect, wait a little for the devices, and return those that have not answered yet.

        Raises
        ------
        DeviceError
            If something on this side is wrong.
        """
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._pacer.waiting = self.engine.alive
        self.engine.start()
        if self._desk is not None:
            self._desk.open()
        self._waited = self.engine.wait_up(READY_S)
        return self._waited

    # in every step

    def begin(self, index: int) -> None:
        """Wait until a step is due, take the readings for it, and have the next ones read in time."""
        if not math.isnan(self._began_s):
            self._busy_s = time.monotonic() - self._began_s
            self._overruns += index > 1 and self._busy_s > self._pacer.step_wall_s  # the first step may take its time
        if not index:  # building the world has taken a while since the devices were waited for
            self.engine.refresh(FIRST_S)
        if index == 1:  # the first step compiles and reads files; time begins when it is done
            self._pacer.anchor()
            self.engine.schedule(self._pacer.deadline_s(1))
        if index:
            self._late_s = self._pacer.wait(index)
        self._latched = self.engine.latch()
        self._began_s = time.monotonic()
        if index:
            self.engine.schedule(self._pacer.deadline_s(index + 1))

    def values(self) -> TableValues:
        """Return the tables of the step, after all its fleets have stepped."""
        wall_s = time.time() - time.monotonic()
        clock = (self._late_s, self._busy_s, self._overruns)
        return self._tables.values(self._latched, self._fleets, clock, wall_s)

    def send(self, asked: TableValues, tables: TableValues) -> None:
        """Hand what controllers ask for to the devices at once, so that it acts in the step that begins.

        Parameters
        ----------
        asked : dict
            Set-points by table and port, NaN where nobody asks.
        tables : dict
            What was computed in this step, for the load of everything else behind the same connection.
        """
        wishes = {}
        claims: Claims = {}
        for sender in self._senders:
            wish = sender.wish(asked, tables, claims)
            if wish is not None:
                wishes[sender.id] = wish
        self.engine.send(wishes)

    # at the end

    def close(self) -> dict[str, str]:
        """Put every device into its safe state and close all connections; returns what went wrong, by link."""
        try:
            if self._desk is not None:
                self._desk.close()
            released = self.engine.close()
            self._unsafe = {name: said for name, said in released.items() if said}
            return released
        finally:
            sys.setswitchinterval(self._interval_s)

    def facts(self) -> dict[str, Any]:
        """Return how it went, for a manifest."""
        facts = self.engine.facts()
        if self._waited:
            facts["not_there_at_start"] = self._waited
        if self._unsafe:
            facts["not_released"] = self._unsafe
        return facts | {"overruns": self._overruns}


class _Sender:
    """What is asked of one device, taken out of the arrays of its kind."""

    def __init__(self, one: Attached, covers: Coverage, scenario: Scenario) -> None:
        self.id = one.id
        kind = scenario.kinds[one.kind]
        ports = {port.name for port in kind.ports if port.direction is Direction.SET_POINT}
        self._ports = sorted(set(covers.writes) | (ports & set(POWERS) if set(covers.writes) & set(POWERS) else set()))
        self._table = one.kind
        self._row = [device.id for device in scenario.twin.of_kind(one.kind)].index(one.device)
        connection = scenario.twin.device_by_id[one.device].connection
        self._connection = scenario.twin.connection_row.get(connection)
        self._keeps = RESERVE in ports and RESERVE not in covers.writes
        self._asked = False
        self._others_kw = 0.0

    def wish(self, asked: TableValues, tables: TableValues, claims: Claims) -> Wish | None:
        """Return what is asked now; None before anything has been. What it may change behind its connection is claimed."""
        mine = asked.get(self._table, {})
        values = {port: self._of(mine, port) for port in self._ports}
        self._asked = self._asked or any(not math.isnan(value) for value in values.values())
        if not self._asked:
            return None
        more_kw, less_kw = claims.get(self._connection, (0.0, 0.0))
        others_kw = self._others(tables)
        self._claim(values, tables, claims)
        reserve = self._of(mine, RESERVE) if self._keeps else math.nan
        return Wish(values, others_kw + more_kw, others_kw + less_kw, reserve)

    def _of(self, mine: Mapping[str, FloatArray], port: str) -> float:
        return float(mine[port][self._row]) if port in mine else math.nan

    def _others(self, tables: TableValues) -> float:
        """Return the load of everything else behind the connection; the last known one where it is not known."""
        if self._connection is None or CONNECTION not in tables or POWER not in tables.get(self._table, {}):
            return 0.0
        others_kw = float(tables[CONNECTION][POWER][self._connection] - tables[self._table][POWER][self._row])
        self._others_kw = others_kw if math.isfinite(others_kw) else self._others_kw
        return self._others_kw

    def _claim(self, values: Mapping[str, float], tables: TableValues, claims: Claims) -> None:
        """Claim for this device what it will change: two that see the same room must not both take it."""
        change_kw = fold(values, {SET})[SET] - self._of(tables.get(self._table, {}), POWER) if SET in self._ports else math.nan
        if math.isfinite(change_kw):
            more_kw, less_kw = claims.get(self._connection, (0.0, 0.0))
            claims[self._connection] = more_kw + max(change_kw, 0.0), less_kw + min(change_kw, 0.0)

# SPDX-License-Identifier: Apache-2.0
"""All hubs of a run on one clock: draws each week's visitors and lets their processes go on step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.charging import kernel
from simulators.charging.arrivals import drawn, visitors
from simulators.charging.hub import Hub, Registers
from simulators.charging.model import Cars
from simulators.charging.params import options_of
from simulators.charging.replay import read
from simulators.charging.visitor import Places
from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.charging.arrivals import Sessions
    from simulators.charging.replay import Replay
    from twinergy.community.twin import BuildContext, Device
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

COUNTS: Final = ("unserved_kwh", "waited_h", "no_show_count", "cancelled_count", "refused_count", "refused_kwh")
"""Registers that only hubs with visitors fill."""
PATTERN_OF_ACCESS: Final = {"public": "public", "semi_public": "workplace", "private": "private"}


class Visits:
    """Visitors at the hubs of a fleet.

    Parameters
    ----------
    devices : sequence of Device
        All charging points of the fleet; those of a hub without a dwelling take visitors.
    context : BuildContext
        Twin, seed, start of the run and folder of the scenario.

    Attributes
    ----------
    places : Places
        Connectors, over all points.
    registers : Registers
        Counts, over all points.
    counts : tuple of ndarray, shape (n_devices,)
        The registers in the order of `COUNTS`, then the sessions; replaced, never changed.
    queue : ndarray, shape (n_devices,)
        People who wait at each point's hub; replaced, never changed.
    """

    def __init__(self, devices: Sequence[Device], context: BuildContext) -> None:
        import simpy  # noqa: PLC0415 - only fleets with hubs need it

        options = [options_of(device) for device in devices]
        self._context = context
        self._env = simpy.Environment(initial_time=float(context.axis.start_epoch_s))
        dc = np.array([option.dc_kw is not None for option in options])
        self.places = Places(dc, np.array([option.dc_efficiency for option in options]))
        self.registers = Registers(len(devices))
        self.queue = np.zeros(len(devices))
        self.counts: tuple[FloatArray, ...] = tuple(self.registers.table.copy())
        self._seen: FloatArray | None = None
        self._hubs: dict[str, Hub] = {}
        self._replays: dict[str, Replay] = {}
        self._hub_of: dict[int, Hub] = {}
        members: dict[str, list[int]] = {}
        for row, device in enumerate(devices):
            if takes_visitors(device):
                members.setdefault(device.hub, []).append(row)
        for name, rows in sorted(members.items()):
            self._open(name, rows, devices[rows[0]])

    def _open(self, name: str, rows: list[int], point: Device) -> None:
        options = options_of(point).visitors
        hub = self._hubs[name] = Hub(self._env, rows, self.places, self.registers, options)
        self._hub_of.update(dict.fromkeys(rows, hub))
        if options.arrivals.file is not None:
            context = self._context
            where = f"{point.path}.visitors.arrivals.file"
            self._replays[name] = read(options.arrivals, context.folder, context.twin.site.timezone, where)

    def prepare(self, block: Block) -> None:
        """Draw the visitors of the block's week who come from its first step on."""
        for name, hub in self._hubs.items():
            draw = device_generator(self._context.seed, name, "hub visitors", block.number)
            replay = self._replays.get(name)
            given = self._drawn(draw, name, hub, block.number) if replay is None else replay.week(block.number)
            everyone = visitors(draw, given, hub.options)
            hub.expect([visitor for visitor in everyone if visitor.arrives_s >= block.epoch_s[0]])

    def advance(self, until_s: float) -> None:
        """Let everything happen up to and including a time; a hub at which nothing does costs nothing."""
        env = self._env
        if env.peek() > until_s:
            return
        while env.peek() <= until_s:
            env.step()
        self._took_place()
        for hub in self._hubs.values():
            waiting = hub.queue(until_s)
            if waiting != self.queue[hub.rows[0]]:
                self.queue = self.queue.copy()
                self.queue[hub.rows] = waiting

    def cars(self, table: FloatArray, own: Cars, step: Step) -> tuple[Cars, FloatArray]:
        """Return the cars of dwellings with those of the visitors, and for which share of a step each stays."""
        *cars, staying = kernel.arranged(table, self.places.table, *own, float(step.epoch_s), step.duration_s)
        return Cars(*cars), staying

    def charge(self, p_kw: FloatArray, step: Step) -> None:
        """Charge the visitors' cars; those whose wish is met and who do not want to stay leave at the end of the step."""
        self.places.move(p_kw, step.duration_h)
        if self.places.hasty:
            done = self.places.done()
            if done.size:
                self.finish(done, step.epoch_s + step.duration_s)

    def seen(self, known: NDArray[np.bool_], ends_s: float) -> FloatArray:
        """Return what points see of their visitors, as `Places.seen`; the same as long as nobody is there and nothing happens."""
        if self._seen is None or self.places.count:
            self._seen = self.places.seen(known, ends_s)
        return self._seen

    def finish(self, rows: NDArray[np.intp], now_s: float) -> None:
        """Tell visitors that their wish is met; they leave now."""
        self._go_to(now_s)
        for row in rows.tolist():
            self._hub_of[row].finish(row)

    def reserve(self, locked: NDArray[np.bool_], before: NDArray[np.bool_], now_s: float) -> None:
        """Lock and unlock the points at which a controller's wish has changed."""
        self._go_to(now_s)
        for row in np.flatnonzero(locked != before).tolist():
            hub = self._hub_of.get(row)
            if hub is not None:
                (hub.lock if locked[row] else hub.unlock)(row)

    def _go_to(self, now_s: float) -> None:
        if self._env.now < now_s:
            self._env.run(until=now_s)
            self._took_place()

    def _took_place(self) -> None:
        self._seen, self.counts = None, tuple(self.registers.table.copy())

    def _drawn(self, draw: np.random.Generator, name: str, hub: Hub, number: int) -> Sessions:
        arrivals = hub.options.arrivals
        access = next((known.access for known in self._context.twin.hubs if known.id == name), "public")
        pattern = arrivals.pattern or PATTERN_OF_ACCESS[access]
        per_week = 7.0 * arrivals.sessions_per_day * len(hub.rows)
        return drawn(draw, pattern, per_week, number, self._context.twin.site.timezone)


def takes_visitors(device: Device) -> bool:
    """Return whether a point serves visitors: it belongs to a hub and not to a dwelling."""
    return bool(device.hub) and not device.dwelling

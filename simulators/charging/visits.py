# SPDX-License-Identifier: Apache-2.0
"""All hubs of a run on one clock: draws each week's visitors and lets their processes go on step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

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

COUNTS: Final = ("queue", "unserved_kwh", "waited_h", "no_show_count", "cancelled_count", "refused_count", "refused_kwh")
"""Ports that only hubs with visitors fill."""
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
        self.queue = self._nothing = np.zeros(len(devices))
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
        """Let everything happen up to and including a time."""
        env = self._env
        if env.peek() > until_s:
            return
        while env.peek() <= until_s:
            env.step()
        for hub in self._hubs.values():
            waiting = hub.queue(until_s)
            if waiting != self.queue[hub.rows[0]]:
                self.queue = self.queue.copy()
                self.queue[hub.rows] = waiting

    def cars(self, step: Step, *, back: bool) -> tuple[Cars, FloatArray]:
        """Return the visitors' cars in a step and for which share of it each stays; `back` asks what they can feed back."""
        places = self.places
        staying = places.connected(step.epoch_s, step.duration_s)
        hours = staying * step.duration_h
        accept_kw = places.accept_kw(hours) if places.count else self._nothing
        release_kw = places.release_kw(hours) if places.count and back else self._nothing
        left_s = places.leaves_s - step.epoch_s
        return Cars(accept_kw, release_kw, places.phases, places.since_s, places.wanted_kwh(), left_s), staying

    def counts(self) -> dict[str, FloatArray]:
        """Return the ports `COUNTS`; the registers as copies, because processes change them in place."""
        kept = self.registers
        counts = (kept.unserved_kwh, kept.waited_h, kept.no_shows, kept.cancelled, kept.refused, kept.refused_kwh)
        return dict(zip(COUNTS, (self.queue, *(count.copy() for count in counts)), strict=True))

    def taken(self, locked: NDArray[np.bool_]) -> FloatArray:
        """Return 1 for points that a reservation or a controller keeps, else 0."""
        return np.maximum(self.places.reserved, locked)

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

    def _drawn(self, draw: np.random.Generator, name: str, hub: Hub, number: int) -> Sessions:
        arrivals = hub.options.arrivals
        access = next((known.access for known in self._context.twin.hubs if known.id == name), "public")
        pattern = arrivals.pattern or PATTERN_OF_ACCESS[access]
        per_week = 7.0 * arrivals.sessions_per_day * len(hub.rows)
        return drawn(draw, pattern, per_week, number, self._context.twin.site.timezone)


def takes_visitors(device: Device) -> bool:
    """Return whether a point serves visitors: it belongs to a hub and not to a dwelling."""
    return bool(device.hub) and not device.dwelling

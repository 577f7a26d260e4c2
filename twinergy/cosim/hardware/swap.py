# SPDX-License-Identifier: Apache-2.0
"""A fleet some of whose devices are real: what they say takes the place of what their twins compute.

The twins step beside them. Where a kind can be told what to do, its twin is told to do what the real device does, so that it is
always ready to go on in its place, and so that what differs between the two is the model's fault and not that of other orders.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.adapters import Mode, Quality
from twinergy.errors import RunError
from twinergy.kinds import Fleet
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.adapters import Attached, Coverage
    from twinergy.adapters.image import Image, Latched
    from twinergy.kinds import DeviceKind, FloatArray
    from twinergy.timebase import Block, Step

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

POWER: Final = "p_kw"
ASKED: Final = "p_set_kw"
BOUNDS: Final = ("p_min_kw", "p_max_kw")
RESERVE: Final = "min_soc"
NEVER: Final = float("-inf")


@dataclass(frozen=True)
class _Column:
    """The real devices' values of one port.

    Attributes
    ----------
    port : str
        Measured port.
    rows : ndarray of int64
        Row of each in the fleet.
    places : ndarray of int64
        Its place in the image.
    links : ndarray of int64
        Its link.
    power : bool
        Whether it is a power, which is zero where nothing stands in for a lost device.
    register : Registers or None
        What remembers the course, for a register that only grows.
    """

    port: str
    rows: IntArray
    places: IntArray
    links: IntArray
    power: bool
    register: Registers | None


class Registers:
    """Registers of real devices, which began to count long before the run and go on while they are out of sight.

    What they show is anchored once, at the first reading, to where the twin's register stood, so that every watt-hour after it is
    counted, and once: those of an outage too, as soon as the device is back. While it is away its twin's register goes on from
    where the real one stood.

    Parameters
    ----------
    count : int
        Number of registers.
    """

    def __init__(self, count: int) -> None:
        self._shown = np.zeros(count)
        self._own = np.full(count, np.nan)
        self._anchor = np.full(count, np.nan)
        self._twin_anchor = np.full(count, np.nan)

    def follow(self, seen: FloatArray, own: FloatArray, here: BoolArray) -> FloatArray:
        """Return what the registers show in this step.

        Parameters
        ----------
        seen, own : ndarray, shape (n,)
            What the real devices said last, and what their twins have.
        here : ndarray of bool, shape (n,)
            Which devices are there and have said it.
        """
        grown = np.where(np.isnan(self._own), own, self._shown + np.maximum(own - self._own, 0.0))
        new = here & np.isnan(self._anchor)
        self._anchor[new] = grown[new] - seen[new]
        self._twin_anchor[new] = seen[new] - own[new]
        self._shown = np.where(here, np.fmax(self._anchor + seen, self._shown), grown)
        self._own = own
        return self._shown.copy()

    def twin(self, own: FloatArray) -> FloatArray:
        """Return the twins' registers as if they had shown the same as the real ones at the first reading."""
        result: FloatArray = own + self._twin_anchor
        return result


class SwappedFleet(Fleet):
    """A fleet with real devices in it.

    Parameters
    ----------
    inner : Fleet
        The simulated fleet of all devices of the kind.
    kind : DeviceKind
        The kind.
    real : sequence of (Attached, Coverage)
        Links of its devices.
    image : Image
        Where their readings stand.
    latched : callable
        Returns what was latched for this step.
    clock : callable
        Monotonic time. [s]

    Attributes
    ----------
    present : ndarray of bool, shape (n_links,)
        Which links were not lost in the last step.
    twin : dict of (str, str) to float
        What the twin computed in the last step, by link and port.
    """

    def __init__(
        self,
        inner: Fleet,
        kind: DeviceKind,
        real: Sequence[tuple[Attached, Coverage]],
        image: Image,
        latched: Callable[[], Latched],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ids = inner.ids
        self.inner = inner
        self.links = tuple(one.id for one, _ in real)
        self.present = np.zeros(len(real), dtype=np.bool_)
        self.twin: dict[tuple[str, str], float] = {}
        self._real = tuple(real)
        self._image, self._latched, self._clock = image, latched, clock
        row_of = {name: row for row, name in enumerate(inner.ids)}
        self._rows = np.array([row_of[one.device] for one, _ in real], dtype=np.int64)
        self._columns = _columns(kind, real, self._rows, image)
        self._held = np.full(len(image.keys), np.nan)
        self._good_s = np.full(len(image.keys), NEVER)
        self._loss_s = np.array([one.options.loss_s for one, _ in real])
        self._policy = np.array([one.options.on_loss for one, _ in real])
        self._key = np.array([_key_place(one, covers, image) for one, covers in real], dtype=np.int64)
        asks = any(port.name == ASKED for port in kind.ports if port.direction is Direction.SET_POINT)
        driven = [asks and (one.id, POWER) in image.place_of and one.options.mode is not Mode.MONITOR for one, _ in real]
        self._driven = np.array(driven, dtype=np.bool_)
        self._said = {column.port: self._mask(column) for column in self._columns}

    def _mask(self, column: _Column) -> BoolArray:
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        mask[column.rows] = True
        return mask

    def prepare(self, block: Block) -> None:
        """Prepare the twins."""
        self.inner.prepare(block)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Step the twins, then let what real devices say take their place.

        Raises
        ------
        RunError
            If a device is lost that the run must not go on without.
        """
        latched = self._latched()
        good = (latched.quality <= Quality.LOCAL) & np.isfinite(latched.values)
        self._look(latched, good)
        own = self.inner.step(step, self._drive(inputs))
        outputs = dict(own)
        for column in self._columns:
            outputs[column.port] = self._laid_over(column, own[column.port])
            self._remember(column, own[column.port])
        self.inner.complete(outputs, own, self._said, step.duration_s)
        return outputs

    def _look(self, latched: Latched, good: BoolArray) -> None:
        """Find out who is here, who has come and who has gone, and let twins of those take over the state."""
        now_s = self._clock()
        np.copyto(self._held, latched.values, where=good)
        self._good_s[good] = now_s
        here = now_s - self._good_s[self._key] <= self._loss_s
        self._refuse(~here)
        changed = here != self.present
        if changed.any():
            rows = self._rows[changed]
            known = {column.port: self._known(column, rows) for column in self._columns}
            self.inner.adopt(rows, known)
        self.present = here

    def _refuse(self, lost: BoolArray) -> None:
        must = lost & (self._policy == "stop")
        if not must.any():
            return
        one, covers = self._real[int(np.argmax(must))]
        reading = self._image.reading(one.id, covers.reads[0])
        message = (
            f"{one.id} is lost ({reading.quality.name.lower()}: {reading.reason or 'no reading'}), and its `on_loss: stop` ends "
        )
        message += "the run. What was computed before is in the run folder; choose twin, hold or zero to go on without it"
        raise RunError(message)

    def _known(self, column: _Column, rows: IntArray) -> FloatArray:
        values = np.full(len(self.ids), np.nan)
        values[column.rows] = self._held[column.places]
        return values[rows]

    def _drive(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """Tell twins of present devices to do what those do."""
        driven = self.present & self._driven
        if not driven.any():
            return inputs
        asked = inputs[ASKED].copy()
        asked[self._rows[driven]] = self._held[self._key[driven]]
        told: dict[str, FloatArray] = {ASKED: asked}
        for name in BOUNDS:  # both bounds at the same power leave no choice to a twin in a mode that ignores set-points
            if name in inputs:
                told[name] = inputs[name].copy()
                told[name][self._rows[driven]] = asked[self._rows[driven]]
        if RESERVE in inputs:
            told[RESERVE] = inputs[RESERVE].copy()
            told[RESERVE][self._rows[driven]] = np.nan
        return {**inputs, **told}

    def _laid_over(self, column: _Column, own: FloatArray) -> FloatArray:
        result = own.copy()
        said, mine = self._held[column.places], own[column.rows]  # the newest good one, NaN before the first
        here = self.present[column.links] & np.isfinite(said)
        if column.register is not None:
            result[column.rows] = column.register.follow(said, mine, here)
            return result
        held = np.where(np.isfinite(said), said, mine)
        policy = self._policy[column.links]
        instead = np.where(policy == "twin", mine, np.where((policy == "zero") & column.power, 0.0, held))
        result[column.rows] = np.where(here, said, instead)
        return result

    def _remember(self, column: _Column, own: FloatArray) -> None:
        mine = own[column.rows] if column.register is None else column.register.twin(own[column.rows])
        for value, link in zip(mine.tolist(), column.links.tolist(), strict=True):
            self.twin[self.links[link], column.port] = value

    def state(self) -> dict[str, FloatArray]:
        """Return what the twins remember."""
        return self.inner.state()


def _columns(kind: DeviceKind, real: Sequence[tuple[Attached, Coverage]], rows: IntArray, image: Image) -> tuple[_Column, ...]:
    by_port: dict[str, list[tuple[int, int, int]]] = {}
    for link, (one, covers) in enumerate(real):
        for port in covers.reads:
            by_port.setdefault(port, []).append((int(rows[link]), image.place_of[one.id, port], link))
    grows = {port.name for port in kind.ports if port.grows}
    columns = []
    for port, found in by_port.items():
        mine, places, links = (np.array(part, dtype=np.int64) for part in zip(*found, strict=True))
        register = Registers(len(found)) if port in grows else None
        columns.append(_Column(port, mine, places, links, port.endswith(("_kw", "_kvar")), register))
    return tuple(columns)


def _key_place(one: Attached, covers: Coverage, image: Image) -> int:
    """Return the place of the value that tells whether the device is there: its power, else its first one."""
    powers = [port for port in covers.reads if port == POWER] or [port for port in covers.reads if port.endswith("_kw")]
    return image.place_of[one.id, (powers or list(covers.reads))[0]]

# SPDX-License-Identifier: Apache-2.0
"""What a device showed a moment ago, and for how long that counts as what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.modbus.sample import Sample
    from hardware_in_loop.modbus.shared import SharedUnit

TRUSTED_S: Final = 0.25
"""For so long after a command began, what was read back then is as good as a reading before the next one; *assumption*. [s]

Scale factors move with the sun, not several times a second; one that has moved meanwhile is seen in what is read back, in one
answer with its value, and put right within the same command. Counted from the beginning, so that slow devices are always read.
"""


@dataclass(frozen=True, slots=True)
class Needs:
    """Points that must be read to write some set-points.

    Attributes
    ----------
    own, bits, all : tuple of str
        Points of these set-points, bits that all set-points share, and both.
    wearing : bool
        Whether one of them wears out: then nothing is written before all have been read and may be written.
    """

    own: tuple[str, ...]
    bits: tuple[str, ...]
    all: tuple[str, ...]
    wearing: bool


class Memory:
    """What proved the last command to a unit.

    It ends with its time, with the connection, when the unit is looked at anew, and with the next command, which leaves another
    one only if it was proven as well. On a serial line it is never used: there, reading back takes too long to put right in time
    what was written with a scale factor that had moved.

    Parameters
    ----------
    unit : SharedUnit
        Unit.
    """

    def __init__(self, unit: SharedUnit) -> None:
        self._unit = unit
        self._kept: _Kept | None = None

    def _source(self) -> tuple[int, int]:
        return self._unit.connection.generation, self._unit.looked

    def keep(self, names: tuple[str, ...], samples: Mapping[str, Sample], began_s: float) -> None:
        """Take what was read when these names were, at the end of a command that began then (monotonic). [s]."""
        if samples and not self._unit.connection.endpoint.is_serial:
            self._kept = _Kept(names, samples, began_s, self._source())

    def forget(self) -> None:
        """Have everything read again."""
        self._kept = None

    def take(self, names: tuple[str, ...], now_s: float) -> Mapping[str, Sample] | None:
        """Return what these names showed a moment ago, and forget it; None where it must be read."""
        kept, self._kept = self._kept, None
        if kept is None or kept.names != names or kept.source != self._source() or now_s - kept.began_s > TRUSTED_S:
            return None
        return kept.samples


class _Kept(NamedTuple):
    names: tuple[str, ...]
    samples: Mapping[str, Sample]
    began_s: float
    source: tuple[int, int]

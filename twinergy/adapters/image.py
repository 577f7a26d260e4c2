# SPDX-License-Identifier: Apache-2.0
"""The process image: the latest value of every port of every real device, written by links and latched once per step.

One thread writes, another one latches: a lock that is held for microseconds keeps a latched image whole.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.adapters.quality import Quality, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

NEVER: Final = float("-inf")


@dataclass(frozen=True)
class Latched:
    """A copy of the image; arrays of shape ``(n_values,)`` in the order of `Image.keys`.

    Attributes
    ----------
    values : ndarray
        Values in the units of their ports, NaN where there is none.
    quality : ndarray of int8
        `Quality` of each.
    age_s : ndarray
        Age of each at the moment of latching; infinite where nothing has arrived. [s]
    device_s : ndarray
        Time of measuring by the device's clock, NaN where it does not say. [s]
    received_s : ndarray
        Time of receiving on the monotonic clock, minus infinity for never. [s]
    """

    values: FloatArray
    quality: NDArray[np.int8]
    age_s: FloatArray
    device_s: FloatArray
    received_s: FloatArray


class Image:
    """Latest values of all links.

    Parameters
    ----------
    keys : sequence of (str, str)
        Link and port of each value.
    stale_s : sequence of float
        Age from which each value is stale. [s]
    clock : callable
        Monotonic time. [s]
    """

    def __init__(
        self, keys: Sequence[tuple[str, str]], stale_s: Sequence[float], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.keys = tuple(keys)
        self.place_of = {key: place for place, key in enumerate(self.keys)}
        count = len(self.keys)
        self._clock = clock
        self._stale_s = np.array(stale_s, dtype=np.float64)
        self._lock = Lock()
        self._values = np.full(count, np.nan)
        self._quality = np.full(count, Quality.MISSING, dtype=np.int8)
        self._received_s = np.full(count, NEVER)
        self._measured_s = np.full(count, NEVER)
        self._device_s = np.full(count, np.nan)
        self._reasons = ["nothing has arrived yet"] * count

    def row(self, link: str) -> Row:
        """Return where one link writes."""
        return Row(self, {port: place for (name, port), place in self.place_of.items() if name == link})

    def put(
        self,
        place: int,
        value: float,
        quality: Quality = Quality.GOOD,
        *,
        received_s: float | None = None,
        delay_s: float = 0.0,
        device_s: float = float("nan"),
        reason: str = "",
    ) -> None:
        """Write a value; see `Row.put`."""
        now_s = self._clock() if received_s is None else received_s
        with self._lock:
            self._values[place] = value
            self._quality[place] = quality
            self._received_s[place] = now_s
            self._measured_s[place] = now_s - delay_s
            self._device_s[place] = device_s
            self._reasons[place] = reason

    def mark(self, place: int, quality: Quality, reason: str) -> None:
        """Say that the value that stands is not good (any more); it stays, and so do its times."""
        with self._lock:
            if self._received_s[place] != NEVER:
                self._quality[place] = quality
            self._reasons[place] = reason

    def latch(self, now_s: float | None = None) -> Latched:
        """Return a copy; what is older than it may be is stale in it."""
        now_s = self._clock() if now_s is None else now_s
        with self._lock:
            values, quality = self._values.copy(), self._quality.copy()
            received_s, measured_s, device_s = self._received_s.copy(), self._measured_s.copy(), self._device_s.copy()
        age_s = now_s - measured_s
        np.copyto(quality, np.int8(Quality.STALE), where=(age_s > self._stale_s) & (quality < Quality.STALE))
        return Latched(values, quality, age_s, device_s, received_s)

    def reading(self, link: str, port: str, now_s: float | None = None) -> Reading:
        """Return one value, for people: a live table, a message."""
        place = self.place_of[link, port]
        now_s = self._clock() if now_s is None else now_s
        with self._lock:
            value, quality, reason = float(self._values[place]), Quality(int(self._quality[place])), self._reasons[place]
            age_s, device_s = float(now_s - self._measured_s[place]), float(self._device_s[place])
        if quality < Quality.STALE and age_s > self._stale_s[place]:
            quality, reason = Quality.STALE, reason or f"older than {self._stale_s[place]:g} s"
        return Reading(value, quality, age_s, device_s, reason)


class Row:
    """Where one link writes its readings.

    Parameters
    ----------
    image : Image
        The image.
    places : mapping of str to int
        Place of each port.
    """

    def __init__(self, image: Image, places: dict[str, int]) -> None:
        self._image = image
        self._places = places

    @property
    def ports(self) -> tuple[str, ...]:
        """Ports that this link fills."""
        return tuple(self._places)

    def put(
        self,
        port: str,
        value: float,
        quality: Quality = Quality.GOOD,
        *,
        received_s: float | None = None,
        delay_s: float = 0.0,
        device_s: float = float("nan"),
        reason: str = "",
    ) -> None:
        """Write a reading.

        Parameters
        ----------
        port : str
            Measured port; one that the run does not want is ignored.
        value : float
            In the port's unit, load frame.
        quality : Quality
            How good it is.
        received_s : float, optional
            When it arrived, on the monotonic clock; now if not given. [s]
        delay_s : float
            How old it was when it arrived, where that is known. [s]
        device_s : float
            When it was measured by the device's clock, seconds since 1970. [s]
        reason : str
            Why it is not good.
        """
        place = self._places.get(port)
        if place is not None:
            self._image.put(place, value, quality, received_s=received_s, delay_s=delay_s, device_s=device_s, reason=reason)

    def mark(self, quality: Quality, reason: str, port: str | None = None) -> None:
        """Say that what stands, of one port or of all, is not good (any more); values and times stay."""
        for name, place in self._places.items():
            if port is None or name == port:
                self._image.mark(place, quality, reason)

# SPDX-License-Identifier: Apache-2.0
"""Classes of appliance events: how often, how strong, how long. The place where single appliances will follow.

Energy shares follow 522,000 German homes (EnergieAgentur.NRW, "Wo im Haushalt bleibt der Strom?", 2015), without the 12.1 %
for electric hot water and rescaled: refrigeration 16.7 %, office and television 26.6 %, light 10.5 %, cooking 11.9 %, drying
6.7 %, dishwashing 5.6 %, washing 5.2 %, circulation pump 6.4 %, others 10.4 %. Refrigeration and standby form the base
(`simulators.household.styles`), the rest are the events here. Powers and durations are within those of the appliances
traced in tracebase (A. Reinhardt et al., SustainIT 2012); the widths are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_DURATIONS: Final = 64
_CENTRES: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class EventClass:
    """Events of a kind of appliance: rectangular phases, power and duration log-uniform and independent.

    Attributes
    ----------
    name : str
        For people.
    share : float
        Share of the energy above the base in a home of two. [-]
    per_resident : float
        Relative change of the share per resident more than two. [-]
    power_kw, duration_s : tuple of float
        Lowest and highest power of the strongest phase and duration of the event. [kW], [s]
    phases : tuple of (float, float)
        Share of the duration and power relative to the strongest phase, in order. [-]
    """

    name: str
    share: float
    per_resident: float = 0.0
    power_kw: tuple[float, float]
    duration_s: tuple[float, float]
    phases: tuple[tuple[float, float], ...] = ((1.0, 1.0),)

    @property
    def fill(self) -> float:
        """Mean power over the event relative to its strongest phase. [-]."""
        return sum(length * power for length, power in self.phases)

    @property
    def centre(self) -> float:
        """Where the centre of the event's energy lies, as a share of its duration. [-]."""
        starts = np.cumsum([0.0, *(length for length, _ in self.phases)])
        moments = [(start + length / 2.0) * length * power for start, (length, power) in zip(starts, self.phases, strict=False)]
        return float(sum(moments)) / self.fill

    @property
    def energy_kwh(self) -> float:
        """Mean energy of an event. [kWh]."""
        return log_uniform_mean(*self.power_kw) * log_uniform_mean(*self.duration_s) * self.fill / 3600.0


CLASSES: Final = (
    EventClass(name="kettle, hair dryer, vacuum cleaner, microwave", share=0.12, power_kw=(0.8, 2.0), duration_s=(120.0, 600.0)),
    EventClass(
        name="hob and oven",
        share=0.16,
        power_kw=(1.0, 3.5),
        duration_s=(1200.0, 4500.0),
        phases=((0.25, 1.0), (0.75, 0.4)),  # heats up, then simmers or holds the temperature
    ),
    EventClass(
        name="washing machine, dishwasher, dryer",
        share=0.22,
        per_resident=0.15,
        power_kw=(1.5, 2.1),
        duration_s=(4500.0, 9000.0),
        phases=((0.2, 1.0), (0.8, 0.12)),  # heats first, then the drum turns
    ),
    EventClass(name="television, office, light, pump", share=0.50, power_kw=(0.05, 0.3), duration_s=(3600.0, 18000.0)),
)
LAG_S: Final = 900 * int(np.ceil(max(each.centre * each.duration_s[1] for each in CLASSES) / 900.0))
"""The energy of an event that starts with a week is centred at most so much later. [s]"""


def log_uniform_mean(low: float, high: float) -> float:
    """Return the mean of a log-uniform variable between two positive values.

    >>> round(log_uniform_mean(1.0, 2.718281828459045), 6)
    1.718282
    """
    return (high - low) / float(np.log(high / low)) if high > low else low


def smearing(bin_s: float) -> FloatArray:
    """Return how the events of all classes together spread energy that is centred in one bin over the bins around it.

    Parameters
    ----------
    bin_s : float
        Length of a bin. [s]

    Returns
    -------
    ndarray, shape (2 * k + 1,)
        Shares of the energy, sum 1, the middle one stays in its bin. [-]
    """
    reach = 1 + int(np.ceil(max(max(each.centre, 1.0 - each.centre) * each.duration_s[1] for each in CLASSES) / bin_s))
    edges_s = np.arange(-reach, reach + 2, dtype=np.float64) * np.float64(bin_s)
    shares = np.array([each.share for each in CLASSES])
    spread = np.array([_smearing_of(each, edges_s, bin_s) for each in CLASSES])
    return np.asarray(shares @ spread / shares.sum(), dtype=np.float64)


def _smearing_of(each: EventClass, edges_s: FloatArray, bin_s: float) -> FloatArray:
    low, high = each.duration_s
    duration_s = low * (high / low) ** ((np.arange(_DURATIONS) + 0.5) / _DURATIONS)
    centre_s = (np.arange(_CENTRES) + 0.5) / _CENTRES * bin_s
    elapsed = (edges_s - centre_s[:, None])[None] / duration_s[:, None, None] + each.centre
    lengths, powers = np.array(each.phases).T
    energy = np.interp(elapsed, np.cumsum([0.0, *lengths]), np.cumsum([0.0, *(lengths * powers / each.fill)]))
    per_bin = np.diff(energy, axis=-1).mean(axis=1)
    return np.asarray(duration_s @ per_bin / duration_s.sum(), dtype=np.float64)  # a longer event carries more energy

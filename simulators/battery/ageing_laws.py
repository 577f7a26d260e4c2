# SPDX-License-Identifier: Apache-2.0
"""Published laws of capacity fade, reduced to what a fleet needs: two exponents and stress factors.

Both parts of every law read ``loss = stress * x**exponent`` with x the time or the full equivalent cycles at constant stress.
Under changing stress the *wear* ``loss**(1 / exponent)`` grows by ``stress**(1 / exponent) * dx``, so cutting a step in two
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

KELVIN: Final = 273.15
REFERENCE_K: Final = 298.15
GAS_CONSTANT: Final = 8.314462618


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingLaw:
    """One law of capacity fade.

    Attributes
    ----------
    calendar_exponent, cycle_exponent : float
        Exponent of time and of full equivalent cycles. [-]
    calendar_rate_per_s : callable
        Growth of the calendar wear over state of charge (array) and temperature in kelvin. [1/s]
    rate_slope, rate_offset : float
        Cycle stress over the C-rate: ``rate_slope * c_rate + rate_offset``. [h], [-]
    depth_cubic, depth_linear, depth_constant : float
        Factor of the cycle stress over the depth d: ``depth_cubic * (d - 0.6)**3 + depth_linear * d + depth_constant``. [-]
    level : callable
        What the mean state of charge of a half cycle (array) adds to the factor of the depth. [-]
    """

    calendar_exponent: float
    cycle_exponent: float
    calendar_rate_per_s: Callable[[FloatArray, float], FloatArray]
    rate_slope: float = 0.0
    rate_offset: float = 0.0
    depth_cubic: float = 0.0
    depth_linear: float = 0.0
    depth_constant: float = 0.0
    level: Callable[[FloatArray], FloatArray] = np.zeros_like


def _lfp_calendar(soc: FloatArray, kelvin: float) -> FloatArray:
    """Return the squared stress of Naumann 2018: time in seconds, loss as a fraction."""
    arrhenius = 1.2571e-5 * np.exp(-17_126.0 / GAS_CONSTANT * (1.0 / kelvin - 1.0 / REFERENCE_K))
    return np.asarray(np.square(arrhenius * (2.8575 * (soc - 0.5) ** 3 + 0.60225)))


# Open-circuit voltage of the Sanyo UR18650E over the state of charge, read off the SimSES table of that cell.
_NMC_SOC: Final = (
    0.00124,
    0.0347,
    0.083,
    0.15,
    0.19,
    0.245,
    0.34,
    0.437,
    0.493,
    0.548,
    0.597,
    0.648,
    0.699,
    0.791,
    0.883,
    0.958,
    0.999,
)
_NMC_VOLT: Final = (3.33, 3.40, 3.47, 3.55, 3.58, 3.61, 3.64, 3.67, 3.70, 3.73, 3.77, 3.82, 3.87, 3.96, 4.06, 4.13, 4.16)


def nmc_voltage(soc: FloatArray) -> FloatArray:
    """Return the open-circuit voltage of the Sanyo UR18650E in volts."""
    return np.interp(soc, _NMC_SOC, _NMC_VOLT)


def _nmc_calendar(soc: FloatArray, kelvin: float) -> FloatArray:
    """Return the wear rate of Schmalstieg 2014: time in days to the power of 0.75."""
    alpha = (7.543 * nmc_voltage(soc) - 23.75) * 1e6 * np.exp(-6976.0 / kelvin)
    return np.asarray(alpha ** (1 / 0.75) / SECONDS_PER_DAY)


def _nmc_level(soc: FloatArray) -> FloatArray:
    return 7.348e-3 * np.square(nmc_voltage(soc) - 3.667)


def _no_calendar(soc: FloatArray, kelvin: float) -> FloatArray:  # noqa: ARG001
    return np.zeros_like(soc)


LFP_NAUMANN: Final = AgeingLaw(
    calendar_exponent=0.5,
    calendar_rate_per_s=_lfp_calendar,
    cycle_exponent=0.5,
    rate_slope=0.0630 / 100.0,
    rate_offset=0.0971 / 100.0,
    depth_cubic=4.0253,
    depth_constant=1.0923,
)
"""Sony/Murata US26650FTC1, LFP/graphite: M. Naumann et al., J. Energy Storage 17 (2018) 153, doi:10.1016/j.est.2018.01.019
(calendar; 17 storage conditions, 885 days) and J. Power Sources 451 (2020) 227666, doi:10.1016/j.jpowsour.2019.227666 (cycles,
loss in percent). Parameters as in SimSES 1.3.12, row "Naumann"."""

NMC_SCHMALSTIEG: Final = AgeingLaw(
    calendar_exponent=0.75,
    calendar_rate_per_s=_nmc_calendar,
    cycle_exponent=0.5,
    rate_offset=float(np.sqrt(2 * 2.05)),  # the paper counts charge throughput in Ah of a 2.05 Ah cell
    depth_linear=4.081e-3,
    depth_constant=7.6e-4,
    level=_nmc_level,
)
"""Sanyo UR18650E, NMC/graphite: J. Schmalstieg et al., J. Power Sources 257 (2014) 325, doi:10.1016/j.jpowsour.2014.02.012.
A consumer cell of about 2010 tested at 1C: a pessimistic stand-in for the NMC cells of home batteries."""

NO_AGEING: Final = AgeingLaw(calendar_exponent=1.0, cycle_exponent=1.0, calendar_rate_per_s=_no_calendar)

LAWS: Final[dict[str, AgeingLaw]] = {"lfp_naumann": LFP_NAUMANN, "nmc_schmalstieg": NMC_SCHMALSTIEG, "none": NO_AGEING}

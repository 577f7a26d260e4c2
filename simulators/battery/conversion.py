# SPDX-License-Identifier: Apache-2.0
"""Between terminals and cells: power and losses of both directions, forwards and backwards.

The power that reaches the cells is a parabola of the terminal power in each direction, so the terminal power that goes with a
power of the cells is the root of a quadratic and needs no iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.kernel import reaching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.battery.options import BatteryOptions

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SIGN: Final = np.array([[1.0], [-1.0]])
"""Of the terminal power while charging and discharging."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Power that reaches the cells over terminal power, load frame: ``linear * p - quadratic * p**2 - constant``.

    Arrays of shape ``(2, n_devices)``: row 0 holds for charging, p > 0, row 1 for discharging, p < 0.

    Attributes
    ----------
    linear, quadratic, constant : ndarray
        Coefficients. [-], [1/kW], [kW]
    least_kw : ndarray
        Terminal power below whose magnitude more than half would be lost; the converter does not start there. [kW]
    limit_kw : ndarray
        Terminal power of the largest magnitude. [kW]
    """

    linear: FloatArray
    quadratic: FloatArray
    constant: FloatArray
    least_kw: FloatArray
    limit_kw: FloatArray


def conversion_of(options: Sequence[BatteryOptions]) -> Conversion:
    """Return the losses and power limits of a fleet as arrays, in the given order."""
    losses = [option.efficiency.losses() for option in options]
    curves = [[loss.charge for loss in losses], [loss.discharge for loss in losses]]
    cells = np.sqrt([loss.cells for loss in losses])
    reaching = np.array([cells, 1.0 / cells])  # what is drawn arrives shortened; what is delivered was taken in excess
    rated = np.array([option.rated_kw for option in options])
    a, b, c = (np.array([[getattr(curve, part) for curve in row] for row in curves]) for part in "abc")
    linear, constant = (1.0 - SIGN * b) * reaching, c * rated * reaching
    return Conversion(
        linear=linear,
        quadratic=a / rated * reaching,
        constant=constant,
        least_kw=constant / (linear - np.array([[0.5], [2.0]])),
        limit_kw=np.array([[option.p_charge_kw for option in options], [-option.discharge_kw for option in options]]),
    )


def lanes(conversion: Conversion, bound_soc: FloatArray, held_h: FloatArray) -> FloatArray:
    """Return what holds for each device in the direction it goes in, charging and discharging, shape (n_devices, 2, 9).

    Power and energy count positive along that direction, so that both share one formula. Columns, as named in
    `simulators.battery.kernel`: linear, quadratic, constant, least and limit as in `Conversion`, the last four with the sign of
    the direction [-], [1/kW], [kW], [kW], [kW]; half of the first and the square of that [-]; the highest or the lowest state of
    charge, where the direction ends [-]; power into the cells per energy held at the end of the step, with the sign of the
    direction [1/h].

    `bound_soc`, shape (2, n_devices), holds the highest and the lowest state of charge, `held_h`, shape (n_devices,), the hours
    by which a constant power into the cells is multiplied to give its energy at the end of the step.
    """
    half = 0.5 * conversion.linear
    signed = (conversion.quadratic, conversion.constant, conversion.least_kw, conversion.limit_kw)
    rows = (conversion.linear, *(SIGN * part for part in signed), half, half * half, bound_soc, SIGN / held_h)
    return np.ascontiguousarray(np.stack(rows, axis=1).T.swapaxes(1, 2))


def cells_power(conversion: Conversion, p_kw: FloatArray, running: BoolArray) -> FloatArray:
    """Return the power that reaches the cells at a terminal power, both in kW, of the shape of the coefficients."""
    return np.where(running, reaching(conversion.linear, conversion.quadratic, conversion.constant, p_kw), 0.0)

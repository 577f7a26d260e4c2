# SPDX-License-Identifier: Apache-2.0
"""Between terminals and cells: power and losses of both directions, forwards and backwards.

The power that reaches the cells is a parabola of the terminal power in each direction, so the terminal power that goes with a
power of the cells is the root of a quadratic and needs no iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

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


def cells_power(conversion: Conversion, p_kw: FloatArray, running: BoolArray) -> FloatArray:
    """Return the power that reaches the cells at a terminal power, both in kW, load frame, shape (2, n_devices)."""
    return (conversion.linear - conversion.quadratic * p_kw) * p_kw - conversion.constant * running


def terminal_power(conversion: Conversion, cells_kw: FloatArray) -> FloatArray:
    """Return the terminal power at which this power reaches the cells, both in kW, load frame, shape (2, n_devices).

    The root of ``quadratic * p**2 - linear * p + constant + cells = 0`` near zero, in the form that does not cancel. Beyond the
    largest power that can reach the cells it is the top of the parabola or more, which lies above the converter's limit.
    """
    offset = conversion.constant + cells_kw
    root = np.square(conversion.linear)
    root -= 4.0 * conversion.quadratic * offset
    np.maximum(root, 0.0, out=root)
    np.sqrt(root, out=root)
    root += conversion.linear
    offset *= 2.0
    offset /= root
    return offset

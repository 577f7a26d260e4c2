# SPDX-License-Identifier: Apache-2.0
"""Between terminals and cells: power and losses of both directions, forwards and backwards.

The power that reaches the cells is a parabola of the terminal power in each direction, so the terminal power that goes with a
power of the cells is the root of a quadratic and needs no iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.battery.options import BatteryOptions

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SIGN: Final = np.array([[1.0], [-1.0]])
"""Of the terminal power while charging and discharging."""
ZERO: Final = np.array(0.0)
"""numpy takes an array without dimensions faster than a number of Python."""


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


class Lane(NamedTuple):
    """What holds for a device in the direction it goes in, arrays of shape ``(n_devices,)``.

    Power and energy count positive along that direction, so that charging and discharging share one formula.

    Attributes
    ----------
    linear, quadratic, constant, least_kw, limit_kw : ndarray
        As in `Conversion`, the last four with the sign of the direction. [-], [1/kW], [kW]
    half, square : ndarray
        Half of `linear` and its square. [-]
    bound_soc : ndarray
        Where the direction ends: the highest or the lowest state of charge. [-]
    per_held_h : ndarray
        Power into the cells per energy held at the end of the step, with the sign of the direction. [1/h]
    """

    linear: FloatArray
    quadratic: FloatArray
    constant: FloatArray
    least_kw: FloatArray
    limit_kw: FloatArray
    half: FloatArray
    square: FloatArray
    bound_soc: FloatArray
    per_held_h: FloatArray


def lanes(conversion: Conversion, bound_soc: FloatArray, held_h: FloatArray) -> FloatArray:
    """Return the rows of `Lane` for charging and for discharging, shape (2, 9, n_devices).

    `bound_soc`, shape (2, n_devices), holds the highest and the lowest state of charge, `held_h`, shape (n_devices,), the hours
    by which a constant power into the cells is multiplied to give its energy at the end of the step.
    """
    half = 0.5 * conversion.linear
    signed = (conversion.quadratic, conversion.constant, conversion.least_kw, conversion.limit_kw)
    rows = (conversion.linear, *(SIGN * part for part in signed), half, half * half, bound_soc, SIGN / held_h)
    return np.stack(rows, axis=1)


def cells_power(conversion: Conversion | Lane, p_kw: FloatArray, running: BoolArray) -> FloatArray:
    """Return the power that reaches the cells at a terminal power, both in kW, of the shape of the coefficients."""
    return (conversion.linear - conversion.quadratic * p_kw) * p_kw - conversion.constant * running


def terminal_power(lane: Lane, cells_kw: FloatArray) -> FloatArray:
    """Return the terminal power at which this power reaches the cells, both in kW along the lane, shape (n_devices,).

    The root of ``quadratic * p**2 - linear * p + constant + cells = 0`` near zero, in the form that does not cancel. Beyond the
    largest power that can reach the cells it is the top of the parabola or more, which lies above the converter's limit. Where
    no power has to reach the cells it lies below the least power of the converter, or below zero.
    """
    offset = lane.constant + cells_kw
    root = lane.quadratic * offset
    np.subtract(lane.square, root, out=root)
    np.maximum(root, ZERO, out=root)
    np.sqrt(root, out=root)
    root += lane.half
    offset /= root
    return offset

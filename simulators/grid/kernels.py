# SPDX-License-Identifier: Apache-2.0
"""Loops over nodes and branches that numba compiles: passes over a tree cannot be written as array arithmetic.

Plain functions, compiled when first asked for and kept on disk by numba; complex divisions are written out because the compiled
ones guard against overflow at several times the cost.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of this module in machine code."""
    from twinergy.compiling import compiled as made  # noqa: PLC0415 - loads numba, which only a grid that runs needs

    return made(function)  # type: ignore[no-any-return]


def substitute(
    parent: Any, down: Any, up: Any, inverse: Any, no_load: Any, power: Any, voltage: Any, close: float, most: int
) -> int:
    """Substitute until two rounds differ by less than `close`; `voltage` is the start and becomes the solution.

    All arrays by place in the tree's order. Returns the number of rounds, ``most + 1`` where they did not suffice.
    """
    size = len(parent)
    change = np.empty(size, np.complex128)
    current = np.empty(size, np.complex128)
    for rounds in range(1, most + 1):
        for i in range(size):
            s, v = power[i], voltage[i]
            weight = 1.0 / (v.real * v.real + v.imag * v.imag)
            # the conjugate of s / v
            current[i] = complex((s.real * v.real + s.imag * v.imag) * weight, (s.real * v.imag - s.imag * v.real) * weight)
        for i in range(size):
            if parent[i] >= 0:
                current[parent[i]] += down[i] * current[i]
        largest = 0.0
        for i in range(size - 1, -1, -1):
            x = current[i] * inverse[i]
            if parent[i] >= 0:
                x -= up[i] * change[parent[i]]
            change[i] = x
            x += no_load[i]
            moved = (x.real - voltage[i].real) ** 2 + (x.imag - voltage[i].imag) ** 2
            voltage[i] = x
            if moved > largest:
                largest = moved
            elif moved != moved:  # noqa: PLR0124 - NaN: leads nowhere
                return most + 1
        if largest < close * close:
            return rounds
    return most + 1


def polar(voltage: Any, reference: Any, reference_deg: Any, magnitude: Any, angle_deg: Any) -> None:
    """Write magnitude and angle of voltages; the angle as its distance from a nearby reference of magnitude 1."""
    for i in range(len(voltage)):
        v, r = voltage[i], reference[i]
        along, across = v.real * r.real + v.imag * r.imag, v.imag * r.real - v.real * r.imag
        magnitude[i] = np.sqrt(v.real * v.real + v.imag * v.imag)
        t = across / along
        if along > 0.0 and abs(t) < 0.05:  # noqa: PLR2004 - where six terms of the series of the arc tangent reach 1e-17
            t2 = t * t
            t *= 1.0 - t2 * (1 / 3 - t2 * (1 / 5 - t2 * (1 / 7 - t2 * (1 / 9 - t2 * (1 / 11)))))
        else:
            t = np.arctan2(across, along)
        angle = reference_deg[i] + t * (180.0 / np.pi)
        angle_deg[i] = angle - 360.0 * np.ceil((angle - 180.0) / 360.0)  # within (-180, 180]


def branch_flows(ends: Any, own: Any, mutual: Any, percent_per_pu: Any, voltage: Any, kilo: float, flow: Any) -> None:
    """Write loading in percent, active and reactive power at the from end and losses of each branch, scaled by `kilo`."""
    for i in range(ends.shape[1]):
        v, w = voltage[ends[0, i]], voltage[ends[1, i]]
        current, back = own[0, i] * v + mutual[0, i] * w, own[1, i] * w + mutual[1, i] * v
        loading = (current.real**2 + current.imag**2) * percent_per_pu[0, i] ** 2
        other = (back.real**2 + back.imag**2) * percent_per_pu[1, i] ** 2
        p = (v.real * current.real + v.imag * current.imag) * kilo
        flow[0, i] = np.sqrt(max(loading, other))
        flow[1, i] = p
        flow[2, i] = (v.imag * current.real - v.real * current.imag) * kilo
        flow[3, i] = p + (w.real * back.real + w.imag * back.imag) * kilo

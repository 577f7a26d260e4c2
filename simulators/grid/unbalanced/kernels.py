# SPDX-License-Identifier: Apache-2.0
"""Compiled loops of the unbalanced power flow; see `simulators.grid.kernels` for why and how.

The last axis of every array of length 3 holds zero, positive and negative sequence, or the phases a, b, c.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

A1: Final = complex(-0.5, 0.75**0.5)
"""Turns a phasor forward by a third of a circle."""
A2: Final = complex(-0.5, -(0.75**0.5))
THIRD: Final = 1.0 / 3.0


def injected(voltage: Any, power: Any, current: Any) -> None:
    """Write the sequence currents that phase powers inject at sequence voltages, node by node."""
    for i in range(len(voltage)):
        sa, sb, sc = power[i, 0], power[i, 1], power[i, 2]
        if sa == 0.0 and sb == 0.0 and sc == 0.0:
            current[i, 0] = current[i, 1] = current[i, 2] = 0.0
            continue
        v0, v1, v2 = voltage[i, 0], voltage[i, 1], voltage[i, 2]
        va, vb, vc = v0 + v1 + v2, v0 + A2 * v1 + A1 * v2, v0 + A1 * v1 + A2 * v2
        # a third of the conjugate of s / v; to divide a complex number, even by a real one, would cost several times as much
        ia = sa.conjugate() * va * (THIRD / (va.real * va.real + va.imag * va.imag))
        ib = sb.conjugate() * vb * (THIRD / (vb.real * vb.real + vb.imag * vb.imag))
        ic = sc.conjugate() * vc * (THIRD / (vc.real * vc.real + vc.imag * vc.imag))
        current[i, 0] = ia + ib + ic
        current[i, 1] = ia + A1 * ib + A2 * ic
        current[i, 2] = ia + A2 * ib + A1 * ic


def through_tree(parent: Any, down: Any, up: Any, inverse: Any, current: Any, change: Any) -> None:
    """Write the voltages that currents cause in the three trees; the currents are used up."""
    size = len(parent)
    for i in range(size):
        p = parent[i]
        if p >= 0:
            for k in range(3):
                current[p, k] += down[i, k] * current[i, k]
    for i in range(size - 1, -1, -1):
        p = parent[i]
        for k in range(3):
            x = current[i, k] * inverse[i, k]
            if p >= 0:
                x -= up[i, k] * change[p, k]
            change[i, k] = x


def moved_to(no_load: Any, change: Any, voltage: Any) -> float:
    """Write the next voltages and return the square of the largest move, NaN where one is."""
    largest = 0.0
    for i in range(len(voltage)):
        for k in range(3):
            x = no_load[i, k] + change[i, k]
            moved = (x.real - voltage[i, k].real) ** 2 + (x.imag - voltage[i, k].imag) ** 2
            voltage[i, k] = x
            if moved > largest:
                largest = moved
            elif moved != moved:  # noqa: PLR0124 - NaN
                return float(moved)
    return largest


def phase_voltages(voltage: Any, magnitude: Any, angle_deg: Any, unbalance_percent: Any) -> None:
    """Write the mean and the three magnitudes, the angle of phase a, and negative over positive sequence."""
    for i in range(len(voltage)):
        v0, v1, v2 = voltage[i, 0], voltage[i, 1], voltage[i, 2]
        va, vb, vc = v0 + v1 + v2, v0 + A2 * v1 + A1 * v2, v0 + A1 * v1 + A2 * v2
        magnitude[1, i] = np.sqrt(va.real * va.real + va.imag * va.imag)  # abs guards against overflow at several times the cost
        magnitude[2, i] = np.sqrt(vb.real * vb.real + vb.imag * vb.imag)
        magnitude[3, i] = np.sqrt(vc.real * vc.real + vc.imag * vc.imag)
        magnitude[0, i] = (magnitude[1, i] + magnitude[2, i] + magnitude[3, i]) / 3.0
        angle_deg[i] = np.arctan2(va.imag, va.real) * (180.0 / np.pi)
        share = (v2.real * v2.real + v2.imag * v2.imag) / (v1.real * v1.real + v1.imag * v1.imag)
        unbalance_percent[i] = 100.0 * np.sqrt(share)


def branch_flows(
    ends: Any, own: Any, mutual: Any, percent_per_pu: Any, base_a: Any, voltage: Any, kilo: float, flow: Any
) -> None:
    """Write per branch: loading of the worst phase, p and q into the from end, losses, three currents there, neutral current.

    The neutral's current is the larger of the two ends': a transformer with a delta has it on one side only.
    """
    current = np.empty(3, np.complex128)
    for i in range(ends.shape[1]):
        loading, neutral, p, loss, q = 0.0, 0.0, 0.0, 0.0, 0.0
        for end in range(2):
            here, there = ends[end, i], ends[1 - end, i]
            power = 0.0j
            for k in range(3):
                current[k] = own[i, end, k] * voltage[here, k] + mutual[i, end, k] * voltage[there, k]
                power += voltage[here, k] * current[k].conjugate()
            i0, i1, i2 = current
            xa, xb, xc = i0 + i1 + i2, i0 + A2 * i1 + A1 * i2, i0 + A1 * i1 + A2 * i2
            sa, sb, sc = xa.real**2 + xa.imag**2, xb.real**2 + xb.imag**2, xc.real**2 + xc.imag**2
            loading = max(loading, np.sqrt(max(sa, sb, sc)) * percent_per_pu[end, i])
            neutral = max(neutral, 3.0 * np.sqrt(i0.real**2 + i0.imag**2) * base_a[i, end])
            loss += power.real
            if end == 0:
                p, q = power.real, power.imag
                scale = base_a[i, 0]
                flow[4, i], flow[5, i], flow[6, i] = np.sqrt(sa) * scale, np.sqrt(sb) * scale, np.sqrt(sc) * scale
        flow[0, i] = loading if percent_per_pu[0, i] == percent_per_pu[0, i] else np.nan
        flow[1, i], flow[2, i], flow[3, i] = p * kilo, q * kilo, loss * kilo
        flow[7, i] = neutral

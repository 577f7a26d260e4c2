# SPDX-License-Identifier: Apache-2.0
"""The two-capacity star network of VDI 6007-1 and its exact solution over a step.

Two masses, the outer (AW) and the inner components (IW), each behind a resistance and an inner surface; both surfaces meet
the massless air node by convection and each other by radiation. Outside, the outer mass meets an equivalent outdoor
temperature through the remaining resistance; air change and windows join the air node to the outdoor air.
Because inputs are constant over a step, the solution is a matrix, worked out once per step length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

INPUTS: Final = ("outer_degc", "solar_kw", "out_degc", "gain_kw", "heat_kw", "convective_kw")
"""What acts on a zone from outside, in the order of the columns after the two masses."""
OUTER, SOLAR, OUT, GAIN, HEAT, CONVECTIVE = range(2, 8)
"""Columns of a `ZoneMatrix`; columns 0 and 1 are the temperatures of the masses at the start of the step."""
AIR, RADIANT = 2, 3
"""Rows of a `ZoneMatrix` after the two masses at the end of the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Constants of zones, arrays of shape ``(n_devices,)`` unless stated; names after VDI 6007-1.

    Attributes
    ----------
    r1_aw_k_per_kw, r1_iw_k_per_kw : ndarray
        Resistance between a mass and its inner surface. [K/kW]
    r_rest_k_per_kw : ndarray
        Resistance between the outer mass and the equivalent outdoor temperature, outer surface included. [K/kW]
    c1_aw_kwh_per_k, c1_iw_kwh_per_k : ndarray
        Capacities. [kWh/K]
    convection_aw_kw_per_k, convection_iw_kw_per_k, radiation_kw_per_k : ndarray
        Conductances surface to air, and between both surfaces. [kW/K]
    air_kw_per_k : ndarray
        Conductance from the air node to the outdoor air: windows and the air change that is always there. [kW/K]
    area_aw_m2, area_iw_m2 : ndarray
        Inner surfaces; they weigh the radiant temperature. [m2]
    shares : ndarray, shape (3, 4, n_devices)
        What of each heat flow (gain, solar, heat, convective) enters the AW surface, the IW surface and the air. [-]
    """

    r1_aw_k_per_kw: FloatArray
    r1_iw_k_per_kw: FloatArray
    r_rest_k_per_kw: FloatArray
    c1_aw_kwh_per_k: FloatArray
    c1_iw_kwh_per_k: FloatArray
    convection_aw_kw_per_k: FloatArray
    convection_iw_kw_per_k: FloatArray
    radiation_kw_per_k: FloatArray
    air_kw_per_k: FloatArray
    area_aw_m2: FloatArray
    area_iw_m2: FloatArray
    shares: FloatArray


@dataclass(frozen=True, slots=True)
class Network:
    """A zone's network without its massless nodes: ``dx/dt = a x + b u`` and ``y = c x + d u``, per hour.

    Attributes
    ----------
    a, b : ndarray, shapes (n_devices, 2, 2) and (n_devices, 2, 6)
        Change of the masses' temperatures.
    c, d : ndarray, shapes (n_devices, 3, 2) and (n_devices, 3, 6)
        AW surface, IW surface and air temperature.
    capacity : ndarray, shape (n_devices, 2)
        Capacities. [kWh/K]
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    capacity: FloatArray


def network(zone: Zone) -> Network:
    """Return the star network with surfaces and air eliminated; they store nothing, so their heat flows balance."""
    aw, iw = 1.0 / zone.r1_aw_k_per_kw, 1.0 / zone.r1_iw_k_per_kw
    caw, ciw, rad, vent = (
        zone.convection_aw_kw_per_k,
        zone.convection_iw_kw_per_k,
        zone.radiation_kw_per_k,
        zone.air_kw_per_k,
    )
    rest = 1.0 / zone.r_rest_k_per_kw
    nodes = np.array([[aw + caw + rad, -rad, -caw], [-rad, iw + ciw + rad, -ciw], [-caw, -ciw, caw + ciw + vent]])
    nil = np.zeros_like(aw)
    from_mass = np.array([[aw, nil], [nil, iw], [nil, nil]])
    gain, solar, heat, convective = zone.shares.transpose(1, 0, 2)
    from_input = np.stack([[nil, nil, nil], solar, [nil, nil, vent], gain, heat, convective], axis=1)
    solved = np.linalg.solve(_first(nodes), np.concatenate([_first(from_mass), _first(from_input)], axis=2))
    c, d = solved[:, :, :2], solved[:, :, 2:]
    capacity = np.stack([zone.c1_aw_kwh_per_k, zone.c1_iw_kwh_per_k], axis=1)
    link, loss = np.stack([aw, iw], axis=1), np.stack([aw + rest, iw], axis=1)
    a = (link[:, :, None] * c[:, :2] - loss[:, :, None] * np.eye(2)) / capacity[:, :, None]
    b = link[:, :, None] * d[:, :2]
    b[:, 0, 0] += rest
    return Network(a, b / capacity[:, :, None], c, d, capacity)


def transition(net: Network, duration_h: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return what takes masses and constant inputs to the masses at the end of a step, and to their mean over it.

    Exact: with the square root of the capacities the matrix is symmetric, so its exponential and both its integrals follow
    from its eigenvalues, all negative as every mass has a way to the outdoors.

    Returns
    -------
    phi, gamma, phi_mean, gamma_mean : ndarray, shapes (n_devices, 2, 2) and (n_devices, 2, 6)
        ``x_end = phi x + gamma u``, ``x_mean = phi_mean x + gamma_mean u``.
    """
    root = np.sqrt(net.capacity)
    symmetric = net.a * root[:, :, None] / root[:, None, :]
    value, vector = np.linalg.eigh(0.5 * (symmetric + symmetric.transpose(0, 2, 1)))
    left, right = vector / root[:, :, None], (vector * root[:, :, None]).transpose(0, 2, 1)

    def function(of_value: FloatArray) -> FloatArray:
        made: FloatArray = (left * of_value[:, None, :]) @ right
        return made

    z = value * duration_h
    grown = np.expm1(z)
    once, twice = grown / value, (grown - z) / (value * z)
    return function(np.exp(z)), function(once) @ net.b, function(grown / z), function(twice) @ net.b


def zone_matrix(zone: Zone, duration_h: float) -> FloatArray:
    """Return what a step does to zones: masses at its end, air and radiant temperature in its mean.

    Parameters
    ----------
    zone : Zone
        Constants of the zones.
    duration_h : float
        Length of the step. [h]

    Returns
    -------
    ndarray, shape (8, 4, n_devices)
        Column by row by device: columns are the two masses at the start and `INPUTS`, rows the two masses at the end, mean air
        temperature and mean radiant temperature (surfaces weighed by area).

    References
    ----------
    .. [1] VDI 6007-1:2015-06, "Calculation of transient thermal response of rooms and buildings: modelling of rooms", section 6
       and figure 7 (two-capacity model); test cases in its section 7.
    """
    net = network(zone)
    phi, gamma, phi_mean, gamma_mean = transition(net, duration_h)
    c = _sensed(net.c, zone)
    ends = np.concatenate([phi, gamma], axis=2)
    means = c @ np.concatenate([phi_mean, gamma_mean], axis=2)
    means[:, :, 2:] += _sensed(net.d, zone)
    return np.ascontiguousarray(np.concatenate([ends, means], axis=1).transpose(2, 1, 0))


def _sensed(nodes: FloatArray, zone: Zone) -> FloatArray:
    """Return air and radiant temperature from AW surface, IW surface and air."""
    share = (zone.area_aw_m2 / (zone.area_aw_m2 + zone.area_iw_m2))[:, None]
    return np.stack([nodes[:, 2], share * nodes[:, 0] + (1.0 - share) * nodes[:, 1]], axis=1)


def _first(stacked: FloatArray) -> FloatArray:
    """Return an array with its last axis, the devices, in front."""
    return np.moveaxis(stacked, -1, 0)

# SPDX-License-Identifier: Apache-2.0
"""The two-capacity star network of VDI 6007-1, with air and furniture as a third store, and its exact solution over a step.

Two masses, the outer (AW) and the inner components (IW), each behind a resistance and an inner surface; both surfaces meet
the air node by convection and each other by radiation. Outside, the outer mass meets an equivalent outdoor temperature through
the remaining resistance; air change and windows join the air node to the outdoor air. In the guideline the air stores nothing;
here air and furniture may have a capacity (EN ISO 52016-1), and with 0 the network is that of the guideline.
Because inputs are constant over a step, the solution is a matrix, worked out once per step length.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

INPUTS: Final = ("outer_degc", "solar_kw", "out_degc", "gain_kw", "heat_kw", "convective_kw")
"""What acts on a zone from outside, in the order of the columns after the stores."""
STORES: Final = 3
"""Outer mass, inner mass, and air with furniture: the first columns at the start of a step, the first rows at its end."""
OUTER, SOLAR, OUT, GAIN, HEAT, CONVECTIVE = range(STORES, STORES + len(INPUTS))
"""Columns of a `zone_matrix` after the stores."""
END, AIR, RADIANT = 2, 3, 4
"""Rows of a `zone_matrix` after the masses: air at the end of the step, means of air and radiant temperature over it."""


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
        Capacities of the masses. [kWh/K]
    c_air_kwh_per_k : ndarray
        Capacity of air and furniture, 0 for the network of the guideline. [kWh/K]
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
    c_air_kwh_per_k: FloatArray
    convection_aw_kw_per_k: FloatArray
    convection_iw_kw_per_k: FloatArray
    radiation_kw_per_k: FloatArray
    air_kw_per_k: FloatArray
    area_aw_m2: FloatArray
    area_iw_m2: FloatArray
    shares: FloatArray

    def of_rows(self, rows: BoolArray) -> Zone:
        """Return the constants of some of the zones."""
        return Zone(**{each.name: getattr(self, each.name)[..., rows] for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Network:
    """A zone's network without its massless nodes: ``dx/dt = a x + b u`` and ``y = c x + d u``, per hour.

    Attributes
    ----------
    a, b : ndarray, shapes (n_devices, m, m) and (n_devices, m, 6)
        Change of the stores' temperatures; ``m`` is 2 where the air stores nothing and 3 where it does.
    c, d : ndarray, shapes (n_devices, 3, m) and (n_devices, 3, 6)
        AW surface, IW surface and air temperature.
    capacity : ndarray, shape (n_devices, m)
        Capacities. [kWh/K]
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    capacity: FloatArray


def network(zone: Zone) -> Network:
    """Return the star network with its massless nodes eliminated; they store nothing, so their heat flows balance.

    All zones must be of one kind: either air and furniture store heat in all of them, or in none.
    """
    stores = bool(zone.c_air_kwh_per_k.all())
    aw, iw, rest = 1.0 / zone.r1_aw_k_per_kw, 1.0 / zone.r1_iw_k_per_kw, 1.0 / zone.r_rest_k_per_kw
    caw, ciw, vent = zone.convection_aw_kw_per_k, zone.convection_iw_kw_per_k, zone.air_kw_per_k
    count = 3 if stores else 2
    solved = _nodes(zone, aw, iw, count)
    flow, loss = np.stack([aw, iw], axis=1)[:, :, None] * solved[:, :2], [aw + rest, iw, caw + ciw + vent]
    flow[:, 0, count] += rest
    if stores:
        into_air = np.stack([caw, ciw], axis=1)[:, None, :] @ solved[:, :2]
        into_air[:, :, count:] += _entering(zone)[:, 2:]
        flow = np.concatenate([flow, into_air], axis=1)
    capacity = np.stack([zone.c1_aw_kwh_per_k, zone.c1_iw_kwh_per_k, zone.c_air_kwh_per_k][:count], axis=1)
    a = flow[:, :, :count] - np.stack(loss[:count], axis=1)[:, :, None] * np.eye(count)
    b = flow[:, :, count:]
    return Network(a / capacity[:, :, None], b / capacity[:, :, None], solved[:, :, :count], solved[:, :, count:], capacity)


def _nodes(zone: Zone, aw: FloatArray, iw: FloatArray, count: int) -> FloatArray:
    """Return surfaces and air from stores and inputs, shape (n_devices, 3, count + 6); a storing air is its own store."""
    caw, ciw, rad = zone.convection_aw_kw_per_k, zone.convection_iw_kw_per_k, zone.radiation_kw_per_k
    nil, air = np.zeros_like(aw), caw + ciw + zone.air_kw_per_k
    nodes = np.array([[aw + caw + rad, -rad, -caw], [-rad, iw + ciw + rad, -ciw], [-caw, -ciw, air]])
    from_store = np.array([[aw, nil, caw], [nil, iw, ciw], [nil, nil, nil]])
    massless = 5 - count
    known = np.concatenate([_first(from_store[:massless, :count]), _entering(zone)[:, :massless]], axis=2)
    solved = np.linalg.solve(_first(nodes[:massless, :massless]), known)
    if massless == len(nodes):
        return solved
    own = np.zeros((len(aw), 1, solved.shape[2]))
    own[:, 0, 2] = 1.0
    return np.concatenate([solved, own], axis=1)


def _entering(zone: Zone) -> FloatArray:
    """Return what each of `INPUTS` brings into both surfaces and the air, shape (n_devices, 3, 6). [kW per kW or kW/K]."""
    gain, solar, heat, convective = zone.shares.transpose(1, 0, 2)
    vent = zone.air_kw_per_k
    nil = np.zeros_like(vent)
    return _first(np.stack([[nil, nil, nil], solar, [nil, nil, vent], gain, heat, convective], axis=1))


def transition(net: Network, duration_h: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return what takes stores and constant inputs to the stores at the end of a step, and to their mean over it.

    Exact: with the square root of the capacities the matrix is symmetric, so its exponential and both its integrals follow
    from its eigenvalues, all negative as every store has a way to the outdoors.

    Returns
    -------
    phi, gamma, phi_mean, gamma_mean : ndarray, shapes (n_devices, m, m) and (n_devices, m, 6)
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
    """Return what a step does to zones: stores at its end, air and radiant temperature in its mean.

    Parameters
    ----------
    zone : Zone
        Constants of the zones.
    duration_h : float
        Length of the step. [h]

    Returns
    -------
    ndarray, shape (9, 5, n_devices)
        Column by row by device: columns are the three stores at the start and `INPUTS`, rows the three stores at the end, mean
        air temperature and mean radiant temperature (surfaces weighed by area). Where the air stores nothing, its column is 0
        and its row its temperature just before the end.

    References
    ----------
    .. [1] VDI 6007-1:2015-06, "Calculation of transient thermal response of rooms and buildings: modelling of rooms", section 6
       and figure 7 (two-capacity model); test cases in its section 7.
    .. [2] EN ISO 52016-1:2017, 6.5.6: the air node of a zone with the capacity of air and furniture.
    """
    stores = zone.c_air_kwh_per_k > 0.0
    matrix = np.zeros((STORES + len(INPUTS), STORES + 2, len(stores)))
    for kind in (stores, ~stores):
        if kind.any():
            matrix[:, :, kind] = _matrix(zone.of_rows(kind), duration_h)
    return matrix


def _matrix(zone: Zone, duration_h: float) -> FloatArray:
    """Return `zone_matrix` of zones of one kind."""
    net = network(zone)
    phi, gamma, phi_mean, gamma_mean = transition(net, duration_h)
    ends = np.concatenate([phi, gamma], axis=2)
    c = _sensed(net.c, zone)
    means = c @ np.concatenate([phi_mean, gamma_mean], axis=2)
    count = phi.shape[2]
    means[:, :, count:] += _sensed(net.d, zone)
    if count < STORES:  # the air follows the masses and what acts
        air = net.c[:, 2:] @ ends
        air[:, :, count:] += net.d[:, 2:]
        ends = np.concatenate([ends, air], axis=1)
    made = np.concatenate([ends, means], axis=1)
    return np.insert(made, 2, 0.0, axis=2).transpose(2, 1, 0) if count < STORES else made.transpose(2, 1, 0)


def _sensed(nodes: FloatArray, zone: Zone) -> FloatArray:
    """Return air and radiant temperature from AW surface, IW surface and air."""
    share = (zone.area_aw_m2 / (zone.area_aw_m2 + zone.area_iw_m2))[:, None]
    return np.stack([nodes[:, 2], share * nodes[:, 0] + (1.0 - share) * nodes[:, 1]], axis=1)


def _first(stacked: FloatArray) -> FloatArray:
    """Return an array with its last axis, the devices, in front."""
    return np.moveaxis(stacked, -1, 0)

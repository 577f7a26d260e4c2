# SPDX-License-Identifier: Apache-2.0
"""From a typical house to the resistances and capacities of VDI 6007-1, and how the sun meets its surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.thermal import Zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.building.archetypes import Archetype
    from simulators.building.options import BuildingOptions

    FloatArray = NDArray[np.float64]

AIR_WH_PER_M3K: Final = 0.34
"""Heat capacity of air per volume, as in EN ISO 13790 and TABULA. [Wh/(m3 K)]"""
USED_AIR_CHANGE_PER_H: Final = 0.4
"""Air change by use in homes, TABULA. [1/h]"""
IDLE_AIR_CHANGE_PER_H: Final = 0.1
"""Air change by use in other buildings while nobody is there (assumption). [1/h]"""
MASS_KJ_PER_M2K: Final = {"very_light": 80.0, "light": 110.0, "medium": 165.0, "heavy": 260.0, "very_heavy": 370.0}
"""Internal heat capacity per floor area, EN ISO 13790:2008 table 12. [kJ/(m2 K)]"""
SURFACES_PER_FLOOR: Final = 4.5
"""All surfaces that face the room over the floor area, EN ISO 13790:2008, 7.2.2.2."""
MASS_M2K_PER_W: Final = 0.045
"""Resistance between surface and mass: 0.0437 to 0.0459 m2 K/W in the walls of test room S of VDI 6007-1. [m2 K/W]"""
CONVECTION_W_PER_M2K: Final = 2.7
RADIATION_W_PER_M2K: Final = 5.0
"""Inner surfaces: convection of walls and exchange by radiation, VDI 6007-1. [W/(m2 K)]"""
OUTER_M2K_PER_W: Final = 0.04
"""Outer surface, EN ISO 6946. [m2 K/W]"""
ABSORPTION: Final = 0.6
"""Solar absorptance of opaque outer surfaces, EN ISO 13790 annex: 0.3 light, 0.6 medium, 0.9 dark. [-]"""
SKY_K: Final = 4.5 * 11.0 * OUTER_M2K_PER_W
"""Cooling of an outer surface that sees only the sky: 0.9 * 5 W/(m2 K), sky 11 K below the air (EN ISO 13790, 11.4.6). [K]"""
FRAME: Final = 0.3
SHADING: Final = 0.6
DIFFUSE: Final = 0.9
"""Window frame, shading of vertical windows and correction for light that is not normal, TABULA's reference values. [-]"""
GAIN_CONVECTIVE: Final = 0.5
SOLAR_CONVECTIVE: Final = 0.09
"""Convective shares of inner gains (persons, VDI 2078) and of sun through windows (VDI 6007-1, test case 5). [-]"""
HEAT_SHARES: Final = {"radiator": (0.3, 0.7), "floor": (1.0, 0.0)}
"""Radiant and convective share of the emitter; heat under the floor enters the inner surfaces (radiators: assumption). [-]"""
REDUCTION: Final = {"house": (1.0, 0.9, 4.0, 0.8), "compact": (1.0, 0.95, 4.0, 0.85)}
"""TABULA's reduction in homes: 0.9 at 1 W/(m2 K) of transmission per floor area, 0.8 at 4 and above, in between linear; 0.95 and
0.85 in multi-family houses (its boundary conditions EU.SUH and EU.MUH)."""
COMPACT_STOREYS: Final = {"residential": 4, "office": 3, "school": 2, "nursery": 1}
"""Storeys of compact buildings (assumption; multi-family houses in TABULA have 3 to 5)."""
EXPOSED: Final = {"detached": (1.0, 1.0, 1.0), "terraced": (0.5, 1.0, 1.0), "flat": (0.5, 0.0, 0.0)}
"""Share of facades, roof and lowest floor that meet outdoors or soil (assumption: two sides of four). [-]"""
MOST_GLASS: Final = 0.6
"""Windows of compact buildings take at most this share of the facades that are there (assumption). [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A house of given size.

    Attributes
    ----------
    area_m2, volume_m3, opaque_m2, window_m2 : float
        Floor, air volume, opaque envelope, windows. [m2], [m3]
    opaque_w_per_k, window_w_per_k, air_w_per_k : float
        Heat transfer that the zone meets: opaque envelope, windows, air change that is always there. [W/K]
    design_w_per_k : float
        All heat transfer, not cut for rooms that are heated less. [W/K]
    roof_share, wall_share : float
        Shares of the opaque transfer through roof and walls. [-]
    air_m3_per_h : float
        Fresh air that is always there. [m3/h]
    aperture_m2 : tuple of float
        Effective solar collecting area facing east, south, west, north. [m2]
    """

    area_m2: float
    volume_m3: float
    opaque_m2: float
    window_m2: float
    opaque_w_per_k: float
    window_w_per_k: float
    air_w_per_k: float
    design_w_per_k: float
    roof_share: float
    wall_share: float
    air_m3_per_h: float
    aperture_m2: tuple[float, ...]


class Body(NamedTuple):
    """Areas of a building that meet outdoors or soil. [m2]."""

    roof_m2: float
    wall_m2: float
    floor_m2: float
    window_m2: float
    door_m2: float
    bridges: float
    """Size for thermal bridges over that of the typical house. [-]"""


def shape_of(options: BuildingOptions) -> str:
    """Return whether the envelope grows like that of a house or of a compact building."""
    if options.shape is not None:
        return options.shape
    return "house" if options.use == "residential" and options.neighbours != "flat" else "compact"


def storeys_of(options: BuildingOptions, house: Archetype) -> float:
    """Return the number of heated storeys. [-]."""
    if options.storeys is not None:
        return options.storeys
    if options.neighbours == "flat":
        return 1
    return house.storeys if shape_of(options) == "house" else COMPACT_STOREYS[options.use]


def body(options: BuildingOptions, house: Archetype, area_m2: float) -> Body:
    """Return the areas of a typical house that is scaled to a floor area and a number of storeys, and has neighbours.

    As a house all areas grow with the floor area. A compact body keeps the form of its ground plan and the height of a storey:
    its facades grow with the root of the area of a storey times the storeys, its windows with the floor area.
    """
    size, higher = area_m2 / house.area_m2, storeys_of(options, house) / house.storeys
    by_default = EXPOSED[options.neighbours]
    given = (options.exposed_wall_share, options.exposed_roof_share, options.exposed_floor_share)
    walls, roof, floor = (usual if own is None else own for own, usual in zip(given, by_default, strict=True))
    front_m2 = house.wall_m2 + house.window_m2
    if shape_of(options) == "house":
        front_m2, window_m2 = size * sqrt(higher) * front_m2, size * sqrt(higher) * house.window_m2
    else:
        front_m2 *= sqrt(size * higher)
        window_m2 = min(size * house.window_m2, MOST_GLASS * walls * front_m2)
    flat = size / higher
    made = Body(
        roof_m2=flat * roof * house.roof_m2,
        wall_m2=max(walls * front_m2 - window_m2, (1.0 - MOST_GLASS) * walls * front_m2),
        floor_m2=flat * floor * house.floor_m2,
        window_m2=window_m2,
        door_m2=size * house.door_m2,
        bridges=size,
    )
    if shape_of(options) == "house" and given == (None, None, None) and options.neighbours == "detached":
        return made
    whole = house.roof_m2 + house.wall_m2 + house.floor_m2 + house.window_m2 + house.door_m2
    return made._replace(bridges=sum(made[:5]) / whole)


def envelope(options: BuildingOptions, house: Archetype, area_m2: float) -> Envelope:
    """Return the envelope of a typical house that is scaled to a floor area and a number of storeys."""
    made = body(options, house, area_m2)
    window = made.window_m2 * _u(options.u_window_w_per_m2k, house.window_w_per_k, house.window_m2)
    roof = made.roof_m2 * _u(options.u_roof_w_per_m2k, house.roof_w_per_k, house.roof_m2)
    wall = made.wall_m2 * _u(options.u_wall_w_per_m2k, house.wall_w_per_k, house.wall_m2)
    floor = made.floor_m2 * _u(options.u_floor_w_per_m2k, house.floor_w_per_k, house.floor_m2)
    opaque = (
        roof + wall + floor + made.door_m2 * _u(None, house.door_w_per_k, house.door_m2) + made.bridges * house.bridges_w_per_k
    )
    volume = area_m2 * options.room_height_m
    air, warmed = _air_change(options, house)
    cut = reduction(options, (opaque + window) / area_m2)
    g_value = house.g_value if options.g_value is None else options.g_value
    collecting = g_value * (1.0 - FRAME) * SHADING * made.window_m2
    return Envelope(
        area_m2=area_m2,
        volume_m3=volume,
        opaque_m2=made.roof_m2 + made.floor_m2 + made.wall_m2 + made.door_m2,
        window_m2=made.window_m2,
        opaque_w_per_k=opaque * cut,
        window_w_per_k=window * cut,
        air_w_per_k=AIR_WH_PER_M3K * warmed * volume * cut,
        design_w_per_k=opaque + window + AIR_WH_PER_M3K * warmed * volume,
        roof_share=roof / opaque,
        wall_share=wall / opaque,
        air_m3_per_h=air * volume,
        aperture_m2=tuple(collecting * share for share in house.facade_shares),
    )


def _u(given_w_per_m2k: float | None, typical_w_per_k: float, typical_m2: float) -> float:
    """Return a thermal transmittance: the given one, else the typical house's, 0 where it has no such part. [W/(m2 K)]."""
    if given_w_per_m2k is not None:
        return given_w_per_m2k
    return typical_w_per_k / typical_m2 if typical_m2 else 0.0


def reduction(options: BuildingOptions, h_w_per_m2k: float) -> float:
    """Return TABULA's factor for rooms and hours that are heated less, never above 1. [-]."""
    if options.use != "residential" or not options.partly_heated:
        return 1.0
    low, at_low, high, at_high = REDUCTION[shape_of(options)]
    return min(1.0, max(at_high, at_low + (at_high - at_low) * (h_w_per_m2k - low) / (high - low)))


def _air_change(options: BuildingOptions, house: Archetype) -> tuple[float, float]:
    """Return the air change that is always there, and the part of it that comes in cold. [1/h], [1/h]."""
    used = USED_AIR_CHANGE_PER_H if options.use == "residential" else IDLE_AIR_CHANGE_PER_H
    cold = used * (1.0 - options.heat_recovery) if options.ventilation == "mechanical" else used
    return used + house.infiltration_per_h, cold + house.infiltration_per_h


def zone_of(options: Sequence[BuildingOptions], houses: Sequence[Envelope]) -> Zone:
    """Return the network of each house, arrays of shape ``(n_devices,)``.

    The remaining resistance is what is left of the house's heat transfer after the way from air to outer mass, so the
    steady heat loss is exactly that of the envelope. Capacities and surfaces are those of EN ISO 13790, split by area.
    """
    outer = _array([house.opaque_m2 for house in houses])
    floor = _array([house.area_m2 for house in houses])
    inner = np.maximum(SURFACES_PER_FLOOR * floor - outer, 1.5 * floor)
    capacity = floor * _array([MASS_KJ_PER_M2K[option.thermal_mass] for option in options]) / 3600.0
    convection, convection_iw = CONVECTION_W_PER_M2K * outer / 1e3, CONVECTION_W_PER_M2K * inner / 1e3
    radiation = RADIATION_W_PER_M2K * np.minimum(outer, inner) / 1e3
    inside = convection + 1.0 / (1.0 / radiation + 1.0 / convection_iw)
    r1_aw = 1e3 * MASS_M2K_PER_W / outer
    total = 1e3 / _array([house.opaque_w_per_k for house in houses])
    return Zone(
        r1_aw_k_per_kw=r1_aw,
        r1_iw_k_per_kw=1e3 * MASS_M2K_PER_W / inner,
        r_rest_k_per_kw=np.maximum(total - r1_aw - 1.0 / inside, 1e3 * OUTER_M2K_PER_W / outer),
        c1_aw_kwh_per_k=capacity * outer / (outer + inner),
        c1_iw_kwh_per_k=capacity * inner / (outer + inner),
        c_air_kwh_per_k=floor * _array([option.furniture_kj_per_m2k for option in options]) / 3600.0,
        convection_aw_kw_per_k=convection,
        convection_iw_kw_per_k=convection_iw,
        radiation_kw_per_k=radiation,
        air_kw_per_k=_array([house.window_w_per_k + house.air_w_per_k for house in houses]) / 1e3,
        area_aw_m2=outer,
        area_iw_m2=inner,
        shares=_shares(options, outer / (outer + inner)),
    )


def _shares(options: Sequence[BuildingOptions], outer: FloatArray) -> FloatArray:
    """Return where gains, sun, emitted and convective heat enter, shape (3, 4, n): AW surface, IW surface, air."""
    shares = np.zeros((3, 4, len(outer)))
    for column, convective in enumerate((GAIN_CONVECTIVE, SOLAR_CONVECTIVE)):
        shares[:, column] = (1.0 - convective) * outer, (1.0 - convective) * (1.0 - outer), np.full_like(outer, convective)
    radiant = _array([HEAT_SHARES[option.emitter][0] for option in options])
    under = np.array([option.emitter == "floor" for option in options])
    shares[0, 2] = np.where(under, 0.0, radiant * outer)
    shares[1, 2] = np.where(under, radiant, radiant * (1.0 - outer))
    shares[2, 2] = 1.0 - radiant
    shares[2, 3] = 1.0
    return shares


def _array(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)

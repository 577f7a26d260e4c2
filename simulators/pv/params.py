# SPDX-License-Identifier: Apache-2.0
"""Nameplate data of a fleet of PV systems as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.pv.options import PvOptions

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SAPM_OF_MOUNTING: Final = {
    "open_rack": "open_rack_glass_polymer",
    "roof": "close_mount_glass_glass",
    "building_integrated": "insulated_back_glass_polymer",
}
"""Key of pvlib's table of King et al., SAND2004-3535 (2004), by kind of mounting."""

STC_W_PER_M2: Final = 1000.0
STC_DEGC: Final = 25.0
"""Standard test conditions: irradiance and temperature of the cells at nominal power."""

PVWATTS_CURVE: Final = (-0.0059, 0.9858, -0.0162)
PVWATTS_REFERENCE_EFFICIENCY: Final = 0.9637
"""AC power per DC limit of the inverter of PVWatts v5 over ``zeta``, DC power per that limit: terms of degree 0, 1, 2, for the
reference efficiency (Dobos 2014, DOI 10.2172/1158421: the efficiency of the inverter there, times ``zeta``)."""

FLATTEST_DEG: Final = 0.01
"""Tilt below which the diffuse modifiers do not change any more. [deg]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlane:
    """Modules of a fleet. Arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    normal : ndarray, shape (3, n_devices)
        Unit vector out of the plane: north, east, up. [-]
    a_r, iam_scale : ndarray
        Angular loss coefficient and ``1 / (1 - exp(-1/a_r))``. [-]
    sky_share, ground_share : ndarray, shape (2, n_devices)
        What of isotropic sky light, and of light from the ground, falls on the plane, and what of it reaches the cells. [-]
    sapm_a, sapm_b, sapm_delta_degc_m2_per_w : ndarray
        Parameters of the cell temperature; the last is the step from module back to cell per irradiance. [-], [s/m], [K m2/W]
    kw_per_w_per_m2, kw_per_w_per_m2_degc : ndarray
        Power after DC losses per irradiance of the cells: at a cell temperature of 0 degC, and its change per degree.
    """

    normal: FloatArray
    a_r: FloatArray
    iam_scale: FloatArray
    sky_share: FloatArray
    ground_share: FloatArray
    sapm_a: FloatArray
    sapm_b: FloatArray
    sapm_delta_degc_m2_per_w: FloatArray
    kw_per_w_per_m2: FloatArray
    kw_per_w_per_m2_degc: FloatArray

    @classmethod
    def of(cls, options: Sequence[PvOptions]) -> ModulePlane:
        """Return the modules of these systems, in the given order."""
        from pvlib.iam import martin_ruiz_diffuse  # noqa: PLC0415 - pvlib costs half a second, needed only to build a fleet
        from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS  # noqa: PLC0415

        tilt_deg, a_r = _array([o.tilt_deg for o in options]), _array([o.angular_loss for o in options])
        tilt, azimuth = np.radians(tilt_deg), np.radians([o.azimuth_deg for o in options])
        # pvlib 0.16.1 divides by 1 - cos(tilt), which rounds to 0 for tilts between 0 and about 1e-6 degrees, and gives NaN
        modifier = martin_ruiz_diffuse(np.maximum(tilt_deg, FLATTEST_DEG), a_r)
        sky, ground = 0.5 * (1.0 + np.cos(tilt)), 0.5 * (1.0 - np.cos(tilt))
        sapm = [TEMPERATURE_MODEL_PARAMETERS["sapm"][SAPM_OF_MOUNTING[o.mounting]] for o in options]
        nominal = _array([o.p_dc_kwp * (1.0 - o.losses_percent / 100.0) for o in options]) / STC_W_PER_M2
        gamma = _array([o.temp_coeff_percent_per_degc / 100.0 for o in options])
        return cls(
            normal=np.stack([np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)]),
            a_r=a_r,
            iam_scale=1.0 / (1.0 - np.exp(-1.0 / a_r)),
            sky_share=np.stack([sky, sky * modifier["sky"]]),
            ground_share=np.stack([ground, ground * modifier["ground"]]),
            sapm_a=_array([p["a"] for p in sapm]),
            sapm_b=_array([p["b"] for p in sapm]),
            sapm_delta_degc_m2_per_w=_array([p["deltaT"] for p in sapm]) / STC_W_PER_M2,
            kw_per_w_per_m2=nominal * (1.0 - STC_DEGC * gamma),
            kw_per_w_per_m2_degc=nominal * gamma,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter:
    """Inverters of a fleet. Arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    rating_kva, efficiency, p_dc_limit_kw : ndarray
        Apparent power, efficiency at rated power, DC power it takes at most. [kVA], [-], [kW]
    loss_kw, slope, bend_per_kw : ndarray
        AC power over DC power: terms of degree 0, 1 and 2. [kW], [-], [1/kW]
    p_cap_kw : ndarray
        Fixed limit of the output, infinite where there is none. [kW]
    tan_phi, q_max_kvar : ndarray
        At the smallest power factor: tangent, and reactive power at full apparent power. [-], [kvar]
    cosphi_begin, cosphi_per_kw, p_corner_kw : ndarray
        The cos phi (P) line: its value at no power and its fall, and the power where it meets the circle of the apparent power;
        1, 0 and infinity where it is not followed. [-], [1/kW], [kW]
    q_v_share : ndarray
        Greatest share of the way to the Q(V) characteristic in one step. [-]
    q_v : ndarray of bool
        Which devices follow Q(V).
    """

    rating_kva: FloatArray
    efficiency: FloatArray
    p_dc_limit_kw: FloatArray
    loss_kw: FloatArray
    slope: FloatArray
    bend_per_kw: FloatArray
    p_cap_kw: FloatArray
    tan_phi: FloatArray
    q_max_kvar: FloatArray
    cosphi_begin: FloatArray
    cosphi_per_kw: FloatArray
    p_corner_kw: FloatArray
    q_v_share: FloatArray
    q_v: BoolArray

    @classmethod
    def of(cls, options: Sequence[PvOptions]) -> Inverter:
        """Return the inverters of these systems, in the given order."""
        rating_kva, efficiency = _array([o.rating_kva for o in options]), _array([o.inverter_efficiency for o in options])
        limit_kw = rating_kva / efficiency
        constant, linear, square = (term * efficiency / PVWATTS_REFERENCE_EFFICIENCY for term in PVWATTS_CURVE)
        cosphi_min = _array([o.power_factor_limit for o in options])
        sin_phi = np.sqrt(1.0 - cosphi_min**2)
        modes = [o.q_mode for o in options]
        begin, fall, corner = cosphi_p_line(np.array([mode == "cosphi_p" for mode in modes]), cosphi_min, rating_kva)
        return cls(
            rating_kva=rating_kva,
            efficiency=efficiency,
            p_dc_limit_kw=limit_kw,
            loss_kw=constant * limit_kw,
            slope=linear,
            bend_per_kw=square / limit_kw,
            p_cap_kw=_array([np.inf if o.feed_in_cap is None else o.feed_in_cap * o.p_dc_kwp for o in options]),
            tan_phi=sin_phi / cosphi_min,
            q_max_kvar=sin_phi * rating_kva,
            cosphi_begin=begin,
            cosphi_per_kw=fall,
            p_corner_kw=corner,
            q_v_share=_array([o.q_v_share for o in options]),
            q_v=np.array([mode == "q_v" for mode in modes], dtype=np.bool_),
        )


def cosphi_p_line(
    follows: BoolArray, cosphi_min: FloatArray, rating_kva: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the cos phi (P) characteristic as a line, and its corner, see `Inverter`. [-], [1/kW], [kW].

    Power factor 1 up to half the rated power, then linear to the smallest one, ``c``, at rated power (VDE-AR-N 4105:2018-11,
    5.7.2.4): ``2 - c - 2 (1 - c) P/S``. Where active power and this reactive power together would exceed the apparent power,
    both stay where circle and characteristic meet: ``P/S = cos phi(P)``, that is ``(2 - c) / (3 - 2 c)`` of the rating.
    """
    corner = rating_kva * (2.0 - cosphi_min) / (3.0 - 2.0 * cosphi_min)
    fall = 2.0 * (1.0 - cosphi_min) / rating_kva
    return np.where(follows, 2.0 - cosphi_min, 1.0), np.where(follows, fall, 0.0), np.where(follows, corner, np.inf)


@dataclass(frozen=True, slots=True)
class PvParams:
    """Nameplate data of a fleet: its modules and its inverters, in the same order.

    Attributes
    ----------
    plane, inverter : ModulePlane, Inverter
        Nameplate data by name.
    data : ndarray, shape (n_devices, 23)
        All of it that a step needs, in columns as named in `simulators.pv.kernel`.
    """

    plane: ModulePlane
    inverter: Inverter
    data: FloatArray

    @classmethod
    def of(cls, options: Sequence[PvOptions]) -> PvParams:
        """Return the arrays of these systems, in the given order."""
        plane, inverter = ModulePlane.of(options), Inverter.of(options)
        return cls(plane, inverter, np.concatenate([_columns_of(plane), _columns_of(inverter)], axis=1))


def _columns_of(part: ModulePlane | Inverter) -> FloatArray:
    """Return modules or inverters as columns in the order of the kernel, shape ``(n_devices, n_columns)``."""
    if isinstance(part, ModulePlane):
        light = (*part.sky_share, *part.ground_share)
        cells = (part.sapm_a, part.sapm_b, part.sapm_delta_degc_m2_per_w, part.kw_per_w_per_m2, part.kw_per_w_per_m2_degc)
        return np.stack([*light, *cells], axis=1)
    slope = np.broadcast_to(part.slope, part.loss_kw.shape)
    power = (part.rating_kva, part.efficiency, part.p_dc_limit_kw, part.loss_kw, slope, part.bend_per_kw, part.p_cap_kw)
    line = (part.cosphi_begin, part.cosphi_per_kw, part.p_corner_kw)
    return np.stack([*power, part.tan_phi, part.q_max_kvar, *line, part.q_v_share, part.q_v.astype(np.float64)], axis=1)


def _array(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)

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

FLATTEST_DEG: Final = 0.01
"""Tilt below which the diffuse modifiers do not change any more. [deg]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlane:
    """Modules of a fleet. Arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    normal : ndarray, shape (3, n_devices)
        Unit vector out of the plane: north, east, up. [-]
    tilt_deg : ndarray
        Tilt. [deg]
    a_r, iam_scale, iam_sky, iam_ground : ndarray
        Angular loss coefficient, ``1 / (1 - exp(-1/a_r))``, and modifiers of sky and ground diffuse light. [-]
    sapm_a, sapm_b, sapm_delta_degc : ndarray
        Parameters of the cell temperature. [-], [s/m], [degC]
    p_stc_kw : ndarray
        Power at standard test conditions after DC losses. [kW]
    gamma_per_degc : ndarray
        Relative change of power per degree. [1/degC]
    """

    normal: FloatArray
    tilt_deg: FloatArray
    a_r: FloatArray
    iam_scale: FloatArray
    iam_sky: FloatArray
    iam_ground: FloatArray
    sapm_a: FloatArray
    sapm_b: FloatArray
    sapm_delta_degc: FloatArray
    p_stc_kw: FloatArray
    gamma_per_degc: FloatArray

    @classmethod
    def of(cls, options: Sequence[PvOptions]) -> ModulePlane:
        """Return the modules of these systems, in the given order."""
        from pvlib.iam import martin_ruiz_diffuse  # noqa: PLC0415 - pvlib costs half a second, needed only to build a fleet
        from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS  # noqa: PLC0415

        tilt_deg, a_r = _array([o.tilt_deg for o in options]), _array([o.angular_loss for o in options])
        tilt, azimuth = np.radians(tilt_deg), np.radians([o.azimuth_deg for o in options])
        # pvlib 0.16.1 divides by 1 - cos(tilt), which rounds to 0 for tilts between 0 and about 1e-6 degrees, and gives NaN
        diffuse = martin_ruiz_diffuse(np.maximum(tilt_deg, FLATTEST_DEG), a_r)
        sapm = [TEMPERATURE_MODEL_PARAMETERS["sapm"][SAPM_OF_MOUNTING[o.mounting]] for o in options]
        return cls(
            normal=np.stack([np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)]),
            tilt_deg=tilt_deg,
            a_r=a_r,
            iam_scale=1.0 / (1.0 - np.exp(-1.0 / a_r)),
            iam_sky=diffuse["sky"],
            iam_ground=diffuse["ground"],
            sapm_a=_array([p["a"] for p in sapm]),
            sapm_b=_array([p["b"] for p in sapm]),
            sapm_delta_degc=_array([p["deltaT"] for p in sapm]),
            p_stc_kw=_array([o.p_dc_kwp * (1.0 - o.losses_percent / 100.0) for o in options]),
            gamma_per_degc=_array([o.temp_coeff_percent_per_degc / 100.0 for o in options]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter:
    """Inverters of a fleet. Arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    rating_kva, efficiency, p_dc_limit_kw : ndarray
        Apparent power, efficiency at rated power, DC power it takes at most. [kVA], [-], [kW]
    p_cap_kw : ndarray
        Fixed limit of the output, infinite where there is none. [kW]
    cosphi_min, tan_phi, q_max_kvar : ndarray
        Smallest power factor, its tangent, reactive power at that power factor and full apparent power. [-], [-], [kvar]
    q_v_share : ndarray
        Greatest share of the way to the Q(V) characteristic in one step. [-]
    cosphi_p, q_v : ndarray of bool
        Which devices follow which characteristic.
    has_cosphi_p, has_q_v : bool
        Whether any device does.
    """

    rating_kva: FloatArray
    efficiency: FloatArray
    p_dc_limit_kw: FloatArray
    p_cap_kw: FloatArray
    cosphi_min: FloatArray
    tan_phi: FloatArray
    q_max_kvar: FloatArray
    q_v_share: FloatArray
    cosphi_p: BoolArray
    q_v: BoolArray
    has_cosphi_p: bool
    has_q_v: bool

    @classmethod
    def of(cls, options: Sequence[PvOptions]) -> Inverter:
        """Return the inverters of these systems, in the given order."""
        rating_kva, efficiency = _array([o.rating_kva for o in options]), _array([o.inverter_efficiency for o in options])
        cosphi_min = _array([o.power_factor_limit for o in options])
        sin_phi = np.sqrt(1.0 - cosphi_min**2)
        modes = [o.q_mode for o in options]
        return cls(
            rating_kva=rating_kva,
            efficiency=efficiency,
            p_dc_limit_kw=rating_kva / efficiency,
            p_cap_kw=_array([np.inf if o.feed_in_cap is None else o.feed_in_cap * o.p_dc_kwp for o in options]),
            cosphi_min=cosphi_min,
            tan_phi=sin_phi / cosphi_min,
            q_max_kvar=sin_phi * rating_kva,
            q_v_share=_array([o.q_v_share for o in options]),
            cosphi_p=np.array([mode == "cosphi_p" for mode in modes], dtype=np.bool_),
            q_v=np.array([mode == "q_v" for mode in modes], dtype=np.bool_),
            has_cosphi_p="cosphi_p" in modes,
            has_q_v="q_v" in modes,
        )


@dataclass(frozen=True, slots=True)
class PvParams:
    """Nameplate data of a fleet: its modules and its inverters, in the same order."""

    plane: ModulePlane
    inverter: Inverter

    @classmethod
    def of(cls, options: Sequence[PvOptions]) -> PvParams:
        """Return the arrays of these systems, in the given order."""
        return cls(ModulePlane.of(options), Inverter.of(options))


def _array(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)

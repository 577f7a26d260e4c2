# SPDX-License-Identifier: Apache-2.0
"""What a home built from the bottom up has and how much it uses of it: drawn once per home, keyed by its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household import hot_water
from simulators.household.catalogue import APPLIANCES, MACHINES, NAMES, table
from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.household.appliance_options import AppliancesProfile
    from simulators.household.params import HomeParams

    FloatArray = NDArray[np.float64]

SPREAD: Final = 0.3
"""Largest relative deviation of an appliance's annual energy from that of others in homes of the same size. Assumption. [-]"""
LEAST: Final = 0.4
"""An appliance uses at least so much of what it uses in a home of two. Assumption. [-]"""
ALONE: Final = 1.5
"""The step from two residents to one is larger than the next ones: 1052 kWh against 883 and 747 (EnergieAgentur.NRW 2011). [-]"""
MACHINE_SPREAD: Final = 0.1
"""Largest relative deviation of a wet appliance's power from that of its programmes. Assumption. [-]"""
CYCLE_S: Final = (2100.0, 4500.0)
DUTY: Final = (0.25, 0.45)
"""Cycle and running share of compressors, see `simulators.household.styles`."""
HEATER_KW: Final = 2.0
"""Power of a storage water heater: 1.2 to 2 kW are sold for 50 to 100 l. Assumption. [kW]"""
HEATER_LOSS_KW: Final = 0.04
"""Heat loss of a storage water heater of 80 l, about 1 kWh a day (class C of regulation 812/2013). [kW]"""
N_COLD: Final = 2
ALWAYS: Final = np.array([float(name in {"refrigerator", "freezer", "standby"}) for name in NAMES])
"""What runs in an empty home (assumption; `owns` says where it is switched off)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Traits of homes, arrays of shape (n_homes,) unless said otherwise.

    Attributes
    ----------
    annual_kwh : ndarray, shape (n_homes, n_appliances)
        Expected annual energy of each appliance of `APPLIANCES`, 0 where there is none. [kWh]
    machine_size : ndarray, shape (n_homes, n_machines)
        Power of each wet appliance relative to its programmes. [-]
    cold_duty, cold_period_s, cold_phase_s : ndarray, shape (n_homes, 2)
        Running share, cycle and phase of refrigerator and freezer. [-], [s], [s]
    heater_kw, heater_loss_kw : ndarray
        Power and loss of the electric storage water heater, 0 where there is none. [kW]
    """

    annual_kwh: FloatArray
    machine_size: FloatArray
    cold_duty: FloatArray
    cold_period_s: FloatArray
    cold_phase_s: FloatArray
    heater_kw: FloatArray
    heater_loss_kw: FloatArray

    def of(self, name: str) -> FloatArray:
        """Return the expected annual energy of one appliance. [kWh]."""
        return self.annual_kwh[:, NAMES.index(name)]

    @property
    def heated(self) -> NDArray[np.bool_]:
        """Whether the home heats its water itself."""
        return self.heater_kw > 0.0


def draw_traits(params: HomeParams, profiles: Sequence[AppliancesProfile], regions: Sequence[str], seed: int) -> Traits:
    """Return the traits of homes; each depends on the seed and the home's id only."""
    n = len(APPLIANCES)
    sizes = np.cumsum([n, n, len(MACHINES), N_COLD, N_COLD, N_COLD])
    uniforms = np.array([rng.random(sizes[-1]) for rng in device_generators(seed, params.ids, "household appliances owned")])
    owning, spread, machine, duty, period, phase = np.split(uniforms, sizes[:-1], axis=1)
    ownership, annual_kwh = np.moveaxis(np.array([[table()[region, name] for name in NAMES] for region in regions]), 2, 0)
    wishes = np.array([[_wish(profile, name) for name in NAMES] for profile in profiles])
    owns = np.where(np.isnan(wishes), owning < ownership, wishes > 0.0)
    more = np.where(params.residents == 1.0, -ALONE, params.residents - 2.0)
    by_size = 1.0 + np.array([each.per_resident for each in APPLIANCES]) * more[:, None]
    owns = np.where((params.residents == 0.0)[:, None], owns * ALWAYS, owns)
    expected = owns * annual_kwh * np.maximum(by_size, LEAST) * (1.0 + SPREAD * (2.0 * spread - 1.0))
    heated = np.array([profile.hot_water == "electric" for profile in profiles], dtype=np.float64) * (params.residents > 0.0)
    period_s = CYCLE_S[0] + (CYCLE_S[1] - CYCLE_S[0]) * period
    return Traits(
        annual_kwh=expected * _scaling(params, expected, heated)[:, None],
        machine_size=1.0 + MACHINE_SPREAD * (2.0 * machine - 1.0),
        cold_duty=DUTY[0] + (DUTY[1] - DUTY[0]) * duty,
        cold_period_s=period_s,
        cold_phase_s=phase * period_s,
        heater_kw=HEATER_KW * heated,
        heater_loss_kw=HEATER_LOSS_KW * heated,
    )


def hot_water_kwh(params: HomeParams) -> FloatArray:
    """Return the electricity a storage heater needs in a year for each home, none where nobody lives, shape (n_homes,). [kWh]."""
    heat_kwh = params.residents * params.hot_water_l * np.mean([hot_water.kwh_per_l(day) for day in range(1, 366)]) * 365.0
    return np.asarray(heat_kwh + HEATER_LOSS_KW * 8760.0 * (params.residents > 0.0), dtype=np.float64)


def _wish(profile: AppliancesProfile, name: str) -> float:
    wish = getattr(profile.owns, name, None)
    return np.nan if wish is None else float(wish)


def _scaling(params: HomeParams, expected: FloatArray, heated: FloatArray) -> FloatArray:
    wanted_kwh = params.annual_kwh - heated * hot_water_kwh(params)
    found_kwh = expected.sum(axis=1)  # nothing at all where nobody lives and nothing always runs
    return np.where(
        np.isnan(params.annual_kwh) | (found_kwh == 0.0), 1.0, wanted_kwh / np.where(found_kwh == 0.0, 1.0, found_kwh)
    )

# SPDX-License-Identifier: Apache-2.0
"""Options of a household, and what they and the home's own draws amount to as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, cast

import numpy as np
from pydantic import Field, model_validator

from simulators.household.appliance_options import AppliancesProfile
from twinergy.options import NonNegative, Options, Positive, Timezone
from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import BuildContext, Device

DEFAULT_RESIDENTS: Final = 2
"""German mean household size, 2.0 persons (Destatis, Mikrozensus 2022), where neither option nor dwelling says more."""
POWER_FACTOR_RANGE: Final = (0.95, 0.99)
"""Drawn per home where no power factor is given. Planning studies take 0.93 to 0.95 (SimBench network data 0.93), SimBench's
household profiles of 2016 give 0.993 over the year (mean of q over p times 0.4); 0.97 in the mean lies between. [-]"""


class StochasticProfile(Options):
    """A generated home: a base load and appliance events that follow a standard load profile in local time."""

    kind: Literal["stochastic"] = "stochastic"
    shape: Literal["h0", "h25"] = "h0"
    """Standard load profile that the mean of many homes follows: ``h0`` (VDEW 1999, dynamised, the one reference data and
    literature refer to) or ``h25`` (BDEW 2025, measured 2018 and 2019: flatter, with a higher night load)."""


class MeasuredProfile(Options):
    """A series from a file, resampled to the step with its energy kept; shorter than the run, it repeats by whole weeks."""

    kind: Literal["measured"] = "measured"
    path: str
    """CSV or Parquet file, relative to the scenario; times in the first column or in the Parquet index."""
    column: str | None = None
    """Column with the active power; the first after the times if not given."""
    unit: Literal["w", "kw", "pu"] = "kw"
    """Unit of the power columns; ``pu`` needs `scale_to_annual`."""
    timezone: Timezone | None = None
    """IANA zone of times that carry no offset; the site's if not given. ``Etc/GMT-1`` is UTC+1 all year."""
    label: Literal["start", "end"] = "start"
    """Whether a time stamps the start or the end of its interval."""
    scale_to_annual: bool = False
    """Whether to scale the series so that its mean power gives `annual_kwh` in a year."""
    q_column: str | None = None
    """Column with the reactive power, positive inductive, in the unit of the active power; else the power factor decides."""

    @model_validator(mode="after")
    def _per_unit_needs_a_size(self) -> Self:
        if self.unit == "pu" and not self.scale_to_annual:
            message = "unit 'pu' carries no size: set scale_to_annual to true, or give unit 'w' or 'kw'"
            raise ValueError(message)
        if self.unit == "pu" and self.q_column is not None:
            message = f"q_column {self.q_column!r} in 'pu' has a base of its own: leave it out and give a power_factor"
            raise ValueError(message)
        return self


Profile = Annotated[StochasticProfile | MeasuredProfile | AppliancesProfile, Field(discriminator="kind")]


class HouseholdOptions(Options):
    """Electricity use of one home, without heat pump, vehicle and generation, which are devices of their own."""

    annual_kwh: Positive | None = None
    """Energy of a calendar year. A measured profile takes notice of it only with `scale_to_annual`. A profile of appliances may
    do without: then it is what its appliances add up to. [kWh]"""
    residents: Annotated[int, Field(ge=0, le=20)] | None = None
    """Number of people; the dwelling's if not given. 0: a holiday or empty home: nobody is in, nothing is switched on, no hot
    water is drawn; a profile of appliances then has what always runs, compressors and standby, other profiles their energy."""
    power_factor: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Displacement factor, inductive; drawn per home between 0.95 and 0.99 if not given. [-]"""
    hot_water_l: NonNegative = 40.0
    """Hot water of 45 degC that a person draws in a day; VDI 2067-22 and EN 16147 lie between 25 and 60. [l]"""
    profile: Profile = StochasticProfile()
    """Where the series comes from: ``stochastic``, ``measured`` or ``appliances``."""

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        if self.annual_kwh is None and not isinstance(self.profile, AppliancesProfile):
            message = f"annual_kwh is required with a profile of kind {self.profile.kind!r}; only 'appliances' does without"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeParams:
    """Constants of homes, arrays of shape (n_homes,).

    Attributes
    ----------
    ids : tuple of str
        Ids of the devices; they key the random numbers.
    annual_kwh : ndarray
        Energy of a calendar year, NaN if it is what the appliances add up to. [kWh]
    residents : ndarray
        Number of people. [-]
    tan_phi : ndarray
        Reactive per active power, inductive positive. [-]
    hot_water_l : ndarray
        Hot water of 45 degC per person and day. [l]
    factor_given : ndarray of bool
        Whether the options name a power factor. [-]
    """

    ids: tuple[str, ...]
    annual_kwh: NDArray[np.float64]
    residents: NDArray[np.float64]
    tan_phi: NDArray[np.float64]
    hot_water_l: NDArray[np.float64]
    factor_given: NDArray[np.bool_]

    @classmethod
    def of(cls, devices: Sequence[Device], context: BuildContext) -> HomeParams:
        """Return the constants of these devices, in their order."""
        options = [cast("HouseholdOptions", device.options) for device in devices]
        factors = np.array([_power_factor(device, context.seed) for device in devices], dtype=np.float64)
        return cls(
            ids=tuple(device.id for device in devices),
            annual_kwh=np.array([option.annual_kwh for option in options], dtype=np.float64),  # None becomes NaN
            residents=np.array([_residents(device, context) for device in devices], dtype=np.float64),
            tan_phi=np.sqrt(1.0 - factors**2) / factors,
            hot_water_l=np.array([_litres(option) for option in options], dtype=np.float64),
            factor_given=np.array([option.power_factor is not None for option in options], dtype=np.bool_),
        )

    def of_rows(self, rows: NDArray[np.intp]) -> HomeParams:
        """Return the constants of some of the homes."""
        ids = tuple(self.ids[row] for row in rows)
        columns = {
            name: getattr(self, name)[rows] for name in ("annual_kwh", "residents", "tan_phi", "hot_water_l", "factor_given")
        }
        return HomeParams(ids=ids, **columns)


def _litres(option: HouseholdOptions) -> float:
    nobody = isinstance(option.profile, AppliancesProfile) and option.profile.hot_water == "none"
    return 0.0 if nobody else option.hot_water_l


def _residents(device: Device, context: BuildContext) -> int:
    given = cast("HouseholdOptions", device.options).residents
    if given is not None:
        return given
    dwelling = context.twin.dwelling_by_id.get(device.dwelling)
    return DEFAULT_RESIDENTS if dwelling is None else dwelling.residents


def _power_factor(device: Device, seed: int) -> float:
    given = cast("HouseholdOptions", device.options).power_factor
    if given is not None:
        return given
    return float(device_generator(seed, device.id, "household power factor").uniform(*POWER_FACTOR_RANGE))

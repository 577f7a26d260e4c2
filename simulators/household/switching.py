# SPDX-License-Identifier: Apache-2.0
"""Smart plugs and heat: what a switched-off plug keeps back, what becomes heat in the home, what draws reactive power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.appliance_options import AppliancesProfile
from simulators.household.catalogue import GROUPS, MACHINES
from simulators.household.ports import SWITCHED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.household.params import Profile

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

HEAT_SHARE: Final = {
    "cold": 1.0, "wet": 0.4, "cooking": 0.6, "lighting": 1.0, "electronics": 1.0, "hot_water": 0.0, "other": 0.7,
}  # fmt: skip
"""Share of a group's electricity that becomes sensible heat inside; steam, drains and exhaust air take the rest. Assumption after
the availabilities of PHPP (dishwasher and washing machine 0.3, cooking 0.5, others 1.0; a condensing dryer more). [-]"""
PLAIN_HEAT_SHARE: Final = 0.7
"""A stochastic or measured home: energy shares of EnergieAgentur.NRW times the shares above give 0.75, less the pump and what is
used outside. [-]"""
TAN_PHI: Final = {
    "cold": 0.60, "wet": 0.20, "cooking": 0.03, "lighting": 0.25, "electronics": 0.20, "hot_water": 0.0, "other": 0.20,
}  # fmt: skip
"""Reactive per active power: compressors run at 0.86, heating elements at 1, drums, lamps and power supplies between. Assumption
that gives homes 0.95 to 0.99 together, as measured. [-]"""
STORE_KWH: Final = 3.0
"""Hot water that a switched-off heater can serve from its store: 80 l, heated by 33 K. Assumption. [kWh]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Which homes obey which set-point, masks of shape (n_homes,).

    Attributes
    ----------
    machines : tuple of ndarray of bool
        One per wet appliance.
    groups : tuple of ndarray of bool
        One per group of `SWITCHED`.
    built : ndarray of bool
        Homes built from the bottom up.
    """

    machines: tuple[BoolArray, ...]
    groups: tuple[BoolArray, ...]
    built: BoolArray

    @classmethod
    def of(cls, profiles: Sequence[Profile]) -> Switches:
        """Return the switches of homes."""

        def having(name: str) -> BoolArray:
            return np.array([isinstance(each, AppliancesProfile) and name in each.plugs for each in profiles], dtype=np.bool_)

        return cls(
            machines=tuple(having(name) for name in MACHINES),
            groups=tuple(having(name) for name in SWITCHED),
            built=np.array([isinstance(each, AppliancesProfile) for each in profiles], dtype=np.bool_),
        )

    def factors(self, tan_phi: FloatArray, given: BoolArray) -> FloatArray:
        """Return what groups of appliances are multiplied with for reactive power and for heat inside.

        Parameters
        ----------
        tan_phi : ndarray, shape (n_homes,)
            Reactive per active power of homes with a load profile or a given power factor. [-]
        given : ndarray of bool, shape (n_homes,)
            Homes whose own power factor goes before those of their appliances.

        Returns
        -------
        ndarray, shape (2, n_groups, n_homes)
            Reactive power and heat per power of each group. [-]
        """
        by_group = np.array([[TAN_PHI[group], HEAT_SHARE[group]] for group in GROUPS]).T[:, :, None]
        reactive = np.where(self.built & ~given, by_group[0], tan_phi)
        return np.array([reactive, np.where(self.built, by_group[1], PLAIN_HEAT_SHARE)])


class Asked:
    """Set-points of a step, looked at as seldom as possible: most of the time nobody asks.

    Parameters
    ----------
    names : sequence of str
        Ports.
    obeys : sequence of ndarray of bool
        Which homes obey each.
    """

    def __init__(self, names: Sequence[str], obeys: Sequence[BoolArray]) -> None:
        self._ports = tuple(zip(names, obeys, strict=True))
        self._unset = np.full(len(obeys[0]), np.nan).tobytes()

    def of(self, inputs: Mapping[str, FloatArray]) -> list[FloatArray | None] | None:
        """Return each set-point, NaN where a home does not obey it, None for one that nobody sets; None if nobody asks at all."""
        asked: list[FloatArray | None] = []
        unset, anybody = self._unset, False
        for name, obeys in self._ports:
            values = inputs.get(name)
            if values is None or values.tobytes() == unset:
                asked.append(None)
            else:
                asked.append(np.where(obeys, values, np.nan))
                anybody = True
        return asked if anybody else None


def kept_back(power_kw: FloatArray, asked: FloatArray) -> FloatArray:
    """Return what switched-off plugs keep back of a group's power, and take it off the power. [kW]."""
    off_kw = np.where(asked < 0.5, power_kw, 0.0)  # noqa: PLR2004 - NaN is on
    power_kw -= off_kw
    return off_kw


def postponed(
    power_kw: FloatArray, asked: FloatArray | None, owed_kwh: FloatArray, rated_kw: FloatArray, duration_h: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what a water heater draws that was or is switched off: its store is emptied, then filled again.

    Parameters
    ----------
    power_kw : ndarray, shape (n_homes,)
        What it would draw. [kW]
    asked : ndarray, shape (n_homes,), or None
        0 where it is off.
    owed_kwh : ndarray, shape (n_homes,)
        What its store lacks. [kWh]
    rated_kw : ndarray, shape (n_homes,)
        Its power. [kW]
    duration_h : float
        Length of the step. [h]

    Returns
    -------
    p_kw, unserved_kw, owed_kwh : ndarray, shape (n_homes,)
        Power drawn, power that not even the store could serve, and what the store lacks now. [kW], [kW], [kWh]
    """
    wanted_kwh = owed_kwh + power_kw * duration_h
    most_kw = np.maximum(rated_kw, power_kw) if asked is None else np.where(asked < 0.5, 0.0, np.maximum(rated_kw, power_kw))  # noqa: PLR2004
    p_kw = np.minimum(wanted_kwh / duration_h, most_kw)
    left_kwh = np.maximum(wanted_kwh - p_kw * duration_h, 0.0)
    owed_kwh = np.minimum(left_kwh, STORE_KWH)
    return p_kw, (left_kwh - owed_kwh) / duration_h, owed_kwh

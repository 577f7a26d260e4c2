# SPDX-License-Identifier: Apache-2.0
"""What the homes' batteries lose, learned from their power and state of charge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from controllers.home_energy.homes import Homes
    from controllers.home_energy.options import HomeEnergyOptions
    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray

TRUST_CYCLES: Final = 1.0
"""As many full cycles the assumed efficiency weighs against the measured ones (assumption)."""

RESTS: Final = 1.1
"""A battery that draws no more than that many times its standby power rests: meters read it within some percent (assumption)."""
READING_KW: Final = 0.001
"""Smallest step in which power is read. [kW]"""


class Batteries:
    """Nameplate data of all batteries, and their efficiency as it is measured; arrays of shape ``(n_homes,)``, 0 without one.

    What went in (C) and came out (D) at the terminals, and the change S of what is held, give the one-way efficiency e:
    S = e C - D / e. Standby power, which is drawn while a battery rests, is neither.

    Parameters
    ----------
    homes : Homes
        The homes.
    options : HomeEnergyOptions
        For the round-trip efficiency that is assumed at first.
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, homes: Homes, options: HomeEnergyOptions, step_s: int) -> None:
        def column(name: str) -> FloatArray:
            return np.array([float(homes[row].option("battery", name, 0.0) or 0.0) for row in range(len(homes))])

        self.capacity_kwh, self.p_charge_kw = column("capacity_kwh"), column("p_charge_kw")
        discharge_kw = column("p_discharge_kw")
        self.p_discharge_kw = np.where(discharge_kw > 0, discharge_kw, self.p_charge_kw)
        self.min_soc, self.max_soc, self.standby_kw = column("min_soc"), column("max_soc"), column("standby_kw")
        self._step_h = step_s / SECONDS_PER_HOUR
        assumed = TRUST_CYCLES * self.capacity_kwh
        self._in_kwh, self._out_kwh = assumed.copy(), assumed * options.round_trip_efficiency
        self._first_soc = np.full(len(homes), np.nan)
        self._held_kwh = np.zeros(len(homes))
        self._missed = np.zeros(len(homes), dtype=bool)

    def observe(self, reading: Reading) -> None:
        """Take note of a step; a gap begins the reckoning of what is held anew."""
        p_kw, soc = reading.values["p_battery_kw"], reading.values["soc"]
        seen = ~np.isnan(p_kw) & ~np.isnan(soc)
        rests = (p_kw >= 0) & (p_kw <= RESTS * self.standby_kw + READING_KW)
        moved_kw = np.where(seen & ~np.isnan(self._first_soc) & ~rests, p_kw, 0.0)
        self._in_kwh += np.maximum(moved_kw, 0.0) * self._step_h
        self._out_kwh += np.maximum(-moved_kw, 0.0) * self._step_h
        gap = ~seen & ~np.isnan(self._first_soc)
        self._first_soc = np.where(gap, np.nan, np.where(seen & np.isnan(self._first_soc), soc - self._share(), self._first_soc))
        self._held_kwh = np.where(seen, (soc - self._first_soc) * self.capacity_kwh, self._held_kwh)

    def _share(self) -> FloatArray:
        return self._held_kwh / np.maximum(self.capacity_kwh, 1e-9)

    @property
    def one_way(self) -> FloatArray:
        """One-way efficiency of each battery, in (0.5, 1]."""
        charged = np.maximum(self._in_kwh, 1e-9)
        root = np.sqrt(self._held_kwh**2 + 4.0 * charged * self._out_kwh)
        return np.clip((self._held_kwh + root) / (2.0 * charged), 0.5, 1.0)

# SPDX-License-Identifier: Apache-2.0
"""What home batteries would do by themselves: take up what is left over and give it back, whatever the price.

A battery that is steered is simulated as its own mode would have used it. One that is left to itself has been measured: only what
else was steered in the home changes what it does, by as much as two simulations differ, with that and without it. So where
nothing is steered the habit is what was measured, however well the simulation fits.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.batteries import Batteries
    from controllers.home_energy.history import Window
    from controllers.home_energy.homes import Homes
    from twinergy.kinds import FloatArray

    BoolArray = NDArray[np.bool_]

FOLLOWS: Final = "self_consumption"
"""The one mode of its own in which a battery's habit is known from the home's load alone."""


def follows(homes: Homes) -> BoolArray:
    """Return whose battery follows the load of its home by itself, shape ``(n_homes,)``.

    Of others the habit is what was measured. Where a battery follows several homes behind one meter, or what somebody else asks
    for, one home cannot know its habit.
    """
    sharing = Counter(homes[row].dwelling.connection for row in range(len(homes)))
    return np.array(
        [
            home.option("battery", "mode") == FOLLOWS and sharing[home.dwelling.connection] == 1
            for home in (homes[row] for row in range(len(homes)))
        ],
        dtype=bool,
    )


class _Moved(NamedTuple):
    """Terminal power with standby in a step, and the state of charge at its end. [kW], [-]."""

    p_kw: FloatArray
    soc: FloatArray


class Cells:
    """The home batteries as the habit would have used them.

    Parameters
    ----------
    batteries : Batteries
        What they are, and what they lose.
    follows : bool ndarray, shape (n_homes,)
        Which of them follow their homes.
    soc : ndarray, shape (n_homes,)
        State of charge to begin with. [-]
    """

    def __init__(self, batteries: Batteries, follows: BoolArray, soc: FloatArray) -> None:
        self._of, self._follows = batteries, follows
        self._share_per_kwh = 1.0 / np.maximum(batteries.capacity_kwh, 1e-9)
        self.soc, self._soc_was = soc, soc
        self._known = np.ones(len(soc), dtype=bool)

    def copy(self) -> Cells:
        """Return cells in the same state, to try a day with; no array is ever changed in place."""
        other = Cells(self._of, self._follows, self.soc)
        other._soc_was, other._known = self._soc_was, self._known
        return other

    def run(self, shifted_kw: FloatArray, window: Window, step_h: float) -> FloatArray:
        """Return what the habit draws more than was measured, and move on to the end of the last step.

        Parameters
        ----------
        shifted_kw : ndarray, shape (n_steps, n_homes)
            By how much the home's load by habit differs from the measured one, without its battery. [kW]
        window : Window
            What was measured in these steps.
        step_h : float
            Length of a step. [h]

        Returns
        -------
        ndarray, shape (n_steps, n_homes)
            Load frame; 0 where the habit is what was measured, and where the gateway said nothing. [kW]
        """
        one_way = self._of.one_way
        more_kw = np.zeros_like(shifted_kw)
        for row, simulated in enumerate(window.simulated):
            known, soc, real_kw = window.known[row], window.soc[row], window.battery_kw[row]
            self._catch_up(simulated & known, soc, real_kw, one_way, step_h)
            others_kw = window.net_kw[row] - real_kw
            habit = self._follow(self.soc, others_kw + shifted_kw[row], known, one_way, step_h)
            alone = self._follow(self._soc_was, others_kw, known, one_way, step_h)
            more = np.where(simulated, habit.p_kw - real_kw, habit.p_kw - alone.p_kw)
            more_kw[row] = np.where(self._follows & known, more, 0.0)
            apart = np.where(self._follows, habit.soc - alone.soc, 0.0)
            led_soc = np.where(apart == 0.0, soc, self._within(soc + apart))
            self.soc = np.where(simulated, habit.soc, led_soc)
            self._soc_was, self._known = soc, known
        return more_kw

    def _within(self, soc: FloatArray) -> FloatArray:
        return np.clip(soc, self._of.min_soc, self._of.max_soc)

    def _follow(self, soc: FloatArray, others_kw: FloatArray, known: BoolArray, one_way: FloatArray, step_h: float) -> _Moved:
        """Bring the home's exchange as close to zero as the battery can; at rest it draws its standby power."""
        of = self._of
        room_kw = (of.max_soc - soc) * of.capacity_kwh / one_way / step_h
        held_kw = (soc - of.min_soc) * of.capacity_kwh * one_way / step_h
        low_kw = -np.clip(np.minimum(held_kw, of.p_discharge_kw), 0.0, None)
        high_kw = np.clip(np.minimum(room_kw, of.p_charge_kw), 0.0, None)
        p_kw = np.where(known, np.clip(-others_kw, low_kw, high_kw), 0.0)
        after = soc + _inside_kwh(p_kw, one_way, step_h) * self._share_per_kwh
        return _Moved(np.where(p_kw == 0.0, of.standby_kw, p_kw), after)

    def _catch_up(self, simulated: BoolArray, soc: FloatArray, real_kw: FloatArray, one_way: FloatArray, step_h: float) -> None:
        """After a gap, let the cells have done in it what the real ones did: there the habit is what the meter says."""
        back = simulated & ~self._known
        if back.any():
            before = soc - _inside_kwh(real_kw, one_way, step_h) * self._share_per_kwh
            self.soc = np.where(back, self._within(self.soc + before - self._soc_was), self.soc)


def _inside_kwh(p_kw: FloatArray, one_way: FloatArray, step_h: float) -> FloatArray:
    """Return what a terminal power puts into the cells, or takes out of them. [kWh]."""
    return np.where(p_kw > 0, p_kw * one_way, p_kw / one_way) * step_h

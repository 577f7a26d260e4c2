# SPDX-License-Identifier: Apache-2.0
"""The fleet of all charging points of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.charging import model
from simulators.charging.params import hubs_of, options_of, params_of
from simulators.charging.visits import COUNTS, Visits, takes_visitors
from twinergy.kinds import Fleet
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.charging.visitor import Places
    from twinergy.community.twin import BuildContext, Device
    from twinergy.kinds import FloatArray
    from twinergy.timebase import Block, Step


class View(NamedTuple):
    """What a point knows of the car at its end of the step; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    plugged, charging : ndarray
        1 where a car is plugged in, and power while this car was there. [-], [kW]
    open : ndarray
        Above 0 where it would take more. [kW] or [kWh]
    soc, wanted_kwh, departure_s : ndarray
        State of charge, energy missing to its wish, time to its departure. [-], [kWh], [s]
    """

    plugged: FloatArray
    charging: FloatArray
    open: FloatArray
    soc: FloatArray
    wanted_kwh: FloatArray
    departure_s: FloatArray


class ChargingFleet(Fleet):
    """Charging points as arrays.

    Parameters
    ----------
    devices : sequence of Device
        The points: of dwellings, of hubs, or both.
    context : BuildContext
        Twin, seed, start of the run and folder of the scenario.

    Raises
    ------
    ScenarioError
        If a file of sessions cannot be used.
    """

    def __init__(self, devices: Sequence[Device], context: BuildContext) -> None:
        self.ids = tuple(device.id for device in devices)
        self._params = params_of([options_of(device) for device in devices], hubs_of(devices, context.twin))
        self._public = np.array([takes_visitors(device) for device in devices])
        self._visits = Visits(devices, context) if self._public.any() else None
        n = len(devices)
        self._nothing = np.zeros(n)
        self._nothing.flags.writeable = False
        self._nobody = self._asked_locks = np.full(n, np.nan).tobytes()
        self._locked = np.zeros(n, dtype=np.bool_)
        self._plugged = self._since_s = self._nothing
        self._energy = self._energy_out = self._session = self._sessions = self._nothing

    def prepare(self, block: Block) -> None:
        """Draw the visitors of a week."""
        if self._visits is not None:
            self._visits.prepare(block)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance one step: charge what is plugged in, then let visitors come and go up to the end of the step."""
        self._lock(inputs["reserved"], step)
        self._come_home(inputs["car_plugged"], step)
        cars, staying = self._cars(step, inputs)
        asked = (self._asked(inputs[name]) for name in ("p_set_kw", "p_min_kw", "p_max_kw"))
        p_kw = model.power(self._params, cars, model.ChargingInputs(inputs["p_net_kw"], *asked))
        if staying is not None:
            p_kw *= staying
        self._count(p_kw, step.duration_s / SECONDS_PER_HOUR)
        view = self._own_view(step, inputs, p_kw)
        if self._visits is not None:
            theirs = self._let_go_on(self._visits, p_kw, step)
            view = theirs if self._public.all() else View(*(self._merged(a, b) for a, b in zip(theirs, view, strict=True)))
        return self._measured(p_kw, view)

    def state(self) -> dict[str, FloatArray]:
        """Return what the points remember."""
        kept = {"energy_kwh": self._energy, "energy_out_kwh": self._energy_out, "session_kwh": self._session}
        if self._visits is None:
            return kept
        places = self._visits.places
        return {**kept, "present": places.present.copy(), "car_kwh": places.energy_kwh.copy(), "queue": self._visits.queue}

    def _cars(self, step: Step, inputs: Mapping[str, FloatArray]) -> tuple[model.Cars, FloatArray | None]:
        """Return what is plugged in during this step, and for which share of it visitors stay."""
        own = model.Cars(
            accept_kw=inputs["p_accept_kw"],
            release_kw=inputs["p_release_kw"],
            phases=inputs["car_phases_count"],
            since_s=self._since_s,
            wanted_kwh=inputs["car_wanted_kwh"],
            left_s=inputs["car_departure_s"],
        )
        if self._visits is None:
            return own, None
        theirs, staying = self._visits.cars(step, back=self._params.any_v2g)
        if not self._public.all():
            theirs = model.Cars(*(self._merged(a, b) for a, b in zip(theirs, own, strict=True)))
        return theirs, staying

    def _merged(self, theirs: FloatArray, own: FloatArray) -> FloatArray:
        return np.where(self._public, theirs, own)

    def _come_home(self, plugged: FloatArray, step: Step) -> None:
        """Begin a session where a car of the dwelling was plugged in since the last step."""
        new = plugged > self._plugged
        self._plugged = plugged
        if new.any():
            self._sessions = self._sessions + new
            self._session = np.where(new, 0.0, self._session)
            self._since_s = np.where(new, float(step.epoch_s), self._since_s)

    def _lock(self, wanted: FloatArray, step: Step) -> None:
        asked = wanted.tobytes()
        if asked == self._asked_locks:
            return
        self._asked_locks = asked
        locked = wanted > 0.5  # noqa: PLR2004 - 1 locks; NaN and 0 do not
        if self._visits is not None:
            self._visits.reserve(locked, self._locked, step.epoch_s)
        self._locked = locked

    def _asked(self, values: FloatArray) -> FloatArray | None:
        """Return None for a port at which nobody asks; comparing bytes costs less than any look at the numbers."""
        return None if values.tobytes() == self._nobody else values

    def _count(self, p_kw: FloatArray, hours: float) -> None:
        """Add a step's energy to the registers of each direction."""
        moved = p_kw * hours
        if self._params.any_v2g:
            self._energy_out = self._energy_out - np.minimum(moved, 0.0)
            moved = np.maximum(moved, 0.0)
        self._energy = self._energy + moved
        self._session = self._session + moved

    def _own_view(self, step: Step, inputs: Mapping[str, FloatArray], p_kw: FloatArray) -> View:
        """Return what the points of dwellings know: what the car said before this step."""
        plugged, soc = inputs["car_plugged"], inputs["car_soc"]
        absent = np.where(plugged > 0.0, 0.0, np.nan)
        known = absent if self._params.all_know else np.where(self._params.knows_soc, absent, np.nan)
        left_s = inputs["car_departure_s"] - step.duration_s
        left_s += absent
        return View(plugged, p_kw, inputs["p_accept_kw"], soc + known, inputs["car_wanted_kwh"], left_s)

    def _let_go_on(self, visits: Visits, p_kw: FloatArray, step: Step) -> View:
        """Charge the visitors' cars, let visitors come and go, and return what the points know at the end of the step."""
        places, ends_s = visits.places, step.epoch_s + step.duration_s
        since_s = places.since_s.copy()
        if places.count:
            places.move(np.where(self._public, p_kw, 0.0), step.duration_s / SECONDS_PER_HOUR)
            done = places.done()
            if done.size:
                visits.finish(done, ends_s)
        visits.advance(ends_s)
        new = places.since_s != since_s
        if new.any():
            self._session = np.where(new, 0.0, self._session)
        return _seen(places, self._params.knows_soc, np.where(new, 0.0, p_kw), ends_s)

    def _measured(self, p_kw: FloatArray, view: View) -> dict[str, FloatArray]:
        tan_phi, visits = self._params.tan_phi, self._visits
        locked = self._locked
        return {
            "p_kw": p_kw,
            "q_kvar": self._nothing if tan_phi is None else np.abs(p_kw) * tan_phi,
            "p_ev_kw": p_kw if visits is None else np.where(self._public, 0.0, p_kw),
            "state": model.codes(view.charging, view.plugged, view.open, locked if visits is None else visits.taken(locked)),
            "closed": (p_kw != 0.0).astype(np.float64),
            "energy_kwh": self._energy,
            "energy_out_kwh": self._energy_out,
            "session_kwh": self._session,
            "soc": view.soc,
            "energy_wanted_kwh": view.wanted_kwh,
            "departure_s": view.departure_s,
            **(dict.fromkeys(COUNTS, self._nothing) if visits is None else visits.counts()),
            "sessions_count": self._sessions if visits is None else self._sessions + visits.registers.sessions,
        }


def _seen(places: Places, knows_soc: NDArray[np.bool_], charging: FloatArray, ends_s: float) -> View:
    """Return what hub points know of their visitors."""
    wanted = places.wanted_kwh()
    left_s = np.maximum(places.leaves_s - ends_s, 0.0)
    return View(places.present.copy(), charging, places.open_kwh(wanted), places.soc(knows_soc), wanted, left_s)

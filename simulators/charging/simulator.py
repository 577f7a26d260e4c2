# SPDX-License-Identifier: Apache-2.0
"""The fleet of all charging points of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.charging import kernel, model
from simulators.charging.params import hubs_of, options_of, params_of
from simulators.charging.visits import COUNTS, Visits, takes_visitors
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import BuildContext, Device
    from twinergy.kinds import FloatArray
    from twinergy.timebase import Block, Step


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
        public = [takes_visitors(device) for device in devices]
        self._params = params_of([options_of(device) for device in devices], hubs_of(devices, context.twin), public)
        self._visits = Visits(devices, context) if any(public) else None
        n = len(devices)
        self._nothing = np.zeros(n)
        self._nothing.flags.writeable = False
        self._counts = dict.fromkeys(("queue", *COUNTS), self._nothing)
        self._nobody, self._none_new = np.zeros((kernel.SEEN, n)), np.zeros(n, dtype=np.bool_)
        self._asked_locks, self._locked = np.full(n, np.nan).tobytes(), np.zeros(n, dtype=np.bool_)
        self._plugged, self._plugged_bytes = np.zeros(n), np.zeros(n).tobytes()
        self._since_s, self._sessions = np.zeros(n), np.zeros(n)
        self._drawn = self._fed = self._session = np.zeros(n)

    def prepare(self, block: Block) -> None:
        """Draw the visitors of a week."""
        if self._visits is not None:
            self._visits.prepare(block)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance one step: charge what is plugged in, then let visitors come and go up to the end of the step."""
        self._lock(inputs["reserved"], step)
        self._come_home(inputs["car_plugged"], step)
        cars, staying = self._cars(step, inputs)
        asked = (inputs[name] for name in ("p_net_kw", "p_set_kw", "p_min_kw", "p_max_kw"))
        p_kw = model.power(self._params, cars, model.ChargingInputs(*asked))
        if staying is not None:
            p_kw *= staying
        theirs, new = (self._nobody, self._none_new) if self._visits is None else self._let_go_on(self._visits, p_kw, step)
        shown = kernel.measure(
            *(self._params.table, p_kw, inputs["car_plugged"], inputs["car_soc"], inputs["p_accept_kw"]),
            *(inputs["car_wanted_kwh"], inputs["car_departure_s"], self._drawn, self._fed, self._session),
            *(self._locked, theirs, new, step.duration_s),
        )
        return self._measured(p_kw, shown)

    def state(self) -> dict[str, FloatArray]:
        """Return what the points remember."""
        kept = {"energy_kwh": self._drawn, "energy_out_kwh": self._fed, "session_kwh": self._session}
        if self._visits is None:
            return kept
        places = self._visits.places
        return {**kept, "present": places.present.copy(), "car_kwh": places.energy_kwh.copy(), "queue": self._visits.queue}

    def _cars(self, step: Step, inputs: Mapping[str, FloatArray]) -> tuple[model.Cars, FloatArray | None]:
        """Return what is plugged in during this step, and for which share of it visitors stay; None where there are none.

        The points of visitors belong to no dwelling, so their inputs say that there is no car.
        """
        own = model.Cars(
            accept_kw=inputs["p_accept_kw"],
            release_kw=inputs["p_release_kw"],
            phases=inputs["car_phases_count"],
            since_s=self._since_s,
            wanted_kwh=inputs["car_wanted_kwh"],
            left_s=inputs["car_departure_s"],
        )
        if self._visits is None or not self._visits.places.count:
            return own, None
        return self._visits.cars(self._params.table, own, step)

    def _come_home(self, plugged: FloatArray, step: Step) -> None:
        """Begin a session where a car of the dwelling was plugged in since the last step."""
        now = plugged.tobytes()
        if now == self._plugged_bytes:  # comparing bytes costs less than any look at the numbers
            return
        new = plugged > self._plugged
        self._plugged, self._plugged_bytes = plugged, now
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

    def _let_go_on(self, visits: Visits, p_kw: FloatArray, step: Step) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Charge the visitors' cars and let visitors come and go; return what is seen of them, and where one came."""
        ends_s, counts = step.epoch_s + step.duration_s, visits.counts
        since_s = visits.places.since_s.copy()
        if visits.places.count:
            visits.charge(p_kw, step)
        visits.advance(ends_s)
        new = self._none_new if visits.counts is counts else visits.places.since_s != since_s
        return visits.seen(self._params.knows_soc, ends_s), new

    def _measured(self, p_kw: FloatArray, shown: FloatArray) -> dict[str, FloatArray]:
        q_kvar, p_ev_kw, state, closed, soc, wanted_kwh, left_s, self._drawn, self._fed, self._session = shown
        visits, counts, sessions = self._visits, self._counts, self._sessions
        if visits is not None:
            *registers, visitors = visits.counts
            counts = {"queue": visits.queue, **dict(zip(COUNTS, registers, strict=True))}
            sessions = sessions + visitors
        return {
            "p_kw": p_kw,
            "q_kvar": q_kvar,
            "p_ev_kw": p_ev_kw,
            "state": state,
            "closed": closed,
            "energy_kwh": self._drawn,
            "energy_out_kwh": self._fed,
            "session_kwh": self._session,
            "soc": soc,
            "energy_wanted_kwh": wanted_kwh,
            "departure_s": left_s,
            **counts,
            "sessions_count": sessions,
        }

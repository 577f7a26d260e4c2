# SPDX-License-Identifier: Apache-2.0
"""The fleet of all electric vehicles of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from simulators.ev import model
from simulators.ev.habits import Outings, drivers_of, outings_of
from simulators.ev.params import params_in
from simulators.ev.schedule import Schedule
from twinergy.kinds import Fleet
from twinergy.randomness import device_generator
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulators.ev.options import EvOptions
    from twinergy.community.twin import BuildContext, Device
    from twinergy.kinds import FloatArray
    from twinergy.timebase import Block, Step


def _start_soc(device: Device, seed: int) -> float:
    options = cast("EvOptions", device.options)
    if options.soc is not None:
        return options.soc
    low = min(options.plug_in_below_soc, options.soc_limit)
    return low + (options.soc_limit - low) * device_generator(seed, device.id, "ev start").random()


class EvFleet(Fleet):
    """Electric vehicles as arrays.

    Parameters
    ----------
    devices : sequence of Device
        The vehicles.
    context : BuildContext
        Twin (which dwellings have a charging point), time zone and seed.
    """

    def __init__(self, devices: Sequence[Device], context: BuildContext) -> None:
        self.ids = tuple(device.id for device in devices)
        options = [cast("EvOptions", device.options) for device in devices]
        self._params = params_in(devices, context.twin)
        self._drivers = drivers_of(self.ids, options, context.seed)
        self._timezone, self._seed = context.twin.site.timezone, context.seed
        self._weeks: dict[int, Outings] = {}
        self._schedule: Schedule | None = None
        energy = np.array([_start_soc(device, context.seed) for device in devices]) * self._params.capacity_kwh
        nothing = np.zeros(len(self.ids))
        self._state = model.EvState(energy, np.zeros((3, len(self.ids))), *[nothing] * 5)

    def prepare(self, block: Block) -> None:
        """Draw the outings of a week and its neighbours and lay them out in steps."""
        numbers = range(block.number - 1, block.number + 2)
        self._weeks = {number: self._weeks.get(number) or self._draw(number) for number in numbers}
        begins = self._schedule is None
        self._schedule = Schedule(block, list(self._weeks.values()))
        if begins:
            self._begin(block.step_s / SECONDS_PER_HOUR)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance one step: charge, drive, leave and come home."""
        if self._schedule is None:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        params, before = self._params, self._state.status
        ends_s = step.epoch_s + step.duration_s
        acting = model.EvInputs(inputs["p_ev_kw"], inputs["temp_degc"].item(0), self._schedule[step.offset], ends_s)
        state, outputs = model.step(params, self._state, acting, step.duration_s)
        self._state = state
        return {
            "soc": outputs.soc,
            "wish_soc": params.wish_soc,
            "plugged": before[model.PLUGGED],
            "next_plugged": state.status[model.PLUGGED],
            "home_state": before[model.AT_HOME],
            "p_ac_kw": outputs.p_ac_kw,
            "p_loss_kw": outputs.p_loss_kw,
            "drive_kw": outputs.drive_kw,
            "p_accept_kw": state.p_accept_kw,
            "p_release_kw": state.p_release_kw,
            "energy_wanted_kwh": outputs.wanted_kwh,
            "departure_s": outputs.departure_s,
            "charger_phases_count": params.charger_phases,
            "distance_km": state.distance_km,
            "unserved_kwh": state.unserved_kwh,
            "shortfall_kwh": state.shortfall_kwh,
        }

    def state(self) -> dict[str, FloatArray]:
        """Return what the cars remember."""
        return self._state._asdict()

    def _draw(self, number: int) -> Outings:
        return outings_of(self._drivers, number, self._timezone, self._seed)

    def _begin(self, hours: float) -> None:
        """Take over who is at home and plugged in when the run begins; charging points learn it after the first step."""
        start = cast("Schedule", self._schedule).start()
        everyone = np.arange(len(self.ids))
        plugged = model.plugs_in(self._params, self._state.energy_kwh, everyone, start.mood, start.next_km) * start.at_home
        status = np.stack([plugged, start.at_home, start.leaves_s])
        self._state = model.ready(self._params, self._state._replace(status=status), hours)

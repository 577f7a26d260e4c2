# SPDX-License-Identifier: Apache-2.0
"""The fleet of all CHP units in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.chp.control import NOBODY, Asked
from simulators.chp.demand import demand_kw
from simulators.chp.model import ChpInputs, new_state
from simulators.chp.model import step as advance
from simulators.chp.params import params_of
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.chp.options import ChpOptions
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]


class ChpFleet(Fleet):
    """CHP units as arrays.

    Parameters
    ----------
    ids : sequence of str
        Device ids.
    options : sequence of ChpOptions
        Options in the same order.
    heat_networks : sequence of str
        Heat network of each unit, empty for none; units of one network share its demand by their heat, boilers included.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[ChpOptions], heat_networks: Sequence[str]) -> None:
        self.ids = tuple(ids)
        self._demands = [option.heat_demand for option in options]
        self._params = params_of(options)
        self._share = network_share(options, heat_networks)
        self._state = new_state(self._params, np.array([option.buffer.soc for option in options], dtype=np.float64))
        self._nobody = np.full(len(self.ids), np.nan).tobytes()
        self._own: FloatArray | None = None

    def prepare(self, block: Block) -> None:
        """Work out the heat demand that the options state for the block."""
        self._own = demand_kw(self._demands, block.epoch_s, block.step_s)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if self._own is None:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        demand = self._share * inputs["heat_network_kw"]
        demand += self._own[step.offset]
        asked = Asked(self._asked(inputs["p_set_kw"]), self._asked(inputs["p_min_kw"]), self._asked(inputs["p_max_kw"]))
        if all(values is None for values in asked):
            asked = NOBODY
        before, params = self._state, self._params
        state, outputs = advance(params, before, ChpInputs(demand, inputs["p_net_kw"], asked), step.duration_s)
        p_set = asked.p_set_kw
        self._state = state
        started = state.starts is not before.starts
        return {
            **outputs._asdict(),
            "heat_demand_kw": demand,
            "soc": state.energy_kwh / params.capacity_kwh,
            "temp_buffer_degc": state.energy_kwh * params.k_per_kwh + params.temp_min_degc,
            "on": state.running,
            "starts": state.starts,
            "hours_h": state.hours,
            "start_cost_eur": (state.starts - before.starts) * params.start_cost_eur if started else params.nothing,
            "p_unserved_kw": params.nothing if p_set is None else np.nan_to_num(np.abs(p_set - outputs.p_kw)),
        }

    def _asked(self, values: FloatArray) -> FloatArray | None:
        """Return None for a port at which nobody asks; comparing bytes costs less than any look at the numbers."""
        return None if values.tobytes() == self._nobody else values

    def state(self) -> dict[str, FloatArray]:
        """Return what the units remember."""
        state = self._state._replace(warm_s=self._params.nothing if self._state.warm_s is None else self._state.warm_s)
        return {name: np.array(values, dtype=np.float64) for name, values in state._asdict().items() if name != "running"}


def network_share(options: Sequence[ChpOptions], heat_networks: Sequence[str]) -> FloatArray:
    """Return the share of its heat network's demand that each unit supplies, pipe losses added, shape (n_devices,)."""
    heat = np.array([option.operating.rated_heat_kw + option.boiler_kw for option in options], dtype=np.float64)
    together: dict[str, float] = {}
    for name, kw in zip(heat_networks, heat.tolist(), strict=True):
        together[name] = together.get(name, 0.0) + kw
    total = np.array([together[name] if name else np.inf for name in heat_networks], dtype=np.float64)
    lost = np.array([option.network_loss_share for option in options], dtype=np.float64)
    return heat / total / (1.0 - lost)

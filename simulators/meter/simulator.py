# SPDX-License-Identifier: Apache-2.0
"""The fleet of all meters in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.meter.frequency import draw_frequency
from simulators.meter.model import MeterInputs, new_state
from simulators.meter.model import step as advance
from simulators.meter.params import params_of
from twinergy.kinds import Fleet
from twinergy.telegrams.reading import AGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from simulators.meter.options import MeterOptions
    from twinergy.telegrams.sending import Luck
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]


class MeterFleet(Fleet):
    """Meters as arrays.

    Parameters
    ----------
    ids : sequence of str
        Ids of the meters.
    options : sequence of MeterOptions
        Options in the same order.
    seed : int
        Seed of the run.
    """

    def __init__(self, ids: Sequence[str], options: Sequence[MeterOptions], seed: int) -> None:
        self.ids = tuple(ids)
        self._seed = seed
        self._params = params_of(self.ids, options, seed)
        self._state = new_state(self._params)
        self._luck: list[Luck] = []
        self._frequency_hz: list[float] = []

    def prepare(self, block: Block) -> None:
        """Draw noise, gaps and frequency of the block."""
        self._luck = self._params.sending.draw("meter", self.ids, self._seed, block, 3)
        self._frequency_hz = draw_frequency(self._seed, block)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: D102 - see Fleet
        if not self._luck:
            message = "prepare a block before its first step"
            raise RuntimeError(message)
        power = (inputs["true_p_kw"], inputs["true_q_kvar"], inputs["true_vm_pu"])
        noise, lost = self._luck[step.offset]
        seen = MeterInputs(power, inputs["true_soc"], self._frequency_hz[step.offset], noise, lost, step.epoch_s)
        self._state, telegrams = advance(self._params, self._state, seen, step.duration_s)
        p_kw, q_kvar, voltage_v, frequency_hz, soc, energy_import_kwh, energy_export_kwh, age_s = telegrams
        return {
            "p_kw": p_kw,
            "q_kvar": q_kvar,
            "voltage_v": voltage_v,
            "frequency_hz": frequency_hz,
            "soc": soc,
            "energy_import_kwh": energy_import_kwh,
            "energy_export_kwh": energy_export_kwh,
            "age_s": age_s,
        }

    def state(self) -> dict[str, FloatArray]:
        """Return the unrounded registers and the age of the latest telegrams."""
        registers = self._state.registers_kwh
        return {"energy_import_kwh": registers[0], "energy_export_kwh": registers[1], "age_s": self._state.history[0][AGE]}

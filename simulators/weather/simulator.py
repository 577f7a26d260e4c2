# SPDX-License-Identifier: Apache-2.0
"""The fleet of weather devices: all weather of a block is worked out before its first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from simulators.weather.resample import steps_of, sun_at
from simulators.weather.sources import build_source
from twinergy.errors import Finding, ScenarioError
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.weather.params import WeatherOptions
    from simulators.weather.series import Source
    from simulators.weather.service import WeatherService
    from twinergy.community.twin import BuildContext, Device
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]


class WeatherFleet(Fleet):
    """Weather of all devices (normally one) as arrays of shape ``(n_devices,)``.

    Parameters
    ----------
    devices : sequence of Device
        Weather devices.
    context : BuildContext
        Site, time axis, seed and folder.

    Attributes
    ----------
    findings : tuple of Finding
        What was filled, cut or assumed; also logged as warnings where it was found.

    Raises
    ------
    ScenarioError
        If a source cannot be used; the findings of all devices at once.
    """

    def __init__(self, devices: Sequence[Device], context: BuildContext) -> None:
        self.ids = tuple(device.id for device in devices)
        self.site = context.twin.site
        sources: list[Source] = []
        refused: list[Finding] = []
        assumed: list[Finding] = []
        for device in devices:
            try:
                source, findings = build_source(cast("WeatherOptions", device.options), device.id, context)
            except ScenarioError as error:
                refused += error.findings
            else:
                sources.append(source)
                assumed += findings
        if refused:
            raise ScenarioError(refused, "weather")
        sun_at(self.site, np.array([context.axis.start_epoch_s]))  # loads pvlib now, not in the first block
        self.sources, self.findings = tuple(sources), tuple(assumed)
        self._block: dict[str, FloatArray] = {}
        self._devices, self._context = tuple(devices), context
        self._service: WeatherService | None = None

    def prepare(self, block: Block) -> None:
        """Work out the weather of every step of a block."""
        start_s = int(block.epoch_s[0])
        columns = [steps_of(source, self.site, start_s, len(block), block.step_s) for source in self.sources]
        # Rows of one contiguous array per port: a step hands out views of memory that is never written again.
        self._block = {name: np.stack([column[name] for column in columns], axis=1) for name in columns[0]}

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: ARG002 - weather needs nothing
        """Return the weather of a step; see `Fleet.step`."""
        row = step.offset
        return {name: values[row] for name, values in self._block.items()}

    def forecast(self, now_s: int, n_steps: int) -> Mapping[str, FloatArray]:
        """Return what the weather service says of the steps from an instant on; see `WeatherService.ahead`.

        It is that of the first device; nothing is worked out for it before somebody asks.
        """
        if self._service is None:
            from simulators.weather.service import WeatherService  # noqa: PLC0415 - only who asks needs it

            device, context = self._devices[0], self._context
            options = cast("WeatherOptions", device.options).forecast
            self._service = WeatherService(self.sources[0], self.site, context.axis, options, context.seed, device.id)
        return self._service.ahead(now_s, n_steps)

# SPDX-License-Identifier: Apache-2.0
"""The fleet of all buildings in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from simulators.building.facades import Sky
from simulators.building.heating import Asked
from simulators.building.model import OUTPUTS, BuildingInputs, start
from simulators.building.model import step as advance
from simulators.building.params import floor_area_m2, params_of
from simulators.building.schedules import AREA_PER_PERSON_M2, Plan, Planner, night_of
from twinergy.errors import Finding, ScenarioError
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from simulators.building.options import BuildingOptions
    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]

SKY_PORTS: Final = (
    "temp_degc",
    "outdoor_humidity_percent",
    "ghi_w_per_m2",
    "dni_w_per_m2",
    "dhi_w_per_m2",
    "solar_apparent_zenith_deg",
    "solar_azimuth_deg",
    "albedo",
)
"""Weather of `facades.Sky`, in its order."""


class BuildingFleet(Fleet):
    """Buildings as arrays.

    Parameters
    ----------
    devices : sequence of Device
        The buildings.
    context : BuildContext
        The twin they stand in.

    Raises
    ------
    ScenarioError
        If a building has no floor area or no typical house is known for its country.
    """

    def __init__(self, devices: Sequence[Device], context: BuildContext) -> None:
        self.ids = tuple(device.id for device in devices)
        options = [cast("BuildingOptions", device.options) for device in devices]
        areas = [_area_m2(device, context.twin) for device in devices]
        countries = [option.country or context.twin.site.country[:2] for option in options]
        _refuse_impossible(devices, areas)
        try:
            self._params = params_of(options, areas, countries)
        except KeyError as unknown:
            message = f"no typical houses are known for country {unknown.args[0]!r}; name one in the building's country"
            raise ScenarioError([Finding(message=message, path="devices")], "building") from unknown
        nights = [night_of(option, context.seed, device.id) for option, device in zip(options, devices, strict=True)]
        self._planner = Planner(options, _people(devices, areas, context.twin), areas, nights)
        self._timezone = context.twin.site.timezone
        self._state = start(self._params)
        self._nobody = np.full(len(self.ids), np.nan).tobytes()
        self._plans: list[Plan] = []

    def prepare(self, block: Block) -> None:
        """Work out what the local clock says in each step of a block."""
        self._plans = self._planner.of_block(block, self._timezone)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance all buildings; the weather is one for all, see `Fleet.step`."""
        acting = BuildingInputs(
            Sky(*[inputs[name].item(0) for name in SKY_PORTS]),
            self._plans[step.offset],
            Asked(
                self._asked(inputs["temp_set_degc"]),
                self._asked(inputs["temp_cool_set_degc"]),
                self._asked(inputs["tank_temp_set_degc"]),
                self._asked(inputs["p_max_kw"]),
            ),
            inputs["occupants"],
            inputs["active_occupants"],
            inputs["heat_gain_kw"],
            inputs["hot_water_kw"],
        )
        self._state, outputs = advance(self._params, self._state, acting, step.duration_s)
        return dict(zip(OUTPUTS, outputs, strict=True))

    def _asked(self, values: FloatArray) -> FloatArray | None:
        """Return None for a port at which nobody asks; comparing bytes costs less than any look at the numbers."""
        return None if values.tobytes() == self._nobody else values

    def state(self) -> dict[str, FloatArray]:
        """Return temperatures of masses, air and tank, thermostats and air at the end of the last step."""
        state = self._state
        named = {
            f"{name}_degc": values for name, values in zip(("outer_mass", "inner_mass", "air"), state.store_degc, strict=True)
        }
        outdoor = {"outdoor_mean_degc": np.full(len(self.ids), state.outdoor.mean_degc)}
        air = {"co2_ppm": state.gas[0], "vapour_hpa": state.gas[1]}
        rest = {name: getattr(state, name) for name in ("tank_degc", "resting", "uncharged", "owed_kwh")}
        return {name: values.astype(np.float64) for name, values in (named | outdoor | air | rest).items()}


def _area_m2(device: Device, twin: Twin) -> float:
    dwelling = twin.dwelling_by_id.get(device.dwelling)
    return floor_area_m2(cast("BuildingOptions", device.options), None if dwelling is None else dwelling.floor_area_m2)


def _refuse_impossible(devices: Sequence[Device], areas: Sequence[float]) -> None:
    findings = [
        Finding(message=f"building {device.id!r} has no floor area", path=f"{device.path}.floor_area_m2", value=f"{area:g} m2")
        for device, area in zip(devices, areas, strict=True)
        if area <= 0.0
    ]
    if findings:
        raise ScenarioError(findings, "building")


def _people(devices: Sequence[Device], areas: Sequence[float], twin: Twin) -> list[float]:
    """Return the number of people who follow a schedule: none where a household of the same dwelling supplies them."""
    fed = {home.dwelling for home in twin.of_kind("household") if home.dwelling}
    return [
        0.0 if device.dwelling in fed else _design_people(device, area, twin) for device, area in zip(devices, areas, strict=True)
    ]


def _design_people(device: Device, area_m2: float, twin: Twin) -> float:
    use = cast("BuildingOptions", device.options).use
    dwelling = twin.dwelling_by_id.get(device.dwelling)
    if use == "residential" and dwelling is not None:
        return float(dwelling.residents)
    return area_m2 / AREA_PER_PERSON_M2[use]

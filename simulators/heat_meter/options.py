# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a heat meter."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from twinergy.options import NonNegative, Positive  # noqa: TC001 - pydantic reads annotations at run time
from twinergy.telegrams.options import DevicePoint, TelegramOptions

Quantity = Literal[
    "heat_space_kw", "heat_water_kw", "heat_network_kw", "cool_kw", "heat_kw", "boiler_heat_kw", "heat_supplied_kw"
]
QUANTITIES: Final[tuple[Quantity, ...]] = (
    "heat_space_kw",
    "heat_water_kw",
    "heat_network_kw",
    "cool_kw",
    "heat_kw",
    "boiler_heat_kw",
    "heat_supplied_kw",
)
"""Heat flows a meter may sit in: the first four are a building's, the others a CHP's."""


class HeatMeterOptions(TelegramOptions):
    """A heat meter and the way its readings travel; power, flow and temperatures in a telegram are means since the last."""

    of: DevicePoint
    """The device it measures: a building or a CHP."""
    quantity: Quantity
    """Which of the device's heat flows."""
    accuracy_class: Literal[2, 3, "ideal"] = 3
    """Class of EN 1434; class 3 is what homes are billed with, ideal has no error."""
    qp_m3_per_h: Positive = 1.5
    """Nominal flow of its flow sensor: 0.6 for a flat, 1.5 for a house, 2.5 to 15 for larger buildings. [m3/h]"""
    starts_at_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.002
    """Flow over the nominal flow below which it stands still; 3 l/h at 1.5 m3/h is usual of ultrasonic sensors. [-]"""
    least_difference_k: Literal[3, 5, 10] = 3
    """Smallest temperature difference for which it is made, of those of Directive 2014/32/EU, annex VI. [K]"""
    temp_flow_degc: Annotated[float, Field(ge=5.0, le=150.0)] = 55.0
    """Flow temperature where the device does not say it. [degC]"""
    temp_return_degc: Annotated[float, Field(ge=0.0, le=145.0)] = 35.0
    """Return temperature where the device does not say it. [degC]"""
    noise_relative: NonNegative = 0.002
    """Standard deviation of the random error of one reading of power and flow, over its value; assumption. [-]"""
    resolution_kw: Positive = 0.1
    """Resolution of the power. [kW]"""
    register_resolution_kwh: Positive = 1.0
    """Resolution of the register in its telegram; the register itself loses nothing. [kWh]"""

    @model_validator(mode="after")
    def _has_a_difference(self) -> Self:
        difference = self.temp_flow_degc - self.temp_return_degc
        if abs(difference) < self.least_difference_k:
            message = (
                f"temp_flow_degc={self.temp_flow_degc:g} and temp_return_degc={self.temp_return_degc:g} "
                f"are closer than least_difference_k={self.least_difference_k}"
            )
            raise ValueError(message)
        return self

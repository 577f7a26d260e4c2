# SPDX-License-Identifier: Apache-2.0
"""What the sensors and the smart devices of a home say."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from twinergy.messages.parts import Fraction, IntervalMessage, Named, NonNegative, NonPositive, Percent, Reading, check_names


class MachineStatus(Named):
    """A washing machine, dishwasher, dryer or the like behind a smart plug."""

    name: str
    """Kind of the machine, such as ``dishwasher``."""
    p_kw: Reading = None
    """Mean power at its plug."""
    pending: bool | None = None
    """Whether it is filled and waits to be started."""
    slack_s: NonNegative | None = None
    """For how long its start can still be put off."""


class SensorStatus(IntervalMessage):
    """Readings of the environmental sensors, and the state of storage, machines and car; None where there is no such thing."""

    information_object: ClassVar[str] = "sensor_status"
    data_model: ClassVar[str] = "SAREF"
    use_cases: ClassVar[tuple[str, ...]] = (
        *("PUC01.01", "PUC01.02", "PUC01.04", "PUC02.05", "PUC02.06", "PUC03.03", "PUC03.06", "PUC04.01", "PUC04.02"),
        *("PUC05.01", "PUC05.02", "SUC05.01", "PUC06.01", "PUC06.02", "PUC07.02", "PUC08.01", "PUC09.01", "PUC09.02"),
    )

    temp_indoor_degc: Reading = None
    """Indoor air temperature."""
    temp_tank_degc: Reading = None
    """Temperature of the hot water tank."""
    humidity_percent: Percent | None = None
    """Relative humidity indoors."""
    co2_ppm: NonNegative | None = None
    """Carbon dioxide indoors."""
    illuminance_lx: NonNegative | None = None
    """Illuminance indoors."""
    noise_dba: Reading = None
    """A-weighted sound pressure level indoors."""
    soc: Fraction | None = None
    """State of charge of the battery."""
    p_pv_available_kw: NonPositive | None = None
    """What the roof could generate uncurtailed, load frame."""
    p_heating_kw: NonNegative | None = None
    """Electrical power of heat pump and heating rods."""
    p_cooling_kw: NonNegative | None = None
    """Electrical power of the air conditioning."""
    car_wanted_kwh: NonNegative | None = None
    """What the plugged car still wants at its battery."""
    car_departure_s: NonNegative | None = None
    """Time until the car leaves, counted from the end of the interval."""
    valid: bool = True
    """Whether the gateway's latest readings arrived."""
    age_s: NonNegative | None = None
    """Age of the readings."""
    machines: tuple[MachineStatus, ...] = ()
    """Machines that run programmes."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        check_names("machines", self.machines)
        return self

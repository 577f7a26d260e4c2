# SPDX-License-Identifier: Apache-2.0
"""What a home could do at another time, or not at all."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from twinergy.messages.parts import Instant, NonNegative, Part, Reading, Series, SeriesMessage

Flexible = Literal["deferrable", "thermal", "storage", "charging", "curtailable"]


class ApplianceFlexibility(Part):
    """The freedom of one appliance."""

    appliance: str
    """Id of the device, or of the device and the machine, such as ``household-7 dishwasher``."""
    kind: Flexible
    """A programme that can start later, a temperature band, a battery, a car, or generation that can be curtailed."""
    earliest: Instant
    """From when on it is free, UTC."""
    latest: Instant
    """Until when it must be done, UTC."""
    energy_kwh: Reading = None
    """What it needs within that time, load frame."""
    p_low_kw: Reading = None
    """Least power while it runs, load frame."""
    p_high_kw: Reading = None
    """Most power while it runs, load frame."""
    duration_s: NonNegative | None = None
    """Length of its programme."""
    interruptible: bool = False
    """Whether it may pause."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.latest < self.earliest:
            message = f"latest {self.latest.isoformat()} lies before earliest {self.earliest.isoformat()}"
            raise ValueError(message)
        if self.p_low_kw is not None and self.p_high_kw is not None and self.p_low_kw > self.p_high_kw:
            message = f"p_low_kw {self.p_low_kw:g} kW is above p_high_kw {self.p_high_kw:g} kW"
            raise ValueError(message)
        return self


class UserAppliancesFlexibility(SeriesMessage):
    """Appliances that can be shifted, and between which powers the whole home can choose."""

    information_object: ClassVar[str] = "user_appliances_flexibility"
    data_model: ClassVar[str] = "User Appliances Flexibility"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.03", "PUC02.03", "PUC03.02", "PUC05.01")
    series: ClassVar[tuple[str, ...]] = ("p_low_kw", "p_expected_kw", "p_high_kw")

    appliances: tuple[ApplianceFlexibility, ...] = ()
    """Appliances with freedom."""
    p_expected_kw: Series = ()
    """Power of the home at the connection if nobody asks for anything, load frame."""
    p_low_kw: Series = ()
    """Least power it could have in the step, load frame."""
    p_high_kw: Series = ()
    """Most power it could have in the step, load frame."""

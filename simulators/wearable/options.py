# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a wearable and the person who wears it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulators.wearable.classes import CLASSES, Channel, Channels, Quantity
from simulators.wearable.person import RESTING_BPM, Sex, hr_max_bpm, vo2max_met
from twinergy.telegrams.options import SendingOptions


class WearableOptions(SendingOptions):
    """What one person of a dwelling wears, and how its readings travel."""

    person: Annotated[int, Field(ge=1)] = 1
    """Which of the people of the dwelling wears it, counted from 1."""
    age_years: Annotated[float, Field(ge=16.0, le=100.0)] = 40.0
    """Age: the highest heart rate falls with it. [a]"""
    sex: Sex = "female"
    """Sex: for the highest oxygen uptake where `vo2max_met` is not given."""
    mass_kg: Annotated[float, Field(ge=30.0, le=250.0)] = 70.0
    """Mass of the body, for the same (assumption). [kg]"""
    resting_bpm: Annotated[float, Field(ge=35.0, le=110.0)] = RESTING_BPM
    """Heart rate awake and at rest on a chair; 67 is the mean of 10,865 adults (Fenland study). [1/min]"""
    vo2max_met: Annotated[float, Field(ge=2.0, le=26.0)] | None = None
    """Highest oxygen uptake over that at rest, 3.5 ml/(kg min); left out: by age, sex and mass (FRIEND registry, 2017). [met]"""
    comfort_degc: Annotated[float, Field(ge=15.0, le=32.0)] = 23.0
    """Operative temperature at which the person is comfortable; ISO 7730 has 22 in winter and 24.5 in summer clothing for
    sedentary activity, the value between them is an assumption. [degC]"""
    site_offset_k: Annotated[float, Field(ge=-5.0, le=2.0)] = 0.0
    """Temperature of the skin below the sensor over the mean of the whole skin; a wrist is often cooler. [K]"""
    heart_response_s: Annotated[float, Field(ge=0.0)] = 55.0
    """Time in which the heart has followed 63 % of a change of activity; 55 s parts the fit from the unfit (Wang, Su and
    Celler, IEEE EMBS 2006). [s]"""
    skin_response_s: Annotated[float, Field(ge=0.0)] = 600.0
    """The same for the skin and the sensor on it (assumption; the sensor alone has 19 s in water). [s]"""
    off_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    """Share of the quarters of an hour awake at home in which it is taken off, for a shower or to charge it (assumption). [-]"""
    worn_asleep: Annotated[float, Field(ge=0.0, le=1.0)] = 0.7
    """Share of the nights in which it is worn (assumption). [-]"""
    wearable_class: Literal["low_cost", "tracker", "ideal"] = "low_cost"
    """Class of device: a cheap wrist band, a sports watch, or one without errors."""
    channels: dict[Quantity, Channel | None] = Field(default_factory=dict)
    """Own figures in place of those of the class, by quantity; null takes a quantity out."""

    @property
    def sensed(self) -> Channels:
        """Channels of this wearable by quantity."""
        chosen = {**CLASSES[self.wearable_class], **self.channels}
        return {name: channel for name, channel in chosen.items() if channel is not None}

    @property
    def hr_max_bpm(self) -> float:
        """Highest heart rate of the person. [1/min]."""
        return hr_max_bpm(self.age_years)

    @property
    def bpm_per_met(self) -> float:
        """How much faster the heart beats per met: heart rate reserve over oxygen reserve. [1/(min met)]."""
        most = vo2max_met(self.age_years, self.sex, self.mass_kg) if self.vo2max_met is None else self.vo2max_met
        return (self.hr_max_bpm - self.resting_bpm) / (most - 1.0)

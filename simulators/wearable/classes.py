# SPDX-License-Identifier: Apache-2.0
"""Classes of real wearables: how far they are off, as studies found that held them against laboratory instruments.

What was not read there but remembered says *from memory*, what nobody states is an *assumption*.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from twinergy.options import NonNegative
from twinergy.telegrams.options import Span

Quantity = Literal["heart_rate_bpm", "skin_temp_degc", "activity_met"]
QUANTITIES: Final[tuple[Quantity, ...]] = ("heart_rate_bpm", "skin_temp_degc", "activity_met")
"""What a wearable may measure, in the order of all its arrays."""


class Channel(Span):
    """How well a wearable measures one quantity; figures are in the unit of the quantity."""

    error_relative: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Mean absolute error over the value, as studies publish it (MAPE); 4 % is 0.04. Half of its variance stays with the wearer
    for good (skin, fit of the strap), half is drawn with every reading (assumption). [-]"""
    accuracy: NonNegative = 0.0
    """Largest systematic error that does not depend on the value."""
    noise: NonNegative = 0.0
    """Standard deviation of single readings that does not depend on the value."""


Channels = dict[Quantity, Channel]

LOW_COST: Final[Channels] = {
    "heart_rate_bpm": Channel(error_relative=0.069, resolution=1.0, low=30.0, high=220.0),
    "skin_temp_degc": Channel(accuracy=0.4, noise=0.09, resolution=0.1, low=10.0, high=45.0),
    "activity_met": Channel(error_relative=0.3, resolution=0.1, low=0.7, high=20.0),
}
"""A wrist band for little money. Heart: Xiaomi Mi Band 2, 7.69 % with twenty young and 6.04 % with twenty older adults, sitting
and in moderate exercise (Chow and Yang, JMIR mHealth and uHealth 8(4), 2020, e14707). Skin: iButton, at most 0.4 K off,
precision at worst 0.09 K (van Marken Lichtenbelt et al., Physiology and Behavior 88, 2006, pp. 489-497). Activity: none of
seven wrist-worn devices had an error of the energy expenditure below 20 %, the best of them 27 % (Shcherbina et al., J. Pers.
Med. 7(2), 2017, 3; the 27 % from memory). Resolutions and ranges: assumption; 0.7 met is sleep in ASHRAE 55."""

TRACKER: Final[Channels] = {
    "heart_rate_bpm": Channel(error_relative=0.0425, resolution=1.0, low=30.0, high=220.0),
    "skin_temp_degc": Channel(accuracy=0.3, noise=0.05, resolution=0.1, low=10.0, high=45.0),
    "activity_met": Channel(error_relative=0.2, resolution=0.1, low=0.7, high=20.0),
}
"""A sports watch. Heart: Garmin Vivosmart HR+, 3.77 % and 4.73 % in the same study. Skin: mean precision of the same iButton;
0.3 K: assumption. Activity: the bound that no device of Shcherbina et al. reached."""

IDEAL: Final[Channels] = {name: Channel(resolution=1e-9, low=-1e9, high=1e9) for name in QUANTITIES}

CLASSES: Final[dict[str, Channels]] = {"low_cost": LOW_COST, "tracker": TRACKER, "ideal": IDEAL}
"""Channels by class."""

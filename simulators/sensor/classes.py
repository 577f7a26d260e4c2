# SPDX-License-Identifier: Apache-2.0
"""Classes of real sensors: what their data sheets promise of each quantity.

Figures are those of the named data sheets; what was not read there but remembered says *from memory*, what nobody states is an
*assumption*.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from twinergy.options import NonNegative
from twinergy.telegrams.options import Span

Quantity = Literal["temp_indoor_degc", "humidity_percent", "co2_ppm", "illuminance_lx", "noise_dba"]
QUANTITIES: Final[tuple[Quantity, ...]] = ("temp_indoor_degc", "humidity_percent", "co2_ppm", "illuminance_lx", "noise_dba")
"""What a sensor may measure, in the order of all its arrays."""


class Channel(Span):
    """How well a sensor measures one quantity; figures are in the unit of the quantity."""

    accuracy: NonNegative = 0.0
    """Largest systematic error, the part that does not depend on the value."""
    accuracy_relative: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Largest systematic error over the value; 3 % is 0.03. [-]"""
    noise: NonNegative = 0.0
    """Standard deviation of single readings (repeatability)."""
    response_s: NonNegative = 0.0
    """Time in which a reading has followed 63 % of a sudden change (first order); 0 follows at once. [s]"""


def _channel(
    accuracy: tuple[float, float], noise: float, resolution: float, response_s: float, span: tuple[float, float]
) -> Channel:
    """Return a channel from accuracy (absolute, relative), noise, resolution, response in seconds and range."""
    return Channel(
        accuracy=accuracy[0],
        accuracy_relative=accuracy[1],
        noise=noise,
        resolution=resolution,
        response_s=response_s,
        low=span[0],
        high=span[1],
    )


Channels = dict[Quantity, Channel]

SHT31: Final[Channels] = {
    "temp_indoor_degc": _channel((0.2, 0.0), 0.02, 0.01, 2.0, (-40.0, 125.0)),
    "humidity_percent": _channel((2.0, 0.0), 0.2 / 3.0, 0.01, 8.0, (0.0, 100.0)),
}
"""Sensirion, SHT3x data sheets (ARP 2014, DIS version 5, 2018): +-0.2 K from 0 to 90 degC, +-2 %RH, 0.2 %RH repeatability as
three standard deviations, 8 s at 1 m/s. Temperature: 0.06 K as three standard deviations and more than 2 s, from memory."""

SCD30: Final[Channels] = {
    "temp_indoor_degc": _channel((0.4, 0.0), 0.1, 0.01, 10.0, (-40.0, 70.0)),
    "humidity_percent": _channel((3.0, 0.0), 0.1, 0.01, 8.0, (0.0, 100.0)),
    "co2_ppm": _channel((30.0, 0.03), 10.0, 1.0, 20.0, (0.0, 40_000.0)),
}
"""Sensirion, SCD30 data sheet (version 1.0 D1, 2020): CO2 +-(30 ppm + 3 %) from 400 to 10 000 ppm, repeatability 10 ppm, output
up to 40 000 ppm; response times and the accuracies of temperature (at 25 degC) and humidity from memory."""

SCD41: Final[Channels] = {
    "temp_indoor_degc": _channel((0.8, 0.0), 0.1, 0.01, 120.0, (-10.0, 60.0)),
    "humidity_percent": _channel((6.0, 0.0), 0.4, 0.01, 90.0, (0.0, 100.0)),
    "co2_ppm": _channel((40.0, 0.05), 10.0, 1.0, 60.0, (0.0, 40_000.0)),
}
"""Sensirion, SCD4x data sheet (version 1.1, 2021) and a table after it: CO2 +-(40 ppm + 5 %) from 400 to 5000 ppm, +-6 %RH
and +-0.8 K from 15 to 35 degC, repeatability 10 ppm, 0.4 %RH and 0.1 K, response 60, 90 and 120 s."""

CA1510: Final[Channels] = {
    "temp_indoor_degc": _channel((0.5, 0.0), 0.05, 0.1, 195.0, (-10.0, 60.0)),
    "humidity_percent": _channel((2.0, 0.0), 0.05, 0.1, 195.0, (5.0, 95.0)),
    "co2_ppm": _channel((50.0, 0.03), 5.0, 1.0, 195.0, (0.0, 5_000.0)),
}
"""Chauvin Arnoux, C.A 1510 user's manual: CO2 +-(50 ppm + 3 %) up to 5000 ppm, 195 s; +-0.5 K; +-2 %RH from 10 to 90 %;
resolutions. Response of temperature and humidity as that of CO2, and the noise: assumption."""

BH1750: Final = _channel((3.0, 0.2), 1.0, 1.0, 0.12, (0.0, 54_612.0))
"""ROHM, BH1750FVI technical note (2009): 0.96 to 1.44 counts per lx around 1.2, at most 3 counts in the dark, 1 lx, 120 ms; 16
bits are 65 535 / 1.2 lx. Noise of one count: assumption."""
DBM_R3: Final = _channel((2.0, 0.0), 0.5, 1.0, 1.0, (35.0, 116.0))
"""PCB Artists, PCBA-DBM-r3: +-2 dB at 94 dB and 1 kHz, 1 dB, 35 to 116 dB(A), averaging from 10 ms to 10 s. Noise: assumption."""

IDEAL: Final[Channels] = {name: Channel(resolution=1e-9, low=-1e9, high=1e9) for name in QUANTITIES}

CLASSES: Final[dict[str, Channels]] = {
    "room": {**SHT31, "co2_ppm": SCD30["co2_ppm"], "illuminance_lx": BH1750, "noise_dba": DBM_R3},
    "scd30": SCD30,
    "scd41": SCD41,
    "sht31": SHT31,
    "ca1510": CA1510,
    "ideal": IDEAL,
}
"""Channels by class: `room` is a wall unit with SHT31, SCD30, BH1750 and a sound level meter."""

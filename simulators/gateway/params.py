# SPDX-License-Identifier: Apache-2.0
"""Options of many gateways as arrays, with the errors their meters and sensors were made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.gateway.layout import GROUPS, POWERS, STATES, plug_rows
from twinergy.telegrams.reading import by_quantity, made_errors, steps_per_unit
from twinergy.telegrams.sending import Sending
from twinergy.timebase import local_epoch_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.gateway.options import DeadPlug, GatewayOptions

    FloatArray = NDArray[np.float64]


class Channel(NamedTuple):
    """How well something is sensed, in the unit of the quantity.

    Attributes
    ----------
    relative, accuracy : float
        Largest systematic error over the value, and the part that does not depend on it.
    noise_relative, noise : float
        Standard deviation of single readings, over the value and at zero.
    low, high : float
        Range; beyond it a reading stays there.
    resolution : float
        Smallest step of a reading.
    """

    relative: float
    accuracy: float
    noise_relative: float
    noise: float
    low: float
    high: float
    resolution: float


ROOM: Final[dict[str, Channel]] = {
    "soc": Channel(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.01),
    "temp_indoor_degc": Channel(0.0, 0.2, 0.0, 0.02, -40.0, 125.0, 0.01),
    "temp_tank_degc": Channel(0.0, 1.0, 0.0, 0.05, -20.0, 120.0, 0.1),
    "humidity_percent": Channel(0.0, 2.0, 0.0, 0.2 / 3.0, 0.0, 100.0, 0.01),
    "co2_ppm": Channel(0.03, 30.0, 0.0, 10.0, 0.0, 40_000.0, 1.0),
    "illuminance_lx": Channel(0.2, 3.0, 0.0, 1.0, 0.0, 54_612.0, 1.0),
    "noise_dba": Channel(0.0, 2.0, 0.0, 0.5, 35.0, 116.0, 1.0),
}
"""Figures of the class ``room`` of the device kind ``sensor``, where their data sheets are discussed: Sensirion SHT31 (0.2 K,
2 %RH) and SCD30 (30 ppm + 3 %), ROHM BH1750 (20 %), PCB Artists DBM-r3 (2 dB). State of charge in steps of 1 %, as the kind
``meter``; the tank's sensor with 1 K and 0.1 K: assumption."""
IDEAL: Final = Channel(0.0, 0.0, 0.0, 0.0, -np.inf, np.inf, 1e-9)
_PV: Final = [each.name for each in POWERS].index("p_pv_kw")


class Dead(NamedTuple):
    """A power that reads 0 for a while: row and column of the truth, first and last moment. [s]."""

    row: int
    gateway: int
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParams:
    """What is known of a set of gateways.

    Attributes
    ----------
    table : ndarray, shape (7, 23, n_devices)
        For each row of `POWERS` and `STATES`: reading over truth, NaN where nothing measures it [-]; reading at zero [unit];
        standard deviation of a reading over its value [-] and at zero [unit]; lowest and highest reading [unit]; steps of
        resolution per unit.
    sending : Sending
        When telegrams are due, and how they are lost.
    dead : tuple of Dead
        Plugs that report nothing for a while.
    """

    table: FloatArray
    sending: Sending
    dead: tuple[Dead, ...]


def params_of(ids: Sequence[str], options: Sequence[GatewayOptions], seed: int, timezone: str) -> GatewayParams:
    """Return the options of a set of gateways as arrays.

    The systematic error of each quantity is drawn once, uniformly within its accuracy; it depends on the seed and the gateway's
    id only. An inverter measures what it feeds in and what it could with the same error.
    """
    count = len(POWERS) + len(STATES)
    channels = np.array([_channels(option) for option in options], dtype=np.float64).reshape(-1, count, len(Channel._fields))
    relative, accuracy, noise_relative, noise, low, high, resolution = channels.transpose(2, 1, 0)
    error = made_errors("gateway", ids, seed, count)
    error[_PV + 1] = error[_PV]
    gain = 1.0 + error * relative
    gain[: len(POWERS)] += by_quantity([_unplugged(option) for option in options], len(POWERS))
    return GatewayParams(
        table=np.stack([gain, error * accuracy, noise_relative, noise, low, high, steps_per_unit(resolution)]),
        sending=Sending.of(options),
        dead=tuple(dead for n, option in enumerate(options) for each in option.dead_plugs for dead in _dead(n, each, timezone)),
    )


def _channels(option: GatewayOptions) -> list[Channel]:
    power = Channel(option.accuracy_relative, 0.0, option.noise_relative, 0.0, -np.inf, np.inf, option.resolution_kw)
    sensed = [ROOM[each.name] if option.sensors == "room" else IDEAL for each in STATES]
    return [*([power] * len(POWERS)), *sensed]


def _unplugged(option: GatewayOptions) -> FloatArray:
    """Return NaN for powers that no plug measures, else 0."""
    missing = np.zeros(len(POWERS))
    for group in GROUPS:
        if group not in option.plugs:
            missing[plug_rows(group)] = np.nan
    return missing


def _dead(gateway: int, plug: DeadPlug, timezone: str) -> list[Dead]:
    until_s = np.inf if plug.until is None else local_epoch_s(plug.until, timezone)
    return [Dead(row, gateway, local_epoch_s(plug.from_, timezone), until_s) for row in plug_rows(plug.group)]

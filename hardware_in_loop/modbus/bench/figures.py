# SPDX-License-Identifier: Apache-2.0
"""The numbers behind one SunSpec unit, in watts and as its models count them: what goes into the grid is positive."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.senses import Counter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.modbus.bench.senses import Senses
    from twinergy.adapters import Attached

NOMINAL_V: Final = 230.0
NOMINAL_HZ: Final = 50.0
PHASES: Final = 3
W_PER_KW: Final = 1000.0
PERCENT: Final = 100.0
IDLE_W: Final = 1.0
"""Below this it counts as standing by. [W]"""


class Figures:
    """Numbers of the devices that share a unit: a battery, a PV system, both (a hybrid inverter), or a meter.

    Parameters
    ----------
    attached : mapping of str to Attached
        By kind of device.
    senses : mapping of str to Senses
        By kind of device.
    declared : mapping of str to str
        What positive means in models that leave it open, by the profile: ``load`` or ``generation`` by ``802`` and ``meter``.
    """

    def __init__(
        self, attached: Mapping[str, Attached], senses: Mapping[str, Senses], declared: Mapping[str, str] | None = None
    ) -> None:
        self.declared = dict(declared or {})
        self.attached = dict(attached)
        self.senses = dict(senses)
        self.injected = Counter(lambda: self.inject_w() / W_PER_KW)
        self.absorbed = Counter(lambda: -self.inject_w() / W_PER_KW)

    def rated_w(self, *kinds: str) -> float:
        """Return the sum of ratings of these kinds, of all of them if none is named. [W]."""
        ones = [one for kind, one in self.attached.items() if not kinds or kind in kinds]
        return sum(one.rated_kw for one in ones) * W_PER_KW

    def capacity_wh(self) -> float:
        """Return the capacity of the battery, NaN for none. [Wh]."""
        battery = self.attached.get("battery")
        return math.nan if battery is None else battery.facts.get("capacity_kwh", math.nan) * W_PER_KW

    def read(self, kind: str, port: str) -> float:
        """Return a measured port of a kind, NaN where the unit has none."""
        senses = self.senses.get(kind)
        return math.nan if senses is None else senses.read(port)

    def inject_w(self, *kinds: str) -> float:
        """Return the power that these kinds (all of them) feed in, NaN where none of them knows. [W]."""
        values = [self.read(kind, "p_kw") for kind in (kinds or tuple(self.senses))]
        known = [value for value in values if math.isfinite(value)]
        return -sum(known) * W_PER_KW if known else math.nan

    def inject_var(self) -> float:
        """Return the reactive power that it feeds in, 0 where it is not known. [var]."""
        return -W_PER_KW * sum(senses.or_zero("q_kvar") for senses in self.senses.values())

    def apparent_va(self) -> float:
        """Return the apparent power. [VA]."""
        return math.hypot(self.inject_w(), self.inject_var())

    def power_factor(self) -> float:
        """Return the power factor with the sign of the power, 1 at rest. [-]."""
        apparent = self.apparent_va()
        return 1.0 if not apparent > 0.0 else self.inject_w() / apparent

    def voltage_v(self) -> float:
        """Return the voltage from phase to neutral, as measured or nominal. [V]."""
        measured = self.read("meter", "voltage_v")
        return measured if math.isfinite(measured) else NOMINAL_V

    def frequency_hz(self) -> float:
        """Return the frequency, as measured or nominal. [Hz]."""
        measured = self.read("meter", "frequency_hz")
        return measured if math.isfinite(measured) else NOMINAL_HZ

    def phase_a(self) -> float:
        """Return the current of one phase. [A]."""
        return self.apparent_va() / (PHASES * self.voltage_v())

    def soc_percent(self) -> float:
        """Return the state of charge. [%]."""
        return self.read("battery", "soc") * PERCENT

    def soh_percent(self) -> float:
        """Return the state of health. [%]."""
        return self.read("battery", "soh") * PERCENT

    def charge_state(self) -> int:
        """Return how the battery is, as models 124 and 802 number it: 2 empty to 6 holding."""
        soc, power_w = self.read("battery", "soc"), -self.inject_w("battery")
        if power_w < -IDLE_W:
            return 3
        if power_w > IDLE_W:
            return 4
        return 5 if soc >= 1.0 else 2 if soc <= 0.0 else 6

    def moves(self) -> bool:
        """Return whether power flows."""
        return abs(self.inject_w()) > IDLE_W

    def turn(self, kind: str, port: str, natural: str, declared: str = "") -> float:
        """Return -1 where a device counts a port the other way round than its model does here, else 1.

        Parameters
        ----------
        kind, port : str
            What is shown.
        natural : str
            ``load`` or ``generation``: what a positive value means in this software.
        declared : str
            What it means by the profile.
        """
        senses = self.senses.get(kind)
        meant = senses.signs.get(port, declared or natural) if senses is not None else natural
        return 1.0 if meant == natural else -1.0

    def shown_w(self) -> float:
        """Return the power as this unit's inverter models show it, turned where the scenario says so. [W]."""
        return self._turned("p_kw") * self.inject_w()

    def shown_var(self) -> float:
        """Return the reactive power likewise. [var]."""
        return self._turned("q_kvar") * self.inject_var()

    def _turned(self, port: str) -> float:
        """Return -1 where the only device behind this unit counts a port the other way round than inverter models do."""
        return self.turn(next(iter(self.senses)), port, "generation") if len(self.senses) == 1 else 1.0

    def local(self) -> bool:
        """Return whether somebody at the device has control."""
        return any(senses.local for senses in self.senses.values())

    def heartbeat(self) -> int:
        """Return a counter that moves every second."""
        return min((senses.heartbeat for senses in self.senses.values()), default=0)

    def energy_wh(self, port: str, counter: Counter) -> float:
        """Return a register of energy: a port of the meter where there is one, else what has added up. [Wh]."""
        measured = self.senses["meter"].count(port) if "meter" in self.senses else math.nan
        return (measured if math.isfinite(measured) else counter.read()) * W_PER_KW

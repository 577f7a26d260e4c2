# SPDX-License-Identifier: Apache-2.0
"""Shelly of the second generation and later: Plus Plug S and Pro 3EM.

Source: Shelly technical documentation "Gen2+ Device API", components Switch, EM and EMData.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.bench.device import number, watts
from hardware_in_loop.mqtt.bench.points import channel_of, port_of
from hardware_in_loop.mqtt.bench.relay import Registers, Relay
from hardware_in_loop.mqtt.bench.shelly_rpc import BAD_ARGUMENT, UNAVAILABLE, RpcError, ShellyGen2
from twinergy.adapters import Fault

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.bench.device import Surroundings
    from hardware_in_loop.mqtt.bench.station import Station
    from twinergy.adapters import Attached

MAINS_V: Final = 230.0
MAINS_HZ: Final = 50.0
"""Shown where the physics has no voltage or frequency."""
MINUTE_S: Final = 60.0
PHASES: Final = ("a", "b", "c")


class ShellyGen2Plug(ShellyGen2):
    """Plus Plug S: a relay with a meter behind it."""

    model = "SNPL-00112EU"
    app = "PlusPlugS"

    def __init__(self, attached: Attached, station: Station, world: Surroundings, prefix: str) -> None:
        super().__init__(attached, station, world, prefix)
        self.channel = channel_of(attached)
        self._power = port_of(attached, "p_kw")
        self.relay: Relay = Relay(port_of(attached, "on"))
        self._energy = Registers()
        self._minutes: list[float] = [0.0, 0.0, 0.0]
        self._minute = (0.0, 0.0)
        self.methods |= {
            "Switch.Set": self._set,
            "Switch.Toggle": lambda params: self._set({**params, "on": not self.relay.on}),
            "Switch.GetStatus": lambda params: self.status()[f"switch:{self.which(params)}"],
        }

    def count(self, now_s: float) -> None:
        """Count energy, and what each of the last three minutes took."""
        self._energy.update(self.read(self._power), math.nan, math.nan, now_s)
        minute = self.now_s() // MINUTE_S
        if minute != self._minute[0]:
            total_wh = self._energy.import_wh
            self._minutes = [round(1000.0 * max(total_wh - self._minute[1], 0.0), 3), *self._minutes[:2]]
            self._minute = (minute, total_wh)

    def measure(self) -> dict[str, dict[str, Any]]:
        """Return the status of the switch."""
        relay, power_w = self.relay, watts(self.read(self._power))
        voltage = _or(self.read("voltage_v"), MAINS_V)
        shown: dict[str, Any] = {"id": self.channel, "source": relay.source, "output": relay.on}
        if relay.timed:
            shown |= {"timer_started_at": relay.started_at_s, "timer_duration": relay.lasts_s}
        minute_ts = int(self._minute[0] * MINUTE_S)
        counted = {"total": round(self._energy.import_wh, 3), "by_minute": self._minutes, "minute_ts": minute_ts}
        measured = {"apower": number(power_w, 1), "voltage": number(voltage, 1), "freq": MAINS_HZ}
        current = {"current": number(abs(power_w) / voltage, 3), "aenergy": counted}
        return {f"switch:{self.channel}": {**shown, **measured, **current, "temperature": {"tC": 35.0, "tF": 95.0}}}

    def restart(self) -> None:
        """Begin to count at zero."""
        super().restart()
        self._energy.restart()

    def _set(self, params: dict[str, Any]) -> dict[str, bool]:
        self.which(params)
        on, after_s = params.get("on"), params.get("toggle_after")
        if not isinstance(on, bool):
            raise RpcError(BAD_ARGUMENT, "Missing or bad argument 'on'!")
        if after_s is not None and (isinstance(after_s, bool) or not isinstance(after_s, int | float) or not after_s > 0):
            raise RpcError(BAD_ARGUMENT, f"Invalid argument 'toggle_after': {after_s}!")
        return {"was_on": self._switch(on=on, after_s=after_s, source="mqtt")}

    def _switch(self, *, on: bool, after_s: float | None, source: str) -> bool:
        was_on = self.relay.on
        if self.has(Fault.REJECT):
            raise RpcError(UNAVAILABLE, "Resource unavailable: overpower")
        if self.has(Fault.IGNORE) or self.has(Fault.LOCAL):
            return was_on
        self.relay.switch(on=on, source=source, now_s=self.clock(), after_s=after_s)
        self.write(self.relay.port, float(on))
        return was_on

    def component_command(self, component: str, words: str) -> None:
        """Obey ``on``, ``off`` or ``toggle``, each with a timer behind a comma if wanted."""
        word, _, after = words.partition(",")
        wanted = {"on": True, "off": False, "toggle": not self.relay.on}.get(word)
        try:
            self._plain(component, wanted, float(after) if after else None)
        except (ValueError, RpcError) as error:
            self.unknown_commands += 1
            self.say(f"{self.prefix}/error/{component}", {"code": BAD_ARGUMENT, "message": str(error)})
        self.look(self.clock())

    def _plain(self, component: str, wanted: bool | None, after_s: float | None) -> None:
        if component != f"switch:{self.channel}" or wanted is None or not (after_s is None or after_s > 0.0):
            raise RpcError(BAD_ARGUMENT, f"no such command to {component}")
        self._switch(on=wanted, after_s=after_s, source="mqtt")


class ShellyGen2Meter(ShellyGen2):
    """Pro 3EM: three phases with their sum, and registers of energy."""

    model = "SPEM-003CEBEU"
    app = "Pro3EM"

    def __init__(self, attached: Attached, station: Station, world: Surroundings, prefix: str) -> None:
        super().__init__(attached, station, world, prefix)
        self.channel = channel_of(attached)
        self._power = port_of(attached, "p_kw")
        self._energy = Registers()
        self.methods |= {
            "EM.GetStatus": lambda params: self.status()[f"em:{self.which(params)}"],
            "EMData.GetStatus": lambda params: self.status()[f"emdata:{self.which(params)}"],
        }

    def count(self, now_s: float) -> None:
        """Count energy, unless the physics has registers of its own."""
        registers = self.read("energy_import_kwh"), self.read("energy_export_kwh")
        self._energy.update(self.read(self._power), *registers, now_s)

    def measure(self) -> dict[str, dict[str, Any]]:
        """Return the status of meter and registers; the load is spread evenly over the phases."""
        power_w, voltage = watts(self.read(self._power)), _or(self.read("voltage_v"), MAINS_V)
        frequency, reactive = _or(self.read("frequency_hz"), MAINS_HZ), watts(_or(self.read("q_kvar"), 0.0))
        apparent = math.hypot(power_w, reactive)
        each = {
            "current": number(apparent / 3.0 / voltage, 3),
            "voltage": number(voltage, 1),
            "act_power": number(power_w / 3.0, 1),
            "aprt_power": number(apparent / 3.0, 1),
            "pf": number(abs(power_w) / apparent if apparent else 1.0, 2),
            "freq": number(frequency, 1),
        }
        meter: dict[str, Any] = {
            "id": self.channel,
            **{f"{phase}_{key}": value for phase in PHASES for key, value in each.items()},
        }
        meter |= {"n_current": None, "total_current": number(apparent / voltage, 3)}
        meter |= {"total_act_power": number(power_w, 3), "total_aprt_power": number(apparent, 3), "user_calibrated_phase": []}
        return {f"em:{self.channel}": meter, f"emdata:{self.channel}": self._registers()}

    def _registers(self) -> dict[str, Any]:
        drawn, fed = self._energy.import_wh, self._energy.export_wh
        shown: dict[str, Any] = {"id": self.channel}
        for phase in PHASES:
            shown |= {f"{phase}_total_act_energy": number(drawn / 3.0, 2), f"{phase}_total_act_ret_energy": number(fed / 3.0, 2)}
        return {**shown, "total_act": number(drawn, 2), "total_act_ret": number(fed, 2)}

    def snapshot(self) -> object:
        """Return what counts as a change: the meter, not its registers."""
        return self.status()[f"em:{self.channel}"]

    def restart(self) -> None:
        """Begin to count at zero."""
        super().restart()
        self._energy.restart()


def _or(value: float, instead: float) -> float:
    return instead if math.isnan(value) else value

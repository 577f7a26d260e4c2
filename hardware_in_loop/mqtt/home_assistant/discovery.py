# SPDX-License-Identifier: Apache-2.0
"""What makes a device of the laboratory appear in Home Assistant.

Source: Home Assistant documentation, "MQTT", section "Device discovery payload".
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.home_assistant.looks import Look, bounds, is_switch, look
from twinergy.ports import Direction

if TYPE_CHECKING:
    from twinergy.ports import Port

MAKER: Final = "TwinERGY Lab"
ID_TO_KEEP: Final = re.compile(r"[^A-Za-z0-9_-]")
DIGEST: Final = 6


@dataclass(frozen=True)
class Table:
    """Devices of one kind.

    Attributes
    ----------
    kind : str
        Kind of device.
    ids : tuple of str
        Devices, in the order of the arrays of an update.
    ports : tuple of Port
        Ports of the kind; inputs are left out.
    """

    kind: str
    ids: tuple[str, ...]
    ports: tuple[Port, ...]

    @property
    def shown(self) -> tuple[Port, ...]:
        """Ports that devices show."""
        return tuple(port for port in self.ports if port.direction is Direction.MEASURED)

    @property
    def asked(self) -> tuple[Port, ...]:
        """Ports that devices may be asked for."""
        return tuple(port for port in self.ports if port.direction is Direction.SET_POINT)


@dataclass(frozen=True)
class Topics:
    """Topics of a run.

    Attributes
    ----------
    base : str
        First part of all state topics.
    pilot : str
        Scenario.
    prefix : str
        Discovery prefix of Home Assistant.
    """

    base: str
    pilot: str
    prefix: str

    @property
    def availability(self) -> str:
        """Topic that says whether the laboratory runs."""
        return f"{self.base}/{safe(self.pilot)}/availability"

    def node(self, device: str) -> str:
        """Return the id of a device in Home Assistant."""
        return safe(f"{self.base}_{self.pilot}_{device}")

    def config(self, device: str) -> str:
        """Return the discovery topic of a device."""
        return f"{self.prefix}/device/{self.node(device)}/config"

    def state(self, device: str) -> str:
        """Return the state topic of a device."""
        return f"{self.base}/{safe(self.pilot)}/{safe(device)}/state"

    def command(self, device: str, port: str) -> str:
        """Return the command topic of a set-point; ``+`` for all."""
        return f"{self.base}/{safe(self.pilot)}/{device if device == '+' else safe(device)}/{port}/set"


def safe(text: str) -> str:
    """Return a text as an id that topics and Home Assistant take; different texts stay different.

    >>> safe("home-001"), safe("home/1")
    ('home-001', 'home_1_e96324')
    """
    kept = ID_TO_KEEP.sub("_", text)
    return kept if kept == text else f"{kept}_{hashlib.sha256(text.encode()).hexdigest()[:DIGEST]}"


def payload(topics: Topics, table: Table, device: str, version: str, *, commands: bool, expire_s: float | None) -> dict[str, Any]:
    """Return the discovery payload of one device."""
    node = topics.node(device)
    shown = {port.name: _entity(table.kind, port, node, expire_s) for port in table.shown}
    if commands:
        asked = {port.name: _command(topics, table.kind, port, device) for port in table.asked}
        shown |= {name: {**entity, "unique_id": f"{node}_{name}"} for name, entity in asked.items()}
    about = {"ids": [node], "name": device, "mf": MAKER, "mdl": table.kind, "sw": version}
    availability = [{"t": topics.availability, "pl_avail": "online", "pl_not_avail": "offline"}]
    origin = {"name": MAKER, "sw": version}
    return {
        "dev": about,
        "o": origin,
        "cmps": shown,
        "stat_t": topics.state(device),
        "avty": availability,
        "avty_mode": "all",
        "qos": 0,
    }


def _entity(kind: str, port: Port, node: str, expire_s: float | None) -> dict[str, Any]:
    entity: dict[str, Any] = {"name": title(port.name), "unique_id": f"{node}_{port.name}"}
    if expire_s is not None:
        entity["exp_aft"] = max(round(expire_s), 1)
    if is_switch(port):
        template = f"{{{{ 'ON' if value_json.{port.name} else 'OFF' }}}}"
        return {"p": "binary_sensor", **entity, "val_tpl": template, "pl_on": "ON", "pl_off": "OFF"}
    return {"p": "sensor", **entity, "val_tpl": f"{{{{ value_json.{port.name} }}}}", **_class(look(kind, port))}


def _class(shown: Look) -> dict[str, str]:
    named = {"unit_of_meas": shown.unit, "dev_cla": shown.device_class, "stat_cla": shown.state_class}
    return {key: value for key, value in named.items() if value}


def _command(topics: Topics, kind: str, port: Port, device: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"name": title(port.name), "cmd_t": topics.command(device, port.name)}
    if is_switch(port):
        template = f"{{{{ 'ON' if value_json.{port.name} else 'OFF' }}}}"
        return {"p": "switch", **asked, "val_tpl": template, "pl_on": "ON", "pl_off": "OFF", "stat_on": "ON", "stat_off": "OFF"}
    shown = look(kind, port)
    unit = {"unit_of_meas": shown.unit} if shown.unit else {}
    return {"p": "number", **asked, "val_tpl": f"{{{{ value_json.{port.name} }}}}", **unit, **bounds(port, shown), "mode": "box"}


def title(name: str) -> str:
    """Return the name of a port for people.

    >>> title("temp_indoor_degc"), title("p_kw"), title("soc")
    ('temp indoor', 'power', 'state of charge')
    """
    words = name.rsplit("_", 1)
    plain = words[0].replace("_", " ") if len(words) > 1 else name
    return {"p": "power", "q": "reactive power", "soc": "state of charge"}.get(plain, plain)

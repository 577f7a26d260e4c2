# SPDX-License-Identifier: Apache-2.0
"""What Shelly devices of the second generation and later have in common: calls and notifications over MQTT.

Source: Shelly technical documentation "Gen2+ Device API", sections MQTT, RPC Protocol and Notifications.
"""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.bench.device import SoftDevice
from hardware_in_loop.mqtt.bench.wire import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.mqtt.bench.device import Surroundings
    from hardware_in_loop.mqtt.bench.station import Station
    from twinergy.adapters import Attached

NO_HANDLER: Final = 404
BAD_ARGUMENT: Final = -103
NOT_FOUND: Final = -105
UNAVAILABLE: Final = -114


class RpcError(Exception):
    """A call that is answered with an error.

    Parameters
    ----------
    code : int
        Code of the error.
    message : str
        What it says.
    """

    def __init__(self, code: int, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


class ShellyGen2(SoftDevice):
    """What all of them share: RPC, notifications, ``online``.

    Parameters
    ----------
    attached, station, world
        See `SoftDevice`.
    prefix : str
        Topic prefix, the device's id unless somebody has changed it.
    """

    model = ""
    app = ""
    channel = 0

    def __init__(self, attached: Attached, station: Station, world: Surroundings, prefix: str) -> None:
        super().__init__(attached, station, world)
        self.prefix = prefix
        self.id = prefix.rsplit("/", 1)[-1]
        self._begun_s = time.monotonic()
        self._last: dict[str, dict[str, Any]] = {}
        self.methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "Shelly.GetStatus": lambda _: {**self.status(), "sys": self._system(), "mqtt": {"connected": True}},
            "Shelly.GetDeviceInfo": lambda _: self.info(),
            "Shelly.ListMethods": lambda _: {"methods": sorted(self.methods)},
        }
        self.hear(f"{prefix}/rpc", self._rpc)
        for topic in ("shellies/command", f"{prefix}/command/#"):
            self.hear(topic, self._command)

    @staticmethod
    def will(prefix: str) -> Message:
        """Return the last will."""
        return Message(f"{prefix}/online", b"false", qos=1, retain=True)

    @abstractmethod
    def measure(self) -> dict[str, dict[str, Any]]:
        """Return the status of each component as it is."""

    def status(self) -> dict[str, dict[str, Any]]:
        """Return the status of each component as it is shown."""
        return self.still("status", self.measure)

    def info(self) -> dict[str, Any]:
        """Return what ``Shelly.GetDeviceInfo`` and the announcement say."""
        mac = self.id.rsplit("-", 1)[-1].upper()
        about = {"name": None, "id": self.id, "mac": mac, "slot": 0, "model": self.model, "gen": 2}
        return {
            **about,
            "fw_id": "20240101-000000/1.4.4-bench",
            "ver": "1.4.4",
            "app": self.app,
            "auth_en": False,
            "auth_domain": None,
        }

    def hello(self) -> None:
        """Say that it is online, and everything once."""
        self.say(f"{self.prefix}/online", "true", retain=True)
        self._last = {}
        self._notify("NotifyFullStatus", {**self.status(), "sys": self._system(), "mqtt": {"connected": True}})

    def snapshot(self) -> object:
        """Return what counts as a change: everything but counters."""
        return {name: {key: value for key, value in shown.items() if key != "aenergy"} for name, shown in self.status().items()}

    def tell(self, *, changed: bool) -> None:
        """Notify what has changed (of a component only the fields that did), and say each component's status in full."""
        status, partial = self.status(), {}
        for name, shown in status.items():
            before = self._last.get(name, {}) if changed else {}
            news = {key: value for key, value in shown.items() if key not in before or before[key] != value}
            if news:
                partial[name] = {"id": shown["id"], **news}
        self._last = status
        if partial:
            self._notify("NotifyStatus", partial)
        for name, shown in status.items():
            self.say(f"{self.prefix}/status/{name}", shown)

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        note = {
            "src": self.id,
            "dst": f"{self.prefix}/events",
            "method": method,
            "params": {"ts": round(self.now_s(), 2), **params},
        }
        self.say(f"{self.prefix}/events/rpc", note)

    def _system(self) -> dict[str, Any]:
        now_s = self.now_s()
        clock = time.strftime("%H:%M", time.gmtime(now_s))
        return {"mac": self.info()["mac"], "time": clock, "unixtime": int(now_s), "uptime": int(time.monotonic() - self._begun_s)}

    def restart(self) -> None:
        """Begin to count the uptime anew."""
        self._begun_s = time.monotonic()

    def _command(self, topic: str, payload: bytes) -> None:
        words = payload.decode(errors="replace").strip()
        if topic in {"shellies/command", f"{self.prefix}/command"} and words == "announce":
            self.say("shellies/announce", self.info())
            self.say(f"{self.prefix}/announce", self.info())
        elif words == "status_update":
            for name, shown in self.status().items():
                self.say(f"{self.prefix}/status/{name}", shown)
        elif topic.startswith(f"{self.prefix}/command/"):
            self.component_command(topic.rsplit("/", 1)[-1], words)

    def which(self, params: dict[str, Any]) -> int:
        """Return the component that a call is about."""
        which = params.get("id")
        if which is None:
            raise RpcError(BAD_ARGUMENT, "Missing required argument 'id'!")
        if which != self.channel:
            raise RpcError(NOT_FOUND, f"Argument 'id', value {which} not found!")
        return self.channel

    def component_command(self, component: str, words: str) -> None:  # noqa: ARG002
        """Obey a plain command to a component."""
        self.unknown_commands += 1

    def _rpc(self, _topic: str, payload: bytes) -> None:
        """Answer one call; what is no call is not answered, for nobody could be told."""
        try:
            call = json.loads(payload)
            sender, method = call["src"], call["method"]
        except (ValueError, KeyError, TypeError):
            self.unknown_commands += 1
            return
        answer: dict[str, Any] = {"id": call.get("id"), "src": self.id, "dst": sender}
        try:
            answer["result"] = self._do(str(method), call.get("params") or {})
        except RpcError as error:
            answer["error"] = {"code": error.code, "message": error.message}
        if isinstance(sender, str) and sender and not set(sender) & set("+#\0"):
            self.say(f"{sender}/rpc", answer)
        self.look(self.clock())

    def _do(self, method: str, params: Any) -> Any:
        known = next((name for name in self.methods if name.lower() == method.lower()), None)
        if known is None:
            raise RpcError(NO_HANDLER, f"No handler for {method}")
        if not isinstance(params, dict):
            raise RpcError(BAD_ARGUMENT, "Argument 'params' is not an object!")
        return self.methods[known](params)

# SPDX-License-Identifier: Apache-2.0
"""A central system that writes down what it hears, and a toy physics; shared by the tests of the charging point side."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import asynccontextmanager

from websockets.asyncio.server import serve

from hardware_in_loop.ocpp.errors import CallError
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.station.options import Backoff, EvseSpec, StationSpec
from hardware_in_loop.ocpp.station.station import Station
from hardware_in_loop.ocpp.station.times import format_time
from hardware_in_loop.ocpp.versions import Version

FREE, IDLE, CHARGING, FEEDING, FINISHED, FAULT = 0, 2, 3, 4, 5, 6


class Toy:
    """Points that charge with what they are allowed, at once, and count it."""

    def __init__(self, *devices, rated_kw=11.0):
        self.rated_kw = rated_kw
        self.plugged = dict.fromkeys(devices, False)
        self.fault = dict.fromkeys(devices, False)
        self.asked = {device: {} for device in devices}
        self.values = {device: {"soc": 0.5} for device in devices}
        self.energy = {device: [0.0, 0.0, time.monotonic()] for device in devices}
        self.writes = []

    def power(self, device):
        if not self.plugged[device] or self.fault[device]:
            return 0.0
        asked = {port: value for port, value in self.asked[device].items() if not math.isnan(value)}
        wish = asked.get("p_set_kw", self.rated_kw)
        p_kw = max(min(wish, asked.get("p_max_kw", self.rated_kw), self.rated_kw), asked.get("p_min_kw", -self.rated_kw))
        return p_kw if abs(p_kw) >= 1.38 else 0.0

    def count(self, device):
        taken, given, last_s = self.energy[device]
        now_s, p_kw = time.monotonic(), self.power(device)
        hours = (now_s - last_s) / 3600.0
        self.energy[device] = [taken + max(p_kw, 0.0) * hours, given + max(-p_kw, 0.0) * hours, now_s]

    def read(self, device, port):
        self.count(device)
        p_kw = self.power(device)
        if port == "state":
            state = CHARGING if p_kw > 0.0 else FEEDING if p_kw < 0.0 else IDLE if self.plugged[device] else FREE
            return float(FAULT if self.fault[device] else state)
        own = {"p_kw": p_kw, "energy_kwh": self.energy[device][0], "energy_out_kwh": self.energy[device][1]}
        return (own | self.values[device]).get(port, math.nan)

    def write(self, device, port, value):
        self.count(device)
        self.asked[device][port] = value
        self.writes.append((time.monotonic(), device, port, value))


class Central:
    """Answers everything with yes, unless told otherwise, and keeps it."""

    def __init__(self):
        self.heard = []
        self.rpc = None
        self.version = None
        self.boots = ["Accepted"]
        self.tokens = None
        self.transactions = 0
        self.refuse = set()
        self.connections = 0
        self.port = 0
        self.server = None

    async def answer(self, action, payload):  # noqa: PLR0911 - a table
        self.heard.append((action, payload, time.monotonic()))
        if action in self.refuse:
            raise CallError("InternalError", "not today")
        if action == "BootNotification":
            status = self.boots.pop(0) if len(self.boots) > 1 else self.boots[0]
            return {"status": status, "currentTime": format_time(time.time()), "interval": 0 if status != "Accepted" else 100}
        if action == "Heartbeat":
            return {"currentTime": format_time(time.time())}
        token = payload.get("idTag") or payload.get("idToken", {}).get("idToken")
        info = {"status": "Accepted" if self.tokens is None or token in self.tokens else "Invalid"}
        if action == "Authorize":
            return {"idTagInfo": info} if "idTag" in payload else {"idTokenInfo": info}
        if action == "StartTransaction":
            self.transactions += 1
            return {"idTagInfo": info, "transactionId": self.transactions}
        if action == "TransactionEvent":
            return {"idTokenInfo": info} if token else {}
        if action == "PullDynamicScheduleUpdate":
            return {"status": "Accepted", "scheduleUpdate": {"limit": 3000.0}}
        return {"status": "Accepted"} if action == "NotifyEVChargingNeeds" else {}

    async def talk(self, socket):
        self.connections += 1
        self.version = Version(socket.subprotocol)
        self.rpc = Rpc(socket, self.version, self.answer, name="station")
        await self.rpc.serve()

    async def open(self, versions, port=0):
        self.server = await serve(self.talk, "127.0.0.1", port, subprotocols=list(versions), compression=None)
        self.port = self.server.sockets[0].getsockname()[1]

    async def shut(self):
        self.server.close()
        await self.server.wait_closed()

    def all(self, action):
        return [payload for name, payload, _ in self.heard if name == action]

    async def wait(self, action, count=1, **fields):
        """Return the count-th message of an action whose fields are as given, as soon as it is there."""
        while True:
            found = [payload for payload in self.all(action) if all(payload.get(name) == value for name, value in fields.items())]
            if len(found) >= count:
                return found[count - 1]
            await asyncio.sleep(0.005)


async def until(condition):
    while not condition():  # noqa: ASYNC110 - tests look from outside
        await asyncio.sleep(0.005)


def spec_of(central, version, **more):
    evses = more.pop("evses", None) or (EvseSpec(device="cp", link="cp"),)
    fast = {"backoff": Backoff(first_s=0.02, most_s=0.1), "tick_s": 0.01, "boot_retry_s": 0.05, "timeout_s": 2.0}
    facts = fast | {"meter_s": 0.0, "heartbeat_s": 100.0} | more
    return StationSpec(url=f"ws://127.0.0.1:{central.port}", station="CP-1", evses=evses, versions=(version,), **facts)


@asynccontextmanager
async def world(version, *, limit_s=60.0, toy=None, central=None, station_facts=None, **more):
    """Give a central system, a station that is connected to it, and its physics."""
    central = central or Central()
    toy = toy or Toy("cp")
    async with asyncio.timeout(limit_s):
        await central.open([version])
        station = Station(spec_of(central, version, **more), toy, **(station_facts or {}))
        await station.start()
        try:
            yield central, station, toy
        finally:
            await station.close()
            await central.shut()

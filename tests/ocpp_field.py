# SPDX-License-Identifier: Apache-2.0
"""A charging point of OCPP 1.6J as they stand in the field, written by hand: it shares no code with ours, frames and all.

It obeys its charging profiles by its own clock, and is as odd as it is told to be.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

RATED_W, LEAST_W = 11_000.0, 1_380.0
MOST_LEVEL = 3
UNITS = {"A": "Current", "W": "Power", "AW": "Current,Power"}


def moment(text: str | None) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


class FieldPoint:
    """One station with one connector.

    Parameters
    ----------
    url : str
        With its identity.
    **ways
        ``purposes`` it takes, ``unit`` (A, W, AW), ``mute`` about itself, highest ``level``, ``composite`` ("Rejected", "" for
        none), ``energy_only``, ``no_zone`` in its times, its ``clock_s`` ahead, ``twice`` booted, ``early`` status, ``delay_s``
        of answers, ``status`` without a transaction.
    """

    def __init__(self, url: str, **ways: Any) -> None:
        self.url, self.ways = url, ways
        self.profiles: dict[int, dict[str, Any]] = {}
        self.transaction, self.register_wh = 0, 50_000.0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.errors: list[Any] = []
        self.silent = False
        self._numbers, self._calls = itertools.count(), {}
        self._order, self._tasks = asyncio.Lock(), set()

    # --- what it does ---

    def now(self) -> float:
        return time.time() + self.ways.get("clock_s", 0.0)

    def stamp(self) -> str:
        text = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return text if self.ways.get("no_zone") else f"{text}Z"

    @property
    def p_kw(self) -> float:
        limit_w = self.limit_w()
        return limit_w / 1e3 if self.transaction and limit_w >= LEAST_W else 0.0

    def limit_w(self) -> float:
        """By purpose the highest level that is on now; the transaction's before the default; no more than the maximum."""
        best: dict[str, dict[str, Any]] = {}
        for one in self.profiles.values():
            schedule, purpose = one["chargingSchedule"], one["chargingProfilePurpose"]
            start_s = moment(schedule.get("startSchedule"))
            on = start_s <= self.now() < start_s + schedule.get("duration", float("inf"))
            counts = on and (purpose != "TxProfile" or self.transaction)
            if counts and best.get(purpose, {"stackLevel": -1})["stackLevel"] < one["stackLevel"]:
                best[purpose] = one
        own = [best[name] for name in ("TxProfile", "TxDefaultProfile") if name in best][:1]
        most = [best[name] for name in best if name == "ChargePointMaxProfile"]
        return min([RATED_W, *(self._watts(one) for one in own + most)])

    @staticmethod
    def _watts(profile: dict[str, Any]) -> float:
        period = profile["chargingSchedule"]["chargingSchedulePeriod"][0]
        in_watts = profile["chargingSchedule"]["chargingRateUnit"] == "W"
        return float(period["limit"] * (1.0 if in_watts else 230.0 * period.get("numberPhases", 3)))

    # --- what it is asked ---

    def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        self.asked.append((action, payload))
        own = getattr(self, f"on_{action}", None)
        return {"status": "Accepted"} if own is None else own(payload)

    def on_GetConfiguration(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = {
            "SupportedFeatureProfiles": "Core,SmartCharging,RemoteTrigger,Reservation",
            "ChargeProfileMaxStackLevel": str(self.ways.get("level", MOST_LEVEL)),
            "ChargingScheduleAllowedChargingRateUnit": UNITS[self.ways.get("unit", "AW")],
        }
        if self.ways.get("mute"):
            known = {}
        return {
            "configurationKey": [{"key": key, "readonly": True, "value": known[key]} for key in payload["key"] if key in known]
        }

    def on_SetChargingProfile(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        profile = payload["csChargingProfiles"]
        purpose, level = profile["chargingProfilePurpose"], profile["stackLevel"]
        fits = (
            purpose in self.ways.get("purposes", (purpose,))
            and profile["chargingSchedule"]["chargingRateUnit"] in self.ways.get("unit", "AW")
            and level <= self.ways.get("level", MOST_LEVEL)
            and (purpose != "TxProfile" or profile.get("transactionId") == self.transaction != 0)
        )
        if not fits:
            return {"status": "Rejected"}
        same = [
            key for key, one in self.profiles.items() if (one["chargingProfilePurpose"], one["stackLevel"]) == (purpose, level)
        ]
        for key in same:
            del self.profiles[key]
        self.profiles[profile["chargingProfileId"]] = profile
        return {"status": "Accepted"}

    def on_ClearChargingProfile(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        names = [name for name in ("chargingProfilePurpose", "stackLevel") if name in payload]
        found = [
            key
            for key, one in self.profiles.items()
            if payload.get("id", key) == key and all(one[name] == payload[name] for name in names)
        ]
        for key in found:
            del self.profiles[key]
        return {"status": "Accepted" if found else "Unknown"}

    def on_GetCompositeSchedule(self, payload: dict[str, Any]) -> dict[str, Any] | None:  # noqa: N802
        status = self.ways.get("composite", "Accepted")
        if status != "Accepted":
            return {"status": status} if status else None
        period = {"startPeriod": 0, "limit": self.limit_w(), "numberPhases": 3}
        schedule = {"duration": payload["duration"], "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        return {"status": "Accepted", "connectorId": 1, "scheduleStart": self.stamp(), "chargingSchedule": schedule}

    def on_TriggerMessage(self, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        said = {"MeterValues": self.meter_values, "StatusNotification": self.status}.get(payload["requestedMessage"])
        if said is not None:
            self._later(said())
        return {"status": "Accepted"}

    # --- what it says ---

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        number = f"point-{next(self._numbers)}"
        answer = self._calls[number] = asyncio.get_running_loop().create_future()
        async with self._order, asyncio.timeout(5.0):
            await self.socket.send(json.dumps([2, number, action, payload]))
            return await answer

    async def boot(self) -> None:
        await self.call("BootNotification", {"chargePointVendor": "Hand", "chargePointModel": "Made"})

    async def status(self) -> None:
        status = "Charging" if self.transaction else self.ways.get("status", "Preparing")
        await self.call(
            "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": self.stamp()}
        )

    async def start(self) -> None:
        begun = {"connectorId": 1, "idTag": "TWINERGY-LAB", "meterStart": round(self.register_wh), "timestamp": self.stamp()}
        self.transaction = (await self.call("StartTransaction", begun))["transactionId"]
        await self.status()

    async def meter_values(self) -> None:
        samples = [{"value": f"{self.register_wh:.1f}"}]
        if not self.ways.get("energy_only"):
            samples.append({"value": f"{self.p_kw * 1e3:.0f}", "measurand": "Power.Active.Import", "unit": "W"})
        value = {"timestamp": self.stamp(), "sampledValue": samples}
        running = {"transactionId": self.transaction} if self.transaction else {}
        await self.call("MeterValues", {"connectorId": 1, **running, "meterValue": [value]})

    # --- its connection ---

    async def open(self, *, charge: bool = True) -> FieldPoint:
        self.socket = await connect(self.url, subprotocols=["ocpp1.6"], proxy=None)
        self._later(self._read())
        if self.ways.get("early"):
            await self.status()
        for _ in range(2 if self.ways.get("twice") else 1):
            await self.boot()
        await self.status()
        if charge:
            await self.start()
        return self

    async def close(self) -> None:
        await self.socket.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                await self._take(json.loads(text))
        except ConnectionClosed:
            return

    async def _take(self, frame: list[Any]) -> None:
        if frame[0] != 2:
            self.errors += [frame] if frame[0] == 4 else []
            waiting = self._calls.pop(frame[1], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame[2])
            return
        if self.silent:
            return
        await asyncio.sleep(self.ways.get("delay_s", 0.0))
        answer = self.answer(frame[2], frame[3])
        refused = [4, frame[1], "NotImplemented", "", {}]
        await self.socket.send(json.dumps(refused if answer is None else [3, frame[1], answer]))

# SPDX-License-Identifier: Apache-2.0
"""The central system against charging points of the ``ocpp`` package (1.6, 2.0.1), and against our software stations (2.1).

The package shares no code with ours: its frames, names and schemas are checked on its own side.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint as OldPoint
from ocpp.v16 import call as old_call
from ocpp.v16 import call_result as old_result
from ocpp.v201 import ChargePoint as NewPoint
from ocpp.v201 import call as new_call
from ocpp.v201 import call_result as new_result
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hardware_in_loop.ocpp import ADAPTER
from hardware_in_loop.ocpp.driver import OcppDriver
from hardware_in_loop.ocpp.link import OcppLink
from hardware_in_loop.ocpp.options import OcppOptions
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import Attached, Fault, FaultBoard, Journal, LinkContext, LinkState, Quality
from twinergy.adapters.image import Image
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

START_WH = 50_000
NAN = math.nan


def now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run(main: Callable[[], Awaitable[None]], within_s: float = 20.0) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(within_s):
            await main()

    asyncio.run(bounded())


async def until(true: Callable[[], object], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


class Lab:
    """A central system with one point, and what it shows."""

    def __init__(self, tmp_path: Path, port: int = 0, **options: Any) -> None:
        block = {"listen": f"127.0.0.1:{port}", "station": "CP-1", "security": {"profile": 0}, "mode": "control",
                 "timeout_s": 2.0,
                 "safe": {"set": {"p_max_kw": 4.2}, "within_s": 60.0}} | options  # fmt: skip
        self.attached = Attached(id="wallbox", device="wallbox", kind="charging", options=OcppOptions(**block), rated_kw=11.0)
        ports = ADAPTER.coverage("charging", self.attached.options).reads
        self.image = Image([("wallbox", port) for port in ports], [3.0] * len(ports))
        context = LinkContext(rows={"wallbox": self.image.row("wallbox")}, folder=tmp_path, journal=Journal(None))
        driver = ADAPTER.driver([self.attached], context)
        assert isinstance(driver, OcppDriver)
        self.driver = driver
        link = driver.links["wallbox"]
        assert isinstance(link, OcppLink)
        self.link = link

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{next(iter(self.driver.listeners.values())).port}/CP-1"

    def shown(self, port: str) -> float:
        return self.image.reading("wallbox", port).value

    def quality(self, port: str = "p_kw") -> Quality:
        return self.image.reading("wallbox", port).quality

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Lab]:
        await self.driver.start()
        try:
            yield self
        finally:
            await self.driver.close()


class Profiles:
    """Charging profiles of a station without an idea of time: the transaction's one counts before the default."""

    def __init__(self) -> None:
        self.held: dict[int, dict[str, Any]] = {}

    def keep(self, number: int, profile: dict[str, Any]) -> None:
        self.held[number] = json.loads(json.dumps(profile, default=float))  # it reads Decimals and cannot write them

    def applies(self) -> dict[str, Any] | None:
        ranked = sorted(self.held.values(), key=lambda one: (one["charging_profile_purpose"] == "TxProfile", one["stack_level"]))
        return ranked[-1] if ranked else None

    def take(self, number: int | None) -> str:
        return "Accepted" if number is not None and self.held.pop(number, None) else "Unknown"


class StationV16(OldPoint):
    """A wallbox of the ``ocpp`` package with a car that takes what it may."""

    def __init__(self, connection: Any) -> None:
        super().__init__("CP-1", connection, response_timeout=5)
        self.profiles, self.settings, self.transaction, self.reserved = Profiles(), {}, 0, ""
        self.register_wh, self.stopped = float(START_WH), False

    @property
    def p_w(self) -> float:
        applies = self.profiles.applies()
        return applies["charging_schedule"]["charging_schedule_period"][0]["limit"] if applies else 11000.0

    @on("GetConfiguration")
    def configuration(self, key: list[str] | None = None, **_: Any) -> Any:
        known = {"SupportedFeatureProfiles": "Core,SmartCharging,Reservation,RemoteTrigger", "ChargeProfileMaxStackLevel": "3",
                 "ChargingScheduleAllowedChargingRateUnit": "Current,Power"}  # fmt: skip
        return old_result.GetConfiguration(
            [{"key": one, "readonly": True, "value": known[one]} for one in key or () if one in known]
        )

    @on("ChangeConfiguration")
    def change(self, key: str, value: str) -> Any:
        self.settings[key] = value
        return old_result.ChangeConfiguration("Accepted")

    @on("SetChargingProfile")
    def profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        if cs_charging_profiles["charging_profile_purpose"] == "TxProfile" and not self.transaction:
            return old_result.SetChargingProfile("Rejected")
        self.profiles.keep(cs_charging_profiles["charging_profile_id"], cs_charging_profiles)
        return old_result.SetChargingProfile("Accepted")

    @on("ClearChargingProfile")
    def clear(self, id: int | None = None, **_: Any) -> Any:  # noqa: A002
        return old_result.ClearChargingProfile(self.profiles.take(id))

    @on("GetCompositeSchedule")
    def composite(self, connector_id: int, duration: int, charging_rate_unit: str = "W") -> Any:
        applies = self.profiles.applies()
        schedule = applies["charging_schedule"] if applies else None
        return old_result.GetCompositeSchedule("Accepted", connector_id, now(), schedule)

    @on("ReserveNow")
    def reserve(self, reservation_id: int, **_: Any) -> Any:
        self.reserved = "" if self.transaction else str(reservation_id)
        return old_result.ReserveNow("Occupied" if self.transaction else "Accepted")

    @on("CancelReservation")
    def cancel(self, reservation_id: int) -> Any:
        self.reserved = ""
        return old_result.CancelReservation("Accepted")

    @on("TriggerMessage")
    def trigger(self, requested_message: str, **_: Any) -> Any:
        return old_result.TriggerMessage("NotImplemented")

    async def boot(self) -> None:
        await self.call(old_call.BootNotification("Wallbox", "ACME"), suppress=False)
        await self.call(old_call.StatusNotification(1, "NoError", "Available"), suppress=False)

    async def plug(self) -> None:
        answer = await self.call(old_call.StartTransaction(1, "TWINERGY-LAB", round(self.register_wh), now()), suppress=False)
        self.transaction = answer.transaction_id
        await self.call(old_call.StatusNotification(1, "NoError", "Charging"), suppress=False)

    async def meter(self) -> None:
        values = [
            {"value": f"{self.p_w:.0f}", "measurand": "Power.Active.Import", "unit": "W"},
            {"value": f"{self.register_wh:.1f}", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        ]
        payload = old_call.MeterValues(1, [{"timestamp": now(), "sampledValue": values}], self.transaction)
        await self.call(payload, suppress=False)

    async def unplug(self) -> None:
        await self.call(old_call.StopTransaction(round(self.register_wh), now(), self.transaction), suppress=False)
        self.transaction = 0
        await self.call(old_call.StatusNotification(1, "NoError", "Available"), suppress=False)


class StationV201(NewPoint):
    """The same of OCPP 2.0.1."""

    def __init__(self, connection: Any) -> None:
        super().__init__("CP-1", connection, response_timeout=5)
        self.profiles, self.settings, self.transaction, self.reserved = Profiles(), {}, "", ""
        self.register_wh, self.number = float(START_WH), 0

    @property
    def p_w(self) -> float:
        applies = self.profiles.applies()
        return applies["charging_schedule"][0]["charging_schedule_period"][0]["limit"] if applies else 11000.0

    @on("GetVariables")
    def variables(self, get_variable_data: list[dict[str, Any]]) -> Any:
        known = {"RateUnit": "A,W", "ProfileStackLevel": "3", "Enabled": "true"}
        results = []
        for one in get_variable_data:
            value = known.get(one["variable"]["name"])
            found = (
                {"attribute_status": "Accepted", "attribute_value": value} if value else {"attribute_status": "UnknownVariable"}
            )
            results.append({**found, "component": one["component"], "variable": one["variable"]})
        return new_result.GetVariables(results)

    @on("SetVariables")
    def change(self, set_variable_data: list[dict[str, Any]]) -> Any:
        one = set_variable_data[0]
        self.settings[one["variable"]["name"]] = one["attribute_value"]
        return new_result.SetVariables(
            [{"attribute_status": "Accepted", "component": one["component"], "variable": one["variable"]}]
        )

    @on("SetChargingProfile")
    def profile(self, evse_id: int, charging_profile: dict[str, Any]) -> Any:
        if (
            charging_profile["charging_profile_purpose"] == "TxProfile"
            and charging_profile.get("transaction_id") != self.transaction
        ):
            return new_result.SetChargingProfile("Rejected")
        self.profiles.keep(charging_profile["id"], charging_profile)
        return new_result.SetChargingProfile("Accepted")

    @on("ClearChargingProfile")
    def clear(self, charging_profile_id: int | None = None, **_: Any) -> Any:
        return new_result.ClearChargingProfile(self.profiles.take(charging_profile_id))

    @on("GetCompositeSchedule")
    def composite(self, duration: int, evse_id: int, charging_rate_unit: str = "W") -> Any:
        applies = self.profiles.applies()
        if applies is None:
            return new_result.GetCompositeSchedule("Rejected")
        held = applies["charging_schedule"][0]
        schedule = {"evse_id": evse_id, "duration": duration, "schedule_start": now(),
                    "charging_rate_unit": held["charging_rate_unit"],
                    "charging_schedule_period": held["charging_schedule_period"]}  # fmt: skip
        return new_result.GetCompositeSchedule("Accepted", schedule=schedule)

    @on("ReserveNow")
    def reserve(self, id: int, **_: Any) -> Any:  # noqa: A002
        self.reserved = "" if self.transaction else str(id)
        return new_result.ReserveNow("Occupied" if self.transaction else "Accepted")

    @on("CancelReservation")
    def cancel(self, reservation_id: int) -> Any:
        self.reserved = ""
        return new_result.CancelReservation("Accepted")

    @on("TriggerMessage")
    def trigger(self, requested_message: str, **_: Any) -> Any:
        return new_result.TriggerMessage("NotImplemented")

    async def boot(self) -> None:
        await self.call(new_call.BootNotification({"model": "Wallbox", "vendor_name": "ACME"}, "PowerUp"), suppress=False)
        await self.call(new_call.StatusNotification(now(), "Available", 1, 1), suppress=False)

    async def _event(self, kind: str, reason: str, state: str) -> None:
        values = [
            {"value": self.p_w if state == "Charging" else 0.0, "measurand": "Power.Active.Import"},
            {"value": self.register_wh, "measurand": "Energy.Active.Import.Register"},
        ]
        event = new_call.TransactionEvent(
            kind, now(), reason, self.number, {"transaction_id": self.transaction, "charging_state": state},
            meter_value=[{"timestamp": now(), "sampled_value": values}], evse={"id": 1, "connector_id": 1},
        )  # fmt: skip
        self.number += 1
        await self.call(event, suppress=False)

    async def plug(self) -> None:
        self.transaction = "T-1"
        await self.call(new_call.StatusNotification(now(), "Occupied", 1, 1), suppress=False)
        await self._event("Started", "CablePluggedIn", "Charging")

    async def meter(self) -> None:
        await self._event("Updated", "MeterValuePeriodic", "Charging")

    async def unplug(self) -> None:
        await self._event("Ended", "EVDeparted", "Idle")
        self.transaction = ""
        await self.call(new_call.StatusNotification(now(), "Available", 1, 1), suppress=False)


STATIONS: dict[Version, Any] = {Version.V16: StationV16, Version.V201: StationV201}
PEERS = pytest.mark.parametrize("version", list(STATIONS))


@asynccontextmanager
async def coming(lab: Lab, version: Version, held: Profiles | None = None) -> AsyncIterator[Any]:
    """Let a station of the package connect and serve."""
    async with connect(lab.url, subprotocols=[Subprotocol(version)], compression=None) as socket:
        station = STATIONS[version](socket)
        station.profiles = held or station.profiles
        serving = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            await socket.close()
            with suppress(ConnectionClosed):
                await serving


@PEERS
def test_a_station_of_the_package_is_known_and_shown(version: Version, tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path).open() as lab, coming(lab, version) as station:
            await station.boot()
            await until(lambda: lab.link.state is LinkState.UP)
            assert lab.link.said.startswith("ACME Wallbox; limits in A or W, stack level up to 3")
            assert {"1"} & set(station.settings.values())  # the interval of meter values
            await lab.link.sample()
            assert (lab.shown("state"), lab.shown("p_kw"), lab.quality()) == (0.0, 0.0, Quality.GOOD)
            await station.plug()
            station.register_wh += 250.0
            await station.meter()
            assert (lab.shown("state"), lab.shown("p_kw"), lab.shown("closed")) == (3.0, 11.0, 1.0)
            assert lab.shown("session_kwh") == pytest.approx(0.25)
            station.register_wh += 500.0
            await station.unplug()
            await lab.link.sample()
            assert (lab.shown("energy_kwh"), lab.shown("session_kwh")) == (pytest.approx(0.75), pytest.approx(0.75))
            assert (lab.shown("state"), lab.shown("p_kw")) == (0.0, 0.0)

    run(main)


@PEERS
def test_limits_reach_the_meter_and_end_at_the_safe_limit(version: Version, tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path).open() as lab, coming(lab, version) as station:
            await station.boot()
            await until(lambda: lab.link.state is LinkState.UP)
            await lab.link.arm()
            await station.plug()
            assert station.p_w == 4200.0
            await lab.link.command({"p_max_kw": 7.4})
            await station.meter()
            assert lab.shown("p_kw") == pytest.approx(7.4)
            await lab.link.command({"p_max_kw": 3.0})  # less than 6 A on three phases
            await station.meter()
            assert lab.shown("p_kw") == 0.0
            await lab.link.command({"p_set_kw": NAN, "p_max_kw": NAN})
            assert station.p_w == 11000.0
            await lab.link.release()
            await station.meter()
            assert lab.shown("p_kw") == pytest.approx(4.2)

    run(main)


@PEERS
def test_a_wish_from_before_the_car_came_is_followed_by_its_transaction(version: Version, tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path).open() as lab, coming(lab, version) as station:
            await station.boot()
            await until(lambda: lab.link.state is LinkState.UP)
            await lab.link.arm()
            await lab.link.command({"p_max_kw": 7.4})
            await station.plug()
            await until(lambda: any(one["charging_profile_purpose"] == "TxProfile" for one in station.profiles.held.values()))
            assert station.p_w == 7400.0

    run(main)


@PEERS
def test_a_point_is_reserved_as_soon_as_it_is_free(version: Version, tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path).open() as lab, coming(lab, version) as station:
            await station.boot()
            await until(lambda: lab.link.state is LinkState.UP)
            await lab.link.command({"reserved": 1.0})
            assert station.reserved == "1"
            await lab.link.command({"reserved": 0.0})
            assert station.reserved == ""
            await station.plug()
            await lab.link.command({"reserved": 1.0})
            assert station.reserved == ""
            await station.unplug()
            await until(lambda: station.reserved == "1")
            await lab.link.arm()
            await lab.link.release()
            assert station.reserved == ""

    run(main)


@PEERS
def test_a_lost_connection_is_down_at_once_and_everything_goes_on_afterwards(version: Version, tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path).open() as lab:
            async with coming(lab, version) as first:
                await first.boot()
                await until(lambda: lab.link.state is LinkState.UP)
                await lab.link.arm()
                await first.plug()
                lost_s = time.perf_counter()
            await until(lambda: lab.link.state is LinkState.DOWN)
            assert time.perf_counter() - lost_s < 1.0
            assert lab.quality() is Quality.STALE
            with pytest.raises(DeviceError, match="not connected"):
                await lab.link.command({"p_max_kw": 7.4})
            back_s = time.perf_counter()
            async with coming(lab, version, first.profiles) as station:  # without a boot: it never was off
                station.transaction, station.register_wh = first.transaction, first.register_wh + 1000.0
                station.number = getattr(first, "number", 0)
                await until(lambda: lab.link.state is LinkState.UP)
                assert time.perf_counter() - back_s < 1.0
                await station.meter()
                assert (lab.quality(), lab.shown("session_kwh")) == (Quality.GOOD, pytest.approx(1.0))
                await lab.link.arm()
                await lab.link.command({"p_max_kw": 7.4})
                assert station.p_w == 7400.0

    run(main)


def test_transactions_of_16_survive_a_restart_of_ours(tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path, store="kept.json").open() as lab, coming(lab, Version.V16) as station:
            await station.boot()
            await station.plug()
            given, register_wh = station.transaction, station.register_wh
        async with Lab(tmp_path, store="kept.json").open() as lab, coming(lab, Version.V16) as station:
            await station.boot()
            station.transaction, station.register_wh = given, register_wh + 3000.0
            await station.unplug()
            await until(lambda: lab.shown("state") == 0.0)
            assert (lab.shown("energy_kwh"), lab.shown("session_kwh")) == (pytest.approx(3.0), pytest.approx(3.0))
            assert lab.link.point.ledger.adopted == 0

    run(main)


def test_a_station_that_nobody_named_does_not_get_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with Lab(tmp_path).open() as lab:
            with pytest.raises(Exception, match="404"):
                await connect(lab.url.replace("CP-1", "CP-2"), subprotocols=[Subprotocol("ocpp1.6")])

    run(main)


# --- against our own software stations, in 2.1 ---


class Car:
    """A physics: a car that follows limits and set-points."""

    def __init__(self) -> None:
        self.asked: dict[str, float] = {}
        self.energy_kwh, self._at_s = 10.0, time.monotonic()

    @property
    def p_kw(self) -> float:
        limit_kw, set_kw = self.asked.get("p_max_kw", NAN), self.asked.get("p_set_kw", NAN)
        p_kw = 11.0 if math.isnan(set_kw) else set_kw
        return p_kw if math.isnan(limit_kw) else min(p_kw, limit_kw)

    def read(self, device: str, port: str) -> float:
        passed_s, self._at_s = time.monotonic() - self._at_s, time.monotonic()
        self.energy_kwh += max(self.p_kw, 0.0) * passed_s / 3600.0
        known = {"p_kw": self.p_kw, "state": 4.0 if self.p_kw < 0.0 else 3.0, "closed": 1.0, "energy_kwh": self.energy_kwh,
                 "energy_out_kwh": 0.0, "soc": 0.5, "energy_wanted_kwh": 20.0, "departure_s": 7200.0}  # fmt: skip
        return known.get(port, NAN)

    def write(self, device: str, port: str, value: float) -> None:
        self.asked[port] = value


@asynccontextmanager
async def rehearsal(tmp_path: Path, free_port: int, **options: Any) -> AsyncIterator[tuple[Lab, Car, FaultBoard]]:
    lab, car, faults = Lab(tmp_path, free_port, **options), Car(), FaultBoard()
    bench = ADAPTER.bench([lab.attached], car, faults, LinkContext(rows={}, folder=tmp_path))
    async with lab.open():
        await bench.start()
        try:
            await until(lambda: lab.link.state is LinkState.UP and lab.shown("state") == 3.0)
            yield lab, car, faults
        finally:
            await bench.close()


def free_port() -> int:
    import socket

    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def test_a_point_of_21_feeds_back_phase_by_phase_and_stops_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        safe = {"set": {"p_max_kw": 4.2}, "within_s": 2.0}
        options = {"versions": ("ocpp2.1",), "v2x": True, "per_phase": True, "safe": safe, "poll": "always"}
        async with rehearsal(tmp_path, free_port(), **options) as (lab, car, _):
            await lab.link.arm()
            assert car.p_kw == pytest.approx(4.2)
            await lab.link.command({"p_set_kw": -6.0})
            begun_s = time.monotonic()
            await until(lambda: car.p_kw == pytest.approx(-6.0))
            await lab.link.sample()
            assert (lab.shown("p_kw"), lab.shown("state")) == (pytest.approx(-6.0), 4.0)
            assert lab.shown("energy_wanted_kwh") == pytest.approx(20.0, abs=0.1)
            assert lab.shown("departure_s") == pytest.approx(7200.0, abs=10.0)
            await until(lambda: car.p_kw == pytest.approx(4.2))  # nobody asked again
            assert time.monotonic() - begun_s < 2.0 + 0.3

    run(main)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault.REJECT, "takes no safe limit|Rejected"),
        (Fault.IGNORE, "did not do it|no limit applies"),
        (Fault.SILENT, "no answer|not done within"),
    ],
)
def test_faults_of_a_station_are_failures_of_commands(fault: Fault, message: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with rehearsal(tmp_path, free_port(), timeout_s=0.5) as (lab, _, faults):
            faults.set("wallbox", fault)
            with pytest.raises(DeviceError, match=message):
                await lab.link.arm()
            faults.clear("wallbox")
            await until(lambda: lab.link.state is LinkState.UP)
            await lab.link.arm()
            await lab.link.command({"p_max_kw": 7.4})

    run(main)


def test_nothing_counts_twice_while_a_station_is_away_and_says_everything_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with rehearsal(tmp_path, free_port(), versions=("ocpp2.0.1",)) as (lab, car, faults):
            first_kwh = car.energy_kwh
            faults.set("wallbox", Fault.DOUBLE)
            await asyncio.sleep(1.2)
            faults.set("wallbox", Fault.OFFLINE)
            await until(lambda: lab.link.state is LinkState.DOWN)
            car.energy_kwh += 2.0  # charged while nobody heard of it
            await asyncio.sleep(1.2)
            faults.clear("wallbox", Fault.OFFLINE)
            await until(lambda: lab.link.state is LinkState.UP and lab.link.point.ledger.duplicates > 0)
            seen_s = time.monotonic()
            await until(lambda: lab.link.point.measured_s > seen_s)
            counted = lab.shown("energy_kwh")
            assert 2.0 <= counted <= car.energy_kwh - first_kwh + 0.05
            assert counted >= car.energy_kwh - first_kwh - 0.02
            assert lab.link.point.ledger.missing == 0

    run(main)


def test_the_benchmark_runs() -> None:
    from benchmarks.hardware.ocpp_limits import measure

    found = asyncio.run(measure("ocpp2.0.1", quick=True))
    assert 0.0 < found["profile_median_ms"] <= found["command_median_ms"] < 1000.0
    assert 0.0 < found["meter_most_ms"] < 5000.0

# SPDX-License-Identifier: Apache-2.0
"""Charging points as they stand in the field: what they cannot do is found out, and worked around or said."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.ocpp_field import FieldPoint
from tests.system.test_ocpp_central import Lab, until
from twinergy.adapters import LinkState
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from pathlib import Path

WITHIN_S = 3.0
WISH_KW, SAFE_KW = 7.4, 4.2
IN_AMPERES = (10.7 * 3 * 230 / 1e3, 6.0 * 3 * 230 / 1e3)
"""7.4 kW are 10.72 A on three phases, 4.2 kW 6.09 A; tenths of an ampere are what the wire has, and never more than was asked."""
ALL_WELL = (WISH_KW, SAFE_KW)
CASES: dict[str, tuple[dict[str, Any], tuple[float, float]]] = {
    "plain": ({}, ALL_WELL),
    "only ChargePointMaxProfile": ({"purposes": ("ChargePointMaxProfile",)}, ALL_WELL),
    "only TxDefaultProfile and TxProfile": ({"purposes": ("TxDefaultProfile", "TxProfile")}, ALL_WELL),
    "only TxDefaultProfile": ({"purposes": ("TxDefaultProfile",)}, ALL_WELL),
    "amperes": ({"unit": "A"}, IN_AMPERES),
    "amperes, and does not say so": ({"unit": "A", "mute": True}, IN_AMPERES),
    "watts": ({"unit": "W"}, ALL_WELL),
    "one level": ({"level": 0}, ALL_WELL),
    "times without a zone": ({"no_zone": True}, ALL_WELL),
    "a clock 5 h ahead": ({"clock_s": 18_000.0}, ALL_WELL),
    "a clock 5 h behind": ({"clock_s": -18_000.0}, ALL_WELL),
    "a clock that was never set": ({"clock_s": 3_600.0 - time.time()}, ALL_WELL),
    "boots twice": ({"twice": True}, ALL_WELL),
    "status before its boot": ({"early": True}, ALL_WELL),
    "slow": ({"delay_s": 0.25}, ALL_WELL),
}


def lab(folder: Path, **options: Any) -> Lab:
    safe = {"set": {"p_max_kw": SAFE_KW}, "within_s": WITHIN_S}
    return Lab(folder, versions=("ocpp1.6",), safe=safe, **{"timeout_s": 0.6} | options)


async def outcome(folder: Path, ways: dict[str, Any]) -> tuple[float, float]:
    """Return what a point charges with after a command, and once nothing was heard of us for the time of its safe state."""
    async with lab(folder).open() as here:
        point = await FieldPoint(here.url, **ways).open()
        try:
            await until(lambda: here.link.state is LinkState.UP, 8.0)
            await here.link.arm()
            for _ in range(3):
                try:
                    await here.link.command({"p_max_kw": WISH_KW})
                    break
                except DeviceError:  # no TxProfile: that is tried thrice
                    await asyncio.sleep(0.05)
            asked_kw, sent_s = point.p_kw, time.monotonic()
            await until(lambda: point.p_kw < asked_kw, WITHIN_S + 0.2)
            assert time.monotonic() - sent_s <= WITHIN_S + 0.05
            assert not point.errors
            return asked_kw, point.p_kw
        finally:
            await point.close()


def test_points_of_the_field_are_steered_and_fall_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(25.0):
            found = await asyncio.gather(*(outcome(tmp_path, ways) for ways, _ in CASES.values()))
        assert {name: pytest.approx(value, abs=1e-6) for name, (_, value) in CASES.items()} == dict(
            zip(CASES, found, strict=True)
        )

    asyncio.run(main())


@pytest.mark.parametrize(
    ("ways", "message"),
    [
        ({"composite": "Rejected"}, "no GetCompositeSchedule to show that it applies"),
        ({"composite": ""}, "no GetCompositeSchedule to show that it applies"),
        ({"purposes": ("ChargePointMaxProfile",), "level": 0}, "a ChargePointMaxProfile only, and a single one"),
        ({"purposes": ()}, "takes no safe limit"),
    ],
)
def test_points_that_cannot_fall_back_are_not_steered(ways: dict[str, Any], message: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(10.0), lab(tmp_path).open() as here:
            point = await FieldPoint(here.url, **ways).open()
            await until(lambda: here.link.state is LinkState.UP)
            with pytest.raises(DeviceError, match=message):
                await here.link.arm()
            await point.close()

    asyncio.run(main())


def test_a_point_that_comes_back_from_silence_is_steered_again_at_once(tmp_path: Path) -> None:
    """The command that it did not hear would else wait out its 5 s."""

    async def main() -> None:
        async with asyncio.timeout(15.0), lab(tmp_path, timeout_s=5.0).open() as here:
            point = await FieldPoint(here.url).open()
            await until(lambda: here.link.state is LinkState.UP)
            await here.link.arm()
            for _ in range(30):  # it is known for talking often
                await point.meter_values()
            point.silent = True
            asked = asyncio.create_task(here.link.command({"p_max_kw": WISH_KW}))
            await asyncio.sleep(2.0)
            assert not asked.done()
            point.silent = False
            back_s = time.monotonic()
            await point.meter_values()
            await asked
            assert time.monotonic() - back_s < 1.0
            assert point.p_kw == WISH_KW
            await point.close()

    asyncio.run(main())


def test_garbage_is_no_sign_of_life(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(10.0), lab(tmp_path).open() as here:
            point = await FieldPoint(here.url).open()
            await until(lambda: here.link.state is LinkState.UP)
            await asyncio.sleep(0.2)
            for _ in range(4):
                await point.socket.send("{no frame")
                await asyncio.sleep(0.1)
            assert here.link.station.heard_s > 0.3
            await point.close()

    asyncio.run(main())


def test_power_goes_before_a_reservation_at_the_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(10.0), lab(tmp_path).open() as here:
            point = await FieldPoint(here.url, status="Available").open(charge=False)
            await until(lambda: here.link.state is LinkState.UP)
            await here.link.arm()
            await here.link.command({"p_max_kw": WISH_KW, "reserved": 1.0})
            point.asked.clear()
            await here.link.release()
            actions = [action for action, _ in point.asked]
            assert actions.index("ClearChargingProfile") < actions.index("CancelReservation")
            await point.close()

    asyncio.run(main())


def test_a_transaction_that_a_station_lost_while_we_were_away_does_not_hold_its_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(10.0):
            async with lab(tmp_path, store="store.json").open() as here:
                point = await FieldPoint(here.url).open()
                assert here.link.point.ledger.active(1) is not None
                await point.close()
            async with lab(tmp_path, store="store.json").open() as here:
                assert here.link.point.ledger.active(1) is not None
                point = await FieldPoint(here.url, status="Available").open(charge=False)
                await until(lambda: here.link.state is LinkState.UP)
                assert here.link.point.ledger.active(1) is None
                await here.link.arm()
                await here.link.command({"p_max_kw": WISH_KW})
                await point.close()
            async with lab(tmp_path, store="store.json").open() as here:
                assert here.link.point.ledger.active(1) is None

    asyncio.run(main())


def test_a_point_that_counts_energy_alone_shows_what_its_register_rises_by(tmp_path: Path) -> None:
    """40 Wh in 20 s are 7.2 kW."""

    async def main() -> None:
        async with asyncio.timeout(10.0), lab(tmp_path).open() as here:
            point = await FieldPoint(here.url, energy_only=True).open()
            await until(lambda: here.link.state is LinkState.UP)
            for later_s in (10.0, 20.0):  # as if so much time had passed
                point.register_wh += 20.0
                point.ways["clock_s"] = later_s
                await point.meter_values()
            assert here.shown("p_kw") == pytest.approx(7.2, rel=0.06)  # its stamps are whole seconds
            assert here.image.reading("wallbox", "p_kw").age_s >= 20.0
            await point.close()

    asyncio.run(main())


@pytest.mark.parametrize(("delay_s", "polled"), [(0.0, 5), (0.12, 1)])
def test_meter_values_are_triggered_where_they_come_at_once(delay_s: float, polled: int, tmp_path: Path) -> None:
    """A reading is as old as its journey then, not as its interval; a slow station is not burdened with it in every step."""

    async def main() -> None:
        async with asyncio.timeout(10.0), lab(tmp_path).open() as here:
            point = await FieldPoint(here.url, delay_s=delay_s).open()
            await until(lambda: here.link.station.books.abilities.triggers)
            await point.meter_values()
            point.asked.clear()
            for _ in range(5):
                await here.link.sample()
                assert delay_s or here.image.reading("wallbox", "p_kw").age_s < 0.05
            triggered = [payload for action, payload in point.asked if action == "TriggerMessage"]
            assert [one["requestedMessage"] for one in triggered].count("MeterValues") == polled
            await point.close()

    asyncio.run(main())

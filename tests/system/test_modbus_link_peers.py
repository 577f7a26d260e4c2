# SPDX-License-Identifier: Apache-2.0
"""A link against a device that shares no code with it: built by pysunspec2, served by pymodbus, read back by pysunspec2."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.modbus import ADAPTER
from hardware_in_loop.modbus.options import ModbusOptions
from twinergy.adapters import Attached, Image, LinkContext, LinkState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hardware_in_loop.modbus.link import ModbusLink

pytest.importorskip("sunspec2", reason="pysunspec2 is a peer of this test")
pytest.importorskip("pymodbus", reason="pymodbus is a peer of this test")

COMMON = {"Mn": "Peer", "Md": "Battery", "Vr": "1.2", "SN": "0815"}
STORAGE: dict[int, dict[str, Any]] = {
    1: COMMON,
    # 1230 W delivered, 40 var absorbed.
    701: {"W": 123, "W_SF": 1, "Var": -40, "Var_SF": 0, "InvSt": 3},
    702: {"WMax": 5000, "WMaxRtg": 5000, "W_SF": 0},
    704: {
        "WSetEna": 0, "WSetMod": 0, "WSet": 0, "WSetRvrt": 0, "WSetEnaRvrt": 0, "WSetRvrtTms": 0, "WSet_SF": 0,
        "WMaxLimPctEna": 0, "WMaxLimPct": 1000, "WMaxLimPctRvrt": 1000, "WMaxLimPctEnaRvrt": 0, "WMaxLimPctRvrtTms": 0,
        "WMaxLimPct_SF": -1,
    },
    713: {"SoC": 555, "SoH": 991, "Pct_SF": -1, "WHAvail": 55, "WH_SF": 2},
}  # fmt: skip


def registers(models: dict[int, dict[str, Any]]) -> list[int]:
    """Return the chain as pysunspec2 writes it."""
    from sunspec2.device import Model

    data = b"SunS"
    for number, points in models.items():
        model = Model(model_id=number)
        assert model.error_info == ""
        for name, value in points.items():
            model.points[name].value = value
        data += model.get_mb()
    data += b"\xff\xff\x00\x00"
    return [int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2)]


@asynccontextmanager
async def served(models: dict[int, dict[str, Any]], kind: str, **adapter: Any) -> AsyncIterator[tuple[ModbusLink, Image, int]]:
    """Serve a device with pymodbus, and give the link to it."""
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    server = ModbusTcpServer(
        SimDevice(1, [SimData(40_000, values=registers(models), datatype=DataType.REGISTERS)]), address=("127.0.0.1", 0)
    )
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1]
    options = ModbusOptions(profile="sunspec", host="127.0.0.1", port=port, **adapter)
    attached = Attached(id="d", device="d", kind=kind, options=options, rated_kw=5.0)
    ports = ADAPTER.coverage(kind, options).reads
    image = Image([("d", name) for name in ports], [3.0] * len(ports))
    driver = ADAPTER.driver([attached], LinkContext(rows={"d": image.row("d")}))
    await driver.start()
    try:
        link: Any = driver.links["d"]
        while link.state is not LinkState.UP:
            await asyncio.sleep(0.02)
            await link.sample()
        yield link, image, port
    finally:
        await driver.close()
        await server.shutdown()


def read_back(port: int) -> Any:
    """Return the device as pysunspec2's own client sees it."""
    from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

    device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port)
    try:
        device.scan()
        return {number: device.models[number][0] for number in STORAGE}
    finally:
        device.close()


def test_a_battery() -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(20),
            served(STORAGE, "battery", mode="control", safe={"set": {"p_set_kw": -0.3}}) as (link, image, port),
        ):
            values = {name: image.reading("d", name) for name in ("p_kw", "q_kvar", "soc", "soh", "energy_kwh")}
            assert {name: round(one.value, 9) for name, one in values.items()} == {
                "p_kw": -1.23, "q_kvar": 0.04, "soc": 0.555, "soh": 0.991, "energy_kwh": 5.5,
            }  # fmt: skip
            assert "Peer Battery 1.2 0815; SunSpec models 1, 701, 702, 704, 713 from 40000" in link.said
            await link.arm()
            await link.command({"p_set_kw": 1.5})
            theirs = (await asyncio.to_thread(read_back, port))[704]
            assert (theirs.WSet.cvalue, theirs.WSetMod.value, theirs.WSetEna.value) == (-1500, 1, 1)
            assert (theirs.WSetRvrt.cvalue, theirs.WSetEnaRvrt.value, theirs.WSetRvrtTms.value) == (300, 1, 60)
            await link.release()
            theirs = (await asyncio.to_thread(read_back, port))[704]
            assert (theirs.WSet.cvalue, theirs.WSetEna.value) == (300, 1)

    asyncio.run(main())


def test_a_pv_inverter() -> None:
    async def main() -> None:
        async with asyncio.timeout(20), served(STORAGE, "pv", mode="control") as (link, image, port):
            assert image.reading("d", "p_kw").value == pytest.approx(-1.23)
            await link.arm()
            # At most 2.2222 kW may be fed in: 44.444 % of 5 kW, rounded down to 44.4 %.
            await link.command({"p_min_kw": -2.2222})
            theirs = (await asyncio.to_thread(read_back, port))[704]
            assert (theirs.WMaxLimPct.cvalue, theirs.WMaxLimPctEna.value, theirs.WMaxLimPctRvrtTms.value) == (
                pytest.approx(44.4),
                1,
                60,
            )
            await link.release()
            assert (await asyncio.to_thread(read_back, port))[704].WMaxLimPctEna.value == 0

    asyncio.run(main())

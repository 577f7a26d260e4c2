# SPDX-License-Identifier: Apache-2.0
"""Software SunSpec devices as the reference client of the SunSpec Alliance sees them: pysunspec2."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hardware_in_loop.bench.table import TablePhysics
from tests.modbus_bench_case import attached, bench, run, until


@pytest.fixture
def quiet_sunspec():
    logging.getLogger("sunspec2").setLevel(logging.ERROR)
    return pytest.importorskip("sunspec2.modbus.client")


def scanned(client, port, work):
    """Scan the unit as pysunspec2 does and return what `work` finds in its models."""
    device = client.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port)
    try:
        device.scan()
        return work(device)
    finally:
        device.close()


BATTERY = {"it": {"p_kw": -1.234, "q_kvar": 0.5, "soc": 0.6543, "soh": 0.98}}


SHOWN = {
    # By hand from the physics: 1.234 kW delivered, 0.5 kvar drawn, 65.43 % of 10 kWh; the profile has 802 count what is drawn.
    "1:Mn": "TwinERGY Lab", "1:SN": "it", "103:W": 1234, "701:W": 1234, "701:Var": -500, "802:W": -1234,
    "713:SoC": 65.43, "802:SoC": 65.43, "124:ChaState": 65.43, "713:SoH": 98.0, "713:WHRtg": 10000, "713:WHAvail": 6543,
    "702:WMaxRtg": 5000, "121:WMax": 5000, "124:ChaSt": 3, "701:InvSt": 3, "701:TmpAmb": None, "714:DCW": 1234,
    "715:LocRemCtl": 0,
}  # fmt: skip


def test_pysunspec2_reads_a_battery(quiet_sunspec):
    def work(device):
        models = tuple(number for number in device.models if isinstance(number, int))
        pairs = {name: name.split(":") for name in SHOWN}
        return models, {name: device.models[int(model)][0].points[point].cvalue for name, (model, point) in pairs.items()}

    async def main():
        one = attached()
        async with bench(TablePhysics(BATTERY), one):
            return await asyncio.to_thread(scanned, quiet_sunspec, one.options.port, work)

    models, found = run(main)
    assert models == (1, 103, 120, 121, 122, 123, 124, 701, 702, 704, 713, 714, 715, 802)
    assert found == pytest.approx(SHOWN)


def test_pysunspec2_reads_a_hybrid_and_a_meter(quiet_sunspec):
    def hybrid(device):
        modules = device.models[160][0].groups["module"]
        return [module.points["DCW"].cvalue for module in modules], device.models[103][0].points["W"].cvalue

    def meter(device):
        points = device.models[203][0].points
        return [points[name].cvalue for name in ("W", "VAR", "PhV", "Hz", "TotWhImp", "TotWhExp", "WphA")]

    async def main():
        battery, at = attached("battery-1"), attached("meter-1", "meter")
        pv = attached("pv-1", "pv", port=battery.options.port)
        table = {
            "battery-1": {"p_kw": 1.5, "soc": 0.5},
            "pv-1": {"p_kw": -4.0},
            "meter-1": {
                "p_kw": 2.1,
                "q_kvar": -0.3,
                "voltage_v": 231.5,
                "frequency_hz": 49.98,
                "energy_import_kwh": 12.5,
                "energy_export_kwh": 3.25,
            },
        }
        async with bench(TablePhysics(table), battery, pv, at):
            return (
                await asyncio.to_thread(scanned, quiet_sunspec, battery.options.port, hybrid),
                await asyncio.to_thread(scanned, quiet_sunspec, at.options.port, meter),
            )

    (modules, ac_w), read = run(main)
    assert modules == [2000, 2000, 1500, 0]
    assert ac_w == 2500
    assert read == pytest.approx([2100, -300, 231.5, 49.98, 12500, 3250, 700])


def test_pysunspec2_writes_a_set_point_that_reverts(quiet_sunspec):
    def work(device):
        model = device.models[704][0]
        model.points["WSetMod"].cvalue = 1
        model.points["WSet"].cvalue = -2000
        model.points["WSetRvrtTms"].cvalue = 1
        model.points["WSetEnaRvrt"].cvalue = 0
        model.points["WSetEna"].cvalue = 1
        model.write()
        model.read()
        return model.points["WSet"].cvalue, model.points["WSetRvrtRem"].cvalue, model.points["WSetEna"].cvalue

    def enable(device):
        model = device.models[704][0]
        return model.points["WSetEna"].cvalue, model.points["WSetRvrtRem"].cvalue

    async def main():
        one, physics = attached(), TablePhysics(BATTERY)
        async with bench(physics, one) as devices:
            written = await asyncio.to_thread(scanned, quiet_sunspec, one.options.port, work)
            asked = physics.last("it", "p_set_kw")
            await until(lambda: devices.reverted)
            return (
                written,
                asked,
                physics.writes,
                devices.reverted,
                await asyncio.to_thread(scanned, quiet_sunspec, one.options.port, enable),
            )

    written, asked, writes, reverted, after = run(main)
    assert written == (-2000, 1, 1)
    assert asked == 2.0, "a negative set-point of model 704 charges"
    assert [one.control for one in reverted] == ["704 WSet"]
    assert writes[-1].value != writes[-1].value, "local mode"
    assert 0.95 <= writes[-1].at_s - writes[-2].at_s <= 1.3
    assert after == (0, 0)

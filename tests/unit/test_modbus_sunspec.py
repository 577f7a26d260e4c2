# SPDX-License-Identifier: Apache-2.0
"""Finding SunSpec models, and points in them."""

from __future__ import annotations

import asyncio

import pytest

from hardware_in_loop.modbus.errors import NoAnswerError
from hardware_in_loop.modbus.options import ModbusOptions
from hardware_in_loop.modbus.registers import Kind
from hardware_in_loop.modbus.scan import kinds_of, parse
from hardware_in_loop.modbus.sunspec.chain import Chain, Found, problem, walk
from tests.modbus_fake import FakeConnection
from twinergy.errors import DeviceError


def connection() -> FakeConnection:
    return FakeConnection(ModbusOptions(profile="sunspec", host="192.0.2.1"))


def found(one: FakeConnection) -> Chain:
    return asyncio.run(walk(one, 1))


@pytest.mark.parametrize("base", [40_000, 0, 50_000])
def test_the_chain_is_found_at_each_base(base: int) -> None:
    device = connection()
    device.sunspec([1, 103, 120], base)
    chain = found(device)
    assert chain.base == base
    assert [(one.model, one.address - base, one.length) for one in chain.found] == [(1, 2, 66), (103, 70, 50), (120, 122, 26)]


def test_a_chain_may_end_with_a_refusal() -> None:
    device = connection()
    device.sunspec([1, 103])
    del device.registers[3, 40_122], device.registers[3, 40_123]
    assert [one.model for one in found(device).found] == [1, 103]


def test_models_that_are_not_known_are_passed_by() -> None:
    device = connection()
    device.sunspec([1])
    device.hold(40_070, 64_999, 3, 1, 2, 3, 103, 50, *[0] * 50, 0xFFFF, 0)
    assert [one.model for one in found(device).found] == [1, 64_999, 103]


def test_no_sunspec_says_what_to_do() -> None:
    with pytest.raises(DeviceError, match=r"no letters 'SunS' at 40000, 0, 50000.*switched off in its menu"):
        found(connection())


def test_a_chain_without_an_end() -> None:
    device = connection()
    device.sunspec([])
    device.hold(40_002, *[1, 0] * 200)
    with pytest.raises(DeviceError, match="more than 64 SunSpec models"):
        found(device)


def test_silence_is_not_the_end_of_a_chain() -> None:
    device = connection()
    device.silent = True
    with pytest.raises(NoAnswerError):
        found(device)


CHAIN = Chain(0, (Found(1, 2, 66), Found(203, 70, 105), Found(160, 177, 48), Found(203, 227, 105), Found(714, 334, 68)))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        # By the tables of the standard: W of 203 at 18; module k of 160 at 10 + 20 k, its DCW at 11; port k of 714 at
        # 20 + 25 k, its DCW at 12.
        ("203:W", 70 + 18),
        ("203#2:W", 227 + 18),
        ("201|203:W", 70 + 18),
        ("160:module[0].DCW", 177 + 10 + 11),
        ("160:module[1].DCW", 177 + 30 + 11),
        ("714:Prt[1].DCW", 334 + 20 + 25 + 12),
        ("1:Mn", 2 + 2),
    ],
)
def test_where_points_stand(name: str, address: int) -> None:
    point = CHAIN.point(name)
    assert point is not None
    assert point.address == address


def test_points_that_the_device_has_not() -> None:
    assert CHAIN.point("201:W") is None
    assert CHAIN.point("203#3:W") is None
    # A model that is shorter than the standard's has no points beyond its length: two modules are all.
    assert CHAIN.point("160:module[2].DCW") is None
    assert CHAIN.point("nonsense") is None


def test_scale_factors_belong_to_the_same_model() -> None:
    assert (CHAIN.point("203#2:W").factor, CHAIN.point("160:module[1].DCW").factor) == ("203#2:W_SF", "160:DCW_SF")  # type: ignore[union-attr]
    assert CHAIN.point("203#2:W_SF").address == 227 + 22  # type: ignore[union-attr]
    assert CHAIN.point("203:W_SF").kind is Kind.SUNSSF  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("701:W", ""),
        ("701:Watt", "model 701 has no such point"),
        ("160:modul[0].DCW", "model 160 has no such point"),
        ("99:W", "model 99 is not known"),
    ],
)
def test_names_are_checked_without_a_device(name: str, message: str) -> None:
    assert message in problem(name)
    assert bool(message) == bool(problem(name))


def test_kinds_that_models_stand_for() -> None:
    assert kinds_of({1, 701, 713}) == [("battery", "sunspec")]
    assert kinds_of({1}) == []


@pytest.mark.parametrize("where", ["host:0", "host:99999", ":502", "host:x"])
def test_addresses_that_are_none(where: str) -> None:
    with pytest.raises(DeviceError, match="write host:port"):
        parse(where)

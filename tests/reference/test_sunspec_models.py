# SPDX-License-Identifier: Apache-2.0
"""Our layout of SunSpec models against the JSON that the SunSpec Alliance publishes with pysunspec2, point by point."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from hardware_in_loop.modbus.registers import SUNSPEC_VOID, Kind, power_of_ten, raw_of, value_of
from hardware_in_loop.modbus.sunspec.chain import Chain, Found
from hardware_in_loop.modbus.sunspec.models import Group, SunSpecPoint, models

sunspec2 = pytest.importorskip("sunspec2", reason="pysunspec2 is not installed: nothing to compare the SunSpec models with")
FOLDER = Path(sunspec2.__file__).parent / "models" / "json"
ALIKE = {201: {"PhVphAB": "PPVphAB", "PhVphBC": "PPVphBC", "PhVphCA": "PPVphCA"}}
"""201 calls three points otherwise than 202 to 204, whose layout it shares."""
REPEATING = {160, 714}
WANTED = {
    1,
    101,
    102,
    103,
    111,
    112,
    113,
    120,
    121,
    122,
    123,
    124,
    160,
    201,
    202,
    203,
    204,
    701,
    702,
    703,
    704,
    713,
    714,
    715,
    802,
}


def published(number: int) -> dict[str, Any]:
    group: dict[str, Any] = json.loads((FOLDER / f"model_{number}.json").read_text(encoding="utf-8"))["group"]
    return group


def compare(number: int, points: dict[str, SunSpecPoint], theirs: list[dict[str, Any]], start: int) -> int:
    """Compare points in order, return the offset after the last one."""
    at = start
    names = {ALIKE.get(number, {}).get(name, name): point for name, point in points.items()}
    ours = list(names)
    expected = [one["name"] for one in theirs if one["name"] not in {"ID", "L"} or start == 0]
    assert ours == expected
    for one in theirs:
        if start and one["name"] in {"ID", "L"}:
            continue
        point = names[one["name"]]
        assert (point.at, point.count, point.kind.value) == (at, one["size"], one["type"]), one["name"]
        assert point.factor == str(one.get("sf", "")).strip(), one["name"]
        assert point.unit == one.get("units", "").strip(), one["name"]
        assert point.writable == (one.get("access") == "RW"), one["name"]
        at += int(one["size"])
    return at


@pytest.mark.parametrize("number", sorted(models()))
def test_every_point_stands_where_the_standard_puts_it(number: int) -> None:
    model, theirs = models()[number], published(number)
    end = compare(number, model.points, theirs["points"], 2)
    groups = theirs.get("groups", [])
    assert list(model.groups) == [one["name"] for one in groups]
    for one in groups:
        group: Group = model.groups[one["name"]]
        assert group.at == end
        assert compare(number, group.points, one["points"], 0) == group.length
        if "count" in one:
            assert group.times == (one["count"] or "N")
        else:
            assert group.times == ""
            end += group.length
    assert model.length == end - 2


def test_all_models_of_the_laboratory_are_there() -> None:
    assert set(models()) >= WANTED


@pytest.mark.parametrize(
    ("number", "name", "at"),
    [
        # The points that are used most, by the figures that implementers of other projects quote.
        (103, "W", 14), (103, "W_SF", 15), (103, "WH", 24), (103, "St", 38), (123, "WMaxLimPct", 5),
        (123, "WMaxLimPct_RvrtTms", 7), (123, "WMaxLim_Ena", 9), (124, "StorCtl_Mod", 5), (124, "ChaState", 8),
        (124, "OutWRte", 12), (124, "InWRte", 13), (124, "InOutWRte_RvrtTms", 15), (124, "ChaGriSet", 17), (203, "W", 18),
        (203, "TotWhExp", 38), (203, "TotWhImp", 46), (203, "TotWh_SF", 54), (701, "W", 10), (701, "TotWhInj", 19),
        (704, "WMaxLimPctEna", 14), (704, "WSetEna", 22), (704, "WSet", 24), (704, "WSetRvrtTms", 31), (713, "SoC", 4),
        (715, "LocRemCtl", 2), (715, "ControllerHb", 5), (802, "SoC", 11), (802, "CtrlHb", 19), (802, "W", 47),
    ],
)  # fmt: skip
def test_points_that_are_used_most(number: int, name: str, at: int) -> None:
    assert models()[number].points[name].at == at


def test_lengths_as_devices_show_them() -> None:
    lengths = {
        1: 66,
        103: 50,
        120: 26,
        121: 30,
        122: 44,
        123: 24,
        124: 24,
        203: 105,
        701: 153,
        702: 50,
        704: 65,
        713: 7,
        715: 7,
        802: 62,
    }
    assert {number: models()[number].length for number in lengths} == lengths
    assert (models()[160].length, models()[160].groups["module"].length) == (8, 20)
    assert (models()[714].length, models()[714].groups["Prt"].length) == (18, 25)


def test_codes_of_what_is_not_implemented() -> None:
    mb = pytest.importorskip("sunspec2.mb")
    theirs = {
        Kind.INT16: mb.SUNS_UNIMPL_INT16, Kind.UINT16: mb.SUNS_UNIMPL_UINT16, Kind.ACC16: mb.SUNS_UNIMPL_ACC16,
        Kind.ENUM16: mb.SUNS_UNIMPL_ENUM16, Kind.BITFIELD16: mb.SUNS_UNIMPL_BITFIELD16, Kind.INT32: mb.SUNS_UNIMPL_INT32,
        Kind.UINT32: mb.SUNS_UNIMPL_UINT32, Kind.ACC32: mb.SUNS_UNIMPL_ACC32, Kind.ENUM32: mb.SUNS_UNIMPL_ENUM32,
        Kind.BITFIELD32: mb.SUNS_UNIMPL_BITFIELD32, Kind.INT64: mb.SUNS_UNIMPL_INT64, Kind.ACC64: mb.SUNS_UNIMPL_ACC64,
        Kind.SUNSSF: mb.SUNS_UNIMPL_SUNSSF, Kind.UINT64: mb.SUNS_UNIMPL_UINT64,
    }  # fmt: skip
    assert {kind: SUNSPEC_VOID[kind] for kind in theirs} == theirs


def registers_of(number: int, draw: random.Random) -> list[int]:
    """Return registers of a model, of any content but for scale factors that are possible and texts that are letters."""
    model = models()[number]
    words = [number, model.length, *(draw.choice([draw.randrange(0x10000), 0x8000, 0xFFFF, 0, 1]) for _ in range(model.length))]
    for point in model.points.values():
        if point.kind is Kind.SUNSSF:
            words[point.at] = draw.choice([0, 1, 3, 0x10000 - 1, 0x10000 - 4, 0x8000])
        if point.kind is Kind.STRING:
            words[point.at : point.at + point.count] = [0x4142, *[0] * (point.count - 1)]
    return words


@pytest.mark.parametrize("number", [number for number in sorted(models()) if number not in REPEATING])
@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_that_pysunspec2_reads(number: int, seed: int) -> None:
    device = pytest.importorskip("sunspec2.device")
    words = registers_of(number, random.Random(1000 * number + seed))  # noqa: S311 - any content will do
    data = b"".join(word.to_bytes(2, "big") for word in words)
    theirs = device.Model(model_id=number, model_len=models()[number].length, data=data)
    assert theirs.error_info == ""
    chain = Chain(0, (Found(number, 0, len(words) - 2),))
    compared = 0
    for name in models()[number].points:
        point = chain.point(f"{number}:{name}")
        other = theirs.points[ALIKE.get(number, {}).get(name, name)]
        if point is None or point.kind is Kind.PAD:
            continue
        raw = raw_of(point, words[point.address : point.end])
        assert raw == (None if isinstance(other.value, float) and not math.isfinite(other.value) else other.value), name
        factor = chain.point(point.factor) if point.factor else None
        exponent = power_of_ten(raw_of(factor, words[factor.address : factor.end])) if factor else 0
        value = value_of(point, raw, exponent)
        if not math.isnan(value):
            assert value == pytest.approx(other.cvalue, rel=1e-12), name
            compared += 1
    assert compared or number == 1

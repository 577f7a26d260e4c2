# SPDX-License-Identifier: Apache-2.0
"""Profiles: those that come along are sound, and an own one is told everything that is wrong with it, with lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hardware_in_loop.modbus import ADAPTER, library
from hardware_in_loop.modbus.options import ModbusOptions
from hardware_in_loop.modbus.profile import PointSpec, Profile
from hardware_in_loop.modbus.quantities import in_seconds, per_port, to_port
from hardware_in_loop.modbus.registers import Table
from twinergy.adapters import Attached, Image, LinkContext
from twinergy.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

MINIMAL = """\
title: mine
stands_on: the manual of my device, version 1
points:
  p: {address: 10, type: int16, unit: W}
  limit: {address: 11, unit: W, access: rw}
devices:
  battery:
    reads:
      p_kw: [{point: p, sign: generation}]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Profile]:
    def written(text: str) -> Profile:
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
        return library.load("mine.yaml", tmp_path)

    return written


def options(profile: str, **others: object) -> ModbusOptions:
    return ModbusOptions.model_validate({"profile": profile, "host": "192.0.2.1", **others})


def test_an_own_profile_beside_the_scenario(write: Callable[[str], Profile]) -> None:
    assert write(MINIMAL).point("p").address == 10  # type: ignore[union-attr]


@pytest.mark.parametrize("name", library.names())
def test_profiles_that_come_along(name: str) -> None:
    profile = library.load(name)
    assert len(profile.stands_on) > 40
    for kind in profile.devices:
        coverage = ADAPTER.coverage(kind, options(name))
        assert coverage.reads
        assert coverage.falls_back == bool(coverage.writes)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(
        ScenarioError, match=r"no such Modbus profile \(got 'sunspek'\).*did you mean 'sunspec'.*battery_registers"
    ):
        library.load("sunspek")


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no such file \(got '.*nowhere.yaml'\)"):
        library.load("nowhere.yaml", tmp_path)


def test_everything_that_is_wrong_comes_at_once_with_lines(write: Callable[[str], Profile]) -> None:
    text = MINIMAL.replace("unit: W}", "unit: horsepower}", 1) + "    writes:\n      p_set_kw: [{values: [{point: limt}]}]\n"
    text = text.replace("p_kw: [{point: p,", "p_kW: [{point: p,")
    with pytest.raises(ScenarioError) as caught:
        write(text)
    message = str(caught.value)
    assert "3 findings" in message
    assert "mine.yaml:4 points.p.unit: unit is not known" in message
    assert "mine.yaml:9 devices.battery.reads.p_kW: battery has no measured port of this name; did you mean 'p_kw'?" in message
    assert "mine.yaml:11 devices.battery.writes.p_set_kw[0].values[0]: no such point; did you mean 'limit'?" in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("access: rw", "acess: rw", r"mine.yaml:5 points.limit.acess: Extra inputs are not permitted"),
        ("address: 10", "address: 70000", "70000 is no address of a holding register"),
        ("type: int16", "type: int17", "points.p.type: Input should be 'bool', 'int16'"),
        ("unit: W}", "unit: V}", "unit 'V' of the register does not measure what the port 'p_kw' .kW. is"),
        ("  battery:", "  batery:", "no plug-in 'batery' in group 'twinergy.simulators': did you mean 'battery'"),
        ("title: mine", "title: [", "mine.yaml:3: this is no YAML"),
        ("{point: p, sign", "{sign", "name one of point, sum and constant"),
        ("type: int16", "type: string", "a string, and only a string, needs a length"),
    ],
)
def test_findings(write: Callable[[str], Profile], old: str, new: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        write(MINIMAL.replace(old, new, 1))


def test_writing_to_what_is_read_only(write: Callable[[str], Profile]) -> None:
    with pytest.raises(ScenarioError, match=r"this point may not be written: its access is r .got 'p'"):
        write(MINIMAL + "    writes:\n      p_set_kw: [{values: [{point: p}]}]\n")


def test_an_unknown_sunspec_point(write: Callable[[str], Profile]) -> None:
    text = MINIMAL.replace("title: mine", "title: mine\nprotocol: sunspec")
    with pytest.raises(ScenarioError, match=r"SunSpec model 802 has no such point .got '802:Soc'"):
        write(text + '      soc: [{point: "802:Soc"}]\n')
    with pytest.raises(ScenarioError, match="SunSpec model 805 is not known; known: 1, 101"):
        write(text + '      soc: [{point: "805:SoC"}]\n')


@pytest.mark.parametrize(
    ("base", "table", "address", "wire"),
    [
        # Modicon notation: the first holding register is 40001 or 400001, the first input register 30001.
        ("modicon", Table.HOLDING, 40_001, 0),
        ("modicon", Table.HOLDING, 400_001, 0),
        ("modicon", Table.HOLDING, 465_536, 65_535),
        ("modicon", Table.INPUT, 30_053, 52),
        ("modicon", Table.COIL, 1, 0),
        ("modicon", Table.DISCRETE, 10_002, 1),
        ("1", Table.HOLDING, 1, 0),
        ("0", Table.HOLDING, 0, 0),
    ],
)
def test_notations_of_addresses(base: str, table: Table, address: int, wire: int) -> None:
    profile = library.load("sdm630").model_copy(update={"base": base})
    assert profile.wire_address(address, table) == wire


@pytest.mark.parametrize(("base", "table", "address"), [("1", Table.HOLDING, 0), ("modicon", Table.HOLDING, 30_001)])
def test_addresses_that_are_none(base: str, table: Table, address: int) -> None:
    with pytest.raises(ValueError, match=f"{address} is no address"):
        library.load("sdm630").model_copy(update={"base": base}).wire_address(address, table)


def test_bits_have_the_type_of_bits() -> None:
    with pytest.raises(ValidationError, match="a coil holds a bit: its type is bool, not uint16"):
        PointSpec(address=1, table=Table.COIL)


@pytest.mark.parametrize(
    ("unit", "port", "factor"),
    [("W", "p_kw", 1e-3), ("MW", "p_kw", 1e3), ("Pct", "soc", 0.01), ("% WHRtg", "soc", 0.01), ("Pct", "humidity_percent", 1.0),
     ("Wh", "energy_kwh", 1e-3), ("C", "temp_indoor_degc", 1.0), ("var", "q_kvar", 1e-3)],
)  # fmt: skip
def test_units(unit: str, port: str, factor: float) -> None:
    assert to_port(unit, port) == pytest.approx(factor)


def test_currents_and_times() -> None:
    # 11 kW at 400 V three-phase is 16 A: 3 x 230 V x 16 A = 11.04 kW.
    assert 11.04 * per_port("A", "p_max_kw", voltage_v=230.0, phases=3) == pytest.approx(16.0)
    assert (in_seconds("min"), in_seconds("ms"), in_seconds("")) == (60.0, 1e-3, 1.0)
    with pytest.raises(ValueError, match="unit 'W' is no time"):
        in_seconds("W")


def test_coverage_of_a_kind_that_the_profile_has_not() -> None:
    with pytest.raises(
        ScenarioError,
        match=r"profile: this profile has no battery \(got 'sdm630'\); allowed: a profile for a battery; this one is for meter",
    ):
        ADAPTER.coverage("battery", options("sdm630"))
    with pytest.raises(ScenarioError, match=r"signs\.p_kW"):
        ADAPTER.coverage("meter", options("sdm630", signs={"p_kW": "generation"}))


def attached(name: str, kind: str, **others: object) -> Attached:
    return Attached(
        id=name, device=name, kind=kind, path="devices[0].adapter", options=options(**{"profile": "sunspec", **others})
    )  # type: ignore[arg-type]


def test_two_devices_at_one_address() -> None:
    (finding,) = ADAPTER.check([attached("a", "battery"), attached("b", "battery"), attached("c", "pv")])
    assert "b and a are one device: both are unit 1 at 192.0.2.1:502" in str(finding)


def test_one_connection_described_twice() -> None:
    (finding,) = ADAPTER.check([attached("a", "battery"), attached("b", "pv", unit=2, timeout_s=2.0)])
    assert "b and a share the connection 192.0.2.1:502 but describe it differently" in str(finding)


def test_a_profile_without_fallback_says_so(tmp_path: Path) -> None:
    path = tmp_path / "bare.yaml"
    path.write_text(MINIMAL + "    writes:\n      p_set_kw: [{values: [{point: limit}]}]\n", encoding="utf-8")
    assert ADAPTER.coverage("battery", options(str(path))).falls_back is False


def test_an_own_profile_is_looked_for_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINIMAL, encoding="utf-8")
    block = {"profile": "mine.yaml", "host": "192.0.2.1"}
    given = ModbusOptions.model_validate(block, context={"folder": tmp_path})
    assert ADAPTER.coverage("battery", given).reads == ("p_kw",)
    assert library.load(given.profile, tmp_path).title == "mine"


def test_an_own_profile_is_found_by_a_run_started_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`twinergy run pilots/my.yaml`: folder and profile are relative, and the profile stands beside the scenario."""
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "mine.yaml").write_text((library.FOLDER / "room_sensor.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    block = {"profile": "mine.yaml", "host": "127.0.0.1"}
    given = ModbusOptions.model_validate(block, context={"folder": Path("pilots")})
    one = Attached(id="s", device="s", kind="sensor", options=given)
    rows = {"s": Image([("s", "co2_ppm")], [1.0]).row("s")}
    assert ADAPTER.driver([one], LinkContext(rows=rows, folder=Path("pilots"))).links.keys() == {"s"}


@pytest.mark.parametrize("text", [b"title: Gr\xfc\xdfe\n", b"title: a\x01b\n", b"title: *x\n", b""])
def test_what_is_no_yaml_is_said(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "bad.yaml").write_bytes(text)
    with pytest.raises(ScenarioError, match=r"bad\.yaml"):
        library.load("bad.yaml", tmp_path)


def test_options_take_the_address_inline() -> None:
    given = options("sunspec", port=1502, timeout_s=0.3, transport="rtu_over_tcp")
    assert given.endpoint.key == "192.0.2.1:1502"
    assert given.endpoint.timeout_s == 0.3
    with pytest.raises(ValidationError, match="transport rtu needs serial_port"):
        ModbusOptions(profile="sunspec", transport="rtu")
    with pytest.raises(ValidationError, match="adress"):
        options("sunspec", adress=1)


def test_a_safe_value_that_no_timer_leads_to_is_a_finding() -> None:
    given = {"profile": "pv_registers", "mode": "control", "safe": {"set": {"p_min_kw": -1.0}}}
    (finding,) = ADAPTER.check([attached("a", "pv", **given)])
    assert "devices[0].adapter.safe.set.p_min_kw: when its timer ends this device goes to its local mode, not to a value" in str(
        finding
    )
    assert not ADAPTER.check([attached("a", "battery", mode="control", safe={"set": {"p_set_kw": 0.0}})])


def test_devices_of_one_endpoint_share_a_connection() -> None:
    ones = [
        attached("a", "battery", unit=1),
        attached("b", "pv", unit=1),
        attached("c", "meter", unit=2),
        attached("d", "pv", host="192.0.2.2"),
    ]
    rows = {one.id: Image([], []).row(one.id) for one in ones}
    driver = ADAPTER.driver(ones, LinkContext(rows=rows))
    units = {name: link.unit for name, link in driver.links.items()}  # type: ignore[attr-defined]
    assert units["a"] is units["b"]
    assert units["a"].connection is units["c"].connection
    assert units["a"].connection is not units["d"].connection
    # Frames of a connection of its own are logged under the device's name.
    assert (units["a"].connection._name, units["d"].connection._name) == ("192.0.2.1:502", "d")

# SPDX-License-Identifier: Apache-2.0
"""What a scenario may not say about a meter, and what it is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from simulators.meter import KIND
from simulators.meter.options import MeterOptions
from twinergy.community.twin import Connection, Device, Site, Twin

SITE = Site(name="s", latitude_deg=0.0, longitude_deg=0.0, altitude_m=0.0, timezone="UTC", country="DE")
HOME = Connection(id="home-1", bus="b", phases="abc", limit_kw=30.0, tariff="t")


def meter(**of: str) -> Device:
    return Device(id="m1", kind="meter", options=MeterOptions.model_validate({"of": of}), path="devices[3]")


def findings(device: Device) -> list[str]:
    battery = Device(id="b1", kind="battery", options=device.options)
    twin = Twin(site=SITE, connections=(HOME,), devices=(battery, device))
    return [str(finding) for finding in KIND.check([device], twin)]


@pytest.mark.parametrize("place", ["connection", "device", "line", "transformer"])
def test_a_point_has_a_sort_and_a_name(place):
    assert meter(**{place: "x"}).options.of.target == (place, "x")


@pytest.mark.parametrize(("of", "got"), [({}, "got none"), ({"line": "l1", "device": "b1"}, r"got device='b1', line='l1'")])
def test_a_meter_measures_exactly_one_point(of, got):
    with pytest.raises(ValidationError, match=f"exactly one point: name one of connection, device, line, transformer .{got}"):
        MeterOptions.model_validate({"of": of})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy_class": "D"}, "'A', 'B', 'C' or 'ideal'"),
        ({"resolution_kw": 0.0}, "greater than 0"),
        ({"delay_steps": 97}, "less than or equal to 96"),
        ({"off": {}}, "Extra inputs are not permitted"),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        MeterOptions.model_validate({"of": {"connection": "home"}} | change)


@pytest.mark.parametrize("of", [{"connection": "home-1"}, {"device": "b1"}, {"line": "any"}])
def test_what_exists_can_be_measured(of):
    assert findings(meter(**of)) == []


def test_an_unknown_connection_is_a_finding_with_the_closest_name():
    (message,) = findings(meter(connection="home-11"))
    assert message.startswith("devices[3].of.connection: meter 'm1' measures a connection that does not exist (got 'home-11')")
    assert "did you mean 'home-1'?" in message


def test_a_meter_cannot_measure_a_meter():
    assert "measures a device that does not exist (got 'm1')" in findings(meter(device="m1"))[0]


def test_the_fleet_is_built_in_the_order_given():
    assert KIND.build([meter(line="l1")], SimpleNamespace(seed=1)).ids == ("m1",)

# SPDX-License-Identifier: Apache-2.0
"""The kind ``gateway``: options, ports, checks and fleet."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.gateway import KIND
from simulators.gateway.layout import READ
from simulators.gateway.simulator import GatewayFleet
from tests.unit.test_gateway_case import HOME, WEEK, gateway, readings
from twinergy.community.twin import Device, Dwelling, Site, Twin
from twinergy.kinds import Phase
from twinergy.options import Options
from twinergy.plugins import device_kind
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

SITE = Site(name="s", latitude_deg=0.0, longitude_deg=0.0, altitude_m=0.0, timezone="Europe/Berlin", country="DE")
HOMES = (Dwelling(id="home-1", connection="home-1", residents=2, floor_area_m2=100.0, roof_area_m2=50.0),)


def placed(number=1, dwelling="home-1", **options):
    return Device(
        id=f"g{number}", kind="gateway", dwelling=dwelling, options=gateway(**options), path=f"devices[{number}].options"
    )


def findings(*gateways, others=()):
    made = tuple(Device(id=f"{kind}-{n}", kind=kind, dwelling="home-1", options=Options()) for n, kind in enumerate(others))
    twin = Twin(site=SITE, dwellings=HOMES, devices=(*gateways, *made))
    return [str(finding) for finding in KIND.check(gateways, twin)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plugs": ["fridge"]}, "'cold', 'wet', 'cooking'"),
        ({"accuracy_relative": 1.5}, "less than 1"),
        ({"resolution_kw": 0.0}, "greater than 0"),
        ({"interval_steps": 0}, "greater than or equal to 1"),
        ({"sensors": "scd99"}, "'room' or 'ideal'"),
        ({"plug": []}, "Extra inputs are not permitted"),
        ({"dead_plugs": [{"group": "cold"}]}, "from"),
        ({"dead_plugs": [{"group": "toaster", "from": "2024-01-01"}]}, "'washing_machine'"),
        ({"dead_plugs": [{"group": "cold", "from": "tomorrow"}]}, "input"),
        (
            {"plugs": ["wet"], "dead_plugs": [{"group": "cold", "from": "2024-01-01"}]},
            "names 'cold', which has no plug; plugs has wet",
        ),
        (
            {"plugs": ["cold"], "dead_plugs": [{"group": "dishwasher", "from": "2024-01-01"}]},
            "names 'dishwasher', which has no plug; plugs has cold",
        ),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        gateway(**change)


def test_ports_and_phase():
    assert KIND.phase is Phase.OBSERVING
    sources = {port.name: port.source for port in KIND.ports if port.direction is Direction.INPUT}
    assert sources == {f"true_{each.name}": each.source for each in READ}
    assert set(readings()) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}


def test_every_source_is_measured_there_in_the_same_unit():
    for each in READ:
        kind, _, port = each.source.partition(".")
        (there,) = (known for known in device_kind(kind).ports if known.name == port and known.direction is Direction.MEASURED)
        assert there.unit == next(mine.unit for mine in KIND.ports if mine.name == each.name)


def test_a_gateway_has_a_home():
    assert findings(placed()) == []
    (message,) = findings(placed(dwelling=""))
    assert message.startswith("devices[1].options.dwelling: gateway 'g1' belongs to no dwelling")


def test_one_gateway_per_home():
    (message,) = findings(placed(1), placed(2))
    assert "devices[2].options.dwelling: gateway 'g2' is the second of its dwelling; 'g1' reads everything" in message
    assert "(got 'home-1')" in message


def test_two_batteries_do_not_add_up_but_two_pv_systems_do():
    (message,) = findings(placed(), others=["battery", "battery", "pv", "pv"])
    assert "reads one battery of its dwelling 'home-1', which has 2 (got 'battery-0, battery-1')" in message


def test_a_plug_dies_before_it_lives_again():
    plug = {"group": "wet", "from": "2024-03-01", "until": "2024-03-01"}
    (message,) = findings(placed(dead_plugs=[plug]))
    assert message.startswith("devices[1].options.dead_plugs[0].until: the dead plug of 'wet' would read again before it dies")
    assert "(got '2024-03-01'); allowed: a time after 2024-03-01" in message


def test_the_fleet_is_built_in_the_order_given():
    context = SimpleNamespace(seed=1, twin=SimpleNamespace(site=SITE))
    assert KIND.build([placed(2), placed(1)], context).ids == ("g2", "g1")


def test_a_block_must_be_prepared():
    axis = TimeAxis(WEEK, 900, 1)
    with pytest.raises(RuntimeError, match="prepare a block"):
        GatewayFleet(["g"], [gateway()], 1, "UTC").step(axis.step(axis.block(0), 0), {})


def test_readings_are_never_changed_afterwards():
    fleet, axis = GatewayFleet(["g"], [gateway(interval_steps=2, gap_probability=0.5)], 1, "UTC"), TimeAxis(WEEK, 900, 40)
    block = axis.block(0)
    fleet.prepare(block)
    rows = [fleet.step(axis.step(block, i), {f"true_{name}": np.full(1, float(i)) for name in HOME}) for i in range(20)]
    kept = [{name: value.copy() for name, value in row.items()} for row in rows]
    for i in range(20, 40):
        fleet.step(axis.step(block, i), {f"true_{name}": np.full(1, float(i)) for name in HOME})
    assert all(
        np.array_equal(row[name], copy[name], equal_nan=True) for row, copy in zip(rows, kept, strict=True) for name in row
    )
    assert set(fleet.state()) == {"age_s"}

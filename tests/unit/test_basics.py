# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from twinergy import errors
from twinergy.bus import LocalBus
from twinergy.messages import ControlAction
from twinergy.randomness import device_generator
from twinergy.signs import exported, generation_from_load, imported, load_from_generation
from twinergy.units import unit_of


def test_an_error_of_ours_is_always_a_twinergy_error():
    ours = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(ours) >= 5
    assert all(issubclass(kind, errors.TwinergyError) for kind in ours)


def test_a_scenario_error_shows_all_findings():
    findings = [
        errors.Finding(message="too high", path="devices[3].soc", file="a.yaml", line=12, value=80, allowed="0…1"),
        errors.Finding(message="missing"),
    ]
    text = str(errors.ScenarioError(findings))
    assert "2 findings" in text
    assert "a.yaml:12 devices[3].soc: too high (got 80); allowed: 0…1" in text


@pytest.mark.parametrize(("name", "unit"), [("p_kw", "kW"), ("soc", "1"), ("buy_eur_per_kwh", "EUR/kWh"), ("energy_kwh", "kWh")])
def test_units_are_read_from_names(name, unit):
    assert unit_of(name) == unit


def test_a_name_without_unit_is_refused():
    with pytest.raises(ValueError, match="'power' carries no unit"):
        unit_of("power")


def test_frames_turn_without_negative_zero():
    p = np.array([0.0, 3.0])
    assert not np.signbit(load_from_generation(p)[0])
    np.testing.assert_array_equal(generation_from_load(load_from_generation(p)), p)
    np.testing.assert_array_equal(imported(-p) + exported(p), [0.0, 0.0])


def test_random_numbers_depend_on_seed_device_purpose_and_block_only():
    def draw(*key, block=0):
        return device_generator(*key, block=block).random(3).tolist()

    assert draw(1, "a", "load") == draw(1, "a", "load")
    others = [draw(2, "a", "load"), draw(1, "b", "load"), draw(1, "a", "noise"), draw(1, "a", "load", block=1)]
    assert all(other != draw(1, "a", "load") for other in others)
    assert draw(1, "a", "load", block=-5) != draw(1, "a", "load", block=5)


def action(source, number):
    from datetime import UTC, datetime

    return ControlAction(
        id=f"{source}-{number}", source=source, pilot="test", sent=datetime(2024, 1, 1, tzinfo=UTC), table="battery",
        port="p_set_kw", devices=("a",), value=1.0, reason="x",
    )  # fmt: skip


def test_the_bus_delivers_once_in_order_to_who_wants_it():
    bus = LocalBus()
    everything, one, late = bus.subscribe(["twinergy.>"]), bus.subscribe(["twinergy.*.one.*", "twinergy.>"]), None
    for number in range(3):
        bus.publish(action("one", number))
        bus.publish(action("two", number))
    late = bus.subscribe(["twinergy.test.two.control_action"])
    bus.publish(action("two", 9))
    assert [m.id for m in everything.take()] == ["one-0", "two-0", "one-1", "two-1", "one-2", "two-2", "two-9"]
    assert len(one.take()) == 7
    assert [m.id for m in late.take()] == ["two-9"]
    assert everything.take() == ()

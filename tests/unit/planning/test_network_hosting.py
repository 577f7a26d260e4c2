# SPDX-License-Identifier: Apache-2.0
"""Hosting capacity of feeders that can be solved by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.unit.planning.network_cases import OneLine, fed_in_kw, network
from twinergy.errors import ModelError
from twinergy.planning.courses import CarFleet, Courses, MeterPoint, Roof
from twinergy.planning.network.ac import AcCheck
from twinergy.planning.network.bisection import bisect
from twinergy.planning.network.case import Help, HostingCase, tan_of
from twinergy.planning.network.hosting import hosting
from twinergy.planning.network.linear import LinearFlow
from twinergy.planning.request import GridRules

R_OHM = 0.16
LIMITS = GridRules(vm_min_pu=0.9, vm_max_pu=1.05)
LINEAR_KW = (1.05**2 - 1.0) / (2.0 * 0.1) * 100.0
"""What LinDistFlow lets a line of 0.1 pu feed in: 51.25 kW; the power flow 52.5 kW."""


def case(ohm: tuple[float, ...] = (R_OHM,), room_kwp: float = 100.0, sunny: int = 12, **other: Any) -> HostingCase:
    """Return a feeder with a roof at each bus and a day of one sunny hour at 1 kW per kWp."""
    ends = [(bus, bus + 1) for bus in range(len(ohm))]
    linear = LinearFlow.of(
        network(ends, list(ohm), limit_kva=np.full(len(ohm), 500.0)), [f"b{bus + 1}" for bus in range(len(ohm))]
    )
    yields = np.zeros((1, 24))
    yields[0, sunny] = 1.0
    n = len(ohm)
    values: dict[str, Any] = {
        "linear": linear,
        "limits": LIMITS,
        "load_kw": np.zeros((n, 24)),
        "q_kvar": np.zeros((n, 24)),
        "yields_kw_per_kwp": yields,
        "connection": np.arange(n),
        "orientation": np.zeros(n, dtype=np.int64),
        "existing_kwp": np.zeros(n),
        "room_kwp": np.full(n, room_kwp),
    }
    return HostingCase(**values | other)


def flow(own: HostingCase, limit_kva: float = 500.0) -> AcCheck:
    return AcCheck(OneLine(R_OHM, limit_kva), own.linear, ["abc"])


def test_one_line_takes_what_the_hand_finds():
    own = case()
    plain = hosting(own)
    assert plain.total_kwp == pytest.approx(LINEAR_KW, rel=3e-3)
    assert plain.agreed is None
    assert (plain.binding[0].what, plain.binding[0].where, plain.binding[0].step) == ("voltage high", "b1", 12)
    corrected = hosting(own, ac=flow(own))
    assert corrected.agreed
    assert corrected.total_kwp == pytest.approx(fed_in_kw(R_OHM, 1.05), rel=3e-3)
    found = bisect(own, flow(own))
    assert found.factor == pytest.approx(0.525, rel=2e-4)
    assert found.step == 12


def test_a_load_at_noon_makes_room_and_one_at_night_none():
    noon, night = np.zeros((1, 24)), np.zeros((1, 24))
    noon[0, 12], night[0, 20] = 7.0, 7.0
    assert hosting(case(load_kw=noon)).total_kwp == pytest.approx(LINEAR_KW + 7.0, rel=3e-3)
    assert hosting(case(load_kw=night)).total_kwp == pytest.approx(LINEAR_KW, rel=3e-3)


def test_full_roofs_bind_nothing_in_the_network():
    found = hosting(case(room_kwp=30.0))
    assert (found.factor, found.binding) == (pytest.approx(1.0), ())
    assert hosting(case(room_kwp=30.0), most_share=10.0).total_kwp == pytest.approx(LINEAR_KW, rel=3e-3)


def test_what_is_there_already_takes_its_part():
    found = hosting(case(existing_kwp=np.array([20.0])))
    assert found.total_kwp == pytest.approx(LINEAR_KW - 20.0, rel=5e-3)


def test_free_roofs_go_where_the_line_is_short():
    # 0.16 ohm to the first bus, 0.16 more to the second: a share s of both lifts the end by s (0.1 + 0.1 + 0.1); alone at the
    # first bus it lifts by 0.1
    both = case(ohm=(R_OHM, R_OHM))
    assert hosting(both).total_kwp == pytest.approx(2.0 * LINEAR_KW / 3.0, rel=3e-3)
    free = hosting(both, rule="free")
    assert free.total_kwp == pytest.approx(LINEAR_KW, rel=3e-3)
    assert free.kwp == pytest.approx([LINEAR_KW, 0.0], abs=0.2)


def test_curtailing_a_tenth_of_the_only_hour_makes_room_for_a_ninth():
    found = hosting(case(), help=Help(curtailed_share=0.1))
    assert found.total_kwp == pytest.approx(LINEAR_KW / 0.9, rel=3e-3)
    assert found.curtailed_share == pytest.approx(0.1, abs=1e-6)


def test_a_battery_takes_its_power_or_what_it_holds():
    power = hosting(case(), help=Help(take_kw=np.array([5.0]), take_kwh=np.array([20.0])))
    assert power.total_kwp == pytest.approx(LINEAR_KW + 5.0, rel=3e-3)
    energy = hosting(case(), help=Help(take_kw=np.array([5.0]), take_kwh=np.array([3.0])))
    assert energy.total_kwp == pytest.approx(LINEAR_KW + 3.0, rel=3e-3)
    assert energy.taken_kwh == pytest.approx(3.0, rel=1e-3)


def test_a_battery_serves_two_critical_hours_with_the_same_energy():
    two = case()
    yields = two.yields_kw_per_kwp.copy()
    yields[0, 13] = 1.0
    found = hosting(replace(two, yields_kw_per_kwp=yields), help=Help(take_kw=np.array([5.0]), take_kwh=np.array([6.0])))
    assert found.total_kwp == pytest.approx(LINEAR_KW + 3.0, rel=3e-3)


def test_batteries_are_bought_while_they_bring_more_than_they_cost():
    # a kWh lets in half a kW (its power), so up to 0.5 kWp a kWh it pays
    cheap = hosting(case(), help=Help(kwh_per_kwp=0.4, kw_per_kwh=0.5))
    assert cheap.total_kwp == pytest.approx(100.0)
    assert cheap.bought_kwh.sum() == pytest.approx(2.0 * (100.0 - LINEAR_KW), rel=5e-3)
    dear = hosting(case(), help=Help(kwh_per_kwp=0.6, kw_per_kwh=0.5))
    assert dear.total_kwp == pytest.approx(LINEAR_KW, rel=3e-3)
    assert dear.bought_kwh.sum() == pytest.approx(0.0, abs=1e-6)


def test_inverters_that_take_up_reactive_power_make_room_where_the_line_has_reactance():
    # r = x = 0.1 pu, q = -p tan phi: the rise is (r - x tan phi) p, at cos phi 0.95 only 67.1 % of it
    own = case(ohm=(R_OHM * (1.0 + 1.0j),), tan_phi=tan_of(0.95))
    assert tan_of(0.95) == pytest.approx(0.32868, abs=1e-5)
    assert hosting(own).total_kwp == pytest.approx(LINEAR_KW / (1.0 - 0.32868), rel=3e-3)


def test_a_rating_counts_active_and_reactive_power_together():
    own = case(tan_phi=0.75)
    own = replace(own, linear=replace(own.linear, limit_kva=np.array([25.0])))
    found = hosting(own)
    assert found.total_kwp == pytest.approx(20.0, rel=2e-3)  # 25 kVA at cos phi 0.8
    assert found.binding[0].what == "loading"


def test_a_network_that_is_full_before_gets_no_worse():
    # 60 kW of wind in the sunny hour lift the end beyond 1.05 already; in that hour nothing more fits
    wind = np.zeros((1, 24))
    wind[0, 12] = -60.0
    own = case(load_kw=wind)
    found = hosting(own, ac=flow(own))
    assert found.broken_before == 1
    assert found.total_kwp == pytest.approx(0.0, abs=0.3)
    assert found.agreed


def test_a_community_s_year_becomes_a_question():
    meter = MeterPoint(id="c", bus="b1", tariff="t", phases="abc", limit_kw=30.0, homes=1)
    still, day = np.zeros(24), np.zeros((1, 24))
    plugged = np.where(np.arange(24) < 14, 11.0, 0.0)
    uncontrolled = np.where(np.arange(24) < 2, 6.0, 0.0)
    roof = Roof(id="r", connection="c", orientation="south", tilt_deg=30.0, azimuth_deg=180.0, existing_kwp=4.0, room_kwp=6.0)
    cars = CarFleet(
        connection="c", uncontrolled_kw=uncontrolled, charge_kw=plugged, discharge_kw=still, least_kwh=still, most_kwh=still
    )
    courses = Courses(
        scenario="one", start=datetime(2024, 6, 1, tzinfo=UTC), step_h=1.0, timezone="UTC", meters=(meter,), load_kw=day + 2.0,
        q_kvar=day + 0.5, heating_kw=day, yields={"south": case().yields_kw_per_kwp[0]}, prices={}, temp_degc=still,
        roofs=(roof,), wind_kw={"c": still + 1.0}, cars=(cars,),
    )  # fmt: skip
    own = HostingCase.of(courses, case().linear, LIMITS, cos_phi=0.95)
    assert own.load_kw[0, :3].tolist() == [7.0, 7.0, 1.0]  # 2 kW, less 1 kW of wind, and the car in the first two hours
    assert own.generated(own.existing_kwp)[0, 12] == 4.0
    assert own.tan_phi == tan_of(0.95)
    help_of_cars = Help.of_cars(courses, own)
    assert help_of_cars.take_kwh.tolist() == [12.0]  # what it charges a day
    assert help_of_cars.take_kw[0, [0, 5, 20]].tolist() == [5.0, 11.0, 0.0]
    assert Help.of_batteries({"c": 8.0}, {"c": 4.0}, ("c", "d")).take_kwh.tolist() == [8.0, 0.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"room_kwp": np.zeros(1)}, "no roof has room: 0 kWp"),
        ({"room_kwp": np.array([-3.0])}, r"room_kwp of roof 0 is -3\.0 kWp"),
        ({"existing_kwp": np.array([np.nan])}, "existing_kwp of roof 0 is nan kWp"),
        ({"yields_kw_per_kwp": np.full((1, 24), -0.1)}, "a yield is negative"),
        ({"load_kw": np.full((1, 24), np.nan)}, "the loads have a gap in step 0"),
    ],
)
def test_what_cannot_be_asked_is_said(change: dict[str, Any], said: str):
    with pytest.raises(ModelError, match=said):
        case(**change)


def test_a_power_factor_is_above_zero():
    with pytest.raises(ModelError, match=r"cos phi is 0.0, allowed: above 0, at most 1"):
        tan_of(0.0)


def test_a_network_without_limits_is_said_to_have_none():
    own = case(limits=GridRules(vm_max_pu=1.2))
    unlimited = replace(own, limits=_Nothing())
    with pytest.raises(ModelError, match="no limit that PV could break"):
        bisect(unlimited, flow(own))


class _Nothing:
    vm_min_pu, vm_max_pu, line_percent, transformer_percent = 0.0, 1e9, 1e9, 1e9

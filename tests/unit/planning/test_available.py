# SPDX-License-Identifier: Apache-2.0
"""What a plan leaves to the network, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.planning import community
from tests.unit.planning.community import composed
from twinergy.planning.available import available
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.blocks.wind import Wind
from twinergy.planning.compose import account, horizon_of, plan_of
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner, optimise
from twinergy.planning.size import Size

THREE = Horizon.periods([0], 3, np.array([8760.0 / 3]))


def only(existing: float, unit: str) -> Size:
    return Size(unit=unit, existing=existing, most=0.0)


def site(limit_kw: float = 100.0, **more: float):
    """A battery without losses: fills with 4 kWh of the dear hour's need in the cheap one, and rests in between."""
    return [
        Demand(id="load", node="site", demand_kw=np.array([1.0, 1.0, 5.0])),
        Tariff(
            id="meter",
            node="site",
            import_eur_per_kwh=np.array([0.10, 0.20, 0.50]),
            export_eur_per_kwh=0.05,
            limit=only(limit_kw, "kW"),
            **more,
        ),
        Battery(
            id="battery",
            node="site",
            capacity=only(4.0, "kWh"),
            power=only(4.0, "kW"),
            charge_efficiency=1.0,
            discharge_efficiency=1.0,
        ),
    ]


def test_a_battery_by_hand():
    """It charges 4 kW at first, from nothing; rests full; discharges 4 kW and is empty.

    Up: 4 by not charging, 4 by discharging what it holds, nothing beyond its power. Down: nothing beyond its power, nothing while
    it is full, and by not discharging 4; it is full then, so no charging on top.
    """
    blocks = site()
    found = available(blocks, optimise(blocks, THREE))
    np.testing.assert_allclose(found.up_kw, [4.0, 4.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(found.down_kw, [0.0, 0.0, 4.0], atol=1e-7)
    np.testing.assert_array_equal(found.renewable_kw, [0.0, 0.0, 0.0])


def test_a_connection_has_to_carry_it():
    """It draws 5, 1 and 1 kW of at most 5: 4 more in the last hour. It may feed in 2 kW: 3 up while it draws 1."""
    blocks = site(limit_kw=5.0, export_limit_kw=2.0)
    found = available(blocks, optimise(blocks, THREE))
    np.testing.assert_allclose(found.down_kw, [0.0, 0.0, 4.0], atol=1e-7)
    np.testing.assert_allclose(found.up_kw, [4.0, 3.0, 0.0], atol=1e-7)


def test_sun_and_wind_that_nobody_uses():
    """10 kWp and 2 of other yield, 5 kW of wind; the connection lets out 3 kW, so most of it is curtailed and cannot come up."""
    blocks = [
        Demand(id="load", node="site", demand_kw=1.0),
        Tariff(id="meter", node="site", import_eur_per_kwh=0.3, export_eur_per_kwh=0.1, limit=only(3.0, "kW")),
        Pv(
            id="pv",
            node="site",
            faces=(Face(name="south", yield_kw_per_kwp=np.array([0.5, 0.0, 0.1]), size=only(2.0, "kWp")),),
            existing_kw=np.array([10.0, 0.0, 1.0]),
        ),
        Wind(id="wind", node="elsewhere", yield_kw_per_kw=np.array([0.0, 1.0, 0.2]), size=only(5.0, "kW")),
        Tariff(id="there", node="elsewhere", import_eur_per_kwh=0.3, export_eur_per_kwh=0.0, limit=only(4.0, "kW")),
    ]
    found = available(blocks, optimise(blocks, THREE))
    # what stands there is in existing_kw already; the face only says what more would yield
    np.testing.assert_allclose(found.renewable_kw, [10.0, 5.0, 2.0])
    figures = found.figures()
    assert figures["renewable_kwh"] == pytest.approx(17.0 / 3.0 * 8760.0)
    assert figures["renewable_mean_kw"] == pytest.approx(17.0 / 3.0)
    assert (figures["renewable_most_kw"], figures["renewable_firm_kw"]) == pytest.approx((10.0, 2.0))
    assert np.all(found.up_kw <= np.array([0.0, 4.0, 6.0]) + 1e-7)  # the site is at its limit of 3 kW in the first hour
    assert found.up_kw[0] == pytest.approx(0.0, abs=1e-7)
    assert figures["unused_kwh"] >= 6.0 / 3.0 * 8760.0 - 1e-6


def test_a_face_counts_what_is_there_where_nobody_says_what_it_yields():
    blocks = [
        Demand(id="load", node="site", demand_kw=1.0),
        Tariff(id="meter", node="site", import_eur_per_kwh=0.3, export_eur_per_kwh=0.1),
        Pv.of(
            id="pv",
            node="site",
            yield_kw_per_kwp=np.array([0.5, 0.0, 0.1]),
            size=Size(unit="kWp", existing=2.0, least=3.0, most=3.0),
        ),
    ]
    found = available(blocks, optimise(blocks, THREE))
    np.testing.assert_allclose(found.renewable_kw, [2.5, 0.0, 0.5])
    np.testing.assert_allclose(found.up_kw, 0.0, atol=1e-7)


def test_a_plan_tells_what_is_available():
    """All the wind and sun of the community: 50 kW of turbine and 8 kWp, and batteries of 115 kWh."""
    given = community.courses(48)
    asked, plan = composed(given, question="dispatch")
    optimum = Planner(plan.blocks, horizon_of(asked.request, given)).ask()
    found = plan_of(asked, plan, optimum, account(optimum), name="a plan")
    np.testing.assert_allclose(
        found.flows["network.renewable_kw"], given.wind_kw["farm"] + 8.0 * given.yields[community.SOUTH], rtol=1e-9
    )
    assert np.all(found.flows["network.up_kw"] >= 0.0)
    assert found.flows["network.up_kw"].max() <= 2.0 * 57.5 + 58.0
    assert found.extras["available"]["renewable_kwh"] == pytest.approx(
        float(found.flows["network.renewable_kw"] @ found.hours), rel=1e-9
    )

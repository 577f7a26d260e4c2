# SPDX-License-Identifier: Apache-2.0
"""What holds of every plan, whatever the numbers: energy is kept, more freedom never costs more, money has no unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.ev import Ev
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.heat_pump import HeatPump
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner
from twinergy.planning.size import Size

STEPS = 6
HORIZON = Horizon.periods([0, 3], 3, np.array([100.0, 265.0]))
"""Two periods that stand for a year, so that no store carries from the one to the other."""
FEW = settings(max_examples=20, deadline=None, derandomize=True)


def course(least, most):
    numbers = st.floats(least, most, allow_nan=False).map(lambda value: round(value, 3))
    return st.lists(numbers, min_size=STEPS, max_size=STEPS).map(np.array)


def number(least, most):
    return st.floats(least, most, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def sites(draw):
    """Draw a site with everything on it; its blocks come with euros times a factor, and with sizes of their own."""
    price = draw(course(0.05, 0.50))
    needed = np.cumsum(draw(course(0.0, 2.0)))
    cop, efficiency = draw(course(1.5, 5.0)), draw(number(0.7, 1.0))

    def blocks(eur=1.0, most=5.0):
        return [
            Demand(id="load", node="site", demand_kw=power),
            Demand(id="heat", node="warm", carrier=HEAT, demand_kw=heat),
            Tariff(
                id="grid",
                node="site",
                import_eur_per_kwh=price * eur,
                export_eur_per_kwh=price * 0.4 * eur,
                peak_eur_per_kw=9.0 * eur,
            ),
            Pv(
                id="pv", node="site", faces=(Face(yield_kw_per_kwp=sun, size=Size(unit="kWp", most=most, annual_eur=80.0 * eur)),)
            ),
            Battery(
                id="battery",
                node="site",
                capacity=Size(unit="kWh", existing=1.0, most=most, annual_eur=15.0 * eur),
                power=Size(unit="kW", most=most, annual_eur=5.0 * eur),
                charge_efficiency=efficiency,
                discharge_efficiency=0.9,
                loss_per_h=0.01,
                wear_eur_per_kwh=0.01 * eur,
            ),
            Chp(
                id="chp",
                node="warm",
                electric_node="site",
                size=Size(unit="kW", most=most, annual_eur=120.0 * eur),
                electric_efficiency=0.3,
                thermal_efficiency=0.55,
                fuel_eur_per_kwh=0.09 * eur,
            ),
            Boiler(
                id="boiler", node="warm", size=Size(unit="kW", annual_eur=12.0 * eur), efficiency=0.9, fuel_eur_per_kwh=0.09 * eur
            ),
            HeatPump(
                id="pump", node="warm", electric_node="site", size=Size(unit="kW", most=most, annual_eur=70.0 * eur), cop=cop
            ),
            HeatBuffer(id="buffer", node="warm", capacity=Size(unit="kWh", most=most, annual_eur=3.0 * eur), loss_per_h=0.02),
            Ev(
                id="cars",
                node="site",
                charge_kw=4.0,
                discharge_kw=2.0,
                least_kwh=needed,
                most_kwh=needed + 3.0,
                wear_eur_per_kwh=0.03 * eur,
            ),
        ]

    power, heat, sun = draw(course(0.0, 8.0)), draw(course(0.0, 8.0)), draw(course(0.0, 1.0))
    return blocks


def solved(blocks):
    found = Planner(blocks, HORIZON).ask()
    assert found.usable
    return found


@FEW
@given(sites())
def test_every_node_has_what_it_needs_in_every_step(site):
    blocks = site()
    found = solved(blocks)
    arriving = {("site", "electricity"): np.zeros(STEPS), ("warm", HEAT): np.zeros(STEPS)}
    for flow in found.matrices.flows:
        arriving[flow.node, flow.carrier] += flow.factor * found.value(flow.variable)
    np.testing.assert_allclose(arriving["site", "electricity"], blocks[0].demand_kw, atol=1e-6)
    assert (arriving["warm", HEAT] >= blocks[1].demand_kw - 1e-6).all()


@FEW
@given(sites())
def test_what_is_taken_out_of_a_store_was_put_in_less_what_was_lost(site):
    blocks = site()
    found = solved(blocks)
    battery, buffer = blocks[4], blocks[8]
    for store, name in ((battery, "battery"), (buffer, "buffer")):
        charge, discharge, stored = (found.value(f"{name}.{what}") for what in ("charge_kw", "discharge_kw", "stored_kwh"))
        for period in (slice(0, 3), slice(3, 6)):
            lost = store.loss_per_h * stored[period].sum()
            gained = store.charge_efficiency * charge[period].sum() - discharge[period].sum() / store.discharge_efficiency
            assert gained == pytest.approx(lost, abs=1e-6)


@FEW
@given(sites())
def test_cars_draw_in_a_period_what_they_drive_and_feed_back(site):
    blocks = site()
    found = solved(blocks)
    needed = np.diff(blocks[9].least_kwh, prepend=0.0)
    net = found.value("cars.charge_kw") - found.value("cars.discharge_kw") / blocks[9].round_trip_efficiency
    np.testing.assert_allclose(net.reshape(2, 3).sum(axis=1), needed.reshape(2, 3).sum(axis=1), atol=1e-6)


@FEW
@given(sites())
def test_no_battery_charges_and_discharges_at_once_while_import_costs_something(site):
    found = solved(site())
    at_once = np.minimum(found.value("battery.charge_kw"), found.value("battery.discharge_kw"))
    np.testing.assert_allclose(at_once, 0.0, atol=1e-6)


@FEW
@given(sites(), number(0.0, 4.0))
def test_more_room_never_costs_more(site, less):
    assert solved(site()).eur <= solved(site(most=less)).eur * (1.0 + 1e-7) + 1e-6


@FEW
@given(sites(), number(0.1, 20.0))
def test_all_prices_times_a_number_cost_that_many_times_as_much(site, factor):
    assert solved(site(eur=factor)).eur == pytest.approx(factor * solved(site()).eur, rel=1e-7)


@FEW
@given(sites(), number(1.0, 300.0))
def test_a_thing_that_grows_dearer_is_never_bought_more_of(site, dearer):
    blocks = site()
    capacity = replace(blocks[4].capacity, annual_eur=blocks[4].capacity.annual_eur + dearer)
    dear = [*blocks[:4], replace(blocks[4], capacity=capacity), *blocks[5:]]
    key = ("battery", "capacity_kwh")
    assert solved(dear).sizes()[key] <= solved(blocks).sizes()[key] + 1e-6

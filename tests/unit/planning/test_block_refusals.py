# SPDX-License-Identifier: Apache-2.0
"""What a block refuses, and whether it says block, field, value and what is allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.unit.planning.block_cases import CUTS, TWO_STEPS, battery, boiler, cars, chp, fixed, meter, unit, units
from twinergy.errors import ScenarioError
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.budget import Budget
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.emissions import Emissions
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.heat_pump import HeatPump
from twinergy.planning.blocks.network import Cuts, NetworkLimits
from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.sharing import LocalSharing, SharingPremium
from twinergy.planning.blocks.together import Together
from twinergy.planning.blocks.wind import Wind
from twinergy.planning.draft import Draft
from twinergy.planning.horizon import Horizon
from twinergy.planning.size import Size

KW = Size(unit="kW", most=5.0)
NAN = math.nan


def pv(values, **size):
    return Pv.of(id="roof", node="site", yield_kw_per_kwp=values, size=Size(unit="kWp", **size))


def pump(**more):
    return HeatPump(id="pump", node="heat", electric_node="site", size=KW, **{"cop": 3.0, **more})


REFUSED = {
    "battery.charge_efficiency: is too much (got 1.2); allowed: above 0 and at most 1": lambda: battery(charge_efficiency=1.2),
    "battery.discharge_efficiency: is too little (got 0.0); allowed: above 0 and at": lambda: battery(discharge_efficiency=0.0),
    "battery.loss_per_h: is too little (got -0.1)": lambda: battery(loss_per_h=-0.1),
    "battery.wear_eur_per_kwh: is too little (got -0.02); allowed: at least 0 EUR/kWh": lambda: battery(wear_eur_per_kwh=-0.02),
    "battery.hours: is too little (got 0.0); allowed: above 0 h": lambda: battery(hours=0.0),
    "battery.capacity.annual_eur: is too little (got -3.0); allowed: at least 0 EUR per kWh and year": lambda: battery(
        capacity=Size(unit="kWh", annual_eur=-3.0)
    ),
    "battery.power.most: must be finite (got inf); allowed: a greatest power in kW, because never_both": lambda: battery(
        power=Size(unit="kW"), never_both=True
    ),
    "boiler.efficiency: is too much (got 1.05)": lambda: boiler(efficiency=1.05),
    "boiler.efficiency: is not a number (got nan)": lambda: boiler(efficiency=NAN),
    "boiler.fuel_eur_per_kwh: is too little at step 1 (got -0.1)": lambda: boiler(fuel_eur_per_kwh=np.array([0.1, -0.1])),
    "boiler.size.existing: is not a number (got nan)": lambda: boiler(size=Size(unit="kW", existing=NAN)),
    "boiler.size.invest_eur: is too little (got -1.0); allowed: at least 0 EUR per kW": lambda: boiler(
        size=Size(unit="kW", invest_eur=-1.0)
    ),
    "boiler.size.most: is below the least (got 1.0); allowed: at least its least, 2 kW": lambda: boiler(
        size=Size(unit="kW", least=2.0, most=1.0)
    ),
    "boiler.size.most: is not a number (got nan)": lambda: boiler(size=Size(unit="kW", most=NAN)),
    "boiler.size.most: must be finite (got inf)": lambda: boiler(size=Size(unit="kW", once_annual_eur=5.0)),
    "boiler.size.step: no number of packs fits between least and most (got 5.0)": lambda: boiler(
        size=Size(unit="kW", least=6.0, most=9.0, step=5.0)
    ),
    "chp: electric and thermal efficiency give more than is burnt (got 1.05); allowed: at most 1": lambda: chp(
        fixed(1.0), thermal_efficiency=0.8
    ),
    "chp.size.most: must be finite (got inf)": lambda: chp(Size(unit="kW"), least_load=0.5),
    "chp.least_load: is too much (got 50.0); allowed: at least 0 of its power and at most 1": lambda: chp(KW, least_load=50.0),
    "chp.units.small.power_kw: is too little (got 0.0); allowed: above 0 kW": lambda: units(unit("small", 0.0, 900.0)),
    "chp.units.small.annual_eur: is too little (got -900.0)": lambda: units(unit("small", 5.0, -900.0)),
    "chp.units: has no unit to choose": units,
    "chp.units: is the size of several units (got 'a_1_built')": lambda: units(unit("a-1", 1.0, 0.0), unit("a.1", 2.0, 0.0)),
    "pump.cop: is too little at step 1 (got 0.5); allowed: at least 1": lambda: pump(cop=np.array([3.0, 0.5])),
    "pump.available: is too little (got -0.2)": lambda: pump(available=-0.2),
    "buffer.loss_per_h: is too much (got 2.0); allowed: at least 0 and at most 1": lambda: HeatBuffer(
        id="buffer", node="heat", capacity=KW, loss_per_h=2.0
    ),
    "roof.faces.0.yield_kw_per_kwp: is too little at step 0 and at 1 other steps (got -0.1)": lambda: pv(np.array([-0.1, -0.2])),
    "roof.faces.0.yield_kw_per_kwp: is not a number at step 1 (got nan)": lambda: pv(np.array([0.1, NAN])),
    "roof.faces.0.yield_kw_per_kwp: has the shape (2, 2)": lambda: pv(np.ones((2, 2))),
    "roof.faces.0.size.least: is too little (got -1.0); allowed: at least 0 kWp": lambda: pv(0.5, least=-1.0),
    "roof.faces: has no roof; allowed: at least one face": lambda: Pv(id="roof", node="site", faces=()),
    "roof.faces: is the size of several faces (got 'size_kwp')": lambda: Pv(
        id="roof", node="site", faces=(Face(yield_kw_per_kwp=0.5, size=KW), Face(yield_kw_per_kwp=0.5, size=KW))
    ),
    "turbine.yield_kw_per_kw: is too little (got -0.5)": lambda: Wind(id="turbine", node="a", yield_kw_per_kw=-0.5, size=KW),
    "cars.least_kwh: falls at step 1 (got 4.0); allowed: at least 5 kWh": lambda: cars(
        least_kwh=np.array([5.0, 4.0]), most_kwh=np.array([9.0, 9.0])
    ),
    "cars.most_kwh: is too little at step 1 (got 4.0); allowed: at least 5 kWh": lambda: cars(most_kwh=np.array([4.0, 4.0])),
    "cars: least_kwh and most_kwh have other shapes (got '(2,) and (3,)')": lambda: cars(most_kwh=np.array([4.0, 5.0, 6.0])),
    "cars.round_trip_efficiency: is too much (got 1.1)": lambda: cars(round_trip_efficiency=1.1),
    "grid.export_eur_per_kwh: is above the price of import at step 1 and 0 others: money by going round": lambda: meter(
        import_eur_per_kwh=np.array([0.3, 0.05])
    ),
    "(got 0.08); allowed: at most 0.05 EUR/kWh, or never_both in these steps": lambda: meter(import_eur_per_kwh=0.05),
    "grid.limit.most: must be finite (got inf)": lambda: meter(never_both=True),
    "grid.import_eur_per_kwh: is not a number at step 0 (got nan)": lambda: meter(import_eur_per_kwh=np.array([NAN, 0.3])),
    "grid.import_eur_per_kwh: is not a number (got 'cheap')": lambda: meter(import_eur_per_kwh="cheap"),
    "grid.co2_g_per_kwh: is too little (got -1.0)": lambda: meter(co2_g_per_kwh=-1.0),
    "grid.export_co2_share: is too much (got 2.0)": lambda: meter(export_co2_share=2.0),
    "grid.peak_eur_per_kw: is too little (got -60.0); allowed: at least 0 EUR/kW/a": lambda: meter(peak_eur_per_kw=-60.0),
    "load.demand_kw: is not a number at step 1 (got inf)": lambda: Demand(id="load", node="a", demand_kw=np.array([1.0, np.inf])),
    "community.saved_eur_per_kwh.a: is too little (got -0.1)": lambda: LocalSharing(
        id="community", saved_eur_per_kwh={"a": -0.1}
    ),
    "community.saved_eur_per_kwh: has no member": lambda: LocalSharing(id="community", saved_eur_per_kwh={}),
    "community.meters: has no member": lambda: SharingPremium(id="community", meters=(), premium_eur_per_kwh=0.1),
    "gases.price_eur_per_kg: is too little (got -0.1)": lambda: Emissions(id="gases", price_eur_per_kg=-0.1),
    "gases.most_kg: is not a number (got nan)": lambda: Emissions(id="gases", most_kg=NAN),
    "purse.most_eur: is too little (got -5.0); allowed: at least 0 EUR": lambda: Budget(id="purse", most_eur=-5.0),
    "all.most: is below the least (got 1.0); allowed: at least 2": lambda: Together(id="all", sizes=(), least=2.0, most=1.0),
    "wires.cuts: is the name of several cuts (got 'voltage')": lambda: NetworkLimits(id="wires", cuts=(CUTS, CUTS)),
    "wires.cuts.v: coefficients do not fit cuts and variables (got '(2, 2)'); allowed: the shape (1, 2)": lambda: _wires(
        step=np.array([0])
    ),
    "wires.cuts.v: least is not a number (got nan)": lambda: _wires(least=np.array([NAN, 0.0])),
    "wires.cuts.v: most does not fit (got '(1,)'); allowed: the shape (2,)": lambda: _wires(most=np.array([1.0])),
    "wires.cuts.v: least of cut 1 is too much (got 10.0); allowed: at most 9": lambda: _wires(least=np.array([0.0, 10.0])),
    "wires.cuts.v: a coefficient is not a number": lambda: _wires(coefficients=np.full((2, 2), NAN)),
}


def _wires(**more):
    given = {name: getattr(CUTS, name) for name in ("variables", "coefficients", "step", "least", "most")}
    return NetworkLimits(id="wires", cuts=(Cuts(name="v", **{**given, **more}),))


@pytest.mark.parametrize("message", REFUSED)
def test_a_block_says_what_is_wrong_with_it(message):
    with pytest.raises(ScenarioError) as refusal:
        REFUSED[message]()
    assert message in str(refusal.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ScenarioError) as refusal:
        Battery(
            id="battery",
            node="site",
            capacity=Size(unit="kWh", annual_eur=-1.0, existing=NAN),
            power=KW,
            charge_efficiency=2.0,
            loss_per_h=-1.0,
        )
    assert len(refusal.value.findings) == 4


TOGETHER = {
    "homes-1: is the id of 2 blocks": [
        Demand(id="homes-1", node="a", demand_kw=-1.0),
        Demand(id="homes_1", node="a", demand_kw=-1.0),
    ],
    "load.demand_kw: has too few steps (got 1); allowed: at least 2": [Demand(id="load", node="a", demand_kw=np.array([1.0]))],
    "grid.import_eur_per_kwh: has another number of steps than the rest (got 3); allowed: 2": [
        Demand(id="one", node="grid", demand_kw=np.ones(2)),
        Demand(id="two", node="grid", demand_kw=np.ones(2)),
        meter(import_eur_per_kwh=np.full(3, 0.3)),
    ],
    "roof.faces.0.yield_kw_per_kwp: has too few steps (got 1)": [pv(np.array([0.5]))],
    "community.saved_eur_per_kwh.a: has too few steps (got 1)": [
        meter("a"),
        LocalSharing(id="community", saved_eur_per_kwh={"a": np.array([0.01])}),
    ],
    "node far: nothing brings electricity [kW], and it is needed (got 4.0)": [Demand(id="load", node="far", demand_kw=4.0)],
    "community: no variable 'import_kw' of a block 'nobody'": [
        meter("a"),
        SharingPremium(id="community", meters=("a", "nobody"), premium_eur_per_kwh=0.1),
    ],
    "community: is more than a loses by buying and selling the same kWh, at step 0 and 1 others (got 0.23)": [
        meter("a"),
        SharingPremium(id="community", meters=("a",), premium_eur_per_kwh=0.23),
    ],
    "all.sizes: no such size: did you mean 'boiler.size_kw'?": [
        boiler(),
        Together(id="all", sizes=(("boiler", "size_kwp"),), most=1.0),
    ],
    "all.sizes: adds up different units (got 'kW, kWp')": [
        boiler(),
        pv(0.5),
        Together(id="all", sizes=(("boiler", "size_kw"), ("roof", "size_kwp")), most=1.0),
    ],
    "boiler.size_kw.invest_eur: is 0, so the budget counts nothing": [boiler(), Budget(id="purse", most_eur=5.0)],
}


@pytest.mark.parametrize("message", TOGETHER)
def test_blocks_that_are_no_plan_together_say_why(message):
    with pytest.raises(ScenarioError) as refusal:
        Draft.of(TOGETHER[message], TWO_STEPS)
    assert message in str(refusal.value)


def test_data_may_be_longer_than_the_horizon():
    year = np.ones(8760)
    draft = Draft.of([Demand(id="load", node="grid", demand_kw=year), meter(import_eur_per_kwh=year)], Horizon.whole(48))
    assert len(draft.named("grid.import_kw")) == 48


def test_a_node_may_be_called_like_something_of_pyomo():
    draft = Draft.of([meter("active"), meter("name"), meter("steps")], TWO_STEPS)
    assert draft.variable_of("active", "import_kw").name == "active_.import_kw"


def test_a_variable_that_is_not_there_names_those_that_are():
    draft = Draft.of([meter("a")], TWO_STEPS)
    with pytest.raises(KeyError, match="no variable 'imports_kw' of a block 'a': did you mean 'import_kw'"):
        draft.variable_of("a", "imports_kw")

# SPDX-License-Identifier: Apache-2.0
"""Spans, accounts, the best dispatch and the reasons of a gap, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.planning_proof_sample import START, plan, unit
from twinergy.cosim.planning import gap as gaps
from twinergy.cosim.planning.dispatch import Engine, Fleet, Store, dispatched
from twinergy.cosim.planning.gap import explained
from twinergy.cosim.planning.improve import corrected, improve, observed
from twinergy.cosim.planning.planned import Groups, account, figures
from twinergy.cosim.planning.reckoning import Account, Prices, Rates, settled
from twinergy.cosim.planning.spans import WORST, spans_of
from twinergy.cosim.planning.tracing import Span, Trace
from twinergy.errors import ScenarioError
from twinergy.planning.catalogue_terms import NUMBERS

RATES = Rates(fuels={"natural_gas": (0.1, 200.0)})


def year(**flows):
    return plan((), options={}, hours=np.ones(8760), flows=flows, name="year")


def flat(values, n_meters=1):
    return np.tile(np.asarray(values, dtype=float)[:, None], (1, n_meters))


def trace(fixed_kw, buy, sell=0.0, step_h=1.0, **given):
    fixed = np.asarray(fixed_kw, dtype=float)
    n = len(fixed)
    prices = {
        "buy_eur_per_kwh": flat(np.broadcast_to(buy, n)),
        "feed_in_eur_per_kwh": flat(np.broadcast_to(sell, n)),
        "co2_g_per_kwh": flat(np.full(n, 400.0)),
        "grid_fee_eur_per_kwh": flat(np.full(n, 0.1)),
    }
    span = Span(label="x", first=0, n_steps=n, start=START, hours=n * step_h, weight=10.0)
    names = tuple(f"m{number}" for number in range(fixed.shape[1]))
    usual = {"p_kw": fixed, "available_kw": np.zeros_like(fixed), "generated_kw": np.zeros(n), "storage_kw": np.zeros(n)}
    facts = {"step_h": step_h, "connections": names, "tariffs": ("t",) * len(names), "price_ids": ("t",)}
    return Trace(span=span, fixed_kw=fixed, prices=prices, **facts, **{**usual, **given})


def groups(*members):
    mean = np.zeros((sum(len(one) for one in members), len(members)))
    for column, rows in enumerate(members):
        mean[list(rows), column] = 1.0 / len(rows)
    return Groups(nodes=tuple(f"n{number}" for number in range(len(members))), mean=mean, counted=np.ones(len(mean), dtype=bool))


def test_a_year_is_proved_in_a_week_of_each_season_and_the_worst():
    peak = np.zeros(8760)
    peak[24 * 7 * 50 + 5] = 9.0
    found = spans_of(year(**{"meter_a.import_kw": peak}), timezone="Europe/Berlin")
    assert [span.first // 168 for span in found] == [2, 15, 28, 41, 50]
    assert found[-1].label == f"{WORST} (16 December)"
    assert sum(span.weight * span.n_steps for span in found) == pytest.approx(8760.0)
    assert found[0].start == START + timedelta(days=14)


def test_a_week_planned_alone_starts_where_it_is():
    (span,) = spans_of(plan(()))
    assert span.start == START + timedelta(days=7 * 22)
    assert span.weight * 168 == pytest.approx(8760.0)


def test_other_weeks_days_and_the_whole_year():
    assert [span.first for span in spans_of(year(), weeks=[3, 1])] == [168, 504]
    assert sum(span.weight * span.n_steps for span in spans_of(year(), weeks=[3], days=2)) == pytest.approx(8760.0)
    (whole,) = spans_of(year(), year=True)
    assert (whole.n_steps, whole.weight) == (8760, 1.0)


@pytest.mark.parametrize(
    ("given", "weeks", "said"),
    [
        ({"options": {"resolution": {"kind": "typical"}}}, None, r"typical periods.*plan again with --set resolution.kind=year"),
        ({"options": {}}, [52], r"no such week \(got \[52\]\); allowed: 0 to 51"),
        ({"options": {}}, [], r"no such week"),
    ],
)
def test_what_cannot_be_compared_is_said(given, weeks, said):
    with pytest.raises(ScenarioError, match=said):
        spans_of(replace(year(), **given), weeks=weeks)


def test_an_account_by_hand():
    """2 kW at 0.3 EUR drawn by one, 3 kW at 0.1 EUR fed in by the other, an hour that stands for ten: 6 - 3 EUR, 8 kg."""
    prices = Prices(
        buy=np.full((1, 2), 0.3), sell=np.full((1, 2), 0.1), co2_g_per_kwh=np.full((1, 2), 400.0), fee=np.full((1, 2), 0.12)
    )
    bought, sold = np.array([[2.0, 0.0]]), np.array([[0.0, 3.0]])
    alone = settled(bought, sold, prices, 10.0, RATES)
    assert (alone.import_eur, alone.export_eur, alone.eur) == pytest.approx((6.0, -3.0, 3.0))
    assert alone.co2_kg == pytest.approx(8.0)
    local = settled(bought, sold, prices, 10.0, replace(RATES, rule="local", fee_reduction=0.5))
    assert local.shared_kwh == pytest.approx(20.0)
    assert local.shared_eur == pytest.approx(-20.0 * 0.12 * 0.5)
    paid = settled(bought, sold, prices, 10.0, replace(RATES, rule="incentive", incentive_eur_per_kwh=0.11))
    assert paid.shared_eur == pytest.approx(-2.2)
    credited = settled(bought, sold, prices, 10.0, replace(RATES, credit=1.0))
    assert credited.co2_kg == pytest.approx(8.0 - 12.0)


def test_two_periods_and_a_battery_by_hand():
    """Two hours at 0.1 and 0.3 EUR with 1 kWh needed in the second: 1 / (0.9 * 0.8) kWh are bought cheap, once a day."""
    fleet = Fleet(stores={"m0": Store(capacity_kwh=5.0, power_kw=5.0, charge_efficiency=0.9, discharge_efficiency=0.8)})
    best = dispatched(trace([[0.0], [1.0]], [0.1, 0.3]), groups([0]), fleet, RATES, goal="cost")
    assert best.eur == pytest.approx(10.0 * 0.1 / 0.72)
    assert best.import_kwh == pytest.approx(10.0 / 0.72)
    assert dispatched(trace([[0.0], [1.0]], [0.25, 0.3]), groups([0]), fleet, RATES, goal="cost").eur == pytest.approx(3.0)


def test_homes_that_share_a_node_share_their_sun():
    """One home needs 2 kW while the other has 2 kW over: nothing is bought for both, 2 kWh at 0.3 less 2 at 0.1 for each."""
    both = trace([[2.0, 0.0]], 0.3, 0.1, available_kw=np.array([[0.0, 2.0]]))
    fleet = Fleet(stores={})
    assert dispatched(both, groups([0, 1]), fleet, RATES, goal="cost").eur == 0.0
    assert dispatched(both, groups([0, 1]), fleet, RATES, goal="cost", each_meter=True).eur == pytest.approx(10.0 * (0.6 - 0.2))


def test_a_battery_serves_a_neighbour_where_sharing_pays():
    """2 kW of sun in the first hour, a neighbour's 1 kW in the second, all at 0.3 and 0.1 EUR; shared energy earns 0.15 EUR.

    A kWh kept for the neighbour costs 1 / 0.72 less fed in at first and brings 0.1 + 0.15 later; without the premium it stays.
    """
    two = trace([[0.0, 0.0], [0.0, 1.0]], 0.3, 0.1, available_kw=np.array([[2.0, 0.0], [0.0, 0.0]]))
    fleet = Fleet(stores={"m0": Store(capacity_kwh=5.0, power_kw=5.0, charge_efficiency=0.9, discharge_efficiency=0.8)})
    way = {"goal": "cost", "each_meter": True}
    paid = replace(RATES, rule="incentive", incentive_eur_per_kwh=0.15)
    best = dispatched(two, groups([0, 1]), fleet, paid, **way)
    assert best.shared_kwh == pytest.approx(10.0)
    assert best.eur == pytest.approx(10.0 * (0.3 - 0.1 * (2.0 - 1.0 / 0.72 + 1.0) - 0.15))
    local = dispatched(two, groups([0, 1]), fleet, replace(RATES, rule="local", fee_reduction=0.5), **way)
    assert local.shared_kwh == pytest.approx(10.0)
    alone = dispatched(two, groups([0, 1]), fleet, RATES, **way)
    assert alone.eur == pytest.approx(10.0 * (0.3 - 0.2))
    assert dispatched(two, groups([0, 1]), Fleet(stores={}), paid, **way).eur == pytest.approx(alone.eur)


def test_peaks_within_an_hour_cost():
    """4 kW for a quarter and 4 kW of sun for another: an hour's mean is nothing, quarters pay 1 kWh at 0.3 less 1 at 0.1."""
    swinging = trace([[4.0], [-4.0], [0.0], [0.0]], 0.3, 0.1, step_h=0.25)
    assert dispatched(swinging, groups([0]), Fleet(stores={}), RATES, goal="cost", steps=4).eur == pytest.approx(0.0)
    assert dispatched(swinging, groups([0]), Fleet(stores={}), RATES, goal="cost").eur == pytest.approx(10.0 * 0.2)


@pytest.mark.parametrize(("buy", "runs"), [(0.30, True), (0.05, False)])
def test_an_engine_runs_where_power_is_dearer_than_the_gas_it_takes(buy, runs):
    """Gas at 0.1 EUR: 1 kWh of power takes 4 kWh of gas and saves 2.4 / 0.9 in the boiler, so it costs 0.133 EUR."""
    engine = Engine(
        network="net",
        connection="m0",
        power_kw=1.0,
        electric_efficiency=0.25,
        thermal_efficiency=0.6,
        boiler_kw=9.0,
        boiler_efficiency=0.9,
        buffer_kwh=0.0,
        fuel="natural_gas",
    )
    heated = trace([[2.0]], buy, heat={"net": np.array([2.4])})
    best = dispatched(heated, groups([0]), Fleet(stores={}, engines=(engine,)), RATES, goal="cost")
    assert best.import_kwh == pytest.approx(10.0 if runs else 20.0)
    assert best.fuel_eur == pytest.approx(10.0 * 0.1 * (4.0 if runs else 2.4 / 0.9))


def test_the_planned_account_is_that_of_its_flows():
    told = plan(
        (unit("meter-n", "tariff", "n", {}, {"m0": 1.0}),),
        flows={"meter_n.import_kw": np.array([1.0, 2.0]), "meter_n.export_kw": np.zeros(2), "pv_n.generated_kw": np.ones(2)},
        hours=np.full(2, 4380.0),
        nodes={"n": ("m0",)},
    )
    run = trace([[1.0], [2.0]], [0.1, 0.2])
    mine = Groups.of(told, run)
    assert account(told, mine, run, RATES).eur == pytest.approx(10.0 * (0.1 + 0.4))
    seen = figures(told, mine, run.span)
    assert seen["used_kwh"] == pytest.approx(5.0)
    assert seen["peak_import_kw"] == 2.0


def test_a_plan_without_meters_is_refused():
    empty = plan((), nodes={"n": ("m0",)}, hours=np.ones(2))
    run = trace([[1.0], [2.0]], 0.1)
    with pytest.raises(ScenarioError, match="holds no import and export of its nodes"):
        account(empty, Groups.of(empty, run), run, RATES)


money = st.floats(-1e5, 1e5)


@given(st.lists(st.tuples(money, money), min_size=10, max_size=10))
def test_reasons_add_up_to_the_gap(values):
    states = {name: Account(import_eur=eur, co2_kg=kg) for name, (eur, kg) in zip((gaps.PLANNED, *gaps.WHY), values, strict=True)}
    gap = explained(states)
    assert gap.eur == pytest.approx(values[-1][0] - values[0][0])
    assert sum(one.eur for one in gap.reasons) == pytest.approx(gap.eur, abs=1e-6)
    assert sum(one.co2_kg for one in gap.reasons) == pytest.approx(gap.co2_kg, abs=1e-6)
    assert abs(gap.rest_eur) < 1e-6


def proof(planned_eur, simulated_eur, *, base_eur=500.0, **seen):
    first, last = Account(import_eur=planned_eur), Account(import_eur=simulated_eur)
    gap = explained({gaps.PLANNED: first, gaps.RULE: last, gaps.SIMULATED: last})
    usual = {"round_trip": 0.81, "discharged_kwh": 1000.0}
    return SimpleNamespace(
        planned=first, simulated=last, base=Account(import_eur=base_eur), gap=gap, observed={**usual, **seen}, annual_eur=10.0
    )


def test_what_the_twin_showed_becomes_numbers_of_the_catalogue():
    """81 % came out again: 90 % each way; 50 EUR were lost on 1,000 kWh."""
    assert observed(proof(100.0, 150.0)) == {"charge_efficiency": 0.9, "discharge_efficiency": 0.9, "wear_eur_per_kwh": 0.05}
    before = {"technologies": {"home_battery": {"most": 5.0, "overrides": {"lifetime_years": 9.0}}}}
    request = corrected(before, proof(100.0, 150.0))
    assert request["technologies"]["home_battery"]["most"] == 5.0
    assert request["technologies"]["home_battery"]["overrides"]["lifetime_years"] == 9.0
    assert request["technologies"]["community_battery"]["overrides"]["charge_efficiency"] == 0.9
    assert "charge_efficiency" not in before["technologies"]["home_battery"]["overrides"]


def test_what_a_kwh_lost_stays_what_the_catalogue_takes():
    """900 EUR were lost on 1,000 kWh: 0.9 EUR/kWh, of which the catalogue takes 0.5 for a mistake; no battery pays either way."""
    seen = observed(proof(100.0, 1000.0, base_eur=1100.0))["wear_eur_per_kwh"]
    assert seen == NUMBERS["wear_eur_per_kwh"].most == 0.5


def test_planning_again_ends_when_the_gap_is_small_and_keeps_the_best():
    asked, proofs = [], iter([proof(140.0, 148.0), proof(147.0, 147.5)])

    def again(request):
        asked.append(request)
        return plan((), name=f"round {len(asked)}")

    better = improve(plan(()), proof(100.0, 150.0), again, lambda _: next(proofs), rounds=5)
    assert better.name == "round 2"
    assert [row["gap_eur"] for row in better.extras["improvement"]["rounds"]] == pytest.approx([50.0, 8.0, 0.5])
    assert better.extras["improvement"]["closed"] == pytest.approx(0.99)
    assert len(asked) == 2


def test_a_round_that_makes_it_worse_is_not_kept():
    worse = improve(plan((), name="first"), proof(100.0, 150.0), lambda _: plan((), name="again"), lambda _: proof(100.0, 170.0))
    assert worse.name == "first"
    assert len(worse.extras["improvement"]["rounds"]) == 2

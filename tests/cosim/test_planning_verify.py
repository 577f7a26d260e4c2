# SPDX-License-Identifier: Apache-2.0
"""A plan that knows the twin's own profiles, proved in the twin: what is left of the gap has to have a reason."""

from __future__ import annotations

import json
import math

import pytest

from tests.unit.planning_proof_sample import battery_plan, community
from twinergy.cosim.planning.told import document, text
from twinergy.cosim.planning.verify import verify
from twinergy.results.reader import Run


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return community(tmp_path_factory.mktemp("verify"))


@pytest.fixture(scope="module")
def plan(base):
    return battery_plan(base)


@pytest.fixture(scope="module")
def proof(base, plan, tmp_path_factory):
    return verify(plan, tmp_path_factory.mktemp("plan"), base=base, lead_days=1)


def test_the_reasons_add_up_and_leave_no_rest(proof):
    assert proof.gap.eur == pytest.approx(proof.simulated.eur - proof.planned.eur)
    assert abs(proof.gap.rest_eur) < 1e-6
    assert {one.name for one in proof.gap.reasons} == {
        "weeks and profiles",
        "resolution",
        "aggregation",
        "local rule",
        "devices",
        "comfort",
    }
    assert any("no controller of the scenario forecasts" in note for note in proof.gap.notes)


def test_a_plan_made_of_the_same_profiles_differs_by_nothing_else(proof):
    """The dispatch solved again on the twin's week is the plan: the same loads, sun and prices, the same battery."""
    assert abs(proof.gap.reason("weeks and profiles").eur) < 1e-3 * (proof.base.eur - proof.planned.eur)


def test_reasons_have_the_signs_that_physics_gives_them(proof):
    """Finer steps, meters of one's own and real devices can only cost where the better way was an optimum before."""
    for name in ("resolution", "aggregation", "devices"):
        assert proof.gap.reason(name).eur > 0.0
    assert proof.gap.reason("local rule").eur > -1e-3 * proof.planned.import_eur


def test_flat_prices_leave_little_to_gain_over_the_rule(proof):
    """With one price all day, following the meter is the best a battery can do but for its losses and the end of the week."""
    assert proof.gap.reason("local rule").eur < 0.05 * (proof.base.eur - proof.simulated.eur)


def test_the_twins_bills_are_those_of_its_settlement(proof):
    """A run's own settlement bills import, feed-in and a standing charge that these tariffs do not have."""
    finished = Run(proof.runs[0])
    frame = finished.wide("connection", "p_kw", start=proof.spans[0].start)
    buy, sell = (finished.wide("prices", port, start=proof.spans[0].start) for port in ("buy_eur_per_kwh", "feed_in_eur_per_kwh"))
    bought = (frame.clip(lower=0.0).mul(buy["household"], axis=0)).to_numpy().sum() * 0.25
    sold = ((-frame).clip(lower=0.0).mul(sell["household"], axis=0)).to_numpy().sum() * 0.25
    assert proof.simulated.eur == pytest.approx((bought - sold) * proof.spans[0].weight, rel=1e-6)


def test_figures_stand_side_by_side(proof):
    sufficiency = proof.figure("self_sufficiency")
    assert sufficiency.base < sufficiency.simulated < sufficiency.planned <= 1.0
    assert 0.9 < proof.figure("vm_min_pu").simulated <= proof.figure("vm_max_pu").simulated < 1.1
    assert math.isnan(proof.figure("vm_min_pu").planned)
    discharged, charged = proof.figure("discharged_kwh"), proof.figure("charged_kwh")
    assert discharged.planned / charged.planned == pytest.approx(0.95**2, rel=1e-4)
    assert 0.6 < discharged.simulated / charged.simulated < 0.95**2


def test_energy_of_the_community_balances(proof):
    """What is used is what is generated and drawn, less what is fed in and what batteries keep for themselves."""
    for side in ("simulated", "base"):
        value = {one.name: getattr(one, side) for one in proof.figures}
        kept = value["charged_kwh"] - value["discharged_kwh"]
        assert value["used_kwh"] == pytest.approx(
            value["generated_kwh"] + value["drawn_kwh"] - value["fed_in_kwh"] - kept, rel=1e-6
        )


def test_without_reasons_the_gap_is_still_told(base, plan, tmp_path):
    quick = verify(plan, tmp_path, base=base, explain=False, lead_days=0, days=1)
    assert quick.gap.eur == pytest.approx(quick.simulated.eur - quick.planned.eur)
    assert quick.gap.reasons == ()
    assert quick.gap.rest_eur == quick.gap.eur


def test_it_can_be_read_and_kept(proof):
    said = text(proof)
    assert f"the twin costs {proof.gap.eur:+,.0f} EUR" in said
    assert "aggregation" in said
    kept = json.loads(json.dumps(document(proof), allow_nan=False))
    assert kept["gap"]["eur"] == pytest.approx(sum(one["eur"] for one in kept["gap"]["reasons"]))
    assert [one["planned"] for one in kept["figures"] if one["name"] == "vm_min_pu"] == [None]

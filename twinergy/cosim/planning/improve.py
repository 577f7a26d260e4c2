# SPDX-License-Identifier: Apache-2.0
"""Plan again with what the twin has shown: losses as they are, and storage worth what control makes of it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.catalogue_terms import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.cosim.planning.verify import Verification
    from twinergy.planning.plan import Plan

ROUNDS: Final = 3
CLOSED: Final = 0.02
"""A gap this small beside the planned saving, or the planned cost where nothing is saved, is left alone. [-]"""
LEAST_EFFICIENCY: Final = 0.5
STORAGE: Final = ("home_battery", "community_battery")
UNMADE: Final = ("aggregation", "local rule", "control", "forecast")
"""Reasons that take from what storage was to earn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of planning and proving. [EUR/a], [kg CO2e/a]."""

    number: int
    planned_eur: float
    simulated_eur: float
    gap_eur: float
    gap_co2_kg: float
    changed: Mapping[str, Any]


def observed(verification: Verification) -> dict[str, float]:
    """Return what storage is to be planned with: names of the catalogue, values of the twin.

    ``charge_efficiency`` and ``discharge_efficiency`` are the square root of what came out of batteries over what went in,
    standby included; ``wear_eur_per_kwh`` is what every discharged kWh earned less than planned, because homes do not share a
    battery and control is no oracle.
    """
    seen = verification.observed
    found: dict[str, float] = {}
    if "round_trip" in seen:
        one_way = max(LEAST_EFFICIENCY, float(seen["round_trip"])) ** 0.5
        found |= {"charge_efficiency": round(one_way, 4), "discharge_efficiency": round(one_way, 4)}
    throughput = seen.get("discharged_kwh", 0.0)
    lost = sum(max(0.0, reason.eur) for reason in verification.gap.reasons if reason.name in UNMADE)
    if throughput > 0.0 and lost > 0.0:
        saved = verification.base.eur - verification.planned.eur
        most = NUMBERS["wear_eur_per_kwh"].most  # above it no battery is built anyway
        found["wear_eur_per_kwh"] = min(round(min(lost, max(saved, 0.0)) / throughput, 4), most)
    return found


def corrected(options: Mapping[str, Any], verification: Verification) -> dict[str, Any]:
    """Return a request with the numbers of storage replaced by those that the twin has shown."""
    request: dict[str, Any] = copy.deepcopy(dict(options))
    technologies = request.setdefault("technologies", {})
    for sort in STORAGE:
        known = technologies.setdefault(sort, {})
        known["overrides"] = {**(known.get("overrides") or {}), **observed(verification)}
    return request


def improve(
    plan: Plan,
    verification: Verification,
    plan_again: Callable[[dict[str, Any]], Plan],
    verify_again: Callable[[Plan], Verification],
    *,
    rounds: int = ROUNDS,
) -> Plan:
    """Feed the observed losses back and plan again, until the gap no longer shrinks or is small.

    Parameters
    ----------
    plan : Plan
        The plan that was proved.
    verification : Verification
        What came of it.
    plan_again : callable
        Makes a plan from a request (`Plan.options` with overrides).
    verify_again : callable
        Proves a plan.
    rounds : int
        Most rounds.

    Returns
    -------
    Plan
        The plan that is cheapest in the twin (or emits least, if that was the goal), annuities included;
        ``extras["improvement"]`` has a row for each round, the first of them the plan as it was.
    """
    rows = [_row(0, verification, {})]
    best, best_seen, proof = plan, _worth(plan, verification), verification
    for number in range(1, rounds + 1):
        if small(proof):
            break
        request = corrected(plan.options, proof)
        again = plan_again(request)
        proof_again = verify_again(again)
        rows.append(_row(number, proof_again, observed(proof)))
        if _worth(again, proof_again) < best_seen:
            best, best_seen = again, _worth(again, proof_again)
        if abs(proof_again.gap.eur) >= abs(proof.gap.eur):
            break
        proof = proof_again
    table = [{name: getattr(row, name) for name in Round.__dataclass_fields__} for row in rows]
    closed = 1.0 - abs(rows[-1].gap_eur) / abs(rows[0].gap_eur) if rows[0].gap_eur else 0.0
    went = f"from {rows[0].gap_eur:.0f} to {rows[-1].gap_eur:.0f} EUR/a"
    note = f"planned again {len(rows) - 1} times with what the twin showed: the gap went {went}"
    return replace(best, extras={**best.extras, "improvement": {"rounds": table, "closed": closed}}, notes=(*best.notes, note))


def small(verification: Verification) -> bool:
    """Whether a gap is not worth another round."""
    scale = max(abs(verification.base.eur - verification.planned.eur), 0.01 * abs(verification.planned.eur))
    return abs(verification.gap.eur) <= CLOSED * scale


def _worth(plan: Plan, verification: Verification) -> float:
    if plan.goal == "co2":
        return verification.simulated.co2_kg
    return verification.simulated.eur + verification.annual_eur


def _row(number: int, proof: Verification, changed: Mapping[str, Any]) -> Round:
    return Round(
        number=number,
        planned_eur=proof.planned.eur + proof.annual_eur,
        simulated_eur=proof.simulated.eur + proof.annual_eur,
        gap_eur=proof.gap.eur,
        gap_co2_kg=proof.gap.co2_kg,
        changed=dict(changed),
    )

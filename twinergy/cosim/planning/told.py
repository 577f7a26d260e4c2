# SPDX-License-Identifier: Apache-2.0
"""A verification as text for people and as plain data for a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from twinergy.cosim.planning.verify import Verification

_ACCOUNT: Final = (("import_eur", "import"), ("export_eur", "feed-in"), ("shared_eur", "sharing"), ("fuel_eur", "fuel"))


def text(proof: Verification) -> str:
    """Return a verification as lines: the account, the reasons of the gap, figures, what was added, notes."""
    spans = ", ".join(span.label for span in proof.spans)
    lines = [f"{proof.plan} in the twin: {spans}; EUR and kg of a year, by the same prices", ""]
    lines.append(f"{'':<24}{'planned':>14}{'simulated':>14}{'as it is':>14}")
    sides = (proof.planned, proof.simulated, proof.base)
    for name, label in _ACCOUNT:
        values = [getattr(side, name) for side in sides]
        if any(values):
            lines.append(_row(f"{label}, EUR", values, 0))
    if proof.annual_eur:
        lines.append(_row("annuities, EUR", [proof.annual_eur, proof.annual_eur, 0.0], 0))
    totals = [proof.planned.eur + proof.annual_eur, proof.simulated.eur + proof.annual_eur, proof.base.eur]
    lines += [_row("cost, EUR", totals, 0), _row("greenhouse gases, kg", [side.co2_kg for side in sides], 0), ""]
    for one in proof.figures:
        lines.append(_row(f"{one.name}, {one.unit}", [one.planned, one.simulated, one.base], 3))
    lines += ["", f"the twin costs {proof.gap.eur:+,.0f} EUR and emits {proof.gap.co2_kg:+,.0f} kg a year beside the plan:"]
    lines += [f"  {one.name:<20}{one.eur:>+12,.0f} EUR{one.co2_kg:>+12,.0f} kg  {one.what}" for one in proof.gap.reasons]
    lines.append(f"  {'rest':<20}{proof.gap.rest_eur:>+12,.0f} EUR")
    return "\n".join([*lines, *(f"! {note}" for note in (*proof.gap.notes, *proof.notes))])


def document(proof: Verification) -> dict[str, Any]:
    """Return a verification as data that JSON can hold; what is not finite becomes None."""
    sides = {"planned": proof.planned, "simulated": proof.simulated, "base": proof.base}
    return {
        "plan": proof.plan,
        "scenario": proof.scenario.name,
        "spans": [
            {"label": one.label, "first": one.first, "n_steps": one.n_steps, "start": one.start.isoformat(), "weight": one.weight}
            for one in proof.spans
        ],
        "accounts": {side: _fields(account) | {"eur": account.eur} for side, account in sides.items()},
        "annual_eur": proof.annual_eur,
        "figures": [_fields(one) for one in proof.figures],
        "gap": {
            "eur": proof.gap.eur,
            "co2_kg": proof.gap.co2_kg,
            "rest_eur": proof.gap.rest_eur,
            "reasons": [_fields(one) for one in proof.gap.reasons],
            "states": {name: {"eur": state.eur, "co2_kg": state.co2_kg} for name, state in proof.gap.states.items()},
            "notes": list(proof.gap.notes),
        },
        "adds": proof.adds.splitlines(),
        "runs": list(proof.runs),
        "observed": dict(proof.observed),
        "notes": list(proof.notes),
    }


def _fields(one: Any) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()}


def _row(label: str, values: list[float], digits: int) -> str:
    shown = ["–" if math.isnan(value) else f"{value:,.{digits if abs(value) < 1000 else 0}f}" for value in values]  # noqa: PLR2004
    return f"{label:<24}" + "".join(f"{value:>14}" for value in shown)

# SPDX-License-Identifier: Apache-2.0
"""Energy communities: what one member feeds in and another draws in the same step is worth something to both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding, ScenarioError
from twinergy.planning.blocks.allowed import COST
from twinergy.planning.blocks.block import Block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft, Term

ROUNDING_EUR: Final = 1e-6


@dataclass(frozen=True, kw_only=True)
class LocalSharing(Block):
    """Shared energy saves those who draw it a part of the grid fee.

    Attributes
    ----------
    id : str
        Name.
    saved_eur_per_kwh : mapping of str to ndarray, shape (n,), or float
        By the id of each member's `Tariff`: what a shared kWh saves the member. [EUR/kWh]

    Notes
    -----
    In every step ``shared_kw <= import_kw`` of each member and ``sum of shared_kw <= sum of export_kw``. Which member's export a
    member draws does not matter. It is worth something, so all that can be shared is. Members of a group that is planned as one
    node share behind its one meter, which costs them nothing.
    """

    id: str
    saved_eur_per_kwh: Mapping[str, FloatArray | float]
    kind: ClassVar[str] = "sharing"

    def add(self, draft: Draft) -> None:
        """Take a room; members are there when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Add what is shared."""
        room, steps = draft.room_of(self.id), draft.model.steps
        imports, exports = _meters(draft, self.id, tuple(self.saved_eur_per_kwh))
        savings = [draft.horizon.of(saved) for saved in self.saved_eur_per_kwh.values()]
        _no_circle(draft, self.id, tuple(self.saved_eur_per_kwh), np.max(savings, axis=0))
        shares = []
        for number, (bought, saved) in enumerate(zip(imports, savings, strict=True)):
            own = pyo.Block()
            room.add_component(f"member_{number}", own)
            shared = draft.power(own, "shared_kw")
            draft.hourly_of_steps(self, "sharing", shared, eur_per_kwh=-saved)
            _at_most(own, "shared_within_import", steps, [shared], [bought])
            shares.append(shared)
        _at_most(room, "shared_within_exports", steps, shares, exports)

    def findings(self) -> list[Finding]:
        """Return what is wrong with what is saved."""
        found = [] if self.saved_eur_per_kwh else [_nobody(self.id, "saved_eur_per_kwh")]
        for meter, saved in self.saved_eur_per_kwh.items():
            found += COST.findings(f"{self.id}.saved_eur_per_kwh.{meter}", saved)
        return found

    def own_courses(self) -> dict[str, int]:
        """Return how many steps the savings have."""
        several = {f"saved_eur_per_kwh.{meter}": saved for meter, saved in self.saved_eur_per_kwh.items()}
        return {name: len(saved) for name, saved in several.items() if isinstance(saved, np.ndarray)}


@dataclass(frozen=True, kw_only=True)
class SharingPremium(Block):
    """Shared energy earns a premium: the least of what all members feed in and what all draw, in every step.

    Attributes
    ----------
    id : str
        Name.
    meters : tuple of str
        Ids of the members' `Tariff`.
    premium_eur_per_kwh : ndarray, shape (n,), or float
        What a shared kWh earns the community. [EUR/kWh]

    Notes
    -----
    ``shared_kw <= sum of import_kw`` and ``shared_kw <= sum of export_kw``: rewarded, so at the optimum it is the least of both,
    with no whole numbers. Rule of Italian renewable energy communities (Legislative Decree 199/2021, article 8).
    """

    id: str
    meters: tuple[str, ...]
    premium_eur_per_kwh: FloatArray | float
    kind: ClassVar[str] = "sharing"
    allowed: ClassVar = {"premium_eur_per_kwh": COST}

    def add(self, draft: Draft) -> None:
        """Take a room; members are there when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Add what is shared."""
        room, steps = draft.room_of(self.id), draft.model.steps
        imports, exports = _meters(draft, self.id, self.meters)
        _no_circle(draft, self.id, self.meters, draft.horizon.of(self.premium_eur_per_kwh))
        shared = draft.power(room, "shared_kw")
        draft.hourly_of_steps(self, "sharing", shared, eur_per_kwh=-draft.horizon.of(self.premium_eur_per_kwh))
        _at_most(room, "shared_within_imports", steps, [shared], imports)
        _at_most(room, "shared_within_exports", steps, [shared], exports)

    def contradictions(self) -> list[Finding]:
        """Return what cannot be."""
        return [] if self.meters else [_nobody(self.id, "meters")]


def _nobody(block: str, field: str) -> Finding:
    return Finding(message="has no member", path=f"{block}.{field}", allowed="ids of the members' tariff blocks")


def _meters(draft: Draft, block: str, meters: tuple[str, ...]) -> tuple[list[Any], list[Any]]:
    findings, imports, exports = [], [], []
    for meter in meters:
        try:
            imports.append(draft.variable_of(meter, "import_kw"))
            exports.append(draft.variable_of(meter, "export_kw"))
        except KeyError as error:
            findings.append(
                Finding(message=str(error.args[0]), path=block, value=meter, allowed="ids of tariff blocks of the plan")
            )
    if findings:
        raise ScenarioError(findings, f"block {block!r} of the plan")
    return imports, exports


def _no_circle(draft: Draft, block: str, meters: tuple[str, ...], worth_eur_per_kwh: FloatArray) -> None:
    """Refuse what would pay a member for buying and selling the same kWh."""
    worth, findings = worth_eur_per_kwh * draft.horizon.hours, []
    paid: dict[str, FloatArray] = {}
    terms: list[Term] = draft.terms
    for term in terms:
        paid[term.variable] = paid.get(term.variable, np.zeros(1)) + term.eur
    for meter in meters:
        bought, sold = draft.variable_of(meter, "import_kw"), draft.variable_of(meter, "export_kw")
        spread = paid[bought.name] + paid[sold.name]
        pays = worth > spread + ROUNDING_EUR
        switched = getattr(draft.room_of(meter), "switched_step", None)
        if switched is not None:
            pays[list(switched.extract_values().values())] = False
        if pays.any():
            step = int(np.flatnonzero(pays)[0])
            hours = float(draft.horizon.hours[step])
            what = (
                f"is more than {meter} loses by buying and selling the same kWh, at step {step} and {int(pays.sum()) - 1} others"
            )
            allowed = f"at most {float(np.broadcast_to(spread, pays.shape)[step]) / hours:g} EUR/kWh, or never_both of {meter}"
            findings.append(Finding(message=what, path=block, value=float(worth_eur_per_kwh[step]), allowed=allowed))
    if findings:
        raise ScenarioError(findings, f"block {block!r} of the plan")


def _at_most(room: Any, name: str, steps: Any, several: list[Any], most: list[Any]) -> None:
    def within(_: Any, step: Any) -> Any:
        left, right = 0.0, 0.0
        for power in several:
            left += power[step]
        for power in most:
            right += power[step]
        return left <= right

    room.add_component(name, pyo.Constraint(steps, rule=within))

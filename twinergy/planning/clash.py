# SPDX-License-Identifier: Apache-2.0
"""Limits in conflict, in words: what each says, how far it is missed, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.planning.solving import Status

if TYPE_CHECKING:
    from twinergy.planning.elastic import Limit
    from twinergy.planning.unbounded import Runaway


@dataclass(frozen=True, kw_only=True)
class Member:
    """A limit of a conflict.

    Attributes
    ----------
    limit : Limit
        Which.
    missed : float
        By how much it would have to move if it alone moved: the worst step where each has its own. [unit of the limit]
    hours : float
        Hours of a year in which it is missed then; NaN for a limit without steps. [h]
    energy_kwh : float
        What is missing in the year then; NaN for a limit without steps. [kWh]
    """

    limit: Limit
    missed: float
    hours: float = float("nan")
    energy_kwh: float = float("nan")

    def __str__(self) -> str:
        return f"{_what(self.limit)}; {_remedy(self)}"


@dataclass(frozen=True)
class Clash:
    """Limits that cannot hold together, though they could without any one of them."""

    members: tuple[Member, ...]

    def __str__(self) -> str:
        head = "this limit cannot be kept:" if len(self.members) == 1 else "these cannot hold together, move one of them:"
        return "\n".join([head, *(f"  - {member}" for member in self.members)])


@dataclass(frozen=True)
class Conflict:
    """Why there is no plan.

    Attributes
    ----------
    status : Status
        ``INFEASIBLE``, ``UNBOUNDED``, or ``OPTIMAL`` where there is nothing to explain.
    clashes : tuple of Clash
        Smallest sets of limits in conflict; when one member of each moves as far as it says, the plan is possible or the next
        question shows what else is missing.
    runaways : tuple of Runaway
        What grows without end.
    seconds : float
        Wall time. [s]
    """

    status: Status
    clashes: tuple[Clash, ...] = ()
    runaways: tuple[Runaway, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.status is Status.INFEASIBLE:
            return "\n".join(["no plan keeps all limits", *(str(clash) for clash in self.clashes)])
        if self.status is Status.UNBOUNDED:
            return "\n".join(["the cost falls without end", *(f"  - {runaway}" for runaway in self.runaways)])
        return "no limits are in conflict"


def _what(limit: Limit) -> str:
    value = f"{limit.value:,.6g} {limit.unit}"
    return {
        "most": f"{limit.block}: {limit.name} is at most {value}, existing and new",
        "least": f"{limit.block}: at least {value} of {limit.name} must be added",
        "demand": f"{limit.block}: {limit.name} demand, up to {value}",
        "surplus": f"{limit.block}: more {limit.name} than is used, stored or sold",
        "power": f"{limit.block}: {limit.name} is at most {value}",
        "rule": f"{limit.block}: {limit.name}, {value}",
        "co2": f"limit on greenhouse gases of {value}",
        "eur": f"limit on cost of {value}",
    }[limit.kind]


def _remedy(member: Member) -> str:
    limit, missed = member.limit, f"{member.missed:,.6g} {member.limit.unit}"
    if not np.isfinite(member.missed):
        return "moving it alone does not help"
    time_of = "" if not np.isfinite(member.hours) else f" in {member.hours:,.0f} h, {member.energy_kwh:,.0f} kWh a year"
    verb = {
        "most": f"raise it by {missed}",
        "least": f"lower it by {missed}",
        "demand": f"lower it, or bring more, by up to {missed}{time_of}",
        "surplus": f"let go, store or sell up to {missed}{time_of}",
        "power": f"raise it by up to {missed}{time_of}",
        "rule": f"move it by up to {missed}{time_of}",
        "co2": f"raise it by {missed}",
        "eur": f"raise it by {missed}",
    }
    return verb[limit.kind]


def as_dict(conflict: Conflict) -> dict[str, Any]:
    """Return a conflict as plain data."""
    return {
        "status": conflict.status.value,
        "clashes": [
            [
                {
                    "kind": member.limit.kind,
                    "block": member.limit.block,
                    "name": member.limit.name,
                    "value": member.limit.value,
                    "unit": member.limit.unit,
                    "missed": member.missed,
                    "hours": member.hours,
                }
                for member in clash.members
            ]
            for clash in conflict.clashes
        ],
        "runaways": [str(runaway) for runaway in conflict.runaways],
    }

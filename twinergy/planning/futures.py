# SPDX-License-Identifier: Apache-2.0
"""Futures that may come, what is least over them, and what a plan for all of them says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.planning.draft import Block

Rule = Literal["mean", "cvar", "worst", "regret"]
SURE: Final = 1e-9
"""Difference of probabilities from 1 that is rounding. [-]"""


@dataclass(frozen=True, kw_only=True)
class Future:
    """One way things may turn out.

    Attributes
    ----------
    name : str
        What it is called.
    probability : float
        How likely it is, above 0. [-]
    blocks : sequence of Block
        The plan in it, with the same sizes to choose as in all others.
    """

    name: str
    probability: float
    blocks: Sequence[Block]


@dataclass(frozen=True, kw_only=True)
class Risk:
    """What is least.

    Attributes
    ----------
    rule : str
        ``mean`` cost; ``cvar``: mean cost and mean of the dearest part (conditional value at risk), weighted; ``worst`` cost;
        ``regret``: greatest difference to what a plan for that future alone would cost.
    tail : float
        Part of the futures that count as dear, for ``cvar``. [-]
    weight : float
        Weight of the dear ones beside the mean, for ``cvar``. [-]
    eur_per_kg : float
        Price of greenhouse gases. [EUR/kg CO2e]
    """

    rule: Rule = "mean"
    tail: float = 0.2
    weight: float = 0.5
    eur_per_kg: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 < self.tail <= 1.0 and 0.0 <= self.weight <= 1.0):
            message = (
                f"the dear part of the futures must be in (0, 1] and its weight in [0, 1], got {self.tail} and {self.weight}"
            )
            raise ValueError(message)


@dataclass(frozen=True)
class Robust:
    """Sizes for several futures, and what not knowing costs. All costs with the price of greenhouse gases, if there is one.

    Attributes
    ----------
    sizes : dict of str to float
        What is added, by ``block.size``. [unit of the size]
    eur : dict of str to float
        What each future costs with these sizes. [EUR/a]
    alone_eur : dict of str to float
        What each future would cost with sizes for it alone. [EUR/a]
    mean_eur : float
        Expected cost with these sizes. [EUR/a]
    information_eur : float
        Expected value of perfect information: how much less it would cost on average to know the future. [EUR/a]
    stochastic_eur : float
        Value of the stochastic solution: how much more sizes for the mean future would cost on average; infinite where they
        cannot serve some future, NaN where the futures have no mean (built differently). Below 0 it is what a rule other than
        ``mean`` pays for its caution. [EUR/a]
    mean_sizes : dict of str to float
        Sizes for the mean future. [unit of the size]
    seconds : float
        Wall time of the solver. [s]
    notes : tuple of str
        What the reader should know.
    """

    sizes: Mapping[str, float]
    eur: Mapping[str, float]
    alone_eur: Mapping[str, float]
    mean_eur: float
    information_eur: float
    stochastic_eur: float
    mean_sizes: Mapping[str, float]
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def worst_eur(self) -> float:
        """Cost of the dearest future. [EUR/a]."""
        return max(self.eur.values())

    @property
    def regret_eur(self) -> float:
        """Greatest difference to what a plan for one future alone would cost. [EUR/a]."""
        return max(self.eur[name] - self.alone_eur[name] for name in self.eur)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**vars(self), "worst_eur": self.worst_eur, "regret_eur": self.regret_eur}


def check(futures: Sequence[Future]) -> None:
    """Refuse names that repeat and probabilities that are none."""
    names = [future.name for future in futures]
    if len(set(names)) != len(names) or not names:
        message = f"futures need names of their own, got {', '.join(names) or 'none'}"
        raise ValueError(message)
    unlikely = [f"{future.name}: {future.probability}" for future in futures if not future.probability > 0.0]
    total = sum(future.probability for future in futures)
    if unlikely or abs(total - 1.0) > SURE:
        unsure = ", ".join(unlikely) or "all above 0"
        message = f"probabilities must be above 0 and add up to 1, got a sum of {total:g} ({unsure})"
        raise ValueError(message)

# SPDX-License-Identifier: Apache-2.0
"""Rules over all: what members of a community share, what carbon costs, what may be spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.budget import Budget
from twinergy.planning.blocks.emissions import Emissions
from twinergy.planning.blocks.sharing import LocalSharing, SharingPremium
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.blocks.together import Together
from twinergy.planning.composing.meters import mixed, weights_of
from twinergy.planning.economics import levelled

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.composing.site import Composed, Site

KG_PER_T: Final = 1000.0
LEAST_LOSS: Final = 1e-3
"""What a member loses at least by buying and feeding in at once: with nothing to lose a solver would do so. [EUR/kWh]"""
COUNTED: Final = {
    "wind": ("wind", "size_kw"),
    "chp": ("chp", "size_kw"),
    "boiler": ("boiler", "size_kw"),
    "heat_pump": ("heat_pump", "size_kw"),
    "heat_buffer": ("heat_buffer", "capacity_kwh"),
    "v2g": ("ev", "size_kw"),
}
"""Kind and size by sort, of those that limits are told for here; units of a catalogue are counted by the unit and stay out."""


def add(site: Site, plan: Composed) -> None:
    """Add limits on what all may build, sharing, the price on greenhouse gases and the budget, as the request has them."""
    _limits(site, plan)
    _sharing(site, plan)
    co2_eur_per_t, most_eur = site.request.finance.co2_eur_per_t, site.request.most_invest_eur
    if co2_eur_per_t:
        plan.blocks.append(Emissions(id="price-on-carbon", price_eur_per_kg=co2_eur_per_t / KG_PER_T))
    if most_eur is not None:
        plan.blocks.append(Budget(id="budget", most_eur=most_eur))


def _limits(site: Site, plan: Composed) -> None:
    """Limit what is added of a sort in the whole community, at however many places it may be."""
    for sort, (kind, size) in COUNTED.items():
        new = [part for part in plan.parts if part.kind == kind and part.technology and not part.scale]
        wish = site.wish(sort)
        together = Together.of(
            f"{sort}-of-all", [(part.block, part.sizes[size]) for part in new], least=wish.least, most=wish.most
        )
        if together and site.is_open(sort):
            plan.blocks.append(together)
    units = [(part.block, part.sizes["size_kw"]) for part in plan.parts if part.kind == "chp" and part.scale]
    if units and site.wish("chp").least:
        # all that are sold here have at least the power that is asked for
        plan.blocks.append(Together(id="a-chp-unit", sizes=tuple(units), least=1.0))


def _sharing(site: Site, plan: Composed) -> None:
    rule = site.request.sharing
    members = [part.block for part in plan.parts if part.kind == "tariff"]
    if rule.rule == "incentive":
        plan.blocks.append(SharingPremium(id="sharing", meters=tuple(members), premium_eur_per_kwh=_premium(site, plan)))
    elif rule.rule == "local":
        growth = levelled(site.request.finance, "electricity")
        saved = {}
        for node in site.nodes:
            fee = mixed(site, weights_of(site, node)).grid_fee_eur_per_kwh
            saved[f"meter-{node.id}"] = fee * rule.fee_reduction * growth
        own = {part.block: part.node for part in plan.parts if part.kind == "tariff" and part.block not in saved}
        for block, connection in own.items():
            tariff = next(meter.tariff for meter in plan.meters if meter.id == connection)
            saved[block] = site.courses.prices[tariff].grid_fee_eur_per_kwh * rule.fee_reduction * growth
        plan.blocks.append(LocalSharing(id="sharing", saved_eur_per_kwh=saved))


def _premium(site: Site, plan: Composed) -> FloatArray:
    """Return what a shared kWh earns in each step, shape (n_steps,): less than any member loses by buying it back [EUR/kWh].

    Above that a member would be paid for going round in a circle; to forbid it would take a switch in nearly every step.
    """
    asked = site.request.sharing.incentive_eur_per_kwh * levelled(site.request.finance, "feed_in")
    meters = [block for block in plan.blocks if isinstance(block, Tariff)]
    spread = np.min([np.subtract(one.import_eur_per_kwh, one.export_eur_per_kwh) for one in meters], axis=0)
    premium = np.minimum(asked, np.maximum(0.0, np.broadcast_to(spread, (site.courses.n_steps,)) - LEAST_LOSS))
    capped = int(np.sum(premium < asked))
    if capped:
        plan.notes.append(
            f"the premium on shared energy counts {premium.mean():.4f} EUR/kWh on average instead of {asked:.4f}: in {capped}"
            " steps a member could buy and feed in at once for less than it brings, so sharing is worth more than planned"
        )
    return np.asarray(premium)

# SPDX-License-Identifier: Apache-2.0
"""Futures of a study: prices, demand and weather that may come otherwise, and the sizes that are best for all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.planning.courses import courses as courses_of
from twinergy.planning.compose import compose
from twinergy.planning.composing.meters import repriced
from twinergy.planning.draft import Draft
from twinergy.planning.futures import Future, Risk
from twinergy.planning.sensitivity import Apply, scaled
from twinergy.planning.uncertain import robust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.cosim.planning.study import Study
    from twinergy.planning.draft import Block

EXPECTED: Final = 0.4
"""Probability that things come as assumed; the others share the rest alike. *Assumption.* [-]"""
COURSES: Final[dict[str, Apply]] = {
    "dear electricity": partial(repriced, bought=1.3),
    "low pay for feeding in": partial(repriced, sold=0.6),
    "more demand": scaled("demand", "demand", "demand_kw", (1.15,))[0].apply,
}
"""What may come otherwise: from blocks to blocks. *Assumption.*"""
WEEKS: Final = 3
"""Evenly spread weeks, beside the extreme ones, over which all futures are planned together."""


def futures_of(study: Study) -> tuple[Future, ...]:
    """Return what may come: as assumed, each course of `COURSES`, and the weather of each year that the request names."""
    others: dict[str, Sequence[Block]] = {name: apply(study.composed.blocks) for name, apply in COURSES.items()}
    for year in study.request.weather_years:
        others[f"weather of {year}"] = _weather(study, year)
    share = (1.0 - EXPECTED) / len(others)
    return (
        Future(name="as assumed", probability=EXPECTED, blocks=study.composed.blocks),
        *(Future(name=name, probability=share, blocks=blocks) for name, blocks in others.items()),
    )


def uncertain(study: Study, risk: Risk | None = None) -> dict[str, Any]:
    """Return the sizes that are best for all futures, what each costs with them, and what knowing better would be worth.

    Parameters
    ----------
    study : Study
        The study; sizes in whole numbers take long.
    risk : Risk, optional
        What is least; the mean cost where not given.

    Raises
    ------
    ModelError
        If some future has no plan.
    """
    horizon = study.planner.horizon
    if study.planner.weeks is not None:
        horizon = Draft.of(study.composed.blocks, horizon).weeks(WEEKS)
    return robust(futures_of(study), horizon, risk, study.request.time_limit_s).as_dict()


def _weather(study: Study, year: int) -> Sequence[Block]:
    request = study.request
    found = courses_of(study.scenario, year=request.year, step_s=request.resolution.step_s, weather_year=year, days=study.days)
    return compose(request, found, study.catalogue)[1].blocks

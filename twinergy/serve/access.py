# SPDX-License-Identifier: Apache-2.0
"""What a token sees of a run. Whatever is not allowed here is refused.

====================  ==========================================================================================
scope                 sees
====================  ==========================================================================================
every token           the run's description; the tables weather and prices
all                   everything
dso                   grid, transformers and their meters one by one; connections and their meters, buses and lines
                      only as aggregates over all of them, from `FEWEST_POOLED` on
household:<dwelling>  devices, meters, quality flags, events and messages of that dwelling
====================  ==========================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from twinergy.serve.options import FEWEST_POOLED
from twinergy.serve.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.serve.tokens import Grant

PUBLIC: Final = frozenset({"weather", "prices"})
OF_THE_GRID: Final = frozenset({"grid", "transformer"})
POOLED: Final = frozenset({"connection", "bus", "line"})
METERS: Final = "meter"
METER_OF: Final = "meter-"
"""A meter that a scenario made for a connection or a transformer is named after it."""

Catalogue = "Mapping[str, Mapping[str, str]]"
"""Dwelling (empty for none) by device by table."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a token sees of one table.

    Attributes
    ----------
    devices : frozenset of str
        Devices of which it may read single values.
    pooled : frozenset of str
        Devices of which it may read aggregates over all of them.
    """

    devices: frozenset[str]
    pooled: frozenset[str] = frozenset()

    @property
    def nothing(self) -> bool:
        """Whether it sees nothing at all."""
        return not self.devices and not self.pooled


def sight_of(grant: Grant, catalogue: Mapping[str, Mapping[str, str]], table: str) -> Sight:
    """Return what a token sees of a table.

    Parameters
    ----------
    grant : Grant
        The token.
    catalogue : mapping
        Dwelling (empty for none) by device by table.
    table : str
        Name of the table.
    """
    owners = catalogue.get(table, {})
    everything = frozenset(owners)
    if grant.sees_all or table in PUBLIC:
        return Sight(everything, everything)
    own = frozenset(device for device, dwelling in owners.items() if dwelling and dwelling in grant.dwellings)
    if not grant.sees_grid:
        return Sight(own, own)
    one_by_one, pooled = _of_the_grid(catalogue, table)
    return Sight(own | one_by_one, pooled if len(pooled) >= FEWEST_POOLED else frozenset())


def _of_the_grid(catalogue: Mapping[str, Mapping[str, str]], table: str) -> tuple[frozenset[str], frozenset[str]]:
    devices = frozenset(catalogue.get(table, {}))
    if table in OF_THE_GRID:
        return devices, devices
    if table in POOLED:
        return frozenset(), devices
    if table == METERS:
        customers = _named_after(devices, catalogue, "connection")
        return _named_after(devices, catalogue, "transformer") - customers, customers
    return frozenset(), frozenset()


def _named_after(meters: frozenset[str], catalogue: Mapping[str, Mapping[str, str]], table: str) -> frozenset[str]:
    return meters & {METER_OF + device for device in catalogue.get(table, {})}


def forbidden(grant: Grant, what: str) -> ProblemError:
    """Return a 403 that says what the token is for. It is the same whether or not the thing exists."""
    detail = f"token {grant.name!r} ({', '.join(grant.scopes)}) does not allow {what}"
    return ProblemError(HTTPStatus.FORBIDDEN, "forbidden", detail, headers={"WWW-Authenticate": _challenge()})


def _challenge() -> str:
    return 'Bearer realm="twinergy", error="insufficient_scope"'

# SPDX-License-Identifier: Apache-2.0
"""The balance of a store, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyomo.environ as pyo

if TYPE_CHECKING:
    from twinergy.planning.draft import Draft


class Lossy(Protocol):
    """What a store loses: going in, coming out, and in an hour of waiting."""

    @property
    def charge_efficiency(self) -> float:
        """Share of what is charged that arrives. [-]."""

    @property
    def discharge_efficiency(self) -> float:
        """Share of what is taken out that is delivered. [-]."""

    @property
    def loss_per_h(self) -> float:
        """Share of what is stored that is lost in an hour. [1/h]."""


def keep(draft: Draft, room: Any, store: Lossy, charge: Any, discharge: Any, stored: Any) -> None:
    """Add ``stored_is_kept``: what is stored at the end of a step follows from the step before; a period ends as it began.

    Notes
    -----
    ``stored[t] = (1 - loss_per_h) ** dt * stored[previous t] + dt * (charge_efficiency * charge - discharge /
    discharge_efficiency)``.
    """
    previous, step_h = draft.model.previous, draft.horizon.step_h
    kept = (1.0 - store.loss_per_h) ** step_h
    into, out = store.charge_efficiency * step_h, step_h / store.discharge_efficiency
    room.stored_is_kept = pyo.Constraint(
        draft.model.steps,
        rule=lambda _, step: stored[step] == kept * stored[previous[step]] + into * charge[step] - out * discharge[step],
    )

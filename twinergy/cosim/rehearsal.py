# SPDX-License-Identifier: Apache-2.0
"""Foresight, as an upper bound: the run is rehearsed without the agents that want to know, and they are shown what came out.

What an agent is shown is the course of things without it. Sun, weather, prices and what people do are the same in the run; what
the agent itself changes is not in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinergy.agents import Agent, Subscription
    from twinergy.community.scenario import Scenario
    from twinergy.kinds import FloatArray
    from twinergy.results.block import ResultBlock

    Rehearse = Callable[[Scenario, Callable[[ResultBlock], None]], None]


class Foreknowledge:
    """What a rehearsal recorded of the columns that agents asked for.

    Parameters
    ----------
    wishes : sequence of Subscription
        Columns to keep.
    """

    def __init__(self, wishes: Sequence[Subscription]) -> None:
        self._wishes = tuple(wishes)
        self._parts: dict[tuple[str, str], list[FloatArray]] = {}
        self._whole: dict[tuple[str, str], FloatArray] = {}

    def take(self, block: ResultBlock) -> None:
        """Keep what was asked for of a recorded block, whose arrays are used again afterwards."""
        for wish in self._wishes:
            part = block.tables[wish.table]
            rows = [part.table.row_of[name] for name in wish.ids] if wish.ids else slice(None)
            for port in wish.ports:
                self._parts.setdefault((wish.table, port), []).append(part.values[port][:, rows].copy())

    def after(self, table: str, port: str, index: int, count: int, steps_per_day: int) -> FloatArray | None:
        """Return the values of the steps from `index` on, shape ``(count, n_ids)``; past the end the last day comes again."""
        key = (table, port)
        if key in self._parts:
            self._whole[key] = np.concatenate(self._parts.pop(key))
        whole = self._whole.get(key)
        if whole is None:
            return None
        steps = index + np.arange(count)
        beyond = steps >= len(whole)
        if beyond.any():
            day = min(steps_per_day, len(whole))
            steps = np.where(beyond, len(whole) - day + (steps - len(whole)) % day, steps)
        return whole[steps]


def rehearse(scenario: Scenario, agents: Sequence[Agent], run: Rehearse) -> dict[str, Foreknowledge]:
    """Rehearse a scenario for the agents that want foresight and return what each of them is shown, by name.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    agents : sequence of Agent
        Its agents; none of those that want foresight takes part in the rehearsal.
    run : callable
        Runs a scenario into a sink of recorded blocks.
    """
    seers = {agent.name: Foreknowledge(agent.foresight) for agent in agents if agent.foresight}
    if seers:
        left = tuple(spec for spec in scenario.controllers if spec.name not in seers)

        def take(block: ResultBlock) -> None:
            for known in seers.values():
                known.take(block)

        run(replace(scenario, controllers=left), take)
    return seers

# SPDX-License-Identifier: Apache-2.0
"""What happens after the power flow of a step: meters read, agents decide, the arbiter resolves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twinergy.cosim.arbiter import Arbiter
    from twinergy.cosim.host import AgentHost
    from twinergy.cosim.stage import Stage
    from twinergy.kinds import TableValues


class Control:
    """Meters, agents and arbiter of a run.

    Parameters
    ----------
    meters : Stage
        The observing fleets.
    host : AgentHost
        The agents.
    arbiter : Arbiter
        Who resolves what they ask for.
    """

    def __init__(self, meters: Stage, host: AgentHost, arbiter: Arbiter) -> None:
        self.meters = meters
        self.host = host
        self.arbiter = arbiter
        self.axis = meters.axis
        self.tables = meters.tables

    def step(self, index: int, upstream: TableValues) -> tuple[TableValues, TableValues]:
        """Return the meters' tables, and the set-points that act in the next step."""
        readings = self.meters.step(index, upstream, {}, {})
        step = self.meters.at(index)
        self.host.step(step, {**upstream, **readings})
        asked = self.arbiter.set_points(step.epoch_s + step.duration_s)
        self.host.told(asked)
        return readings, asked

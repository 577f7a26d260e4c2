# SPDX-License-Identifier: Apache-2.0
"""What plugs of a home there are, and from when on what hangs on them counts as running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GROUPS: Final = ("cold", "wet", "cooking", "lighting", "electronics", "hot_water", "other")
MACHINES: Final = ("washing_machine", "dishwasher", "tumble_dryer")
SHORTEST_CYCLE_S: Final = 300
"""Compressors run 10 to 30 minutes at a time; steps longer than this blur one run into the next. [s]"""


@dataclass(frozen=True, slots=True)
class Plug:
    """A plug, or a group of plugs, of a home.

    Attributes
    ----------
    name : str
        As in the ports of the gateway.
    port : str
        Port with its power.
    on_kw : float
        Above idle by so much, it runs. [kW]
    merge_s : float
        Longest pause within a run. [s]
    longest_step_s : int
        With longer steps, runs cannot be told apart. [s]
    least_share : float
        Runs with less than this share of the energy of a large one (upper quartile) are none: dishwashers pump once more after
        half an hour (seen in tracebase). [-]
    status : str
        Port that says whether a job waits; empty where there is none.
    """

    name: str
    port: str
    on_kw: float
    merge_s: float
    longest_step_s: int = 3600
    least_share: float = 0.0
    status: str = ""


def _group(name: str, on_kw: float, merge_min: float, longest_step_s: int = 3600) -> Plug:
    return Plug(name, f"p_{name}_kw", on_kw, 60.0 * merge_min, longest_step_s)


# Thresholds lie between what appliances draw at rest and the weakest of their phases: 10 W is below a dishwasher's drying (30 W
# in tracebase), 50 W below a hob that simmers in a step of 15 minutes. Assumptions, scored in tests against what was simulated.
PLUGS: Final[tuple[Plug, ...]] = (
    _group("cold", 0.03, 0.0, SHORTEST_CYCLE_S),
    _group("wet", 0.01, 10.0),
    _group("cooking", 0.05, 10.0),
    _group("lighting", 0.01, 15.0),
    _group("electronics", 0.03, 15.0),
    _group("hot_water", 0.1, 10.0),
    _group("other", 0.05, 15.0),
    *(Plug(name, f"{name}_p_kw", 0.01, 600.0, least_share=0.1, status=f"{name}_pending") for name in MACHINES),
)
PLUG: Final = {plug.name: plug for plug in PLUGS}
SUMMED: Final = tuple(plug for plug in PLUGS if plug.name in GROUPS)
"""Plugs that together are the household; the machines are part of ``wet``."""

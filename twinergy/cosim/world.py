# SPDX-License-Identifier: Apache-2.0
"""The mosaik world: which simulators there are, who is connected to whom, and the run itself."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.simulators import FEEDBACK, SET_POINTS, TABLES, UPSTREAM

if TYPE_CHECKING:
    from twinergy.cosim.control import Control
    from twinergy.cosim.recorder import Recorder
    from twinergy.cosim.stage import Stage
    from twinergy.kinds import GridModel

_HERE: Final = "twinergy.cosim.simulators"
SIMULATORS: Final[dict[str, Any]] = {
    name: {"python": f"{_HERE}:{name}"} for name in ("StageSimulator", "GridSimulator", "ControlSimulator", "RecorderSimulator")
}


@dataclass(frozen=True)
class Components:
    """What mosaik drives: one simulator each.

    Attributes
    ----------
    stages : tuple of Stage
        Devices, in order.
    grid : GridModel
        Power flow.
    control : Control
        Meters, agents, arbiter.
    recorder : Recorder
        Results.
    """

    stages: tuple[Stage, ...]
    grid: GridModel
    control: Control
    recorder: Recorder


def drive(components: Components) -> None:
    """Run all steps; inside a running event loop (a notebook) in a thread of its own, because mosaik needs a loop for itself.

    Raises
    ------
    TwinergyError
        What a simulator raised. The recorder holds what was computed before.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        _drive(components)
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(_drive, components)
        try:
            running.result()
        except KeyboardInterrupt:
            components.recorder.stop_asked = True
            running.result()


def _drive(components: Components) -> None:
    """Build the world and run it.

    Everything flows forward within a step, from the stages over the grid to control and recorder. Two connections are
    shifted in time and act in the next step: set-points, and the grid's voltages that devices sense.
    """
    import mosaik  # noqa: PLC0415 - takes 0.1 s that `--help` need not wait for

    recorder = components.recorder
    axis = recorder.axis
    # cache=False and lazy_stepping=False: measured as a quarter off mosaik's cost per step; nothing here needs either
    with mosaik.World(SIMULATORS, cache=False, skip_greetings=True, configure_logging=False) as world:
        stages = [world.start("StageSimulator", sim_id=f"stage-{n}", stage=s) for n, s in enumerate(components.stages)]
        devices = [stage.All() for stage in stages]
        grid = world.start("GridSimulator", sim_id="grid", grid=components.grid, step_s=axis.step_s).All()
        control = world.start("ControlSimulator", sim_id="control", control=components.control).All()
        sink = world.start("RecorderSimulator", sim_id="recorder", recorder=recorder).All()
        for number, stage in enumerate(devices):
            for later in devices[number + 1 :]:
                world.connect(stage, later, (TABLES, UPSTREAM))
            for user in (control, sink):
                world.connect(stage, user, (TABLES, UPSTREAM))
            world.connect(grid, stage, (TABLES, FEEDBACK), time_shifted=True, initial_data={TABLES: {}})
            world.connect(control, stage, SET_POINTS, time_shifted=True, initial_data={SET_POINTS: {}})
        world.connect(devices[-1], grid, (TABLES, UPSTREAM))
        world.connect(grid, control, (TABLES, UPSTREAM))
        world.connect(grid, sink, (TABLES, UPSTREAM))
        world.connect(control, grid, SET_POINTS, time_shifted=True, initial_data={SET_POINTS: {}})
        world.connect(control, sink, (TABLES, UPSTREAM))
        world.run(until=axis.n_steps * axis.step_s, print_progress=False, lazy_stepping=False)

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
    from twinergy.cosim.stage import Member

_HERE: Final = "twinergy.cosim.simulators"
SIMULATORS: Final[dict[str, Any]] = {name: {"python": f"{_HERE}:{name}"} for name in ("PlantSimulator", "ControlSimulator")}


@dataclass(frozen=True)
class Components:
    """What mosaik drives.

    Attributes
    ----------
    plant : tuple of tuple of Member
        The physical world: one simulator per group, in order; the grid is the last member of the last group.
    control : Control
        Meters, agents, arbiter.
    recorder : Recorder
        Results.
    """

    plant: tuple[tuple[Member, ...], ...]
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

    Everything flows forward within a step, through the groups of the plant to control. What is shifted in time acts in the
    next step: set-points, and the grid's voltages that devices sense.
    """
    import mosaik  # noqa: PLC0415 - takes 0.1 s that `--help` need not wait for

    axis = components.recorder.axis
    # cache=False and lazy_stepping=False: measured as a quarter off mosaik's cost per step; nothing here needs either
    options: dict[str, Any] = {"cache": False, "skip_greetings": True, "configure_logging": False, "asyncio_loop": _loop()}
    with mosaik.World(SIMULATORS, **options) as world:
        groups = [
            world.start("PlantSimulator", sim_id=f"plant-{number:02d}", members=members, step_s=axis.step_s).All()
            for number, members in enumerate(components.plant)
        ]
        looking = world.start(
            "ControlSimulator", sim_id="control", control=components.control, recorder=components.recorder
        ).All()
        for number, group in enumerate(groups):
            for later in groups[number + 1 :]:
                world.connect(group, later, (TABLES, UPSTREAM))
            world.connect(group, looking, (TABLES, UPSTREAM))
            world.connect(looking, group, SET_POINTS, time_shifted=True, initial_data={SET_POINTS: {}})
        for number, group in enumerate(groups):
            for later in groups[number + 1 :]:
                world.connect(later, group, (TABLES, FEEDBACK), time_shifted=True, initial_data={TABLES: {}})
        try:
            world.run(until=axis.n_steps * axis.step_s, print_progress=False, lazy_stepping=False)
        except BaseException:
            _end_tasks(world.loop)
            raise


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """End what mosaik was doing when a simulator raised, or asyncio complains of each task when it is collected."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if not loop.is_running():
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _loop() -> asyncio.AbstractEventLoop:
    """Return an event loop; uvloop, where it can be had, takes 15 % off mosaik's cost per step."""
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop

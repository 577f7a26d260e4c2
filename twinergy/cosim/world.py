# SPDX-License-Identifier: Apache-2.0
"""The mosaik world: which simulators there are, who is connected to whom, and the run itself."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.simulators import ABROAD, FEEDBACK, SET_POINTS, TABLES, UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.cosim.control import Control
    from twinergy.cosim.exchange import Wanted
    from twinergy.cosim.hardware.session import Hardware
    from twinergy.cosim.recorder import Recorder
    from twinergy.cosim.stage import Member
    from twinergy.timebase import TimeAxis

_HERE: Final = "twinergy.cosim.simulators"
SIMULATORS: Final[dict[str, Any]] = {
    name: {"python": f"{_HERE}:{name}"} for name in ("PlantSimulator", "WholeSimulator", "ControlSimulator")
}


@dataclass(frozen=True, kw_only=True)
class Abroad:
    """A group of kinds that steps in another process, which listens there (see `twinergy.cosim.remote`).

    Attributes
    ----------
    address : str
        ``host:port``.
    params : dict
        What its ``init`` takes.
    """

    address: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Components:
    """What mosaik drives.

    Attributes
    ----------
    plant : tuple of (tuple of Member, or Abroad)
        The physical world: one simulator per group, in order; the grid is the last member of the last group.
    control : Control
        Meters, agents, arbiter.
    recorder : Recorder
        Results.
    together : bool
        Whether plant and control share one simulator; only where the plant is one group.
    hardware : Hardware or None
        Real devices among the plant and the meters; only where plant and control share one simulator.
    wanted, asked : dict
        Columns and set-points that groups abroad read.
    """

    plant: tuple[tuple[Member, ...] | Abroad, ...]
    control: Control
    recorder: Recorder
    together: bool = False
    hardware: Hardware | None = None
    wanted: Wanted = field(default_factory=dict)
    asked: Wanted = field(default_factory=dict)


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
    with mosaik.World(SIMULATORS | _connections(components.plant), **options) as world:
        if components.together:
            whole: dict[str, Any] = {
                "members": components.plant[0],
                "control": components.control,
                "recorder": components.recorder,
            }
            whole["hardware"] = components.hardware
            world.start("WholeSimulator", sim_id="laboratory", step_s=axis.step_s, **whole).All()
            _run(world, axis)
            return
        groups = [_started(world, f"plant-{number:02d}", group, components) for number, group in enumerate(components.plant)]
        control, recorder = components.control, components.recorder
        looking = world.start(
            "ControlSimulator", sim_id="control", control=control, recorder=recorder, wanted=components.asked
        ).All()
        far = {number for number, group in enumerate(components.plant) if isinstance(group, Abroad)}
        for number, group in enumerate(groups):
            sends = ABROAD if number in far else SET_POINTS
            world.connect(group, looking, (TABLES, UPSTREAM))
            world.connect(looking, group, (sends, SET_POINTS), time_shifted=True, initial_data={sends: {}})
            for place, later in enumerate(groups[number + 1 :], number + 1):
                tables = ABROAD if place in far and number not in far else TABLES
                world.connect(group, later, (tables, UPSTREAM))
                tables = ABROAD if number in far and place not in far else TABLES
                world.connect(later, group, (tables, FEEDBACK), time_shifted=True, initial_data={tables: {}})
        _run(world, axis)


def _run(world: Any, axis: TimeAxis) -> None:
    gc.freeze()  # what is built now stays to the end: looking through it again and again takes 2 % of a run
    try:
        world.run(until=axis.n_steps * axis.step_s, print_progress=False, lazy_stepping=False)
    except BaseException:
        _end_tasks(world.loop)
        raise
    finally:
        gc.unfreeze()


def _started(world: Any, name: str, group: tuple[Member, ...] | Abroad, components: Components) -> Any:
    if isinstance(group, Abroad):
        return world.start(name, sim_id=name, **group.params).All()
    params = {"members": group, "step_s": components.recorder.axis.step_s, "wanted": components.wanted}
    return world.start("PlantSimulator", sim_id=name, **params).All()


def _connections(plant: Sequence[tuple[Member, ...] | Abroad]) -> dict[str, Any]:
    """Return how to reach the groups that step in other processes, by name of simulator."""
    far = {f"plant-{number:02d}": group for number, group in enumerate(plant) if isinstance(group, Abroad)}
    if not far:
        return {}
    from twinergy.cosim.line import LineStarter  # noqa: PLC0415 - imports mosaik

    return {
        name: LineStarter(group.address, f"{', '.join(group.params['kinds'])} at {group.address}") for name, group in far.items()
    }


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

# SPDX-License-Identifier: Apache-2.0
"""The scenario as it is rehearsed for a plan: a whole year, nobody in control, probes instead of what the plan decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from twinergy import plugins
from twinergy.cosim.planning.bench import BATTERY
from twinergy.cosim.planning.cars import POINT
from twinergy.cosim.planning.probes import PV, with_probes
from twinergy.cosim.planning.stand_in import NominalGridKind, WeatherOfAnotherYear
from twinergy.cosim.runner import PROGRESS_STEPS, assemble
from twinergy.cosim.world import drive
from twinergy.errors import Finding, ScenarioError
from twinergy.kinds import Phase
from twinergy.timebase import BLOCK_S, TimeAxis, local_days, local_midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device
    from twinergy.kinds import DeviceKind
    from twinergy.results.block import ResultBlock

WEATHER: Final = "weather"
STEPS_S: Final = (900, 1800, 3600)
AT_ONCE: Final = {"mode": "uncontrolled", "safe_mode": "uncontrolled"}
"""Charging points give whoever comes all they can: what is to be planned must not be decided already."""
MOST_DAYS: Final = 365


def axis_of(scenario: Scenario, year: int, step_s: int, days: int = MOST_DAYS) -> TimeAxis:
    """Return the steps of a year of 365 local days from 1 January on; the last day of a leap year is left out.

    Raises
    ------
    ScenarioError
        If no plan has such steps, or the site's clock does not fit to them.
    """
    findings = []
    if step_s not in STEPS_S:
        allowed = ", ".join(map(str, STEPS_S))
        message = "a plan has steps of a quarter, half or whole hour"
        findings.append(Finding(message=message, path="resolution.step_s", value=step_s, allowed=allowed))
    if not 1 <= days <= MOST_DAYS:
        findings.append(Finding(message="a plan's data have up to a year", path="days", value=days, allowed="1 to 365"))
    if not findings:
        start, end = local_days(date(year, 1, 1), days, scenario.twin.site.timezone)
        try:
            return TimeAxis.between(start, end, step_s)
        except ValueError as error:
            findings.append(Finding(message=str(error), path="site.timezone", value=scenario.twin.site.timezone))
    raise ScenarioError(findings, "a year for planning")


def prepared(scenario: Scenario, axis: TimeAxis, probes: Sequence[Device], weather_year: int | None) -> Scenario:
    """Return the scenario with these steps, without agents, meters, real devices, modules, batteries and power flow.

    Parameters
    ----------
    scenario : Scenario
        A checked scenario.
    axis : TimeAxis
        The steps.
    probes : sequence of Device
        Devices to add.
    weather_year : int or None
        Year whose weather comes; the calendar's own where None.
    """
    kinds = dict(scenario.kinds)
    for probe in probes:
        kinds.setdefault(probe.kind, plugins.device_kind(probe.kind))
    left = [_uncontrolled(one) for one in scenario.simulated().twin.devices if not _is_left_out(one, kinds)]
    if weather_year is not None:
        kinds[WEATHER] = WeatherOfAnotherYear(kinds[WEATHER], _weeks_between(scenario, axis, weather_year))
    run = scenario.file.run.model_copy(update={"remote": {}})
    twin = replace(scenario.twin, devices=with_probes(left, probes))
    return replace(
        scenario,
        file=scenario.file.model_copy(update={"run": run}),
        context=replace(scenario.context, twin=twin, axis=axis),
        kinds=kinds,
        grid_kind=NominalGridKind(scenario.grid),
        controllers=(),
        real=(),
        outlets=(),
    )


def _is_left_out(device: Device, kinds: dict[str, DeviceKind]) -> bool:
    return device.kind in {PV, BATTERY} or kinds[device.kind].phase is Phase.OBSERVING


def _uncontrolled(device: Device) -> Device:
    if device.kind != POINT:
        return device
    known = type(device.options).model_fields
    update = {name: value for name, value in AT_ONCE.items() if name in known}
    return replace(device, options=device.options.model_copy(update=update))


def _weeks_between(scenario: Scenario, axis: TimeAxis, weather_year: int) -> int:
    """Return the whole weeks between two years that leave the seasons, within half a week, where they are."""
    then = local_midnight(date(weather_year, 1, 1), scenario.twin.site.timezone).timestamp()
    return round((then - axis.start_epoch_s) / BLOCK_S)


def rehearse_year(
    scenario: Scenario, take: Callable[[ResultBlock], None], progress: Callable[[int, int], None] | None = None
) -> None:
    """Run all steps of a prepared scenario into a sink; `progress` is called with steps done and steps in all."""
    components = assemble(scenario, take).components
    total = scenario.axis.n_steps

    def watch(done: int) -> None:
        if progress is not None and (done % PROGRESS_STEPS == 0 or done == total):
            progress(done, total)

    components.recorder.watch = watch
    drive(components)

# SPDX-License-Identifier: Apache-2.0
"""Parameters of twins, fitted to what real devices did in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinergy.adapters import Quality
from twinergy.cosim.hardware.again import scenario_of
from twinergy.errors import Finding, ModelError, ScenarioError, closest
from twinergy.results.hardware import READINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from twinergy.adapters import Attached, Coverage
    from twinergy.kinds import Refit
    from twinergy.results.reader import Run

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """What was found for one link.

    Attributes
    ----------
    link, device : str
        The link, and the device it belongs to.
    found : Refit or None
        Better options.
    problem : str
        Why there are none.
    """

    link: str
    device: str
    found: Refit | None = None
    problem: str = ""


def fits(run: Run, link: str = "") -> Iterator[Fit]:
    """Yield what was found for a link of a run, or for all of them.

    Raises
    ------
    ScenarioError
        If the run has no such link.
    """
    scenario = scenario_of(run)
    real = [(one, covers) for one, covers in scenario.real if link in {"", one.id, one.device}]
    if not real:
        known = closest(link, [one.id for one, _ in scenario.real])
        raise ScenarioError([Finding(message="the run has no such real device", value=link, allowed=known)], run.name)
    for one, covers in real:
        said, computed = _series(run, one, covers)
        options = scenario.twin.device_by_id[one.device].options
        try:
            found = scenario.kinds[one.kind].refit(options, said, computed, float(scenario.axis.step_s))
        except ModelError as error:
            yield Fit(one.id, one.device, problem=str(error))
            continue
        yield Fit(one.id, one.device, found, "" if found else f"a {one.kind} has no parameters that can be fitted")


def _series(run: Run, one: Attached, covers: Coverage) -> tuple[Mapping[str, FloatArray], Mapping[str, FloatArray]]:
    """Return what the device said where that could be believed, and what its twin computed, by port."""
    said, computed = {}, {}
    for port in covers.reads:
        frame = run.frame(READINGS, [f"{one.id}.{port}"])
        quality = frame["quality"].to_numpy()
        said[port] = np.where(quality <= Quality.LOCAL, frame["reading"].to_numpy(dtype=np.float64), np.nan)
        computed[port] = frame["twin_reading"].to_numpy(dtype=np.float64)
    for port in run.units(one.kind):
        if port not in computed and port.endswith("_kw"):
            computed[port] = run.frame(one.kind, [one.device])[port].to_numpy(dtype=np.float64)
    return said, computed

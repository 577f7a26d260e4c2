# SPDX-License-Identifier: Apache-2.0
"""What the results say of real devices: how good each reading was, what the twin said, how links fared, how time was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.kinds import Table
from twinergy.ports import measured
from twinergy.results.hardware import CLOCK, LINKS, READINGS

if TYPE_CHECKING:
    from twinergy.adapters.engine import Engine
    from twinergy.adapters.image import Latched
    from twinergy.cosim.hardware.swap import SwappedFleet
    from twinergy.kinds import TableValues

READING_PORTS: Final = (
    measured("reading", "What the device said, in the unit of the port", precision="double"),
    measured("twin_reading", "What its twin computed", precision="double"),
    measured("quality", "0 good, 1 local control, 2 stale, 3 bad, 4 missing"),
    measured("age_s", "Age at the moment the step took it; infinite where nothing has arrived"),
    measured("device_lag_s", "Time between measuring, by the device's clock, and arrival by ours; NaN where it does not say"),
)
LINK_PORTS: Final = (
    measured("present_state", "1 while the device is there, 0 while something stands in for it"),
    measured("lead_s", "How long before its deadline the step's readings were asked for"),
    measured("sent_count", "Commands that reached it so far"),
    measured("failed_count", "Commands that failed so far"),
    measured("limited_count", "Commands so far that its limits changed"),
    measured("withheld_count", "Commands so far that were not sent"),
)
CLOCK_PORTS: Final = (
    measured("lateness_s", "How much later than its deadline the step began"),
    measured("busy_s", "How long the computation of the step before took"),
    measured("overrun_count", "Steps so far whose computation took longer than the step"),
)


class HardwareTables:
    """Makes the tables of a step.

    Parameters
    ----------
    engine : Engine
        The devices.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys = engine.image.keys
        self._links = tuple(one.id for one, _ in engine.attached)
        self._leads: dict[str, float] = {}
        self.tables = (
            Table(READINGS, tuple(f"{link}.{port}" for link, port in self._keys), READING_PORTS),
            Table(LINKS, self._links, LINK_PORTS),
            Table(CLOCK, ("run",), CLOCK_PORTS),
        )

    def values(self, latched: Latched, fleets: list[SwappedFleet], clock: tuple[float, float, int], wall_s: float) -> TableValues:
        """Return the tables.

        Parameters
        ----------
        latched : Latched
            What the step took.
        fleets : list of SwappedFleet
            The fleets with real devices.
        clock : tuple of float
            Lateness, computing time of the step before, overruns so far. [s], [s], [-]
        wall_s : float
            Wall time minus monotonic time. [s]
        """
        twin: dict[tuple[str, str], float] = {}
        present: dict[str, float] = {}
        for fleet in fleets:
            twin.update(fleet.twin)
            present.update(zip(fleet.links, fleet.present.astype(np.float64).tolist(), strict=True))
        nan = float("nan")
        counts = [self._engine.lives[link].counts for link in self._links]
        lateness_s, busy_s, overruns = clock
        self._leads, leads = {link: self._engine.lives[link].lead_s for link in self._links}, self._leads
        return {
            READINGS: {
                "reading": latched.values,
                "twin_reading": np.array([twin.get(key, nan) for key in self._keys]),
                "quality": latched.quality.astype(np.float64),
                "age_s": latched.age_s,
                "device_lag_s": latched.received_s + wall_s - latched.device_s,
            },
            LINKS: {
                "lead_s": np.array([leads.get(link, nan) for link in self._links]),
                "present_state": np.array([present.get(link, nan) for link in self._links]),
                **{f"{name}_count": np.array([float(getattr(count, name)) for count in counts]) for name in _COUNTED},
            },
            CLOCK: {
                "lateness_s": np.array([lateness_s]),
                "busy_s": np.array([busy_s]),
                "overrun_count": np.array([float(overruns)]),
            },
        }


_COUNTED: Final = ("sent", "failed", "limited", "withheld")

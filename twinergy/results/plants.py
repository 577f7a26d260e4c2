# SPDX-License-Identifier: Apache-2.0
"""PV, wind and CHP: generation, yield, full-load hours, starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.kpi import kpi
from twinergy.results.sums import GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.kpi import Kpi
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import BlockView

RATINGS: Final[dict[str, tuple[str, ...]]] = {
    "pv": ("p_dc_kwp",),
    "wind": ("rated_kw",),
    "chp": ("operating.rated_kw", "rated_kw"),
}
"""Options or properties, of options in them too, that say how large a plant is; the first that exists."""
_FULL_LOAD: Final = {"pv": "pv_yield_kwh_per_kwp", "wind": "wind_full_load_h", "chp": "chp_full_load_h"}


class PlantAccount:
    """Generation per rated power from the energy of devices; runs and starts from the registers of CHP units.

    Parameters
    ----------
    twin : Twin
        The community, for the ratings.
    sums : DeviceSums
        Energy of devices.
    """

    def __init__(self, twin: Twin, sums: DeviceSums) -> None:
        self._twin, self._sums = twin, sums

    def add(self, view: BlockView) -> None:
        """Add nothing: `DeviceSums` has it."""

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        for kind, name in _FULL_LOAD.items():
            if not self._sums.has(kind, GIVEN):
                continue
            yield kpi(f"{kind}_kwh", self._sums.total(kind, GIVEN))
            rated = ratings(self._twin, kind)
            if rated.size and np.isfinite(rated).all() and rated.sum() > 0.0:
                yield kpi(name, self._sums.total(kind, GIVEN) / float(rated.sum()))
        hours, starts = self._sums.per_device("chp", "hours_h"), self._sums.per_device("chp", "starts")
        if hours.size:
            yield kpi("chp_run_h", float(hours.mean()))
        if starts.size:
            yield kpi("chp_starts", float(starts.mean()), where=self._sums.ids["chp"][int(starts.argmax())])


def ratings(twin: Twin, kind: str) -> NDArray[np.float64]:
    """Return the rated power of each plant of a kind, NaN where its options do not say, shape (n_devices,). [kW]."""
    return np.array([_rating(device.options, RATINGS[kind]) for device in twin.of_kind(kind)], dtype=np.float64)


def _rating(options: object, names: tuple[str, ...]) -> float:
    for name in names:
        found: object = options
        for part in name.split("."):
            found = getattr(found, part, None)
        if isinstance(found, int | float):
            return float(found)
    return float("nan")

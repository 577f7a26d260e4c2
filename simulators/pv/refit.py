# SPDX-License-Identifier: Apache-2.0
"""Nominal power of a real PV system from what it fed in and what its twin computed for the same weather."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.pv.options import DC_AC_RATIO
from twinergy.errors import ModelError
from twinergy.kinds import Refit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulators.pv.options import PvOptions

    FloatArray = NDArray[np.float64]

DARK: Final = 0.05
"""Share of the nominal power below which a step says little. [-]"""
FULL: Final = 0.98
"""Share of the inverter's rating above which it may be clipping. [-]"""
LEAST_STEPS: Final = 20


def refit(options: PvOptions, real: Mapping[str, FloatArray], twin: Mapping[str, FloatArray]) -> Refit:
    """Return the nominal power with which the twin comes closest, see `simulators.pv.kind`.

    Raises
    ------
    ModelError
        If there are too few bright steps, or the device fed in while the twin was dark.
    """
    if "p_kw" not in real:
        message = f"its power is needed, the device says {', '.join(real)}"
        raise ModelError(message)
    measured, computed = real["p_kw"], twin["p_kw"]
    bright = -computed > DARK * options.p_dc_kwp
    most_kw = options.inverter_kva or options.p_dc_kwp / DC_AC_RATIO
    curtailed = np.nan_to_num(twin.get("p_curtailed_kw", np.zeros_like(computed))) > 0.0
    used = bright & ~curtailed & np.isfinite(measured) & (-measured < FULL * most_kw) & (-computed < FULL * most_kw)
    if np.count_nonzero(used) < LEAST_STEPS:
        message = f"only {np.count_nonzero(used)} steps are bright, below the rating of the inverter and not curtailed; "
        message += f"at least {LEAST_STEPS} are needed"
        raise ModelError(message)
    ratio = float((measured[used] * computed[used]).sum() / np.square(computed[used]).sum())
    if ratio <= 0.0:
        message = "it draws where its twin feeds in: is the sign of its power turned?"
        raise ModelError(message)
    after = np.where(np.isfinite(measured), measured - np.maximum(ratio * computed, -most_kw), np.nan)
    note = f"from {np.count_nonzero(used)} bright steps; orientation and shade are taken as they are"
    before = float(np.sqrt(np.nanmean(np.square(measured - computed))))
    return Refit(
        options={"p_dc_kwp": round(options.p_dc_kwp * ratio, 3)},
        port="p_kw",
        before=before,
        after=float(np.sqrt(np.nanmean(np.square(after)))),
        note=note,
    )

# SPDX-License-Identifier: Apache-2.0
"""Where a home's energy came from: grid, own generation, storage; self-consumption and self-sufficiency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinergy.signs import exported, imported

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Energy of homes over a window, arrays of shape (n_homes,), all counted positive.

    Attributes
    ----------
    seen_share : ndarray
        Share of the steps in which everything the home has was read; only these count. [-]
    consumption_kwh : ndarray
        What appliances, heating and cars used; what a storage took in and lost is not use. [kWh]
    generation_kwh : ndarray
        What the PV generated. [kWh]
    import_kwh, export_kwh : ndarray
        At the grid connection. [kWh]
    charged_kwh, discharged_kwh : ndarray
        Into and out of the battery, at its terminals. [kWh]
    self_consumption, self_sufficiency : ndarray
        Shares; NaN where nothing was generated or used. [-]
    """

    seen_share: FloatArray
    consumption_kwh: FloatArray
    generation_kwh: FloatArray
    import_kwh: FloatArray
    export_kwh: FloatArray
    charged_kwh: FloatArray
    discharged_kwh: FloatArray
    self_consumption: FloatArray
    self_sufficiency: FloatArray


def supply(window: Window) -> Supply:
    """Return where the energy of homes came from and went.

    Definitions are those of the key figures of a run (docs/kpis.md): self-consumption is 1 − export/generation, self-sufficiency
    is 1 − import/consumption, at least 0, after [1]_ eq. 2 and 3 with what was used on site written so that a storage needs no
    case of its own.

    Parameters
    ----------
    window : Window
        With ``p_grid_kw`` (the connection's meter), and ``p_pv_kw`` and ``p_battery_kw`` where there are any. [kW]

    Returns
    -------
    Supply
        Of the steps in which all of them were read.

    References
    ----------
    .. [1] R. Luthander, J. Widén, D. Nilsson, J. Palm, "Photovoltaic self-consumption in buildings: A review", Applied Energy
       142 (2015), 80-94.
    """
    grid_kw, pv_kw, battery_kw, known = _known(window)
    generated_kw = exported(pv_kw)
    used_kw = grid_kw + generated_kw - battery_kw  # what a PV plant draws at night is use, as in the key figures

    def energy_kwh(p_kw: FloatArray) -> FloatArray:
        return np.asarray(p_kw.sum(axis=0) * window.step_h)

    bought, sold = energy_kwh(imported(grid_kw)), energy_kwh(exported(grid_kw))
    used, generated = energy_kwh(used_kw), energy_kwh(generated_kw)
    return Supply(
        seen_share=known.mean(axis=0),
        consumption_kwh=used,
        generation_kwh=generated,
        import_kwh=bought,
        export_kwh=sold,
        charged_kwh=energy_kwh(imported(battery_kw)),
        discharged_kwh=energy_kwh(exported(battery_kw)),
        self_consumption=_kept(sold, generated),
        self_sufficiency=_kept(bought, used),
    )


def _known(window: Window) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return power of grid, PV and battery, 0 in steps that do not count, and which count; a home may lack PV and battery."""
    series = [window["p_grid_kw"]]
    for port in ("p_pv_kw", "p_battery_kw"):
        measured = window.values.get(port)
        missing = np.zeros_like(series[0]) if measured is None else measured
        series.append(np.where(np.isnan(missing).all(axis=0), 0.0, missing))
    known = np.asarray(~np.isnan(np.stack(series)).any(axis=0), dtype=np.bool_)
    grid_kw, pv_kw, battery_kw = (np.asarray(np.where(known, each, 0.0), dtype=np.float64) for each in series)
    return grid_kw, pv_kw, battery_kw, known


def _kept(lost_kwh: FloatArray, total_kwh: FloatArray) -> FloatArray:
    some = total_kwh > 0.0
    return np.maximum(0.0, 1.0 - np.divide(lost_kwh, total_kwh, out=np.full_like(total_kwh, np.nan), where=some))

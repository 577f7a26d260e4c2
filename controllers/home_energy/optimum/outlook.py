# SPDX-License-Identifier: Apache-2.0
"""What a home knows when it re-plans: its state, its wishes and the forecasts of its horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.faults import Fault, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from controllers.home_energy.optimum.assets import HomeAssets
    from twinergy.kinds import FloatArray

    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the household cares about, all in euros so that they add up.

    Attributes
    ----------
    cost : float
        How much one euro of the bill or of battery wear counts. [-]
    self_consumption : float
        What each kWh of PV that is fed in or curtailed counts. [EUR/kWh]
    co2 : float
        What a kilogram of CO2 of imported electricity counts; feeding in earns none. [EUR/kg]
    comfort : float
        What one kelvin outside the comfort band for one hour counts; hot water counts `penalties.HOT_WATER`. [EUR/(K h)]
    doubt_eur_per_kwh : float
        How much less a kWh through the meter at the end of the horizon counts than one now, because forecasts may be wrong:
        import counts more and feeding in less, by this much now and falling evenly to nothing, in the objective only. [EUR/kWh]
    """

    cost: float = 1.0
    self_consumption: float = 0.0
    co2: float = 0.0
    comfort: float = 0.5
    doubt_eur_per_kwh: float = 0.0

    def __post_init__(self) -> None:
        names = ("cost", "self_consumption", "co2", "comfort", "doubt_eur_per_kwh")
        values = [(name, getattr(self, name)) for name in names]
        faults = [Fault(name, f"{v!r}", "a finite number, at least 0") for name, v in values if not 0 <= v < math.inf]
        refuse("weights of the household", faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOutlook:
    """State, wishes and forecasts; arrays have shape ``(n_steps,)``. What belongs to an asset the home lacks is not read.

    Attributes
    ----------
    buy_eur_per_kwh, feed_in_eur_per_kwh : array
        All-in prices of import and of export. [EUR/kWh]
    co2_g_per_kwh : array
        Of imported electricity. [g/kWh]
    base_load_kw : array
        What is not planned, running programmes and other commitments included, load frame. [kW]
    p_pv_available_kw : array
        What the PV system could deliver, load frame, never positive. [kW]
    index : int
        Number of the first step since whatever epoch, so that an older plan can be moved should the solver fail.
    import_limit_kw, export_limit_kw : array or None
        Limits tighter than the connection's, for example while dimmed or committed to the market. [kW]
    soc : float
        State of charge of the battery. [-]
    temp_indoor_degc : float
        Of the room, now. [degC]
    temp_outdoor_degc, gain_k : array
        Outdoor temperature and everything else that warms the room within a step (sun, people). [degC], [K]
    comfort_low_degc, comfort_high_degc : array
        Comfort band at the end of each step. [degC]
    temp_tank_degc : float
        Of the hot water tank, now. [degC]
    draw_kw : array
        Heat drawn as hot water. [kW]
    car_present : bool array
        Whether the car is plugged in.
    car_wanted_kwh : float
        Energy its battery wants until departure. [kWh]
    car_room_kwh : float
        Energy its battery could take until then; NaN for no more than it wants. [kWh]
    car_departure : int
        Step at whose start it leaves; may lie beyond the horizon, then what can wait may wait.
    pending : tuple of bool
        Per machine: whether it is loaded and waits to be started.
    latest : tuple of int
        Per machine: last step in which it may start; negative when already too late.
    blocked : bool array
        Steps in which no machine may run, for example quiet hours.
    end_value_eur_per_kwh : float
        What a kWh of electricity in store at the end of the horizon counts; NaN for `penalties.END_SHARE` of the mean
        price of the horizon as the household weighs it. [EUR/kWh]
    """

    buy_eur_per_kwh: FloatArray
    feed_in_eur_per_kwh: FloatArray
    co2_g_per_kwh: FloatArray
    base_load_kw: FloatArray
    p_pv_available_kw: FloatArray
    index: int = 0
    import_limit_kw: FloatArray | None = None
    export_limit_kw: FloatArray | None = None
    soc: float = math.nan
    temp_indoor_degc: float = math.nan
    temp_outdoor_degc: FloatArray | None = None
    gain_k: FloatArray | None = None
    comfort_low_degc: FloatArray | None = None
    comfort_high_degc: FloatArray | None = None
    temp_tank_degc: float = math.nan
    draw_kw: FloatArray | None = None
    car_present: BoolArray | None = None
    car_wanted_kwh: float = math.nan
    car_room_kwh: float = math.nan
    car_departure: int = 0
    pending: tuple[bool, ...] = ()
    latest: tuple[int, ...] = ()
    blocked: BoolArray | None = None
    end_value_eur_per_kwh: float = math.nan


ALWAYS = ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh", "base_load_kw", "p_pv_available_kw")
OPTIONAL = ("import_limit_kw", "export_limit_kw", "blocked")
OF_ASSET = {
    "battery": ("soc",),
    "room": ("temp_indoor_degc", "temp_outdoor_degc", "gain_k", "comfort_low_degc", "comfort_high_degc"),
    "tank": ("temp_tank_degc", "draw_kw"),
    "car": ("car_present", "car_wanted_kwh"),
}
SCALARS = ("soc", "temp_indoor_degc", "temp_tank_degc", "car_wanted_kwh")
NOT_NEGATIVE = ("import_limit_kw", "export_limit_kw", "draw_kw", "car_wanted_kwh")


def check(assets: HomeAssets, outlook: HomeOutlook) -> None:
    """Refuse an outlook that does not fit the home.

    Raises
    ------
    ModelError
        With every field that is missing, holds NaN (and the first step where), has the wrong length or sign.
    """
    refuse("outlook of the home", _faults(assets, outlook))


def _faults(assets: HomeAssets, outlook: HomeOutlook) -> Iterator[Fault]:
    needed = list(ALWAYS)
    needed += [name for asset, names in OF_ASSET.items() if getattr(assets, asset) is not None for name in names]
    needed += [name for name in OPTIONAL if getattr(outlook, name) is not None]
    for name in needed:
        fault = _scalar(name, outlook) if name in SCALARS else _series(name, outlook, assets.n_steps)
        if fault is not None:
            yield fault
    low, high = outlook.comfort_low_degc, outlook.comfort_high_degc
    if (
        assets.room is not None
        and low is not None
        and high is not None
        and np.shape(low) == np.shape(high)
        and np.any(low > high)
    ):
        step = int(np.flatnonzero(low > high)[0])
        yield Fault("comfort_low_degc", f"{low[step]:g} in step {step}", f"at most comfort_high_degc, {high[step]:g} °C")
    wanted = len(assets.machines)
    for name in ("pending", "latest"):
        if len(getattr(outlook, name)) != wanted:
            yield Fault(name, f"{len(getattr(outlook, name))} values", f"one per machine, {wanted}")


def _scalar(name: str, outlook: HomeOutlook) -> Fault | None:
    value = getattr(outlook, name)
    if not math.isfinite(value) or (name in NOT_NEGATIVE and value < 0):
        return Fault(name, f"{value!r}", "a finite number, at least 0" if name in NOT_NEGATIVE else "a finite number")
    return None


def _series(name: str, outlook: HomeOutlook, n_steps: int) -> Fault | None:
    values = getattr(outlook, name)
    if values is None:
        return Fault(name, "nothing", f"an array of {n_steps} values: this home needs it")
    if np.shape(values) != (n_steps,):
        return Fault(name, f"shape {np.shape(values)}", f"({n_steps},), one value per step of the horizon")
    return None if values.dtype == np.bool_ else _values(name, values)


def _values(name: str, values: FloatArray) -> Fault | None:
    if not np.isfinite(values).all():
        step = int(np.flatnonzero(~np.isfinite(values))[0])
        many = int((~np.isfinite(values)).sum())
        return Fault(name, f"{values[step]} in step {step}, {many} in all", "finite numbers; forecast the gap first")
    if name in NOT_NEGATIVE and values.min() < 0:
        return Fault(name, f"{values.min():g} in step {int(values.argmin())}", "numbers from 0 up")
    if name == "p_pv_available_kw" and values.max() > 0:
        return Fault(name, f"{values.max():g} in step {int(values.argmax())}", "numbers up to 0: generation is negative")
    return None

# SPDX-License-Identifier: Apache-2.0
"""What a car wants, as it told its station over ISO 15118."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardware_in_loop.ocpp.central.clock import epoch
from twinergy.signs import load_from_generation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.ocpp.central.clock import StationClock


@dataclass(frozen=True, slots=True)
class Needs:
    """Wish of a car; NaN for what it did not say.

    Attributes
    ----------
    energy_kwh : float
        Energy it wanted when it said so. [kWh]
    departure_s : float
        When it leaves, on our clock, seconds since 1970. [s]
    soc : float
        State of charge then (DC). [-]
    p_min_kw, p_max_kw : float
        What it can do, load frame: most it feeds back (negative), most it charges with. [kW]
    """

    energy_kwh: float = math.nan
    departure_s: float = math.nan
    soc: float = math.nan
    p_min_kw: float = math.nan
    p_max_kw: float = math.nan


def read(needs: Mapping[str, Any], clock: StationClock) -> Needs:
    """Return what ``chargingNeeds`` of NotifyEVChargingNeeds says; 2.1's ``v2xChargingParameters`` count before the others.

    >>> from hardware_in_loop.ocpp.central.clock import StationClock
    >>> read({"acChargingParameters": {"energyAmount": 20000}}, StationClock()).energy_kwh
    20.0
    """
    ac, dc, v2x = (needs.get(f"{kind}ChargingParameters") or {} for kind in ("ac", "dc", "v2x"))
    energy_wh = _first(v2x.get("evTargetEnergyRequest"), ac.get("energyAmount"), dc.get("energyAmount"))
    return Needs(
        energy_kwh=max(energy_wh, 0.0) / 1e3 if not math.isnan(energy_wh) else math.nan,
        departure_s=epoch(needs.get("departureTime")) + clock.behind_s,
        soc=_first(dc.get("stateOfCharge")) / 100.0,
        p_min_kw=load_from_generation(abs(_phases(v2x, "maxDischargePower"))) / 1e3,
        p_max_kw=_first(_phases(v2x, "maxChargePower"), dc.get("evMaxPower")) / 1e3,
    )


def _first(*values: Any) -> float:
    return next((float(value) for value in values if value is not None and not math.isnan(float(value))), math.nan)


def _phases(values: Mapping[str, Any], name: str) -> float:
    """Return the sum over phases; without L2 and L3 the value stands for all of them."""
    parts = [float(values[key]) for key in (name, f"{name}_L2", f"{name}_L3") if values.get(key) is not None]
    return math.fsum(parts) if parts else math.nan

# SPDX-License-Identifier: Apache-2.0
"""What a meter shows at a moment, and how the versions of the wire write it.

>>> shown = Snapshot(time_s=0.0, p_kw=-2.0, energy_kwh=1.5)
>>> samples(shown, ("Power.Active.Import", "Power.Active.Export"), "Sample.Periodic")[1]["value"]
2000.0
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.station.profile import VOLTAGE_V
from hardware_in_loop.ocpp.station.times import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS: Final = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Readings of one moment; NaN for what the point does not have.

    Attributes
    ----------
    time_s : float
        When, since 1970. [s]
    p_kw : float
        Power, load frame: feeding back is negative. [kW]
    energy_kwh, energy_out_kwh : float
        Drawn and fed back so far. [kWh]
    soc : float
        Of the car. [-]
    offered_kw : float
        What the limit allows. [kW]
    phases : int
        Phases of the point. [-]
    """

    time_s: float
    p_kw: float = 0.0
    energy_kwh: float = 0.0
    energy_out_kwh: float = 0.0
    soc: float = float("nan")
    offered_kw: float = float("nan")
    phases: int = 3

    @property
    def register_wh(self) -> int:
        """What is drawn so far, as 1.6 counts it. [Wh]."""
        return round(self.energy_kwh * 1e3) if math.isfinite(self.energy_kwh) else 0


def _value(shown: Snapshot, measurand: str) -> float:
    amps = 1e3 / (VOLTAGE_V * shown.phases)
    values = {
        "Energy.Active.Import.Register": shown.energy_kwh * 1e3,
        "Energy.Active.Export.Register": shown.energy_out_kwh * 1e3,
        "Power.Active.Import": max(shown.p_kw, 0.0) * 1e3,
        "Power.Active.Export": max(-shown.p_kw, 0.0) * 1e3,
        "Power.Offered": shown.offered_kw * 1e3,
        "Current.Import": max(shown.p_kw, 0.0) * amps,
        "Current.Export": max(-shown.p_kw, 0.0) * amps,
        "Current.Offered": shown.offered_kw * amps,
        "Voltage": VOLTAGE_V,  # assumption: the physics has no voltage, so the nominal one is shown
        "SoC": shown.soc * 100.0,
    }
    return values[measurand]


def samples(shown: Snapshot, measurands: Sequence[str], context: str) -> list[dict[str, Any]]:
    """Return sampled values with numbers; what the point does not have is left out."""
    rows: list[dict[str, Any]] = []
    for name in measurands:
        value = _value(shown, name)
        if math.isfinite(value):
            unit = _UNITS[name.split(".", maxsplit=1)[0]]
            rows.append({"value": round(value, 3), "measurand": name, "context": context, "unit": unit})
    return rows


def meter_value(shown: Snapshot, measurands: Sequence[str], context: str, *, first_version: bool) -> list[dict[str, Any]]:
    """Return the ``meterValue`` of a message: text with a unit in 1.6, numbers with a unit of measure in 2.x."""
    rows = samples(shown, measurands, context)
    if not rows:
        return []
    if first_version:
        sampled = [row | {"value": f"{row['value']:.3f}".rstrip("0").rstrip(".")} for row in rows]
    else:
        sampled = [{**row, "unitOfMeasure": {"unit": row["unit"]}} for row in rows]
        for row in sampled:
            del row["unit"]
    return [{"timestamp": format_time(shown.time_s), "sampledValue": sampled}]

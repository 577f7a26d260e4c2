# SPDX-License-Identifier: Apache-2.0
"""What a central system may read and change: one table for the configuration keys of 1.6 and the variables of 2.x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REGISTER: Final = "Energy.Active.Import.Register"
MEASURANDS: Final = (
    REGISTER,
    "Energy.Active.Export.Register",
    "Power.Active.Import",
    "Power.Active.Export",
    "Power.Offered",
    "Current.Import",
    "Current.Export",
    "Current.Offered",
    "Voltage",
    "SoC",
)
"""Measurands that a station has."""
_SAMPLED: Final = f"{REGISTER},Energy.Active.Export.Register,Power.Active.Import,Power.Active.Export,SoC"


@dataclass(slots=True)
class Settings:
    """What can be changed while the station runs. Intervals in seconds, 0 for off."""

    heartbeat_s: float = 60.0
    sample_s: float = 60.0
    aligned_s: float = 0.0
    sampled: str = _SAMPLED
    started: str = _SAMPLED
    ended: str = _SAMPLED
    aligned: str = _SAMPLED
    attempts: float = 3.0
    attempt_s: float = 1.0
    connection_s: float = 60.0
    offline_starts: bool = True
    evses: float = 1.0
    stack_levels: float = 10.0
    periods_most: float = 1024.0
    profiles_most: float = 100.0
    units_old: str = "Current,Power"
    units: str = "A,W"
    features: str = "Core,RemoteTrigger,Reservation,SmartCharging"
    yes: bool = True
    keys_most: float = 100.0


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing that can be read.

    Attributes
    ----------
    key : str
        Name in 1.6, empty where there is none.
    component, variable, instance : str
        Names in 2.x, empty where there are none.
    field : str
        Of `Settings`.
    writable : bool
        Whether it can be changed.
    kind : str
        ``integer``, ``boolean`` or ``MemberList``: data types of 2.x.
    unit : str
        Unit in reports.
    """

    key: str
    component: str
    variable: str
    field: str
    writable: bool = False
    kind: str = "integer"
    unit: str = ""
    instance: str = ""


_BOOL, _LIST = "boolean", "MemberList"
VARIABLES: Final = (
    Variable("HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval", "heartbeat_s", True, unit="s"),
    Variable("MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval", "sample_s", True, unit="s"),
    Variable("MeterValuesSampledData", "SampledDataCtrlr", "TxUpdatedMeasurands", "sampled", True, _LIST),
    Variable("", "SampledDataCtrlr", "TxStartedMeasurands", "started", True, _LIST),
    Variable("StopTxnSampledData", "SampledDataCtrlr", "TxEndedMeasurands", "ended", True, _LIST),
    Variable("ClockAlignedDataInterval", "AlignedDataCtrlr", "Interval", "aligned_s", True, unit="s"),
    Variable("MeterValuesAlignedData", "AlignedDataCtrlr", "Measurands", "aligned", True, _LIST),
    Variable("TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts", "attempts", True, instance="TransactionEvent"),
    Variable(
        "TransactionMessageRetryInterval",
        "OCPPCommCtrlr",
        "MessageAttemptInterval",
        "attempt_s",
        True,
        unit="s",
        instance="TransactionEvent",
    ),
    Variable("ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut", "connection_s", True, unit="s"),
    Variable("AllowOfflineTxForUnknownId", "AuthCtrlr", "OfflineTxForUnknownIdEnabled", "offline_starts", True, _BOOL),
    Variable("NumberOfConnectors", "", "", "evses"),
    Variable("ChargeProfileMaxStackLevel", "SmartChargingCtrlr", "ProfileStackLevel", "stack_levels"),
    Variable("ChargingScheduleMaxPeriods", "SmartChargingCtrlr", "PeriodsPerSchedule", "periods_most"),
    Variable("MaxChargingProfilesInstalled", "SmartChargingCtrlr", "Entries", "profiles_most", instance="ChargingProfiles"),
    Variable("ChargingScheduleAllowedChargingRateUnit", "", "", "units_old", kind=_LIST),
    Variable("", "SmartChargingCtrlr", "RateUnit", "units", kind=_LIST),
    Variable("", "SmartChargingCtrlr", "Enabled", "yes", kind=_BOOL),
    Variable("", "SmartChargingCtrlr", "Available", "yes", kind=_BOOL),
    Variable("", "ReservationCtrlr", "Enabled", "yes", kind=_BOOL),
    Variable("ReserveConnectorZeroSupported", "ReservationCtrlr", "NonEvseSpecific", "yes", kind=_BOOL),
    Variable("SupportedFeatureProfiles", "", "", "features", kind=_LIST),
    Variable("GetConfigurationMaxKeys", "", "", "keys_most"),
)


def text_of(settings: Settings, variable: Variable) -> str:
    """Return a value as the wire has it."""
    value = getattr(settings, variable.field)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def change(settings: Settings, variable: Variable, text: str) -> str:
    """Change a setting; return why that is not possible, empty where it was done."""
    if not variable.writable:
        return f"{variable.variable or variable.key} can only be read"
    if variable.kind == _BOOL:
        if text.lower() not in {"true", "false"}:
            return f"{text[:50]!r} is neither true nor false"
        setattr(settings, variable.field, text.lower() == "true")
    elif variable.kind == _LIST:
        unknown = [name for name in _names(text) if name not in MEASURANDS]
        if unknown:
            return f"no measurand {', '.join(unknown)[:200]} here; allowed: {', '.join(MEASURANDS)}"
        setattr(settings, variable.field, ",".join(_names(text)))
    else:
        if not text.isascii() or not text.isdigit() or len(text) > 9:  # noqa: PLR2004 - nine digits of seconds are 31 years
            return f"{text[:50]!r} is no whole number from 0 on"
        setattr(settings, variable.field, float(text))
    return ""


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def measurands(text: str) -> tuple[str, ...]:
    """Return the measurands of a setting; the register where there are none."""
    return tuple(_names(text)) or (REGISTER,)

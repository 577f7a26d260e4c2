# SPDX-License-Identifier: Apache-2.0
"""The information objects that modules exchange, typed, with their data model, and how they travel."""

from twinergy.messages.base import Message, matches
from twinergy.messages.codec import MAX_BYTES, decode, encode
from twinergy.messages.errors import MessageError
from twinergy.messages.objects.actual_consumption import ActualConsumption, PowerLine
from twinergy.messages.objects.comfort_well_being_evaluation import ComfortWellBeingEvaluation
from twinergy.messages.objects.control_action import ControlAction
from twinergy.messages.objects.control_analysis import ControlAnalysis, PortSchedule
from twinergy.messages.objects.dt_model_of_user import DtModelOfUser, LoadPattern, UsagePattern
from twinergy.messages.objects.energy_data import EnergyData, LineEnergy
from twinergy.messages.objects.production import Production
from twinergy.messages.objects.pv_forecast import PvForecast, Quantile
from twinergy.messages.objects.remote_control_data import RemoteControlData
from twinergy.messages.objects.sensor_status import MachineStatus, SensorStatus
from twinergy.messages.objects.user_appliances_flexibility import ApplianceFlexibility, UserAppliancesFlexibility
from twinergy.messages.parts import reading_of, series_of
from twinergy.messages.register import message_types

__all__ = [
    "MAX_BYTES",
    "ActualConsumption",
    "ApplianceFlexibility",
    "ComfortWellBeingEvaluation",
    "ControlAction",
    "ControlAnalysis",
    "DtModelOfUser",
    "EnergyData",
    "LineEnergy",
    "LoadPattern",
    "MachineStatus",
    "Message",
    "MessageError",
    "PortSchedule",
    "PowerLine",
    "Production",
    "PvForecast",
    "Quantile",
    "RemoteControlData",
    "SensorStatus",
    "UsagePattern",
    "UserAppliancesFlexibility",
    "decode",
    "encode",
    "matches",
    "message_types",
    "reading_of",
    "series_of",
]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from tests.shared_data import shared_data
from twinergy.messages import (
    ApplianceFlexibility,
    ControlAnalysis,
    EnergyData,
    LineEnergy,
    MachineStatus,
    Message,
    PortSchedule,
    PvForecast,
    Quantile,
    RemoteControlData,
    SensorStatus,
    message_types,
    reading_of,
    series_of,
)
from twinergy.messages.fields import field_unit
from twinergy.messages.schemas import documented, json_schema

T = datetime(2024, 7, 1, 10, tzinfo=UTC)
ENVELOPE = {"id": "1", "source": "home_energy", "pilot": "hagedorn", "sent": T}
HOME = ENVELOPE | {"dwelling": "home 001"}
STEPS = HOME | {"start": T, "step_s": 900.0}
HLUC01 = {
    *("sensor_status", "actual_consumption", "production", "energy_data", "dt_model_of_user", "user_appliances_flexibility"),
    *("pv_forecast", "control_analysis", "remote_control_data", "comfort_well_being_evaluation"),
}


def test_all_objects_of_the_home_energy_use_cases_are_there():
    assert set(documented()) == HLUC01 | {"control_action"}


def test_data_models_and_use_cases_are_those_of_the_deliverable():
    """D4.4, tables 7, 12, 17, 22 and those of the other use cases, as transcribed in use_cases.yaml."""
    from ruamel.yaml import YAML

    said: dict[str, set[str]] = {}
    models: dict[str, str] = {}
    for case in YAML(typ="safe").load(shared_data("..", "mission", "use_cases.yaml")):
        for title, model in case["information_objects"].items():
            name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
            said.setdefault(name, set()).add(case["id"])
            models[name] = model
    for name in HLUC01:
        kind = message_types()[name]
        assert set(kind.use_cases) == said[name], name
        assert f"{kind.data_model} Data Model" == models[name]


def test_every_number_has_a_unit():
    for kind in documented().values():
        schema = json_schema(kind)
        for record in (schema, *schema.get("$defs", {}).values()):
            for name, field in record.get("properties", {}).items():
                if '"number"' in str(field).replace("'", '"'):
                    assert field_unit(name)
    with pytest.raises(ValueError, match="'power' carries no unit"):
        field_unit("power")


def test_a_new_object_is_one_class():
    class TransformerStationData(Message):
        """A station."""

        information_object: ClassVar[str] = "transformer_station_data_of_a_test"
        p_kw: float

    name = TransformerStationData.information_object
    assert message_types()[name] is TransformerStationData
    assert TransformerStationData(**ENVELOPE, p_kw=1.0).subject == f"twinergy.hagedorn.home_energy.{name}"
    assert name not in documented()
    with pytest.raises(TypeError, match=f"information object '{name}' is taken by .*TransformerStationData"):
        type("Other", (Message,), {"information_object": name, "__module__": "elsewhere", "__annotations__": {}})


def test_a_subject_has_four_parts_whatever_the_names():
    message = SensorStatus(**STEPS | {"pilot": "athens.v2", "source": "my gateway>*"})
    assert message.subject == "twinergy.athens_v2.my_gateway__.sensor_status"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_are_finite(value):
    with pytest.raises(ValidationError, match="finite number"):
        SensorStatus(**STEPS, temp_indoor_degc=value)
    assert reading_of(value) is None
    assert series_of(np.array([value, 1.0])) == (None, 1.0)


def test_messages_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        SensorStatus(**STEPS).soc = 0.5


def wrong():
    yield SensorStatus, STEPS | {"soc": 50.0}, "less than or equal to 1"
    yield (
        SensorStatus,
        STEPS | {"machines": (MachineStatus(name="a"), MachineStatus(name="a"))},
        "machines name 'a' more than once",
    )
    yield SensorStatus, STEPS | {"sent": datetime(2024, 7, 1)}, "timezone"  # noqa: DTZ001 - it is refused
    yield SensorStatus, STEPS | {"sent": T.replace(year=2200)}, "less than 2200-01-01"
    yield SensorStatus, STEPS | {"start": T.replace(year=1969)}, "greater than or equal to 1970-01-01"
    yield SensorStatus, STEPS | {"valid_s": 1e300}, "less than or equal to 1000000000"
    yield SensorStatus, STEPS | {"step_s": 0.0}, "greater than 0"
    yield PvForecast, STEPS | {"provider": "x", "p_kw": (1.0,)}, "less than or equal to 0"
    quantile = Quantile(probability_share=0.1, p_kw=(-1.0,))
    yield (
        PvForecast,
        STEPS | {"provider": "x", "p_kw": (-1.0, -2.0), "quantiles": (quantile,)},
        r"quantile 0.1 has 1 values, p_kw 2",
    )
    line = LineEnergy(name="grid", energy_kwh=(1.0, 2.0))
    yield EnergyData, STEPS | {"lines": (line,), "voltage_v": (230.0,)}, "have 1, 2 values"
    yield (
        EnergyData,
        STEPS | {"lines": (line,), "voltage_v": (230.0, 231.0), "frequency_hz": (50.0,)},
        "voltage_v 2, frequency_hz 1",
    )
    schedule = PortSchedule(table="battery", device="b", port="p_set_kw", values=(1.0,))
    yield ControlAnalysis, STEPS | {"status": "optimal", "p_optimal_kw": (1.0, 2.0), "schedule": (schedule,)}, "have 1, 2 values"
    command = {
        "command_id": "1",
        "requested_by": "household",
        "device": "b",
        "table": "battery",
        "port": "p_set_kw",
        "value": 1.0,
    }
    yield RemoteControlData, HOME | command | {"state": "refused"}, "a command that was refused needs a reason"
    yield RemoteControlData, HOME | command | {"state": "lost"}, "'requested', 'acknowledged', 'refused' or 'failed'"
    appliance = {"appliance": "a", "kind": "deferrable", "earliest": T, "latest": T.replace(hour=9)}
    yield ApplianceFlexibility, appliance, "latest 2024-07-01T09:00:00.*lies before earliest"
    powers = {"latest": T, "p_low_kw": 2.0, "p_high_kw": 1.0}
    yield ApplianceFlexibility, appliance | powers, "p_low_kw 2 kW is above p_high_kw 1 kW"


@pytest.mark.parametrize(("kind", "fields", "reason"), list(wrong()), ids=lambda value: getattr(value, "__name__", None))
def test_what_cannot_be_is_refused(kind, fields, reason):
    with pytest.raises(ValidationError, match=reason):
        kind(**fields)

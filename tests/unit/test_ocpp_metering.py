# SPDX-License-Identifier: Apache-2.0
"""Meter values as stations write them. Expected numbers are worked out by hand next to them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hardware_in_loop.ocpp.central import metering
from hardware_in_loop.ocpp.central.clock import StationClock, epoch, text
from hardware_in_loop.ocpp.central.needs import read as read_needs

STAMP = "2024-01-01T00:00:00Z"


def old(**samples: Any) -> dict[str, Any]:
    return {"timestamp": STAMP, "sampledValue": [dict(sample) for sample in samples.values()]}


def new(*samples: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": STAMP, "sampledValue": list(samples)}


def test_measurand_and_unit_have_defaults() -> None:
    """OCPP 1.6, 7.43: Energy.Active.Import.Register in Wh where neither is given."""
    assert metering.read(old(a={"value": "12345"})).energy_kwh == pytest.approx(12.345)


@pytest.mark.parametrize(("unit", "value", "p_kw"), [("W", "7360", 7.36), ("kW", "7.36", 7.36), (None, "7360.0", 7.36)])
def test_power_of_16_in_watts_and_kilowatts(unit: str | None, value: str, p_kw: float) -> None:
    sample = {"value": value, "measurand": "Power.Active.Import"} | ({"unit": unit} if unit else {})
    assert metering.read(old(a=sample)).p_kw == pytest.approx(p_kw)


def test_multiplier_of_2x() -> None:
    """OCPP 2.0.1, UnitOfMeasureType: 3 means thousands. 7.36e3 W = 7.36 kW; 123 times 10 Wh = 1.23 kWh."""
    meters = metering.read(
        new(
            {"value": 7.36, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W", "multiplier": 3}},
            {"value": 123, "unitOfMeasure": {"multiplier": 1}},
        )
    )
    assert (meters.p_kw, meters.energy_kwh) == (pytest.approx(7.36), pytest.approx(1.23))


def test_phases_are_summed_and_neutral_is_not() -> None:
    """2300 W + 2310 W + 2290 W = 6.9 kW; what is between phases or in the neutral is no part of it."""
    phases = {"L1": "2300", "L2": "2310", "L3-N": "2290", "N": "50", "L1-L2": "9999"}
    samples = {name: {"value": value, "measurand": "Power.Active.Import", "phase": name} for name, value in phases.items()}
    assert metering.read(old(**samples)).p_kw == pytest.approx(6.9)


def test_a_total_counts_before_its_phases() -> None:
    total = {"value": 6900.0, "measurand": "Power.Active.Import"}
    assert metering.read(new({**total, "value": 2300.0, "phase": "L1"}, total)).p_kw == pytest.approx(6.9)


def test_export_is_turned_into_the_load_frame() -> None:
    sample = {"value": 5000.0, "measurand": "Power.Active.Export"}
    assert metering.read(new(sample)).p_kw == pytest.approx(-5.0)
    assert metering.read(new(sample, {"value": 200.0, "measurand": "Power.Active.Import"})).p_kw == pytest.approx(-4.8)


def test_power_from_currents() -> None:
    """16 A times 230 V and twice 15 A times 231 V: 3.68 + 6.93 = 10.61 kW."""
    amperes = [
        {"value": value, "measurand": "Current.Import", "phase": phase} for phase, value in (("L1", 16), ("L2", 15), ("L3", 15))
    ]
    volts = [{"value": 231.0, "measurand": "Voltage", "phase": f"{phase}-N"} for phase in ("L2", "L3")]
    assert metering.read(new(*amperes, *volts)).p_kw == pytest.approx(10.61)


def test_the_outlet_counts_before_the_inlet() -> None:
    outlet = {"value": 7000.0, "measurand": "Power.Active.Import"}
    inlet = {"value": 7100.0, "measurand": "Power.Active.Import", "location": "Inlet"}
    assert metering.read(new(inlet, outlet)).p_kw == pytest.approx(7.0)
    assert metering.read(new(inlet)).p_kw == pytest.approx(7.1)


def test_state_of_charge_is_a_fraction_and_must_be_one() -> None:
    assert metering.read(new({"value": 55, "measurand": "SoC", "location": "EV"})).soc == pytest.approx(0.55)
    assert math.isnan(metering.read(new({"value": 155, "measurand": "SoC"})).soc)


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "--", "measurand": "Power.Active.Import"},
        {"value": "inf", "measurand": "Power.Active.Import"},
        {"value": "7.0", "measurand": "Power.Active.Import", "unit": "hp"},
        {"value": "A1F0", "format": "SignedData"},
        {"value": 1.0, "unitOfMeasure": {"multiplier": 400}},
    ],
)
def test_what_is_no_number_is_told_and_not_read(sample: dict[str, Any]) -> None:
    meters = metering.read(new(sample))
    assert meters.measurands == ()
    assert len(meters.odd) == 1


def test_values_come_in_the_order_of_their_times() -> None:
    later = {"timestamp": "2024-01-01T00:00:02+00:00", "sampledValue": [{"value": "2"}]}
    assert [meters.energy_kwh for meters in metering.read_all([later, old(a={"value": "1"})])] == [0.001, 0.002]


def test_times_of_all_kinds() -> None:
    """1704067200 is 2024-01-01 00:00 UTC (date -u -d @1704067200)."""
    assert epoch(STAMP) == epoch("2024-01-01T01:00:00+01:00") == epoch("2024-01-01T00:00:00.000") == 1704067200.0
    assert text(1704067200.25) == "2024-01-01T00:00:00.250Z"
    assert math.isnan(epoch("yesterday"))
    assert math.isnan(epoch(None))


def test_a_queued_message_is_old_and_a_wrong_clock_is_not() -> None:
    clock = StationClock()
    clock.see(100.0, now_s=700.0)
    assert clock.age(100.0, 700.0) == pytest.approx(600.0)  # queued for ten minutes: stations have our time
    clock.see(100.0, punctual=True, now_s=700.0)
    assert clock.age(101.0, 701.0) == 0.0  # proven: its clock is ten minutes behind
    assert clock.there(701.0) == pytest.approx(101.0)


def test_a_stamp_from_the_future_shows_a_clock_that_is_ahead() -> None:
    clock = StationClock()
    clock.see(1060.0, now_s=1000.0)
    assert clock.behind_s == pytest.approx(-60.0)
    assert clock.age(1000.0, 1000.0) == pytest.approx(60.0)


def test_a_steady_delay_is_a_clock_and_one_that_shrinks_a_queue() -> None:
    steady, queue = StationClock(), StationClock()
    for second in range(12):
        steady.see(second, now_s=second + 300.0)
        queue.see(second * 20.0, now_s=second + 300.0)
    assert steady.behind_s == pytest.approx(300.0)
    assert queue.behind_s == 0.0


def test_wishes_of_cars() -> None:
    """OCPP 2.1, NotifyEVChargingNeeds: energies in Wh, powers in W; three phases of 3.7 kW are 11.1 kW."""
    needs = read_needs(
        {
            "requestedEnergyTransfer": "AC_BPT",
            "departureTime": "2024-01-01T06:00:00Z",
            "v2xChargingParameters": {
                "evTargetEnergyRequest": 18000,
                "maxChargePower": 3700,
                "maxChargePower_L2": 3700,
                "maxChargePower_L3": 3700,
                "maxDischargePower": 10000,
            },
            "acChargingParameters": {"energyAmount": 5, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 230},
        },
        StationClock(),
    )
    assert (needs.energy_kwh, needs.p_max_kw, needs.p_min_kw) == (18.0, pytest.approx(11.1), -10.0)
    assert needs.departure_s == epoch("2024-01-01T06:00:00Z")
    direct = read_needs({"dcChargingParameters": {"evMaxCurrent": 1, "evMaxVoltage": 1, "stateOfCharge": 42}}, StationClock())
    assert direct.soc == pytest.approx(0.42)
    assert math.isnan(direct.energy_kwh)

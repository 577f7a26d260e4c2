# SPDX-License-Identifier: Apache-2.0
"""Parameters of twins are found again from the courses that they make."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.battery import KIND as BATTERY
from simulators.battery.options import BatteryOptions
from simulators.pv import KIND as PV
from simulators.pv.options import PvOptions
from twinergy.errors import ModelError

OPTIONS = BatteryOptions.model_validate(
    {"capacity_kwh": 10.0, "p_charge_kw": 5.0, "efficiency": {"model": "constant", "round_trip": 0.9}, "standby_kw": 0.0}
)


def real_battery(capacity_kwh: float, one_way: float, hours: int = 24):
    """A battery by hand: 2 kW in for two hours, a little less out for two; charge by the definition of its efficiency."""
    p_kw = np.tile([2.0, 2.0, -2.0, -1.6], hours // 4)
    stored = np.where(p_kw > 0, p_kw * one_way, p_kw / one_way)
    return {"p_kw": p_kw, "soc": 0.4 + np.cumsum(stored) / capacity_kwh}


@pytest.mark.parametrize(("capacity_kwh", "one_way"), [(8.0, 0.95), (13.5, 0.9), (10.0, 0.98)])
def test_capacity_and_efficiency_of_a_battery(capacity_kwh, one_way):
    real = real_battery(capacity_kwh, one_way)
    found = BATTERY.refit(OPTIONS, real, {"soc": np.full(24, 0.5)}, 3600.0)
    assert found.options["capacity_kwh"] == pytest.approx(capacity_kwh, rel=1e-3)
    assert found.options["efficiency"] == {"model": "constant", "round_trip": pytest.approx(one_way**2, rel=1e-3)}
    assert found.after < 0.002 < found.before  # self-discharge and ageing of the twin remain


def test_coarse_charge_still_gives_the_capacity():
    """State of charge in whole per cents, as most batteries say it."""
    real = real_battery(8.0, 0.95, hours=48)
    real["soc"] = np.round(real["soc"], 2)
    found = BATTERY.refit(OPTIONS, real, {"soc": np.full(48, 0.5)}, 3600.0)
    assert found.options["capacity_kwh"] == pytest.approx(8.0, rel=0.02)


def test_what_happens_out_of_sight_does_not_spoil_the_fit():
    """For six hours nothing is heard, and the battery is charged by somebody else meanwhile."""
    real = real_battery(8.0, 0.95)
    real["soc"][14:] += 0.1
    for values in real.values():
        values[8:14] = np.nan
    found = BATTERY.refit(OPTIONS, real, {"soc": np.full(24, 0.5)}, 3600.0)
    assert found.options["capacity_kwh"] == pytest.approx(8.0, rel=1e-3)
    assert found.after < 0.002


def test_too_little_or_the_wrong_sign_is_said():
    with pytest.raises(ModelError, match=r"4.00 kWh went in and 3.60 kWh came out; at least 30.00 kWh"):
        BATTERY.refit(OPTIONS.model_copy(update={"capacity_kwh": 100.0}), real_battery(10.0, 0.95, hours=4), {}, 3600.0)
    turned = real_battery(10.0, 0.95)
    turned["p_kw"] = -turned["p_kw"]
    with pytest.raises(ModelError, match="sign of the power turned"):
        BATTERY.refit(OPTIONS, turned, {"soc": np.full(24, 0.5)}, 3600.0)
    with pytest.raises(ModelError, match="the device says p_kw"):
        BATTERY.refit(OPTIONS, {"p_kw": np.ones(3)}, {}, 3600.0)


def test_nominal_power_of_a_roof_by_ratio():
    options = PvOptions(p_dc_kwp=10.0, inverter_kva=10.0)
    computed = -np.abs(8.0 * np.sin(np.linspace(0, np.pi, 60)))
    found = PV.refit(options, {"p_kw": 0.9 * computed}, {"p_kw": computed}, 900.0)
    assert found.options == {"p_dc_kwp": 9.0}
    assert found.after == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ModelError, match="only 0 steps are bright"):
        PV.refit(options, {"p_kw": np.zeros(60)}, {"p_kw": np.zeros(60)}, 900.0)

# SPDX-License-Identifier: Apache-2.0
"""Batteries against hand calculations, laboratory measurements and published ageing laws."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from simulators.battery.ageing_laws import nmc_voltage
from simulators.battery.conversion import cells_power
from simulators.battery.losses import MEASURED
from simulators.battery.options import BatteryOptions
from simulators.battery.params import params_of
from simulators.battery.simulator import BatteryFleet
from tests.shared_data import shared_data
from twinergy.timebase import Step

BARE = {"capacity_kwh": 10.0, "p_charge_kw": 5.0, "mode": "set_point", "standby_kw": 0.0, "self_discharge_per_month": 0.0}
LOSSLESS = {"efficiency": {"model": "constant", "round_trip": 1.0}}


def run(options: dict, p_set_kw: list[float], duration_s: float = 3600.0) -> tuple[BatteryFleet, list[dict[str, float]]]:
    fleet = BatteryFleet(["b"], [BatteryOptions.model_validate(BARE | options)])
    nan = np.array([np.nan])
    asked = {"p_net_kw": nan, "p_min_kw": nan, "p_max_kw": nan, "min_soc": nan}
    rows = [fleet.step(Step(0, 0, duration_s, 0), asked | {"p_set_kw": np.array([p])}) for p in p_set_kw]
    return fleet, [{name: float(value[0]) for name, value in row.items()} for row in rows]


def table(name: str) -> list[dict[str, str]]:
    with shared_data("battery", name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_three_hours_by_hand():
    """kind: hand. 10 kWh half full, one-way efficiency 0.9; asked for +4, +4 and -5 kW for an hour each.

    1: cells get 3.6, hold 8.6. 2: room for 1.4, so 1.4/0.9 = 1.5556 at the terminals. 3: cells give 5/0.9 = 5.5556, hold 4.4444.
    """
    _, rows = run({"efficiency": {"model": "constant", "round_trip": 0.81}, "ageing": "none"}, [4.0, 4.0, -5.0])
    assert [row["p_kw"] for row in rows] == pytest.approx([4.0, 1.4 / 0.9, -5.0])
    assert [row["energy_kwh"] for row in rows] == pytest.approx([8.6, 10.0, 10 - 5 / 0.9])
    assert [row["p_loss_kw"] for row in rows] == pytest.approx([0.4, 1.4 / 9, 5 / 9])
    assert [row["p_unserved_kw"] for row in rows] == pytest.approx([0.0, 4 - 1.4 / 0.9, 0.0])
    assert rows[-1]["cycles"] == pytest.approx((3.6 + 1.4 + 5 / 0.9) / 20)


def test_filling_with_quadratic_losses_by_hand():
    """kind: hand. Loss over 5 kW: 0.04 x^2 + 0.02 x + 0.01; 2 kWh of room in an hour.

    0.008 p^2 - 0.98 p + 2.05 = 0 has the root p = (0.98 - sqrt(0.8948)) / 0.016 = 2.128835 kW.
    """
    losses = {"a": 0.04, "b": 0.02, "c": 0.01}
    _, rows = run({"efficiency": {"model": "polynomial", "charge": losses}, "soc": 0.8, "ageing": "none"}, [5.0])
    assert rows[0]["p_kw"] == pytest.approx((0.98 - np.sqrt(0.8948)) / 0.016, rel=1e-12)
    assert rows[0]["p_kw"] == pytest.approx(2.1288, abs=5e-5)
    assert rows[0]["soc"] == pytest.approx(1.0, rel=1e-14)


def test_emptying_with_quadratic_losses_by_hand():
    """kind: hand. 2 kWh in an hour: 0.008 q^2 + 1.02 q - 1.95 = 0, q = (sqrt(1.1028) - 1.02) / 0.016 = 1.883926 kW."""
    losses = {"a": 0.04, "b": 0.02, "c": 0.01}
    _, rows = run({"efficiency": {"model": "polynomial", "discharge": losses}, "soc": 0.2, "ageing": "none"}, [-5.0])
    assert rows[0]["p_kw"] == pytest.approx(-(np.sqrt(1.1028) - 1.02) / 0.016, rel=1e-12)
    assert rows[0]["soc"] == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize("system", sorted(MEASURED))
def test_coefficients_are_those_of_the_bslib_database(system):
    """kind: tool. bslib 0.7, bslib_database.csv, watts over the rated power of each direction."""
    (row,) = [row for row in table("bslib_database.csv") if row["ID"] == system]
    losses = MEASURED[system]
    for curve, rated, name in (
        (losses.charge, "P_AC2BAT_in [W]", "AC2BAT_{}_in"),
        (losses.discharge, "P_BAT2AC_out [W]", "BAT2AC_{}_out"),
    ):
        watts = [getattr(curve, part) * float(row[rated]) for part in "abc"]
        assert watts == pytest.approx([float(row[name.format(part)]) for part in "abc"])
    assert losses.cells == pytest.approx(float(row["eta_BAT"]) / 100)


@pytest.mark.parametrize("system", sorted(MEASURED))
def test_rated_power_agrees_with_the_laboratory(system):
    """kind: paper. Rated DC powers of the efficiency guideline measurements, columns apart from the fitted coefficients."""
    (row,) = [row for row in table("bslib_database.csv") if row["ID"] == system]
    params = params_of([BatteryOptions.model_validate(BARE | {"efficiency": {"model": "bslib", "system": system}})])
    rated = np.array([[5.0], [-5.0]])
    cell = np.sqrt(float(row["eta_BAT"]) / 100)
    charged, taken = cells_power(params.conversion, rated, np.array([[True], [True]]))[:, 0] * [1 / cell, -cell]
    assert charged / 5.0 == pytest.approx(float(row["P_PV2BAT_out [W]"]) / float(row["P_AC2BAT_in [W]"]), rel=1.5e-3)
    assert taken / 5.0 == pytest.approx(float(row["P_BAT2AC_in [W]"]) / float(row["P_BAT2AC_out [W]"]), rel=1.5e-3)


def naumann(row: dict[str, str], soc: float, kelvin: float, seconds: float) -> float:
    k_ref, energy, c, d = (float(row[name]) for name in ("k_ref", "Ea", "C_cal", "D_cal"))
    return k_ref * np.exp(-energy / 8.3144598 * (1 / kelvin - 1 / 298.15)) * (c * (soc - 0.5) ** 3 + d) * np.sqrt(seconds)


def stored(law: str, soc: float, degc: float, days: int) -> float:
    _, rows = run(LOSSLESS | {"ageing": law, "soc": soc, "ambient_degc": degc}, [np.nan] * days, 86_400.0)
    return 1.0 - rows[-1]["soh"]


@pytest.mark.parametrize("degc", [10.0, 25.0, 40.0])
@pytest.mark.parametrize("soc", [0.0, 0.5, 1.0])
def test_lfp_storage_follows_naumann(soc, degc):
    """kind: paper. Naumann et al. 2018 (doi:10.1016/j.est.2018.01.019), parameters from SimSES row "Naumann"; 885 days stored.

    Tolerance: the state of charge rises a little while the capacity fades around the same energy.
    """
    (row, *_) = table("simses_CLFP_Sony_US26650_capacity_decrease_param.csv")
    assert stored("lfp_naumann", soc, degc, 885) == pytest.approx(naumann(row, soc, degc + 273.15, 885 * 86_400), rel=3e-3)


def test_lfp_storage_by_hand():
    """kind: hand. 25 degC, half full, one year: 1.2571e-5 * 0.60225 * sqrt(31 536 000) = 4.2516 %."""
    assert stored("lfp_naumann", 0.5, 25.0, 365) == pytest.approx(0.042516, rel=1e-3)


@pytest.mark.parametrize("degc", [25.0, 40.0])
@pytest.mark.parametrize("soc", [0.2, 0.5, 0.8])
def test_lfp_storage_lies_within_the_papers_error_of_an_independent_refit(soc, degc):
    """kind: tool. SimSES row "Refit"; the paper's abstract states 2.2 percentage points against its validation data.

    Always full at 25 degC the two fits are 2.24 points apart (10.5 % and 8.3 %), so that case is left out.
    """
    rows = table("simses_CLFP_Sony_US26650_capacity_decrease_param.csv")
    refit = next(row for row in rows if row["Q fade"] == "Refit")
    assert stored("lfp_naumann", soc, degc, 885) == pytest.approx(naumann(refit, soc, degc + 273.15, 885 * 86_400), abs=0.022)


def cycled(law: str, depth: float, c_rate: float, cycles: int) -> float:
    """Return the loss by cycling alone, after cycles around half full; a last half cycle closes the one before."""
    hours = depth / c_rate
    start = {"soc": 0.5 - depth / 2, "capacity_kwh": 10.0, "p_charge_kw": 50.0, "ageing": law}
    fleet, _ = run(LOSSLESS | start, [10 * c_rate, -10 * c_rate] * cycles + [10 * c_rate], hours * 3600)
    return float(fleet.state()["wear_cycle"][0]) ** 0.5


@pytest.mark.parametrize(("depth", "c_rate"), [(0.2, 0.5), (0.6, 1.0), (0.8, 0.25)])
def test_lfp_cycling_follows_naumann(depth, c_rate):
    """kind: paper. Naumann et al. 2020 (doi:10.1016/j.jpowsour.2019.227666): loss in % over the root of full equivalent cycles.

    Tolerance: the depth grows a little with the lost capacity.
    """
    (row, *_) = table("simses_CLFP_Sony_US26650_capacity_decrease_param.csv")
    a, b, c, d = (float(row[f"{name}_cyc"]) for name in "ABCD")
    expected = (a * c_rate + b) * (c * (depth - 0.6) ** 3 + d) * np.sqrt(20 * depth) / 100
    assert cycled("lfp_naumann", depth, c_rate, 20) == pytest.approx(expected, rel=3e-3)


def test_lfp_cycling_by_hand():
    """kind: hand. 100 cycles of depth 0.6 at 1C: (0.0630 + 0.0971) * 1.0923 * sqrt(60) % = 1.3546 %."""
    assert cycled("lfp_naumann", 0.6, 1.0, 100) == pytest.approx(0.013546, rel=5e-3)


def test_a_small_ripple_does_not_end_a_half_cycle():
    """kind: hand. Up from 0.1 to 0.9 at 1C with a dip of 0.03 on the way, then down: 0.43 full cycles of depth 0.8 at 1C.

    (0.0630 + 0.0971) * (4.0253 * 0.2**3 + 1.0923) * sqrt(0.43) % = 0.11806 %.
    """
    start = LOSSLESS | {"soc": 0.1, "p_charge_kw": 10.0}
    fleet, _ = run(start, [10.0] * 40 + [-10.0] * 3 + [10.0] * 43 + [-10.0] * 10, 36.0)
    assert float(fleet.state()["wear_cycle"][0]) ** 0.5 == pytest.approx(0.0011806, rel=1e-3)


def test_lfp_cycling_lies_near_an_independent_refit():
    """kind: tool. SimSES row "Refit" (loss as a fraction) at 1C and depth 0.8, 100 cycles."""
    rows = table("simses_CLFP_Sony_US26650_capacity_decrease_param.csv")
    refit = next(row for row in rows if row["Q fade"] == "Refit")
    a, b, c, d = (float(refit[f"{name}_cyc"]) for name in "ABCD")
    expected = (a + b) * (c * 0.2**3 + d) * np.sqrt(80)
    assert cycled("lfp_naumann", 0.8, 1.0, 100) == pytest.approx(expected, rel=0.15)


def test_nmc_voltage_is_that_of_the_table():
    """kind: tool. SimSES 1.3.12, open-circuit voltage of the Sanyo UR18650E, 42 points."""
    rows = table("simses_NMC_Sanyo_OCV.csv")
    soc, volt = np.array([[float(row["SOC"]), float(row["OCV"])] for row in rows]).T
    np.testing.assert_allclose(nmc_voltage(soc), volt, atol=0.011)


def test_nmc_storage_by_hand():
    """kind: hand. Schmalstieg et al. 2014 (doi:10.1016/j.jpowsour.2014.02.012) at 35 degC and 3.70 V (49.3 %), 100 days.

    (7.543 * 3.70 - 23.75) * 1e6 * exp(-6976 / 308.15) * 100**0.75 = 4.1591e6 * 1.4751e-10 * 31.623 = 1.940 %.
    """
    assert stored("nmc_schmalstieg", 0.493, 35.0, 100) == pytest.approx(0.01940, rel=0.01)


def test_nmc_cycling_by_hand():
    """kind: hand. Same paper, 4 cycles of depth 0.8 around 3.704 V: charge throughput 4 * 0.8 * 2 * 2.05 = 13.12 Ah.

    (7.348e-3 * 0.037**2 + 7.6e-4 + 4.081e-3 * 0.8) * sqrt(13.12) = 4.0349e-3 * 3.6222 = 1.4615 %.
    """
    assert cycled("nmc_schmalstieg", 0.8, 1.0, 4) == pytest.approx(0.014615, rel=0.01)

# SPDX-License-Identifier: Apache-2.0
"""The audit finds what does not add up, and faults are counted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.results_sample import SUMMER, block_of, blocks, community
from twinergy.results.kpis import Kpis
from twinergy.timebase import TimeAxis

PLACE = community(8)
AXIS = TimeAxis(int(SUMMER.timestamp()), 900, 96)
AUDITS = ("power_balance_max_kw", "connection_balance_max_kw", "storage_balance_max_kwh", "money_balance_max_eur")


def result(change: object = None, **options: object) -> dict:
    kpis = Kpis(PLACE.twin, AXIS)
    for block in blocks(PLACE, AXIS, **options):
        if change is not None:
            change(block.tables)
        kpis.add(block)
    return kpis.result()


def test_a_sound_run_is_clean() -> None:
    found = result()
    assert all(figure.clean for figure in found.values())
    assert max(found[name].value for name in AUDITS) < 1e-9


def test_power_from_nowhere_is_found() -> None:
    def change(tables: dict) -> None:
        tables["grid"].values["p_exchange_kw"][7] += 0.5

    found = result(change)
    assert found["power_balance_max_kw"].value == pytest.approx(0.5)
    assert found["power_balance_sum_kwh"].value == pytest.approx(0.5 * 0.25)
    assert not found["power_balance_max_kw"].clean


def test_background_and_unsupplied_load_belong_to_the_balance() -> None:
    def change(tables: dict) -> None:
        values = tables["grid"].values
        values["p_background_kw"], values["p_unsupplied_kw"] = np.full((96, 1), 3.0), np.full((96, 1), 1.0)
        values["p_exchange_kw"] += 2.0

    assert result(change)["power_balance_max_kw"].clean


def test_a_device_the_meter_does_not_see_is_found() -> None:
    def change(tables: dict) -> None:
        tables["household"].values["p_kw"][3, 5] += 0.25

    found = result(change)["connection_balance_max_kw"]
    assert (found.value, found.where) == (pytest.approx(0.25), "home 005")


def test_energy_a_storage_forgets_is_found() -> None:
    def change(tables: dict) -> None:
        tables["battery"].values["energy_kwh"][50:, 1] -= 0.125

    assert result(change)["storage_balance_max_kwh"].value == pytest.approx(0.125)


def test_storage_is_audited_across_blocks() -> None:
    kpis = Kpis(PLACE.twin, AXIS)
    energy = {"soc": [[0.5] * 4], "p_loss_kw": [[0.0] * 4], "cycles": [[0.0] * 4]}
    for start_kwh in (4.0, 5.0):  # a kWh from nowhere between two blocks of one step
        kpis.add(block_of(PLACE, {"battery": energy | {"p_kw": [[0.0] * 4], "energy_kwh": [[start_kwh] * 4]}}))
    assert kpis.result()["storage_balance_max_kwh"].value == pytest.approx(1.0)


def test_failed_steps_are_counted_and_left_out() -> None:
    found = result(failed_steps=(10, 11, 40))
    assert found["non_converged_steps"].value == 3
    assert found["import_kwh"].note == "3 steps without a power flow are left out"
    assert found["power_balance_max_kw"].clean
    assert np.isfinite(found["losses_kwh"].value)


def test_a_result_that_claims_no_convergence_does_not_count() -> None:
    def change(tables: dict) -> None:
        tables["grid"].values["converged"][20] = 0.0  # with numbers beside it

    assert result(change)["non_converged_steps"].value == 1


def test_missing_powers_are_counted_not_hidden() -> None:
    def change(tables: dict) -> None:
        tables["household"].values["p_kw"][3:5, 2] = np.nan

    found = result(change)
    assert found["missing_values"].value == 2
    assert np.isfinite(found["consumption_kwh"].value)
    assert not found["connection_balance_max_kw"].clean


def test_overload_hours_count_time_not_elements() -> None:
    def change(tables: dict) -> None:
        tables["line"].values["loading_percent"][:] = 50.0
        tables["line"].values["loading_percent"][12:16, :3] = 120.0  # three lines, one hour

    found = result(change)
    assert found["line_overload_h"].value == pytest.approx(1.0)
    assert (found["line_loading_percent"].value, found["line_loading_percent"].where) == (120.0, "line 0-0")


def test_memory_does_not_grow_with_the_run() -> None:
    import pickle

    sizes = []
    kpis = Kpis(PLACE.twin, TimeAxis(AXIS.start_epoch_s, 900, 96 * 30))
    for block in blocks(PLACE, TimeAxis(AXIS.start_epoch_s, 900, 96 * 30)):
        kpis.add(block)
        sizes.append(len(pickle.dumps(kpis._accounts)))
    assert len(sizes) > 4
    assert max(sizes[1:]) - min(sizes[1:]) < 64

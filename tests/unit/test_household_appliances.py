# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from simulators.household.appliances import CLASSES, LAG_S, EventClass, smearing

TWO_PHASES = EventClass(name="x", share=1.0, power_kw=(2.0, 2.0), duration_s=(3600.0, 3600.0), phases=((0.25, 1.0), (0.75, 0.2)))


def test_mean_energy_of_two_phases_by_hand():
    # a quarter of an hour at 2 kW and three quarters at 0.4 kW
    assert TWO_PHASES.energy_kwh == pytest.approx(0.25 * 2.0 + 0.75 * 0.4)


def test_centre_of_two_phases_by_hand():
    # energies 0.5 and 0.3 kWh around the middles at 1/8 and 5/8 of the hour
    assert TWO_PHASES.centre == pytest.approx((0.5 * 0.125 + 0.3 * 0.625) / 0.8)


def test_mean_of_log_uniform_power_and_duration():
    each = EventClass(name="x", share=1.0, power_kw=(1.0, math.e), duration_s=(3600.0, 3600.0))
    assert each.energy_kwh == pytest.approx(math.e - 1.0)


def test_classes_are_whole():
    assert sum(each.share for each in CLASSES) == pytest.approx(1.0)
    assert all(sum(length for length, _ in each.phases) == pytest.approx(1.0) for each in CLASSES)
    assert all(max(power for _, power in each.phases) == 1.0 for each in CLASSES)


def test_no_event_of_a_week_begins_before_it():
    assert LAG_S % 900 == 0
    assert all(each.centre * each.duration_s[1] <= LAG_S for each in CLASSES)


def test_smearing_keeps_energy_and_centre():
    spread = smearing(900.0)
    offsets = np.arange(len(spread)) - len(spread) // 2
    assert spread.sum() == pytest.approx(1.0)
    assert spread @ offsets == pytest.approx(0.0, abs=0.02)
    assert spread.argmax() == len(spread) // 2

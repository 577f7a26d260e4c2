# SPDX-License-Identifier: Apache-2.0
"""What holds for every wearable on every person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.wearable.options import WearableOptions
from tests.unit.test_wearable_case import readings, wearer

FEW = settings(deadline=None, max_examples=60)
PERSON = st.fixed_dictionaries(
    {
        "age_years": st.floats(16.0, 100.0),
        "sex": st.sampled_from(["female", "male"]),
        "mass_kg": st.floats(30.0, 250.0),
        "resting_bpm": st.floats(35.0, 110.0),
        "comfort_degc": st.floats(18.0, 28.0),
    }
)
INSTANT = {"heart_response_s": 0.0, "skin_response_s": 0.0}


@given(PERSON)
@FEW
def test_every_person_has_a_heart_that_beats_faster_when_busy(person):
    options = WearableOptions(**person)
    assert options.bpm_per_met > 0.0
    assert options.hr_max_bpm > options.resting_bpm


@given(PERSON, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(14.0, 32.0))
@FEW
def test_bodies_stay_between_sleep_and_the_highest_heart_rate(person, occupants, awake, temp):
    said = readings(
        wearer(**person),
        n=8,
        occupants=occupants,
        active_occupants=occupants * awake,
        temp_indoor_degc=temp,
        temp_radiant_degc=temp,
    )
    options = WearableOptions(**person)
    for beat in said["heart_rate_bpm"].ravel():
        assert np.isnan(beat) or options.resting_bpm * 57.0 / 67.0 - 1e-6 <= beat <= options.hr_max_bpm + 1e-6
    assert np.all(np.isnan(said["skin_temp_degc"]) == (said["worn"] == 0.0))
    assert np.all(np.isnan(said["skin_temp_degc"]) | ((said["skin_temp_degc"] > 28.0) & (said["skin_temp_degc"] < 38.0)))


@given(st.integers(1, 5), st.data())
@FEW
def test_wearables_of_a_home_add_up_to_its_people(residents, data):
    inside = data.draw(st.integers(0, residents))
    awake = data.draw(st.integers(0, inside))
    people = [wearer(n, residents=residents, person=n + 1, **INSTANT) for n in range(residents)]
    said = readings(*people, n=24, step_s=3600, occupants=float(inside), active_occupants=float(awake))
    assert np.all(said["worn"].sum(axis=1) == inside)
    assert np.all((said["activity_met"] > 0.9).sum(axis=1) == awake)


@given(st.floats(14.0, 30.0), st.floats(0.1, 3.0), st.sampled_from(["temp_indoor_degc", "temp_radiant_degc", "humidity_percent"]))
@FEW
def test_a_warmer_or_moister_room_is_a_warmer_skin(room, more, what):
    truth = {"temp_indoor_degc": room, "temp_radiant_degc": room, "humidity_percent": 50.0}
    less = readings(**truth)["skin_temp_degc"]
    assert np.all(readings(**{**truth, what: truth[what] + more})["skin_temp_degc"] > less)


@given(st.sampled_from([30.0, 55.0, 600.0, 5000.0]), st.floats(18.0, 30.0), st.floats(18.0, 30.0))
@FEW
def test_a_step_cut_in_pieces_comes_to_the_same(response_s, before, after):
    """Asleep, so that the activity does not change: 900 s at once, or in fifteen pieces."""
    lagging = {"heart_response_s": response_s, "skin_response_s": response_s}
    whole, pieces = (
        readings(
            wearer(**lagging), n=1 + n, step_s=step_s, active_occupants=0.0, temp_indoor_degc=[before] + [after] * n,
        )["skin_temp_degc"][-1, 0]
        for n, step_s in ((1, 900), (15, 60))
    )  # fmt: skip
    assert whole == pytest.approx(pieces, abs=1e-8)


@given(st.integers(0, 50), st.integers(0, 7))
@FEW
def test_neighbours_change_no_bit(seed, place):
    own = {"wearable_class": "low_cost", "gap_probability": 0.1, "off_share": 0.2, "worn_asleep": 0.5}
    crowd = [wearer(n, f"home-{n}", 1 + n % 4, **own) for n in range(8)]
    alone = readings(crowd[place], n=30, seed=seed, active_occupants=0.7, temp_indoor_degc=21.3)
    among = readings(*crowd, n=30, seed=seed, active_occupants=0.7, temp_indoor_degc=21.3)
    for port, values in alone.items():
        np.testing.assert_array_equal(values[:, 0], among[port][:, place], err_msg=port)

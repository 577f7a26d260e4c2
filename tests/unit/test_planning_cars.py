# SPDX-License-Identifier: Apache-2.0
"""Energy of cars between charging at once and as late as possible: by hand, and what holds for any sessions."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twinergy.cosim.planning.cars import envelopes, highest, sessions


def course(*values):
    """Return one car's course."""
    return np.array([values], dtype=float)


def test_a_stay_by_hand():
    """4 kWh wanted in four hours at 2 kW: at once in the first two, or in the last two."""
    least, most = envelopes(course(0, 2, 2, 0, 0, 0), course(0, 2, 2, 2, 2, 0), np.array([[0, 1, 1, 1, 1, 0]]), 1.0)
    assert most.tolist() == [[0.0, 2.0, 4.0, 4.0, 4.0, 4.0]]
    assert least.tolist() == [[0.0, 0.0, 0.0, 2.0, 4.0, 4.0]]


def test_quarters_of_an_hour_by_hand():
    """3 kWh at 4 kW: three quarters at once, of which a stay of five quarters leaves two to wait."""
    least, most = envelopes(course(4, 4, 4, 0, 0), course(4, 4, 4, 4, 4), np.ones((1, 5), dtype=int), 0.25)
    assert most.tolist() == [[1.0, 2.0, 3.0, 3.0, 3.0]]
    assert least.tolist() == [[0.0, 0.0, 1.0, 2.0, 3.0]]


def test_who_leaves_before_he_is_full_has_no_choice():
    least, most = envelopes(course(5, 5, 0), course(5, 5, 0), np.array([[1, 1, 0]]), 1.0)
    assert least.tolist() == most.tolist() == [[5.0, 10.0, 10.0]]


def test_a_stay_that_begins_where_another_ends():
    """The register of sessions tells two visitors apart who come one right after the other."""
    connected = np.array([[False, True, True, True, True, False]])
    assert sessions(connected).tolist() == [[0, 1, 1, 1, 1, 0]]
    assert sessions(connected, course(0, 1, 1, 2, 2, 2)).tolist() == [[0, 1, 1, 2, 2, 0]]
    assert highest(course(0, 3, 1, 7, 0, 0), np.array([[0, 1, 1, 2, 2, 0]])).tolist() == [[0.0, 3.0, 3.0, 7.0, 7.0, 0.0]]


stays_of = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 12), st.floats(0.1, 22.0), st.floats(0.0, 1.0)), max_size=8)


@settings(deadline=None)
@given(stays=stays_of, step_h=st.sampled_from([0.25, 0.5, 1.0]))
def test_what_holds_for_any_sessions(stays, step_h):
    """Least below most, both rising within the power, and the same when anybody leaves."""
    charged, able, number = [0.0], [0.0], [0]
    for place, (pause, length, power, share) in enumerate(stays, start=1):
        left = share * length * power
        charged += [0.0] * pause
        for _ in range(length):
            charged.append(min(power, left))
            left -= charged[-1]
        able += [0.0] * pause + [power] * length
        number += [0] * pause + [place] * length
    charged, able, number = course(*charged), course(*able), np.array([number])
    least, most = envelopes(charged, able, number, step_h)
    tiny = 1e-9 * (1.0 + most.max())
    assert (least <= most + tiny).all()
    for course_kwh in (least, most):
        rise = np.diff(course_kwh, axis=1, prepend=0.0)
        assert (rise >= -tiny).all()
        assert (rise <= able * step_h + tiny).all()
    leaves = np.append(number[0, 1:] != number[0, :-1], True)
    np.testing.assert_allclose(least[0, leaves], most[0, leaves], atol=tiny)
    np.testing.assert_allclose(most[0, -1], charged.sum() * step_h, atol=tiny)

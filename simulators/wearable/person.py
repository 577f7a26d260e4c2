# SPDX-License-Identifier: Apache-2.0
"""What a person's age, sex and mass say of the heart, and what people do at home: figures of the literature.

>>> hr_max_bpm(40.0)
180.0
>>> round(vo2max_met(40.0, "male", 70.0), 2)
12.77
"""

from __future__ import annotations

from typing import Final, Literal

Sex = Literal["female", "male"]
RESTING_BPM: Final = 67.0
"""Mean heart rate of 10,865 adults of 29 to 65 years at rest on a chair (Fenland study: Gonzales et al., PLoS One 18, 2023,
e0285272). [1/min]"""
SLEEPING_SHARE: Final = 57.0 / 67.0
"""Mean heart rate asleep over that on a chair, in the same people. [-]"""
OXYGEN_PER_MET: Final = 3.5
"""Oxygen uptake at rest on a chair: the met of exercise physiology. [ml/(kg min)]"""
LB_PER_KG: Final = 2.2046
FITTED_YEARS: Final = (20.0, 79.0)
"""Ages of the people behind the regression of `vo2max_met`; beyond them it stays at its end. [a]"""
LEAST_VO2MAX_MET: Final = 4.0
"""Who lives at home can climb a flight of stairs: some 4 met (assumption); the regression goes below for old and heavy people.
[met]"""

ACTIVITIES: Final = {"seated": (1.0, 0.35), "sedentary": (1.2, 0.3), "standing": (1.6, 0.2), "domestic": (2.0, 0.15)}
"""What somebody does who is at home and awake: metabolic rate by ISO 7730:2005, table B.1 (seated, relaxed; sedentary activity;
standing, light activity; standing, medium activity: domestic work) [met], and share of the time: assumption, so that a third of
it is spent on one's feet and the mean is 1.33 met; rooms are designed for 1.2 (EN 16798-1). [-]"""


def hr_max_bpm(age_years: float) -> float:
    """Return the highest heart rate of a person, ``208 - 0.7 age``. [1/min].

    References
    ----------
    .. [1] H. Tanaka, K. D. Monahan, D. R. Seals, "Age-predicted maximal heart rate revisited", J. Am. Coll. Cardiol. 37 (2001),
       pp. 153-156.
    """
    return 208.0 - 0.7 * age_years


def vo2max_met(age_years: float, sex: Sex, mass_kg: float) -> float:
    """Return the highest oxygen uptake of a healthy person over that at rest. [met].

    The regression of the FRIEND registry, from 7783 treadmill tests of people of 20 to 79 years [1]_:
    ``79.9 - 0.39 age - 13.7 [woman] - 0.127 mass/lb`` in ml/(kg min), standard error 7.2.

    References
    ----------
    .. [1] J. Myers et al., "A reference equation for normal standards for VO2 max", Prog. Cardiovasc. Dis. 60 (2017), pp. 21-29.
    """
    years = min(max(age_years, FITTED_YEARS[0]), FITTED_YEARS[1])
    uptake = 79.9 - 0.39 * years - 13.7 * (sex == "female") - 0.127 * LB_PER_KG * mass_kg
    return max(uptake / OXYGEN_PER_MET, LEAST_VO2MAX_MET)

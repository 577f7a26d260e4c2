# SPDX-License-Identifier: Apache-2.0
"""Hearts and skins against what standards and studies say, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.wearable.kernel import deviation_k, heart_rate_bpm, skin_temp_degc, vapour_kpa
from simulators.wearable.options import WearableOptions
from simulators.wearable.person import ACTIVITIES, hr_max_bpm, vo2max_met

ISO_8996 = {
    ("female", 50.0): (2.9, -150.0),
    ("female", 60.0): (3.4, -181.0),
    ("female", 70.0): (3.8, -210.0),
    ("male", 60.0): (4.2, -238.0),
    ("male", 70.0): (4.7, -273.0),
    ("male", 80.0): (5.2, -307.0),
}
"""ISO 8996:2004, table C.1, people of 20 years: metabolic rate in W/m2 as slope times heart rate plus intercept (from memory)."""


def iso_8996_bpm(met, rest, sex, age, mass):
    """ISO 8996:2004, annex C (from memory): M = M0 + (HR - HR0) (MWC - M0) / (HRmax - HR0)."""
    capacity = ((41.7 if sex == "male" else 35.0) - 0.22 * age) * mass**0.666
    return rest + (met - 1.0) * 58.15 * (205.0 - 0.62 * age - rest) / (capacity - 58.15)


def test_highest_heart_rates_of_tanaka():
    """208 - 0.7 age (J. Am. Coll. Cardiol. 37, 2001): 194 at 20, 180 at 40, 159 at 70."""
    assert [hr_max_bpm(age) for age in (20.0, 40.0, 70.0)] == pytest.approx([194.0, 180.0, 159.0])


def test_oxygen_uptake_of_friend():
    """79.9 - 0.39 age - 13.7 - 0.127 lb (Prog. Cardiovasc. Dis. 60, 2017), by hand: woman, 50 years, 60 kg = 132.28 lb: 29.90."""
    assert vo2max_met(50.0, "female", 60.0) * 3.5 == pytest.approx(29.90, abs=0.005)
    assert vo2max_met(30.0, "male", 80.0) * 3.5 == pytest.approx(45.80, abs=0.005)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_share_of_the_heart_rate_reserve_is_that_of_the_oxygen_reserve(share):
    """Swain and Leutholtz 1997: slope 1.00; a man of 40 with 10 met and 60 / min at rest: reserves of 9 and 120."""
    man = WearableOptions(age_years=40.0, resting_bpm=60.0, vo2max_met=10.0)
    beat = heart_rate_bpm(1.0 + share * 9.0, man.resting_bpm, man.bpm_per_met, man.hr_max_bpm)
    assert beat == pytest.approx(60.0 + share * 120.0)


def test_nobody_goes_beyond_the_highest_heart_rate():
    assert heart_rate_bpm(30.0, 60.0, 13.0, 180.0) == 180.0


@pytest.mark.parametrize(("who", "line"), ISO_8996.items())
def test_our_reading_of_iso_8996_gives_its_table(who, line):
    """The formula and the table of the standard agree to the digits of the table at 70 / min at rest and M0 = 1 met."""
    (sex, mass), (slope, intercept) = who, line
    for beat in (90.0, 120.0):
        met = (slope * beat + intercept) / 58.15
        assert iso_8996_bpm(met, 70.0, sex, 20.0, mass) == pytest.approx(beat, abs=2.5)


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("age", [25.0, 45.0, 65.0])
def test_heart_rates_at_home_are_those_of_iso_8996(sex, age):
    """Within 6 / min for what people do at home: both relations are lines, one to FRIEND's, one to the standard's capacity."""
    person = WearableOptions(sex=sex, age_years=age, mass_kg=65.0)
    for met, _ in ACTIVITIES.values():
        ours = heart_rate_bpm(met, person.resting_bpm, person.bpm_per_met, person.hr_max_bpm)
        assert ours == pytest.approx(iso_8996_bpm(met, person.resting_bpm, sex, age, 65.0), abs=6.0)


def test_activities_of_iso_7730():
    """ISO 7730:2005, table B.1: 58, 70, 93 and 116 W/m2."""
    assert [58.15 * met for met, _ in ACTIVITIES.values()] == pytest.approx([58.0, 70.0, 93.0, 116.0], abs=0.5)
    assert sum(share for _, share in ACTIVITIES.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(("met", "skin"), [(0.8, 34.42), (1.0, 34.10), (1.6, 33.14), (2.0, 32.50)])
def test_skin_at_comfort_of_iso_7730(met, skin):
    """35.7 - 0.0275 M by hand: M = 46.52, 58.15, 93.04 and 116.3 W/m2."""
    assert skin_temp_degc(met) == pytest.approx(skin, abs=0.005)


@pytest.mark.parametrize(("temp", "pressure"), [(20.0, 2.339), (25.0, 3.169), (30.0, 4.247)])
def test_vapour_pressure_of_steam_tables(temp, pressure):
    """Saturation pressure of water (IAPWS): 2.339, 3.170 and 4.247 kPa at 20, 25 and 30 degC."""
    assert vapour_kpa(temp, 100.0) == pytest.approx(pressure, rel=3e-3)
    assert vapour_kpa(temp, 50.0) == pytest.approx(0.5 * pressure, rel=3e-3)


def test_deviation_of_mehnert():
    """0.020 Ta + 0.044 Tr + 0.194 Pa (Eur. J. Appl. Physiol. 82, 2000) between 23 and 28 degC at 50 %: 0.1 + 0.22 + 0.1886 K.

    Half of the saturation pressures of the steam tables: 1.4053 and 1.8909 kPa (2.8105 and 3.7817 kPa), 0.4856 kPa apart.
    """
    assert deviation_k(23.0, 23.0, 50.0, 23.0) == 0.0
    assert deviation_k(28.0, 28.0, 50.0, 23.0) == pytest.approx(0.1 + 0.22 + 0.194 * 0.4856, abs=0.001)


def test_skins_of_people_in_clothes_are_those_of_mehnert():
    """Its whole regression for clothed people, 12.17 + ... - 0.253 va + 0.0029 M + 0.513 Tre, within the 1 K that it claims for
    four people in five; 0.1 m/s, 36.8 degC, 1.8 m2 of skin, sitting.
    """
    for room in (20.0, 23.0, 26.0, 30.0):
        pressure = 0.5 * np.interp(room, [20.0, 23.0, 26.0, 30.0], [2.339, 2.811, 3.364, 4.247])
        theirs = 12.17 + 0.064 * room + 0.194 * pressure - 0.0253 + 0.0029 * 1.2 * 58.15 * 1.8 + 0.513 * 36.8
        ours = skin_temp_degc(1.2) + deviation_k(room, room, 50.0, 23.0)
        assert ours == pytest.approx(theirs, abs=1.0)

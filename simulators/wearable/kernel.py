# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.wearable.model`, compiled: there a call of numpy would cost more than what it does."""

from __future__ import annotations

import math
from typing import Any, Final

from twinergy.compiling import compiled

REST, PER_MET, MOST, ASLEEP, COMFORT, SITE = range(6)
"""First index of `simulators.wearable.params.WearableParams.person`."""
GAIN, OFFSET, NOISE_RELATIVE, NOISE, LOW, HIGH = range(6)
"""First index of `simulators.wearable.params.WearableParams.table`."""
HEART, SKIN, ACTIVITY, WORN, VALID, AGE = range(6)
"""Rows of a report; the first two are those of what the body remembers."""
W_PER_M2: Final = 58.15
"""One met (ISO 7730, 3.1). [W/m2]"""
ASLEEP_MET: Final = 0.8
"""Reclining (ISO 7730:2005, table B.1). [met]"""
AWAY_MET: Final = 1.6
"""Standing, light activity (same table): assumption for people who are away; it decides only on how they come home. [met]"""
MOSTLY: Final = 0.5
"""Share of a step in which it must be worn in the home to say anything of the body. [-]"""


@compiled
def share(value: float) -> float:
    """Return a number within 0 and 1, NaN where it is not known."""
    if value >= 1.0:
        return 1.0
    return 0.0 if value <= 0.0 else value


@compiled
def heart_rate_bpm(met: float, rest: float, per_met: float, most: float) -> float:
    """Return the heart rate of somebody awake: share of the heart rate reserve = share of the oxygen reserve. [1/min].

    D. P. Swain, B. C. Leutholtz, Med. Sci. Sports Exerc. 29 (1997), pp. 410-414: intercept -0.1 +- 0.6 %, slope 1.00 +- 0.01.
    """
    return min(rest + per_met * (met - 1.0), most)


@compiled
def vapour_kpa(temp_degc: float, humidity_percent: float) -> float:
    """Return the partial pressure of water vapour (ISO 7730:2005, annex D). [kPa]."""
    return 0.01 * humidity_percent * math.exp(16.6536 - 4030.183 / (temp_degc + 235.0))


@compiled
def deviation_k(temp: float, radiant: float, humidity: float, comfort: float) -> float:
    """Return how much warmer the mean skin is than at comfort, where half of the moisture would be in the air. [K].

    Slopes of the regression for clothed people over 1999 experiments: P. Mehnert et al., Eur. J. Appl. Physiol. 82 (2000),
    pp. 52-60 (also ISO 7933); air from 20 degC up. That they hold for deviations from comfort and a little below is an
    assumption.
    """
    moist: float = vapour_kpa(temp, humidity) - vapour_kpa(comfort, 50.0)
    return 0.020 * (temp - comfort) + 0.044 * (radiant - comfort) + 0.194 * moist


@compiled
def skin_temp_degc(met: float) -> float:
    """Return the mean temperature of the skin of people who are comfortable (ISO 7730:2005, formula 1; no work done). [degC]."""
    return 35.7 - 0.0275 * W_PER_M2 * met


@compiled
def _followed(before: float, truth: float, keep: float) -> float:
    """Return where a body has come to; one of which nothing was known begins at the truth."""
    left = (before - truth) * keep
    return truth if math.isnan(left) else left + truth


@compiled
def _within(value: float, low: float, high: float) -> float:
    """Return a value within a range, NaN where it is not known."""
    if value <= low:
        return low
    return high if value >= high else value


@compiled
def _read(table: Any, row: int, i: int, truth: float, normal: float) -> float:
    """Return a reading, not yet rounded."""
    value = table[GAIN, row, i] * truth + table[OFFSET, row, i]
    spread = table[NOISE_RELATIVE, row, i] * abs(truth) + table[NOISE, row, i]
    reading: float = _within(value + spread * normal, table[LOW, row, i], table[HIGH, row, i])
    return reading


@compiled
def wear(
    person: Any,
    table: Any,
    keep: Any,
    normal: Any,
    occupants: Any,
    active: Any,
    temp: Any,
    radiant: Any,
    humidity: Any,
    rank: Any,
    activity: Any,
    on_awake: Any,
    on_asleep: Any,
    before: Any,
    body: Any,
    report: Any,
    unknown: Any,
) -> None:
    """Write what bodies have come to, what would be reported of them now (age zero, not yet rounded), and who is not known."""
    for i in range(report.shape[1]):
        home = share(occupants[i] - rank[i])
        awake = min(share(active[i] - rank[i]), home)
        asleep, away = home - awake, 1.0 - home
        met = awake * activity[i] + asleep * ASLEEP_MET + away * AWAY_MET
        rest, per_met, most = person[REST, i], person[PER_MET, i], person[MOST, i]
        heart = (
            awake * heart_rate_bpm(activity[i], rest, per_met, most)
            + asleep * person[ASLEEP, i]
            + away * heart_rate_bpm(AWAY_MET, rest, per_met, most)
        )
        room = deviation_k(temp[i], radiant[i], humidity[i], person[COMFORT, i])
        body[HEART, i] = _followed(before[HEART, i], heart, keep[HEART, i])
        body[SKIN, i] = _followed(before[SKIN, i], skin_temp_degc(met) + person[SITE, i] + home * room, keep[SKIN, i])
        worn = awake * on_awake[i] + asleep * on_asleep[i] >= MOSTLY
        for row in range(WORN):
            truth = met if row == ACTIVITY else body[row, i]
            report[row, i] = _read(table, row, i, truth, normal[row, i]) if worn else math.nan
        report[WORN, i] = 1.0 if worn else 0.0
        report[VALID, i] = 1.0
        report[AGE, i] = 0.0
        unknown[i] = math.isnan(home)

# SPDX-License-Identifier: Apache-2.0
"""Units are suffixes of names; this module knows every suffix the laboratory uses.

>>> unit_of("p_kw")
'kW'
>>> unit_of("price_eur_per_kwh")
'EUR/kWh'
"""

from __future__ import annotations

from functools import cache
from typing import Final

SECONDS_PER_HOUR: Final = 3600.0
SECONDS_PER_DAY: Final = 86_400
HOURS_PER_YEAR: Final = 8760.0

# Longest suffix first wherever one ends in another (``_eur_per_kwh`` before ``_kwh``).
UNIT_OF_SUFFIX: Final[dict[str, str]] = {
    "_eur_per_kwh": "EUR/kWh",
    "_eur_per_year": "EUR/a",
    "_g_per_kwh": "g/kWh",
    "_w_per_m2k": "W/(m2 K)",
    "_w_per_m2": "W/m2",
    "_kwh_per_km": "kWh/km",
    "_m3_per_h": "m3/h",
    "_m_per_s": "m/s",
    "_kwh": "kWh",
    "_kvarh": "kvarh",
    "_kw": "kW",
    "_kvar": "kvar",
    "_kva": "kVA",
    "_kwp": "kWp",
    "_pu": "1",
    "_degc": "degC",
    "_deg": "deg",
    "_percent": "%",
    "_hpa": "hPa",
    "_hz": "Hz",
    "_v": "V",
    "_a": "A",
    "_m2": "m2",
    "_km": "km",
    "_mm": "mm",
    "_m": "m",
    "_l": "l",
    "_lx": "lx",
    "_dba": "dB(A)",
    "_ppm": "ppm",
    "_bpm": "1/min",
    "_met": "met",
    "_k": "K",
    "_w": "W",
    "_eur": "EUR",
    "_kg": "kg",
    "_s": "s",
    "_h": "h",
}
DIMENSIONLESS: Final = frozenset(
    {
        "active_occupants",
        "albedo",
        "closed",
        "converged",
        "cop",
        "count",
        "cycles",
        "iterations",
        "mode",
        "occupants",
        "on",
        "pending",
        "plugged",
        "pmv",
        "power_factor",
        "quality",
        "reading",
        "queue",
        "reserved",
        "share",
        "soc",
        "soh",
        "starts",
        "state",
        "tap",
        "valid",
        "worn",
    }
)


@cache
def unit_of(name: str) -> str:
    """Return the unit that the suffix of a quantity's name declares.

    Parameters
    ----------
    name : str
        Name of a quantity, such as ``p_kw``.

    Returns
    -------
    str
        The unit, ``"1"`` for a dimensionless quantity.

    Raises
    ------
    ValueError
        If the name carries no suffix of `UNIT_OF_SUFFIX` and is not one of `DIMENSIONLESS`.
    """
    for suffix, unit in UNIT_OF_SUFFIX.items():
        if name.endswith(suffix):
            return unit
    if name in DIMENSIONLESS or name.rsplit("_", 1)[-1] in DIMENSIONLESS:
        return "1"
    suffixes, plain = ", ".join(UNIT_OF_SUFFIX), ", ".join(sorted(DIMENSIONLESS))
    message = f"{name!r} carries no unit: end it with one of {suffixes} or use one of {plain}"
    raise ValueError(message)


def energy_kwh(p_kw: float, duration_s: float) -> float:
    """Return the energy of a constant power over a duration, in kWh.

    >>> energy_kwh(2.0, 900.0)
    0.5
    """
    return p_kw * duration_s / SECONDS_PER_HOUR

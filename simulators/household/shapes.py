# SPDX-License-Identifier: Apache-2.0
"""At what time of the day people who are at home and awake do what: relative inclinations.

Multiplied with who is active they give the density of events. They are assumptions in two steps: first by what is done when
(meals at breakfast, noon and evening, washing in the morning, screens in the evening), then all but hot water times one common
factor by hour and kind of day, so that some hundred German homes follow the mean working day, Saturday and Sunday of H0. The
seasons in the catalogue and the constant standby were set with a look at H0, too. So agreement with H0 is fitted; annual
energies, peaks, coincidence and single appliances are not. Somebody at home on a working day at noon so uses more than who
comes home at night.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# 24 inclinations at the full hours of the clock, from 0:00: a working day, a Saturday, a Sunday
_HOURS: Final[dict[str, tuple[str, str, str]]] = {
    "meals": (
        "0 0 0 0 0 0.83 0.42 0.36 0.48 0.65 1.65 3.58 4.63 2.21 0.60 0.49 0.47 0.65 1.10 0.99 0.58 0.20 0.15 0.55",
        "0 0 0 0 0 2.00 3.00 0.71 0.40 0.37 0.64 1.82 2.71 1.41 0.57 0.39 0.65 1.51 1.82 1.46 0.42 0.10 0.04 0.40",
        "0 0 0 0 0 2.00 0.63 0.14 0.23 0.38 0.77 2.44 3.39 1.31 0.46 0.28 0.35 0.75 1.09 1.12 0.36 0.20 0.09 0.09",
    ),
    "breaks": (
        "0 0 0 0 0.50 0.83 1.57 1.26 1.82 1.74 2.03 1.74 1.80 1.44 1.11 0.70 0.47 0.37 0.39 0.54 0.29 0.20 0.23 0.55",
        "0 0 0 0 0.20 2.00 3.00 3.46 1.67 1.09 0.74 0.57 0.67 0.66 0.76 0.86 0.74 0.80 0.77 0.73 0.32 0.10 0.04 0.40",
        "0 0 0 0 0.20 2.00 2.55 0.54 1.00 1.23 0.86 0.84 0.89 0.66 0.46 0.56 0.43 0.37 0.45 0.56 0.27 0.20 0.09 0.09",
    ),
    "dishes": (
        "0 0 0 0 0 0.83 0.42 0.54 1.24 1.66 1.74 1.35 2.17 3.07 1.61 0.59 0.37 0.37 0.59 1.18 1.07 0.49 0.53 0.82",
        "0 0 0 0 0 2.00 3.00 0.89 0.68 0.72 0.56 0.57 1.07 1.89 1.32 0.76 0.65 0.80 1.06 1.56 0.74 0.42 0.07 0.60",
        "0 0 0 0 0 2.00 0.63 0.14 0.39 0.85 0.77 0.84 1.34 1.69 0.93 0.56 0.35 0.37 0.63 1.12 0.71 0.50 0.09 0.23",
    ),
    "laundry": (
        "0 0 0 0 0 0.83 0.83 0.99 2.30 3.60 4.55 3.29 2.45 1.73 1.21 0.90 0.74 0.56 0.59 0.63 0.39 0.20 0.08 0",
        "0 0 0 0 0 2.00 3.00 1.78 1.47 1.36 1.38 1.25 1.25 0.94 0.76 0.68 0.74 0.90 0.58 0.46 0.21 0.10 0.04 0",
        "0 0 0 0 0 2.00 0.82 0.27 0.85 1.60 1.73 1.78 1.52 0.75 0.56 0.56 0.43 0.47 0.37 0.37 0.18 0.10 0.09 0",
    ),
    "chores": (
        "0 0 0 0 0 0.83 1.08 0.99 1.82 2.58 3.58 2.52 1.88 1.34 1.00 0.80 0.65 0.56 0.59 0.63 0.39 0.20 0.23 0.55",
        "0 0 0 0 0 2.00 3.00 2.04 1.18 1.09 1.20 1.05 0.77 0.56 0.57 0.58 0.82 1.00 0.86 0.82 0.32 0.10 0.04 0.40",
        "0 0 0 0 0 2.00 1.40 0.34 0.69 1.23 1.44 1.40 0.98 0.56 0.46 0.47 0.52 0.56 0.45 0.65 0.27 0.20 0.09 0.09",
    ),
    "screen": (
        "1.89 0.10 0 0 0 0.83 0.17 0.18 0.29 0.65 0.87 0.97 1.13 0.86 0.60 0.49 0.37 0.37 0.69 0.99 1.17 0.49 0.61 0.82",
        "3.20 0.20 0 0 0 2.00 2.49 0.35 0.30 0.37 0.46 0.38 0.58 0.66 0.76 0.68 0.74 1.11 1.34 1.65 0.95 0.73 0.17 0.60",
        "0.68 0.20 0 0 0 2.00 0.38 0.07 0.15 0.28 0.48 0.56 0.80 0.66 0.46 0.56 0.43 0.66 0.81 1.22 0.80 0.80 0.34 0.36",
    ),
    "awake": (
        "1.89 0.30 0 0 0.20 0.83 0.66 0.54 0.86 1.28 1.74 1.55 1.32 1.16 0.70 0.59 0.37 0.37 0.39 0.54 0.48 0.20 0.53 0.82",
        "3.20 0.30 0 0 0.20 2.00 3.00 1.51 0.49 0.37 0.46 0.38 0.58 0.56 0.57 0.48 0.65 0.80 0.77 0.82 0.42 0.31 0.10 0.60",
        "0.68 0.30 0 0 0.20 2.00 2.04 0.21 0.31 0.47 0.48 0.66 0.80 0.56 0.46 0.37 0.35 0.37 0.45 0.65 0.27 0.40 0.26 0.36",
    ),
    "water": (
        "0.1 0 0 0 0.4 1.6 3.0 3.0 2.0 1.3 1.0 1.0 1.2 1.1 0.8 0.8 1.0 1.3 1.8 2.0 1.8 1.5 1.0 0.4",
        "0.1 0 0 0 0.2 0.6 1.4 2.2 3.0 2.8 2.0 1.4 1.4 1.3 1.0 0.9 1.1 1.3 1.6 1.7 1.5 1.3 0.9 0.4",
        "0.1 0 0 0 0.2 0.6 1.4 2.2 3.0 2.8 2.0 1.4 1.4 1.3 1.0 0.9 1.1 1.3 1.6 1.7 1.5 1.3 0.9 0.4",
    ),
}
NAMES: Final = tuple(_HOURS)


def shape_of(name: str) -> FloatArray:
    """Return an inclination at the quarter hours of the clock, shape (3, 96), by kind of day. [-]."""
    hours = np.array([[float(value) for value in row.split()] for row in _HOURS[name]])
    around = np.column_stack([hours, hours[:, :1]])
    clock_h = (np.arange(96) + 0.5) / 4.0
    return np.array([np.interp(clock_h, np.arange(25.0), row) for row in around])

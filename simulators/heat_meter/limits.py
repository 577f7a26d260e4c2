# SPDX-License-Identifier: Apache-2.0
"""Largest permissible errors of a heat meter and of its parts.

EN 1434-1, as quoted by a maker: Kamstrup, MULTICAL 803 technical description 5512-2360 (2019), section 2.3, and ULTRAFLOW 54
technical description 5512-2464 (2019), section 8.12. Directive 2014/32/EU, annex VI, adds the three parts up:
``E = Ef + Et + Ec``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FLOW: Final = {2: (0.02, 0.0002, 0.05), 3: (0.03, 0.0005, 0.05), "ideal": (0.0, 0.0, 0.0)}
"""Flow sensor by class: the part that is always there, the part over ``qp / q``, and the most. [-]"""
TEMPERATURES: Final = (0.005, 0.03)
"""Pair of temperature sensors: the part that is always there, and the part over ``dT_min / dT``. [-]"""
CALCULATOR: Final = (0.005, 0.01)
"""Calculator: the part that is always there, and the part over ``dT_min / dT``. [-]"""


def flow_limit(accuracy_class: int | str, share_of_nominal: FloatArray) -> FloatArray:
    """Return the largest relative error of a flow sensor at a flow over its nominal flow. [-].

    >>> flow_limit(2, np.array([1.0, 0.1, 0.001])).tolist()
    [0.0202, 0.022, 0.05]
    """
    base, slope, most = FLOW[accuracy_class]
    return np.minimum(base + slope / share_of_nominal, most)


def difference_limit(part: tuple[float, float], share_of_least: FloatArray) -> FloatArray:
    """Return the largest relative error of a sensor pair or a calculator at ``dT / dT_min``. [-]."""
    return part[0] + part[1] / share_of_least

# SPDX-License-Identifier: Apache-2.0
"""What a home generates and stores."""

from __future__ import annotations

from typing import ClassVar

from twinergy.messages.parts import IntervalMessage, NonPositive, Reading


class Production(IntervalMessage):
    """Photovoltaic production and the battery's power."""

    information_object: ClassVar[str] = "production"
    data_model: ClassVar[str] = "SAREF"
    use_cases: ClassVar[tuple[str, ...]] = (
        *("PUC01.01", "PUC01.02", "PUC02.05", "PUC02.06", "PUC03.03", "PUC03.06", "PUC04.01", "PUC04.02", "PUC05.01"),
        *("PUC05.02", "SUC05.01", "PUC06.01", "PUC06.02", "PUC07.02", "PUC09.01", "PUC09.02"),
    )

    p_pv_kw: NonPositive | None = None
    """Photovoltaic power, load frame."""
    p_pv_available_kw: NonPositive | None = None
    """What it could be uncurtailed, load frame."""
    energy_kwh: NonPositive | None = None
    """Photovoltaic energy of the interval, load frame."""
    p_battery_kw: Reading = None
    """Power of the battery, load frame: positive while it charges."""

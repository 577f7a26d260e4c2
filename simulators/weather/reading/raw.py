# SPDX-License-Identifier: Apache-2.0
"""What a reader of one format hands over, and how it complains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, slots=True)
class RawWeather:
    """A weather file as read, before its times and values are checked.

    Attributes
    ----------
    frame : pandas.DataFrame
        Quantities in our names and units, index of UTC time stamps as the file has them.
    label : str
        Where in its interval the time stamp stands: ``start``, ``middle`` or ``end``.
    first_line : int
        Line of the first row in the file, 0 for files without lines.
    stamp_offset_s : float
        What the irradiance lies later than the time stamp. [s]
    state_offset_s : float
        What the instant of temperature, humidity, wind and pressure lies later than the middle of the interval; 0 for means. [s]
    place : dict
        ``latitude_deg``, ``longitude_deg``, ``altitude_m`` as far as the file says.
    """

    frame: pd.DataFrame
    label: str = "start"
    first_line: int = 0
    stamp_offset_s: float = 0.0
    state_offset_s: float = 0.0
    place: dict[str, float] = field(default_factory=dict)


def refuse(path: Path, message: str, *, line: int = 0, where: str = "", value: Any = None, allowed: str = "") -> ScenarioError:
    """Return the error for a weather file with one finding."""
    finding = Finding(message=message, path=where, file=path.name, line=line, value=value, allowed=allowed)
    return ScenarioError([finding], f"weather file {path}")

# SPDX-License-Identifier: Apache-2.0
"""The 15 climate regions of the German test reference years of 2010, and their packaged files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


def resources() -> Path:
    """Return the folder with the test reference years and the map of their regions that demandlib brings along."""
    import importlib.util  # noqa: PLC0415

    spec = importlib.util.find_spec("demandlib")  # found without importing it: that would load pandas and its own tables
    if spec is None or spec.origin is None:
        message = "demandlib is not installed, which packages the test reference years; pip install demandlib"
        raise ModuleNotFoundError(message)
    return Path(spec.origin).parent / "vdi" / "resources_weather"


def region_file(region: int) -> Path:
    """Return the file of a region 1 to 15."""
    return resources() / f"TRY2010_{region:02d}_Jahr.dat"


@cache
def _regions() -> list[tuple[int, list[list[np.ndarray]]]]:
    content: dict[str, Any] = json.loads((resources() / "TRY_polygons.geojson").read_text(encoding="utf-8"))
    return [
        (
            feature["properties"]["TRY_code"],
            [[np.array(ring) for ring in polygon] for polygon in feature["geometry"]["coordinates"]],
        )
        for feature in content["features"]
    ]


@cache
def region_at(latitude_deg: float, longitude_deg: float) -> int | None:
    """Return the region a place lies in, None outside Germany."""
    for code, polygons in _regions():
        for outline, *holes in polygons:
            if inside(outline, longitude_deg, latitude_deg) and not any(
                inside(hole, longitude_deg, latitude_deg) for hole in holes
            ):
                return code
    return None


def inside(ring: np.ndarray, x: float, y: float) -> bool:
    """Return whether a point lies inside a closed ring of shape (n, 2): a ray to the east crosses it an odd number of times.

    >>> inside(np.array([[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]), 1.0, 1.0)
    True
    """
    x1, y1, x2, y2 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
    straddles = (y1 > y) != (y2 > y)
    rise = np.where(straddles, y2 - y1, 1.0)
    return bool(np.count_nonzero(straddles & (x < (x2 - x1) * (y - y1) / rise + x1)) % 2)

# SPDX-License-Identifier: Apache-2.0
"""Two habits of pandapower that a run must not show: remarks on its own workings, and dice."""

from __future__ import annotations

import logging
import random
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet() -> Iterator[None]:
    """Keep remarks (no numba, an old file format) out of the user's sight."""
    logger = logging.getLogger("pandapower")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def without_dice() -> Iterator[None]:
    """Make the global random numbers the same each time; pandapower tosses the types of Kerber's service cables with them."""
    state = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(state)

# SPDX-License-Identifier: Apache-2.0
"""What whoever serves data may decide, and the bounds nobody may leave."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from twinergy.options import Options, Positive

MOST_ROWS: Final = 50_000
"""Rows in one page: a year of one device's quarter hours (35,136) fits."""
USUAL_ROWS: Final = 1_000
MOST_NAMES: Final = 100
"""Ports or devices that one request may name."""
LONGEST_NAME: Final = 200
"""Characters of a name in a request."""
FEWEST_POOLED: Final = 5
"""Customers behind an aggregate for someone who may not see a single one: *assumption*, as for comparisons of dwellings."""


class ServeOptions(Options):
    """Limits of the service."""

    requests_per_s: Positive = 20.0
    """Requests that one token may make in the long run [1/s]."""
    burst: Annotated[int, Field(ge=1)] = 100
    """Requests that one token may make at once after a pause."""
    most_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """Requests that are worked on at the same time; others wait their turn."""
    longest_s: Positive = 20.0
    """After this time a request is given up, its waiting included [s]."""
    longest_query_bytes: Annotated[int, Field(ge=256)] = 16_384
    """Longest query string; a hundred names of devices fit [bytes]."""
    fresh_s: Annotated[float, Field(ge=0.0)] = 1.0
    """A run that is still being written is looked at again after this time [s]."""
    origins: tuple[str, ...] = ()
    """Web pages of other origins whose scripts may ask (CORS), such as https://example.org; none if not given."""

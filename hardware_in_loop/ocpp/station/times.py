# SPDX-License-Identifier: Apache-2.0
"""Times on the wire are text, inside they are seconds since 1970.

>>> format_time(parse_time("2024-01-17T18:00:00+01:00"))
'2024-01-17T17:00:00.000Z'
"""

from __future__ import annotations

from datetime import UTC, datetime


def parse_time(text: str) -> float:
    """Return a time of the wire as seconds since 1970; without a zone it is UTC. [s].

    Raises
    ------
    ValueError
        If it is none.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def format_time(time_s: float) -> str:
    """Return seconds since 1970 as RFC 3339 with milliseconds, which every version takes."""
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

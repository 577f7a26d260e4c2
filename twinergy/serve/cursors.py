# SPDX-License-Identifier: Apache-2.0
"""Where a page ended, as text that a client hands back unread.

A cursor holds the last row's keys and a fingerprint of the question, so that it cannot be carried to another question. It
opens nothing: what somebody may see is decided again for every page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from http import HTTPStatus
from typing import Any, Final

from twinergy.serve.problems import ProblemError

PATTERN: Final = r"^[A-Za-z0-9_-]{1,1000}$"
_DIGITS: Final = 12


def cursor_of(question: Any, keys: list[Any]) -> str:
    """Return the cursor behind the row with these keys in the answer to a question."""
    text = json.dumps([_fingerprint(question), keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def keys_of(question: Any, cursor: str, *kinds: type) -> list[Any]:
    """Return the keys in a cursor.

    Parameters
    ----------
    question : Any
        What is asked, JSON.
    cursor : str
        From a client.
    *kinds : type
        Type of each key.

    Raises
    ------
    ProblemError
        404 if it is no cursor of this question.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise _no_page() from None
    if not isinstance(found, list) or len(found) != 2 or found[0] != _fingerprint(question):  # noqa: PLR2004
        raise _no_page()
    keys = found[1]
    if not isinstance(keys, list) or [type(key) for key in keys] != list(kinds):
        raise _no_page()
    return keys


def _fingerprint(question: Any) -> str:
    text = json.dumps(question, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _no_page() -> ProblemError:
    detail = "there is no such page: a cursor belongs to the question it came with; ask again without it, or follow 'next'"
    return ProblemError(HTTPStatus.NOT_FOUND, "no-such-page", detail)

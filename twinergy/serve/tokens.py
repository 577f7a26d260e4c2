# SPDX-License-Identifier: Apache-2.0
"""Who may ask: bearer tokens, kept as digests, with scopes and a time in which they hold.

Tokens are random, at least `SHORTEST` characters of them, so a plain SHA-256 is enough to keep them: there is nothing to
guess that a slow hash would protect (it is passwords that need one). Every known digest is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from twinergy.options import Options
from twinergy.serve.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST: Final = 32
LONGEST: Final = 512
ENTROPY_BYTES: Final = 32
ALL: Final = "all"
DSO: Final = "dso"
HOUSEHOLD: Final = "household:"
SCOPE_PATTERN: Final = r"^(all|dso|household:.{1,200})$"
_TOKEN: Final = re.compile(rf"[A-Za-z0-9._~+/=-]{{{SHORTEST},{LONGEST}}}")

_INVALID: Final = "invalid_token"
_UNKNOWN: Final = "this token is not known; ask the operator of this service for one"
_NONE: Final = "this needs a token: send the header 'Authorization: Bearer <token>'"
_OTHER: Final = "only bearer tokens are understood: send the header 'Authorization: Bearer <token>'"

Scope = Annotated[str, StringConstraints(pattern=SCOPE_PATTERN)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Grant(Options):
    """What one token allows."""

    name: Annotated[str, StringConstraints(pattern=r"^[\w.@ -]{1,60}$")]
    """Whom it was given to; stands in the log and in messages."""
    sha256: Digest
    """SHA-256 of the token as 64 small hexadecimal digits, see `twinergy token`."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    """One or several of all, dso and household:<dwelling>."""
    starts: AwareDatetime | None = None
    """First instant at which it holds, with zone; at once if not given."""
    expires: AwareDatetime | None = None
    """Instant from which it no longer holds, with zone; never if not given."""

    @model_validator(mode="after")
    def _holds_at_some_time(self) -> Self:
        if self.starts is not None and self.expires is not None and self.expires <= self.starts:
            message = f"token {self.name!r} never holds: it expires {self.expires} and starts {self.starts}"
            raise ValueError(message)
        return self

    def holds(self, now: datetime) -> bool:
        """Whether it holds at an aware time."""
        return (self.starts is None or self.starts <= now) and (self.expires is None or now < self.expires)

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden from it."""
        return ALL in self.scopes

    @property
    def sees_grid(self) -> bool:
        """Whether it is a grid operator's."""
        return DSO in self.scopes

    @property
    def dwellings(self) -> frozenset[str]:
        """Dwellings whose data it may read."""
        return frozenset(scope.removeprefix(HOUSEHOLD) for scope in self.scopes if scope.startswith(HOUSEHOLD))


@dataclass(frozen=True)
class TokenBook:
    """All tokens of a service.

    Attributes
    ----------
    grants : tuple of Grant
        What each allows.
    """

    grants: tuple[Grant, ...]

    def grant_of(self, authorization: str | None, now: datetime | None = None) -> Grant:
        """Return what the token of an ``Authorization`` header allows.

        Raises
        ------
        ProblemError
            401 if there is no token or it is not known, not yet or no longer valid. Which of these is said for known tokens
            only, so nobody learns about tokens they do not have.
        """
        found = self._find(_bearer(authorization))
        moment = now or datetime.now(UTC)
        if found is None:
            raise unauthorized(_UNKNOWN, _INVALID)
        if not found.holds(moment):
            when = f"expired at {found.expires}" if found.expires and moment >= found.expires else f"starts at {found.starts}"
            detail = f"token of {found.name!r} {when}; ask the operator for a new one"
            raise unauthorized(detail, _INVALID)
        return found

    def _find(self, token: str) -> Grant | None:
        digest = digest_of(token)
        found = None
        for grant in self.grants:  # no early end: the time taken must not depend on which one fits
            if hmac.compare_digest(grant.sha256, digest):
                found = grant
        return found


def unauthorized(detail: str, error: str = "") -> ProblemError:
    """Return a 401 with the challenge that RFC 6750 asks for."""
    challenge = 'Bearer realm="twinergy"' + (f', error="{error}"' if error else "")
    return ProblemError(HTTPStatus.UNAUTHORIZED, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def digest_of(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return a fresh random token of 256 bits."""
    return secrets.token_urlsafe(ENTROPY_BYTES)


def fault_of(token: str) -> str:
    """Return what is wrong with a token that somebody chose, empty if nothing is."""
    if _TOKEN.fullmatch(token):
        return ""
    return (
        f"a token has {SHORTEST} to {LONGEST} of the characters A-Z a-z 0-9 . _ ~ + / = - and is random "
        f"(this one has {len(token)}); `twinergy token NAME` makes one"
    )


def book_of(token: str, name: str = "operator", scopes: Iterable[str] = (ALL,)) -> TokenBook:
    """Return the book of a single token.

    Raises
    ------
    ValueError
        If the token is too short to be safe.
    """
    fault = fault_of(token)
    if fault:
        raise ValueError(fault)
    return TokenBook((Grant(name=name, sha256=digest_of(token), scopes=tuple(scopes)),))


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise unauthorized(_NONE)
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise unauthorized(_OTHER)
    return token.strip()

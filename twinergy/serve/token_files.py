# SPDX-License-Identifier: Apache-2.0
"""Where tokens come from: the environment, a file with one token, a YAML file with many, or a fresh one."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from twinergy.errors import Finding, ScenarioError
from twinergy.serve.problems import ProblemError
from twinergy.serve.tokens import Grant, TokenBook, book_of, new_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOKEN_VARIABLE: Final = "TWINERGY_API_TOKEN"  # noqa: S105 - the name of the variable, not a token
LOOK_AGAIN_S: Final = 1.0
LARGEST_BYTES: Final = 4_000_000
_FIELDS: Final = "name, sha256, scopes, starts, expires"
log = logging.getLogger("twinergy.serve")


class TokenFile:
    """Tokens of a file that may change while the service runs: a token taken out of it is refused within a second.

    While the file is wrong nobody gets in: a withdrawn token must not live on because of a slip of the pen elsewhere.

    Parameters
    ----------
    path : pathlib.Path
        YAML with a list ``tokens``, or any other file with one token on one line.
    clock : callable
        Monotonic seconds; only tests give another. [s]

    Raises
    ------
    ScenarioError
        If it cannot be read now; every finding is named.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path, self._clock = path, clock
        self._mark = _mark(path)
        self._book: TokenBook | None = read_tokens(path)
        self._looked_s = clock()

    def __call__(self) -> TokenBook:
        """Return the tokens that hold now."""
        if self._clock() - self._looked_s >= LOOK_AGAIN_S:
            self._look()
        if self._book is None:
            detail = "the operator's file of tokens cannot be read at the moment; try again later"
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "no-tokens", detail, headers={"Retry-After": "10"})
        return self._book

    def _look(self) -> None:
        self._looked_s = self._clock()
        mark = _mark(self.path)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self._book = read_tokens(self.path)
            log.info("%s: %d tokens", self.path, len(self._book.grants))
        except ScenarioError as error:
            self._book = None
            log.error("nobody gets in until this is mended: %s", error)  # noqa: TRY400 - findings, not a trace


def read_tokens(path: Path) -> TokenBook:
    """Return the tokens of a file.

    Raises
    ------
    ScenarioError
        With every finding.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _wrong(path, f"is larger than {LARGEST_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error
    return _many(path, text) if path.suffix in {".yaml", ".yml"} else _single(path, text)


def _single(path: Path, text: str) -> TokenBook:
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _wrong(path, f"holds a token in plain text and others may read it (chmod 600 {path})")
    try:
        return book_of(text.strip())
    except ValueError as error:
        raise _wrong(path, str(error)) from error


def _many(path: Path, text: str) -> TokenBook:
    from ruamel.yaml import YAML  # noqa: PLC0415 - heavy
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        document = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise _wrong(path, f"is no YAML: {' '.join(str(error).split())}") from error
    rows = document.get("tokens") if isinstance(document, dict) and set(document) == {"tokens"} else None
    if not isinstance(rows, list) or not rows:
        raise _wrong(path, "needs one list 'tokens' with at least one entry", allowed=f"tokens: [{{{_FIELDS}}}]")
    grants, findings = _grants(path, rows)
    findings += _doubles(path, grants)
    if findings:
        raise ScenarioError(findings, "file of tokens")
    return TokenBook(tuple(grants))


def _grants(path: Path, rows: list[Any]) -> tuple[list[Grant], list[Finding]]:
    grants: list[Grant] = []
    findings: list[Finding] = []
    for index, row in enumerate(rows):
        try:
            grants.append(Grant.model_validate(row))
        except ValidationError as error:
            findings += [_finding(path, index, row, item) for item in error.errors()]
    return grants, findings


def _finding(path: Path, index: int, row: Any, item: Mapping[str, Any]) -> Finding:
    place = ".".join([f"tokens[{index}]", *(str(part) for part in item["loc"])])
    secret = "sha256" in item["loc"] or not isinstance(row, dict)  # perhaps the token itself, put there by mistake
    allowed = str(item.get("ctx", {}).get("pattern", "")) or (_FIELDS if item["type"] == "extra_forbidden" else "")
    return Finding(message=str(item["msg"]), path=place, file=str(path), value=None if secret else item["input"], allowed=allowed)


def _doubles(path: Path, grants: list[Grant]) -> list[Finding]:
    findings: list[Finding] = []
    seen: set[str] = set()
    for grant in grants:
        if grant.sha256 in seen:
            message = f"the token of {grant.name!r} is given to somebody else too; put the scopes of one person in one entry"
            findings.append(Finding(message=message, path="tokens", file=str(path)))
        seen.add(grant.sha256)
    return findings


def _wrong(path: Path, message: str, allowed: str = "") -> ScenarioError:
    return ScenarioError([Finding(message=message, file=str(path), allowed=allowed)], "file of tokens")


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def fresh_token_file() -> tuple[Path, str]:
    """Make a random token and keep it in a new file that only this user may read.

    Returns
    -------
    path : pathlib.Path
        In a new folder of mode 0700 where this system keeps what ends with a session.
    token : str
        The token.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(tempfile.mkdtemp(prefix="twinergy-serve-", dir=base if base and Path(base).is_dir() else None))
    token = new_token()
    path = folder / "token"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token + "\n")
    return path, token

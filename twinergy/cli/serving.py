# SPDX-License-Identifier: Apache-2.0
"""Commands that wait for others: ``simulator`` for runs that have some kinds step here, ``serve`` for readers of data."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING

from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rich.console import Console

    from twinergy.serve.tokens import TokenBook


def simulator_command(console: Console, listen: str) -> None:
    """Serve until Ctrl-C.

    Raises
    ------
    RunError
        If the address is none or is in use.
    """
    from twinergy.cosim.remote import TOKEN_VARIABLE, Listener, address_of, token_here  # noqa: PLC0415 - heavy

    host, port = address_of(listen)
    given = os.environ.get(TOKEN_VARIABLE)
    token = token_here(given)

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    def ready(bound: int) -> None:
        say(f"waiting for runs at {host}:{bound}")
        if not given:
            say(f"whoever runs the scenario sets {TOKEN_VARIABLE}={token}")

    try:
        asyncio.run(Listener(token, say).serve(host, port, ready))
    except KeyboardInterrupt:
        say("stopped")


def serve_command(
    console: Console,
    base: Path,
    names: Sequence[str],
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    token_file: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    origins: Sequence[str] = (),
    requests_per_s: float = 20.0,
) -> None:
    """Serve the data of runs over HTTP until Ctrl-C.

    Parameters
    ----------
    console : rich.console.Console
        Where to say what.
    base : pathlib.Path
        Folder of all runs.
    names : sequence of str
        Runs, as `twinergy.results.reader.find_run` takes them.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    token_file : pathlib.Path, optional
        YAML with tokens and what they allow, or a file with one token.
    certificate, key : pathlib.Path, optional
        PEM files; without them the service speaks plain HTTP.
    origins : sequence of str
        Web pages of other origins that may ask.
    requests_per_s : float
        Requests that one token may make in the long run. [1/s]

    Raises
    ------
    RunError
        If a run cannot be read or the address cannot be listened at.
    ScenarioError
        If the tokens are wrong.
    """
    from twinergy.results.reader import find_run  # noqa: PLC0415 - heavy
    from twinergy.serve.app import create_app  # noqa: PLC0415
    from twinergy.serve.options import ServeOptions  # noqa: PLC0415
    from twinergy.serve.served import ServedRun  # noqa: PLC0415
    from twinergy.serve.server import bound_socket, is_loopback, server  # noqa: PLC0415

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    options = ServeOptions(requests_per_s=requests_per_s, burst=max(1, round(5 * requests_per_s)), origins=tuple(origins))
    with ExitStack() as stack:
        runs = [
            stack.enter_context(closing(ServedRun(find_run(base, name).path, options.fresh_s))) for name in dict.fromkeys(names)
        ]
        tokens = _tokens(say, token_file, stack)
        socket = stack.enter_context(closing(bound_socket(host, port)))
        listening = server(create_app(runs, tokens, options), certificate=certificate, key=key)
        scheme = "http" if certificate is None else "https"
        say(f"{', '.join(run.name for run in runs)} at {scheme}://{host}:{socket.getsockname()[1]}/v1 (openapi.json there)")
        if certificate is None and not is_loopback(host):
            say("warning: tokens and data travel unencrypted; give --certificate and --key, or let a proxy speak TLS")
        with suppress(KeyboardInterrupt):
            listening.run(sockets=[socket])
    say("stopped")


def new_token_command(console: Console, name: str, scopes: Sequence[str]) -> None:
    """Print a fresh token and its entry for a file of tokens; the token itself is kept nowhere."""
    from pydantic import ValidationError  # noqa: PLC0415

    from twinergy.serve.tokens import Grant, digest_of, new_token  # noqa: PLC0415

    token = new_token()
    try:
        grant = Grant(name=name, sha256=digest_of(token), scopes=tuple(scopes))
    except ValidationError as error:
        findings = [
            Finding(message=str(item["msg"]), path=".".join(map(str, item["loc"])), value=item["input"])
            for item in error.errors()
        ]
        raise ScenarioError(findings, "token") from error
    entry = f"  - name: {grant.name}\n    sha256: {grant.sha256}\n    scopes: [{', '.join(map(repr, grant.scopes))}]"
    console.print(f"token, shown once: {token}\ntokens:\n{entry}", markup=False, highlight=False, soft_wrap=True)


def _tokens(say: Callable[[str], None], file: Path | None, stack: ExitStack) -> Callable[[], TokenBook]:
    """Return where tokens come from; a fresh one is forgotten when the stack is left."""
    from twinergy.serve.token_files import TOKEN_VARIABLE, TokenFile, fresh_token_file  # noqa: PLC0415
    from twinergy.serve.tokens import book_of  # noqa: PLC0415

    if file is not None:
        return TokenFile(file)
    given = os.environ.get(TOKEN_VARIABLE)
    if given:
        try:
            book = book_of(given)
        except ValueError as error:
            raise ScenarioError([Finding(message=str(error), path=TOKEN_VARIABLE)], "token") from error
        return lambda: book
    path, token = fresh_token_file()
    say(f"a token that reads everything, until this stops, is in {path}")
    fresh = book_of(token)

    def forget() -> None:
        path.unlink(missing_ok=True)
        path.parent.rmdir()

    stack.callback(forget)
    return lambda: fresh

# SPDX-License-Identifier: Apache-2.0
"""The far end of a remote simulator: some device kinds of a scenario step in this process, mosaik drives them over TCP.

The one who runs the scenario connects (`run.remote` in the scenario); this end listens, asks for a token, builds the same
kinds from the same scenario and answers mosaik's calls. Nothing but a right token gets further than the first message.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from mosaik_api_v3.connection import FAILURE, REQUEST, SUCCESS, encode

from twinergy.community.document import Document, read
from twinergy.community.scenario import build
from twinergy.cosim.exchange import as_arrays, as_lists
from twinergy.cosim.simulators import FEEDBACK, SET_POINTS, TABLES, UPSTREAM, TableSimulator, merged
from twinergy.cosim.stage import Stage
from twinergy.cosim.wiring import PHASE_LOAD, build_parts
from twinergy.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

    import mosaik_api_v3

    from twinergy.community.scenario import Scenario

TOKEN_VARIABLE: Final = "TWINERGY_TOKEN"  # noqa: S105 - the name of the variable, not a token
MAX_MESSAGE_BYTES: Final = 256 * 1024 * 1024
"""A first message of 10,000 homes takes about 2 MB; a length beyond this is not mosaik's."""
MAX_FIRST_BYTES: Final = 32 * 1024 * 1024
FIRST_TIMEOUT_S: Final = 10.0
LENGTH_BYTES: Final = 4


class RemotePlant(TableSimulator):
    """Some kinds of a scenario, stepping here; tables come and go as lists."""

    inputs = (UPSTREAM, FEEDBACK)

    def init(
        self,
        sid: str,  # noqa: ARG002
        time_resolution: float = 1.0,  # noqa: ARG002
        *,
        scenario: str,
        folder: str,
        kinds: list[str],
        buses: list[str],
        phases: bool,
        **_params: Any,
    ) -> dict[str, Any]:
        """Build the kinds from the scenario's text.

        Parameters
        ----------
        scenario : str
            The merged scenario as YAML.
        folder : str
            Where its relative paths start; this process' own folder if it does not exist here.
        kinds : list of str
            Which kinds step here.
        buses : list of str
            Buses of the grid's table, in its order.
        phases : bool
            Whether the grid wants the load of each phase.
        """
        loaded = from_text(scenario, Path(folder))
        parts = build_parts(loaded.kinds, loaded.context, buses, only=frozenset(kinds))
        self.stage = Stage(parts, loaded.twin, loaded.axis, phases=phases)
        names = {table.name: [port.name for port in table.ports] for table in self.stage.tables}
        self.sent = names | {"connection": ["p_kw", "q_kvar", *(PHASE_LOAD if phases else ())]}
        return self.start(self.stage.tables, loaded.axis.step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Advance the kinds that live here."""
        upstream, feedback, asked = (as_arrays(merged(inputs, name)) for name in (UPSTREAM, FEEDBACK, SET_POINTS))
        self.values = self.stage.step(time // self.step_s, upstream, {**self.values, **feedback}, asked)
        return time + self.step_s

    def get_data(self, outputs: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
        """Return everything as lists."""
        data = super().get_data(outputs)
        for attrs in data.values():
            if TABLES in attrs:
                attrs[TABLES] = as_lists(attrs[TABLES], self.sent)
        return data


def from_text(text: str, folder: Path) -> Scenario:
    """Return the scenario that somebody else has merged and sent."""
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "scenario.yaml"
        file.write_text(text, encoding="utf-8")
        document = read(file)
        place = folder if folder.is_dir() else Path()
        return build(Document(document.data, document.origin, (place / "scenario.yaml",)))


class Listener:
    """Serves one run after the other on one address.

    Parameters
    ----------
    token : str
        What the caller must send with its first message.
    say : callable
        Told who came, who was refused, and how a run ended.
    """

    def __init__(self, token: str, say: Callable[[str], None]) -> None:
        self._token = token
        self._say = say
        self._busy = asyncio.Lock()
        self.refused = 0

    async def serve(self, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Listen until cancelled; `ready` is told the port, which is a free one for port 0."""
        server = await asyncio.start_server(self._connected, host, port)
        async with server:
            ready(int(server.sockets[0].getsockname()[1]))
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        who = "{}:{}".format(*writer.get_extra_info("peername")[:2])
        try:
            first = await asyncio.wait_for(_receive(reader, MAX_FIRST_BYTES), FIRST_TIMEOUT_S)
            params = self._admitted(first)
        except (ValueError, TypeError, RecursionError, TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            self.refused += 1
            self._say(f"refused {who}: {str(error) or type(error).__name__}")
            writer.close()
            return
        async with self._busy:
            self._say(f"{who} starts a run with {', '.join(params['kinds'])} here")
            steps = await self._answer(reader, writer, first)
            self._say(f"{who} ended after {steps} steps")

    def _admitted(self, first: Any) -> dict[str, Any]:
        sort, _number, (function, _args, params) = first
        if (sort, function) != (REQUEST, "init") or not isinstance(params, dict) or not isinstance(params.get("kinds"), list):
            message = "the first message is no init call of a laboratory"
            raise ValueError(message)
        if not hmac.compare_digest(str(params.pop("token", "")).encode(), self._token.encode()):
            message = f"wrong token, set {TOKEN_VARIABLE} to the same value on both sides"
            raise ValueError(message)
        return params

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: Any) -> int:
        simulator, steps, message = RemotePlant(), 0, first
        try:
            while True:
                _sort, number, (function, args, params) = message
                if function == "stop":
                    break
                writer.write(encode(_call(simulator, number, function, args, params)))
                await writer.drain()
                steps += function == "step"
                message = await _receive(reader, MAX_MESSAGE_BYTES)
        except (ValueError, TypeError, RecursionError, asyncio.IncompleteReadError, ConnectionError) as error:
            self._say(f"the other side is gone: {str(error) or type(error).__name__}")
        finally:
            writer.close()
        return steps


CALLS: Final = frozenset({"init", "create", "setup_done", "step", "get_data"})


def _call(simulator: mosaik_api_v3.Simulator, number: int, function: str, args: list[Any], params: dict[str, Any]) -> list[Any]:
    """Return the answer to a call; an exception is an answer too, so that the one who runs the scenario reads it."""
    if function not in CALLS:
        return [FAILURE, number, ["ValueError", f"no such call: {function!r}"]]
    try:
        return [SUCCESS, number, getattr(simulator, function)(*args, **params)]
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises belongs to the other side
        return [FAILURE, number, [type(error).__name__, str(error)]]


async def _receive(reader: asyncio.StreamReader, most_bytes: int) -> Any:
    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if length > most_bytes:
        message = f"a message of {length} bytes, at most {most_bytes} are taken"
        raise ValueError(message)
    return json.loads(await reader.readexactly(length))


def token_here(given: str | None) -> str:
    """Return the token of this listener: the given one or a fresh one."""
    return given or secrets.token_urlsafe(16)


def address_of(text: str) -> tuple[str, int]:
    """Return host and port.

    Raises
    ------
    RunError
        If the text is no ``host:port``.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        message = f"{text!r} is no address, write host:port, for example 127.0.0.1:5678"
        raise RunError(message)
    return host, int(port)

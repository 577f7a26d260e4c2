# SPDX-License-Identifier: Apache-2.0
"""Calls to a device and their answers, told apart by their ids."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.payloads import PayloadError, document, encode
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.mqtt.client import Connection
    from hardware_in_loop.mqtt.profile import Calls as CallTopics

SUFFIX: Final = "/rpc"
_ids = count(1)


class Caller:
    """Calls one device.

    Parameters
    ----------
    connection : Connection
        To the broker.
    topics : Calls
        Where calls go and answers come.
    device : str
        Name of the device, for messages.
    sent : callable
        Told of every call: topic and payload.
    """

    def __init__(self, connection: Connection, topics: CallTopics, device: str, sent: Callable[[str, bytes], None]) -> None:
        self._connection, self._topics, self._device, self._sent = connection, topics, device, sent
        self._waiting: dict[int, tuple[str, asyncio.Future[Any]]] = {}

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Call and return the result; the caller limits the time.

        Raises
        ------
        DeviceError
            If the device refuses, or the call cannot be published.
        """
        number = next(_ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (method, future)
        source = self._topics.answers.removesuffix(SUFFIX)
        payload = encode({"id": number, "src": source, "method": method, "params": dict(params)})
        try:
            self._sent(self._topics.topic, payload)
            await self._connection.publish(self._topics.topic, payload)
            return await future
        finally:
            del self._waiting[number]

    def answered(self, payload: bytes) -> tuple[str, dict[str, Any]] | None:
        """Take an answer; return the method that it answers and the answer, None for one that nobody waits for (any more).

        Raises
        ------
        PayloadError
            If it is no answer at all.
        """
        tree = document(payload)
        number = tree.get("id") if isinstance(tree, dict) else None
        if type(number) is not int or not ("result" in tree or "error" in tree):
            message = "is no answer to a call"
            raise PayloadError(message)
        if number not in self._waiting:
            return None
        method, future = self._waiting[number]
        if not future.done():
            if "error" in tree:
                future.set_exception(DeviceError(self._refused(method, tree["error"])))
            else:
                future.set_result(tree["result"])
        return method, tree

    def _refused(self, method: str, error: Any) -> str:
        code, said = (error.get("code"), error.get("message")) if isinstance(error, dict) else ("", error)
        return f"{self._device}: refuses {method}: {said} (error {code})"[:300]

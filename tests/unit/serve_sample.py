# SPDX-License-Identifier: Apache-2.0
"""A served run and somebody who asks, for tests; nothing listens."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.results_sample import write_run
from twinergy.serve.app import create_app
from twinergy.serve.options import ServeOptions
from twinergy.serve.served import ServedRun
from twinergy.serve.tokens import Grant, TokenBook, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL, DSO, HOME, OTHER = ("t" * 32, "d" * 32, "h" * 32, "o" * 32)
HOMES = 8
BOOK = TokenBook(
    (
        Grant(name="operator", sha256=digest_of(ALL), scopes=("all",)),
        Grant(name="grid operator", sha256=digest_of(DSO), scopes=("dso",)),
        Grant(name="home 1", sha256=digest_of(HOME), scopes=("household:home 001",)),
        Grant(name="home 2", sha256=digest_of(OTHER), scopes=("household:home 002",)),
    )
)


class Client:
    """Asks an application for paths below a run."""

    def __init__(self, app, run: str) -> None:
        self.app, self.base = app, f"/v1/runs/{run}"

    def get(self, path="", token=ALL, *, method="GET", headers=None, **params):
        """Return the answer to a request; a path that begins with /v1 is taken as it is."""
        head = {"Authorization": f"Bearer {token}"} if token else {}

        async def ask():
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                address = path if path.startswith("/v1") else self.base + path
                return await client.request(method, address, headers=head | (headers or {}), params=params or None)

        return anyio.run(ask)


def owned_run(base: Path, **changes):
    """Write a run that states whose its devices are, with messages about two homes; return its folder."""
    folder = write_run(base, homes=HOMES, **changes)
    kinds = ("household", "pv", "battery", "meter")
    devices = [(f"{kind} {row:03d}", f"home {row:03d}") for kind in kinds for row in range(HOMES)]
    devices += [(f"home {row:03d}", f"home {row:03d}") for row in range(HOMES)]
    table = pa.table({"device": [device for device, _ in devices], "dwelling": [home for _, home in devices]})
    pq.write_table(table, folder.table("devices").with_suffix(".parquet"))
    return folder


@contextmanager
def served(folder, options: ServeOptions | None = None, book: TokenBook = BOOK) -> Iterator[Client]:
    """Serve a run folder without listening."""
    run = ServedRun(folder.path, fresh_s=0.0)
    try:
        yield Client(create_app([run], lambda: book, options or ServeOptions(requests_per_s=1e6, burst=1_000_000)), run.name)
    finally:
        run.close()

# SPDX-License-Identifier: Apache-2.0
"""The processes a sweep runs on: somebody's Dask cluster, or one of our own for as long as the sweep lasts."""

from __future__ import annotations

import multiprocessing
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import TYPE_CHECKING, Any, Final

from twinergy import plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

FORKSERVER: Final = "forkserver"
HEAVY: Final = ("twinergy.cosim.sweep", "twinergy.cosim.world", "pandapower.networks", "pvlib", "demandlib")
"""What every run imports, and takes seconds to import."""


@contextmanager
def cluster_of(count: int, address: str | None = None) -> Iterator[Any]:
    """Give a Dask client whose workers are there until the block ends.

    Workers of our own are forked from one process that has imported what a run needs, so that not each of them has to: three
    seconds of imports once, while the caller still loads the scenario, instead of in every worker.

    Parameters
    ----------
    count : int
        Processes, where the cluster is our own.
    address : str, optional
        A running scheduler to use instead, ``tcp://host:port``.
    """
    from distributed import Client, LocalCluster  # noqa: PLC0415 - only a sweep needs it

    if address is not None:
        with Client(address) as client:
            yield client
        return
    local = {"threads_per_worker": 1, "processes": True, "dashboard_address": None, "host": "127.0.0.1"}
    with LocalCluster(n_workers=count, **local) as cluster, Client(cluster) as client:
        yield client


def prepare() -> None:
    """Start the process that workers are forked from; it imports in the background. Where there is no fork, do nothing."""
    import dask  # noqa: PLC0415 - only a sweep needs it

    if FORKSERVER not in multiprocessing.get_all_start_methods():
        return
    dask.config.set({"distributed.worker.multiprocessing-method": FORKSERVER})
    from distributed.utils import get_mp_context  # noqa: PLC0415 - after the method is chosen

    get_mp_context().set_forkserver_preload([*HEAVY, *plugins.modules(plugins.SIMULATORS), *plugins.modules(plugins.CONTROLLERS)])
    forkserver.ensure_running()

# SPDX-License-Identifier: Apache-2.0
"""TwinERGY Lab: vocabulary and machinery of the laboratory, which knows no plug-in by name.

From Python and notebooks:

>>> import twinergy
>>> scenario = twinergy.load("hagedorn", ["run.days=1", "community.homes=10"])
>>> run = twinergy.run(scenario)                            # doctest: +SKIP
>>> run.kpis["self_sufficiency"].text                       # doctest: +SKIP
'58.3 %'
>>> run.frame("battery", ports=["p_kw", "soc"]).head()      # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinergy.community.scenario import load
    from twinergy.cosim.runner import run
    from twinergy.results.compare import compare
    from twinergy.results.reader import Run, find_run

__version__ = "0.1.0"
__all__ = ["Run", "compare", "find_run", "load", "run"]

_HOME = {
    "load": "twinergy.community.scenario",
    "run": "twinergy.cosim.runner",
    "compare": "twinergy.results.compare",
    "Run": "twinergy.results.reader",
    "find_run": "twinergy.results.reader",
}


def __getattr__(name: str) -> Any:
    """Import what is used when it is used: `twinergy --help` must not wait for pandas."""
    if name not in _HOME:
        message = f"module 'twinergy' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOME[name]), name)

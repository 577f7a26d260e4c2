# SPDX-License-Identifier: Apache-2.0
"""All types of message: those of this package are found by themselves, those of plug-ins once they are imported."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from twinergy.messages.base import registered

if TYPE_CHECKING:
    from twinergy.messages.base import Message


def message_types() -> dict[str, type[Message]]:
    """Return every known type of message by its information object.

    A new object is one class in a new file of ``twinergy/messages/objects``; nothing else lists it.
    """
    _import_objects()
    return registered()


@cache
def _import_objects() -> None:
    from twinergy.messages import objects  # noqa: PLC0415 - the package imports this module

    for module in pkgutil.iter_modules(objects.__path__):
        importlib.import_module(f"{objects.__name__}.{module.name}")

# SPDX-License-Identifier: Apache-2.0
"""Plug-ins are found by entry point, our own and others' alike."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, cast

from twinergy.errors import PluginError, closest

if TYPE_CHECKING:
    from twinergy.kinds import DeviceKind

SIMULATORS: Final = "twinergy.simulators"
CONTROLLERS: Final = "twinergy.controllers"
ADAPTERS: Final = "twinergy.adapters"
OUTLETS: Final = "twinergy.outlets"
GROUPS: Final = (SIMULATORS, CONTROLLERS, ADAPTERS, OUTLETS)


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        other = found.get(entry.name)
        if other is not None and other.value != entry.value:
            message = (
                f"two plug-ins of {group!r} are called {entry.name!r}: {other.value}, {entry.value}; uninstall or rename one"
            )
            raise PluginError(message, plugin=entry.name)
        found[entry.name] = entry
    return found


def names(group: str) -> tuple[str, ...]:
    """Return the names of all installed plug-ins of a group, sorted."""
    return tuple(sorted(_entries(group)))


def modules(group: str) -> tuple[str, ...]:
    """Return the modules of a group's plug-ins and what they import late, their ``simulator``, whether or not they have one."""
    found = (entry.module for entry in _entries(group).values())
    return tuple(name for module in found for name in (module, f"{module}.simulator"))


@cache
def load(group: str, name: str) -> Any:
    """Return the object a plug-in's entry point names.

    Raises
    ------
    PluginError
        If there is no such plug-in (the message lists what exists) or it cannot be imported.
    """
    entry = _entries(group).get(name)
    if entry is None:
        message = f"no plug-in {name!r} in group {group!r}: {closest(name, _entries(group))}"
        raise PluginError(message, plugin=name)
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        message = f"plug-in {name!r} ({entry.value}) of group {group!r} cannot be imported: {error}"
        raise PluginError(message, plugin=name) from error


def device_kind(name: str) -> DeviceKind:
    """Return the device kind of this name."""
    return cast("DeviceKind", load(SIMULATORS, name))

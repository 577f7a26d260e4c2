# SPDX-License-Identifier: Apache-2.0
"""Which ports of the physics stand behind a plug, a meter or a sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from twinergy.adapters import Attached

MACHINES: Final = ("washing_machine", "dishwasher", "tumble_dryer")


def port_of(attached: Attached, name: str) -> str:
    """Return the port of the physics that a reading or set-point of a device stands for.

    Parameters
    ----------
    attached : Attached
        The device, or the part of it, that is real.
    name : str
        Plain name: ``p_kw``, ``on``, ``voltage_v``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> plug = SimpleNamespace(options=SimpleNamespace(part="washing_machine", ports={}))
    >>> port_of(plug, "p_kw"), port_of(plug, "on")
    ('washing_machine_p_kw', 'washing_machine_on')
    """
    options = attached.options
    renamed: dict[str, str] = getattr(options, "ports", {})
    if name in renamed:
        return renamed[name]
    part = options.part
    if not part:
        return name
    if name == "p_kw":
        return f"{part}_p_kw" if part in MACHINES else f"p_{part}_kw"
    return f"{part}_{name}" if name == "on" else name


def field(attached: Attached, name: str, default: str) -> str:
    """Return a field of the adapter block, such as the base topic of a bridge; a wildcard is none."""
    given = str(getattr(attached.options, "fields", {}).get(name, default))
    return default if given in {"+", "#"} else given


def channel_of(attached: Attached) -> int:
    """Return which of several equal parts of a device is meant."""
    return int(field(attached, "channel", "0"))

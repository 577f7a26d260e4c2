# SPDX-License-Identifier: Apache-2.0
"""Whose a device is, for permissions: what is stated, never what merely looks alike.

In this order: the summary table ``devices`` of the data set (columns ``device`` and ``dwelling``), which then alone counts;
the scenario as it was run, where it names a device's dwelling or a connection that a single dwelling has; the ids that a
scenario makes by itself, ``<dwelling>-<name>`` and ``<kind>-<target>``, where they fit a single dwelling. Anything else belongs
to nobody, and only a token that sees everything reads it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from twinergy.results.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinergy.results.folder import RunFolder

CONNECTION = "connection"


def owners(folder: RunFolder, devices: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the dwelling of each device, empty where it is nobody's.

    Parameters
    ----------
    folder : RunFolder
        The data set.
    devices : iterable of (str, str)
        Table and id of each device.
    """
    stated = read_table(folder.table("devices"))
    if {"device", "dwelling"} <= set(stated.columns):
        known = dict(zip(stated["device"].astype(str), stated["dwelling"].fillna("").astype(str), strict=True))
        return {(table, device): known.get(device, "") for table, device in devices}
    return _Deduction(folder).of(list(devices))


class _Deduction:
    """Owners from the scenario and the table of dwellings."""

    def __init__(self, folder: RunFolder) -> None:
        scenario = _scenario(folder)
        homes = [row for row in _rows(scenario, "dwellings") if "id" in row]
        at = {str(row["id"]): str(row.get(CONNECTION, "")) for row in homes}
        table = read_table(folder.table("dwellings"))
        if {"dwelling", CONNECTION} <= set(table.columns):
            at |= dict(zip(table["dwelling"].astype(str), table[CONNECTION].astype(str), strict=True))
        count = Counter(at.values())
        self.homes = frozenset(at)
        self.alone = {place: home for home, place in at.items() if place and count[place] == 1}
        self.explicit = {str(row["id"]): self._explicit(row) for row in _rows(scenario, "devices") if "id" in row}

    def _explicit(self, row: Mapping[str, Any]) -> str:
        home = str(row.get("dwelling", ""))
        if home in self.homes:
            return home
        point = row.get("of")
        places = [row, point] if isinstance(point, dict) else [row]
        return next((self.alone[str(place[CONNECTION])] for place in places if str(place.get(CONNECTION)) in self.alone), "")

    def of(self, devices: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return the dwelling of each."""
        found = {(table, device): self._first(table, device) for table, device in devices}
        by_id = {device: home for (table, device), home in found.items() if table != CONNECTION}
        for table, device in devices:
            if not found[table, device] and device not in self.explicit:
                target = device.removeprefix(f"{table.replace('_', '-')}-").removeprefix(f"{table}-")
                known = by_id.get(target) or self.alone.get(target, "") if target != device else ""
                found[table, device] = known
        return found

    def _first(self, table: str, device: str) -> str:
        if table == CONNECTION:
            return self.alone.get(device, "")
        if device in self.explicit:
            return self.explicit[device]
        fitting = [home for home in self.homes if device.startswith(f"{home}-")]
        return fitting[0] if len(fitting) == 1 else ""


def _scenario(folder: RunFolder) -> dict[str, Any]:
    if not folder.scenario.is_file():
        return {}
    from ruamel.yaml import YAML  # noqa: PLC0415 - heavy
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        document = YAML(typ="safe").load(folder.scenario.read_text(encoding="utf-8"))
    except (YAMLError, OSError, UnicodeDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def _rows(scenario: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = scenario.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

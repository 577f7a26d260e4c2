# SPDX-License-Identifier: Apache-2.0
"""What a run, its tables and its devices are, as far as a token sees them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from twinergy.results.parts import note, parts, read_schema
from twinergy.serve.access import sight_of

if TYPE_CHECKING:
    from twinergy.serve.access import Sight
    from twinergy.serve.served import ServedRun
    from twinergy.serve.tokens import Grant


def run_info(run: ServedRun) -> dict[str, Any]:
    """Return what a run is."""
    manifest = run.run.manifest
    texts = {name: str(manifest.get(name) or "") for name in ("title", "scenario", "site", "start", "end")}
    until = manifest.get("written_until")
    return {
        "run": run.name,
        **texts,
        "status": run.run.status,
        "timezone": run.run.timezone,
        "currency": run.run.currency.code,
        "written_until": None if until is None else str(until),
        "step_s": int(manifest.get("step_s") or 0),
        "seed": manifest.get("seed"),
    }


def kpi_rows(run: ServedRun) -> list[dict[str, Any]]:
    """Return the key figures of a run as far as it has been computed; values in the unit told, money in euro."""
    if not run.run.folder.kpis.is_file():
        return []
    return [
        {
            "name": name,
            "title": figure.title,
            "value": figure.value if math.isfinite(figure.value) else None,
            "unit": figure.unit,
            "formula": figure.formula,
            "where": figure.where,
            "when": figure.when,
            "note": figure.note,
        }
        for name, figure in run.run.kpis.items()
    ]


def table_info(run: ServedRun, table: str, sight: Sight) -> dict[str, Any]:
    """Return what a table holds."""
    known = _descriptions(run, table)
    ports = [{"port": port, "unit": unit, "description": known.get(port, "")} for port, unit in run.units(table).items()]
    return {"table": table, "devices": len(sight.devices), "pooled": len(sight.pooled), "ports": ports}


def table_infos(run: ServedRun, grant: Grant) -> list[dict[str, Any]]:
    """Return every table of which a token sees something."""
    sights = {table: sight_of(grant, run.catalogue, table) for table in run.catalogue}
    return [table_info(run, table, sight) for table, sight in sights.items() if not sight.nothing]


def device_rows(run: ServedRun, grant: Grant, table: str | None, dwelling: str | None) -> list[dict[str, str]]:
    """Return devices that a token sees one by one, in order of table and id."""
    chosen = run.catalogue if table is None else {table: run.catalogue.get(table, {})}
    return [
        {"device": device, "table": name, "dwelling": owner}
        for name, owners in sorted(chosen.items())
        for seen in (sight_of(grant, run.catalogue, name).devices,)
        for device, owner in sorted(owners.items())
        if device in seen and dwelling in {None, owner}
    ]


def _descriptions(run: ServedRun, table: str) -> dict[str, str]:
    first = parts(run.run.folder.series(table))[:1]
    return {field.name: note(field, "description") for path in first for field in read_schema(path)}

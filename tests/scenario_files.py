# SPDX-License-Identifier: Apache-2.0
"""Small scenarios for tests, as text, so that a test can show what it changes."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SMALL = dedent(
    """\
    schema_version: 1
    name: small
    title: Three homes and a shared battery
    site: {name: Test, latitude_deg: 51.87, longitude_deg: 9.09, altitude_m: 140, timezone: Europe/Berlin, country: DE-NW}
    run: {start: 2024-06-03, days: 1, step_s: 900, seed: 7}
    weather: {source: try, region: 7}
    grid: {source: kerber_dorfnetz, stations: 1}
    tariffs:
      household:
        energy: {kind: fixed, price_eur_per_kwh: 0.2}
        feed_in: {kind: fixed, price_eur_per_kwh: 0.08}
    connections:
      - {id: home-a, bus: BUS1, tariff: household}
      - {id: home-b, bus: BUS2, tariff: household}
      - {id: home-c, bus: BUS3, tariff: household}
    dwellings:
      - {id: home-a, connection: home-a, roof_area_m2: 60}
      - {id: home-b, connection: home-b, roof_area_m2: 60}
    devices:
      - {id: load-a, kind: household, dwelling: home-a, annual_kwh: 3500}
      - {id: load-b, kind: household, dwelling: home-b, annual_kwh: 2500}
      - {id: load-c, kind: household, connection: home-c, annual_kwh: 4500}
      - {id: pv-a, kind: pv, dwelling: home-a, p_dc_kwp: 8}
      - {id: battery-a, kind: battery, dwelling: home-a, capacity_kwh: 8, p_charge_kw: 4}
    meters:
      - {of: connections}
      - {of: transformers}
      - {of: {kind: battery}}
    """
)

EVERY_KIND = dedent(
    """\
      - {id: building-a, kind: building, dwelling: home-a, heating: heat_pump, cooling: air_conditioner}
      - {id: building-b, kind: building, dwelling: home-b, heating: network, heat_network: pipes}
      - {id: ev-a, kind: ev, dwelling: home-a, soc: 0.3, plug_in_below_soc: 1.0}
      - {id: point-a, kind: charging, dwelling: home-a, phases: b}
      - {id: point-h, kind: charging, hub: hall}
      - {id: chp, kind: chp, connection: home-c, heat_network: pipes, unit: dachs5.5, boiler_kw: 20}
      - {id: turbine, kind: wind, connection: home-c, turbine: excel10, hub_height_m: 24}
      - {id: sensor-a, kind: sensor, of: {device: building-a}}
      - {id: heat-meter-b, kind: heat_meter, of: {device: building-b}, quantity: heat_network_kw}
      - {id: gateway-a, kind: gateway, dwelling: home-a}
      - {id: wearable-a, kind: wearable, dwelling: home-a}
    hubs:
      - {id: hall, connection: home-c, limit_kw: 11}
    """
)
"""Devices of the kinds that the small scenario lacks; `every_kind` puts them into it."""


def every_kind(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the small scenario with at least one device of every kind."""
    file = small(folder, ("meters:\n", "METERS\n"), *changes)
    text = file.read_text(encoding="utf-8").replace("METERS\n", f"{EVERY_KIND}meters:\n")
    file.write_text(text, encoding="utf-8")
    return file


def small(folder: Path, *changes: tuple[str, str], extra: str = "") -> Path:
    """Write the small scenario with some text replaced, and something added at the end, and return its file."""
    from twinergy import plugins

    kind = plugins.load(plugins.SIMULATORS, "grid")
    buses = kind.describe(kind.options.model_validate({"source": "kerber_dorfnetz", "stations": 1}), folder, 3).connection_buses
    text = SMALL.replace("BUS1", buses[0]).replace("BUS2", buses[20]).replace("BUS3", buses[40])
    for old, new in changes:
        assert old in text, f"{old!r} does not stand in the small scenario"
        text = text.replace(old, new)
    file = folder / "scenario.yaml"
    file.write_text(text + extra, encoding="utf-8")
    return file

# SPDX-License-Identifier: Apache-2.0
"""Sun, wind, batteries and cars of a plan as devices of a scenario."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.planning.chosen import LEAST, PREFIX
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.community.twin import Device
    from twinergy.cosim.planning.chosen import Changes
    from twinergy.planning.plan import Unit

STANDBY_KW_PER_KWH: Final = 0.0015
"""Own use of a community's battery at rest where the pilot has none to go by: 0.3 kW for 200 kWh, as in Hagedorn (*assumption*
there). [kW/kWh]"""
OWN_OF_PV: Final = frozenset({"p_dc_kwp", "tilt_deg", "azimuth_deg", "inverter_kva"})
OWN_OF_BATTERY: Final = frozenset(
    {"capacity_kwh", "p_charge_kw", "p_discharge_kw", "standby_kw", "mode", "safe_mode", "soc", "min_soc"}
)
LONGEST_H: Final = 0.11
"""Shortest time in which a battery may be emptied; the kind refuses faster ones. [h]"""


def add_pv(changes: Changes, unit: Unit) -> None:
    """Add modules, roof by roof; losses and reactive power as the pilot's systems have them."""
    template = _template(changes, "pv", OWN_OF_PV)
    tilt_deg, azimuth_deg = float(unit.facts.get("tilt_deg", 35.0)), float(unit.facts.get("azimuth_deg", 180.0))
    if "azimuth_deg" not in unit.facts:
        changes.notes.append(f"{unit.block} does not say where its roofs look: south, 35 deg (assumption)")
    for roof, kwp in changes.places(unit, "size_kwp"):
        connection = _meter(changes, unit, roof)
        changes.device(
            f"pv-{roof}", "pv", connection, p_dc_kwp=_down(kwp), tilt_deg=tilt_deg, azimuth_deg=azimuth_deg, **template
        )


def add_wind(changes: Changes, unit: Unit) -> None:
    """Add whole turbines: what the plan chose is rounded to their number."""
    for place, size_kw in changes.places(unit, "size_kw"):
        connection = _meter(changes, unit, place)
        there = next((one for one in changes.base.twin.of_kind("wind") if one.connection == connection), None)
        own = there.options.model_dump(exclude_unset=True) if there is not None else {}
        chosen = {key: unit.facts[key] for key in ("turbine", "hub_height_m") if key in unit.facts}
        options = {"hub_height_m": 30.0, **own, **chosen}
        kind = changes.base.kinds.get("wind") or _kind("wind")
        single_kw = kind.rated_kw(kind.options.model_validate({**options, "count": 1}))
        options["count"] = max(1, round(size_kw / single_kw))
        built_kw = single_kw * options["count"]
        beside_kw = kind.rated_kw(there.options) if there is not None else 0.0
        changes.notes.append(f"{unit.block}: {options['count']} turbines of {single_kw:g} kW for {size_kw:.1f} kW planned")
        changes.allow(connection, built_kw + beside_kw, f"{options['count']} turbines more")
        changes.device(f"wind-{connection}", "wind", connection, **options)


def add_battery(changes: Changes, unit: Unit) -> None:
    """Add batteries: in homes they follow the meter, the community's waits for set-points at a connection of its own.

    A home that has a battery gets a larger one, for a gateway reads one only.
    """
    capacity_kwh = float(unit.added.get("capacity_kwh", 0.0))
    power_kw = float(unit.added.get("power_kw", 0.0))
    if capacity_kwh < LEAST:
        return
    if power_kw < LEAST:
        changes.notes.append(f"{unit.block}: {capacity_kwh:.1f} kWh without an inverter ({power_kw:.2f} kW) cannot be built")
        return
    template = _template(changes, "battery", OWN_OF_BATTERY)
    for place, kwh in changes.places(unit, "capacity_kwh"):
        kw = max(0.01, min(power_kw * unit.share[place], kwh / LONGEST_H))
        sizes: dict[str, Any] = {"capacity_kwh": round(kwh, 3), "p_charge_kw": round(kw, 3)}
        if unit.facts.get("community") or _is_a_place_of_its_own(changes, place):
            _lay(changes, unit, place, kw)
            mode = {"mode": "set_point", "safe_mode": "idle", "standby_kw": round(_standby_kw(changes, kwh), 4)}
            changes.device(f"battery-{place.removeprefix(PREFIX)}", "battery", place, **sizes, **template, **mode)
        elif there := [one for one in changes.base.twin.of_kind("battery") if one.connection == place]:
            _enlarge(changes, there[0], kwh, kw)
        else:
            changes.device(f"battery-{place}", "battery", place, **sizes, **template)


def _enlarge(changes: Changes, device: Device, kwh: float, kw: float) -> None:
    before = changes.options(device)
    grown: dict[str, Any] = {
        "capacity_kwh": round(before["capacity_kwh"] + kwh, 3),
        "p_charge_kw": round(before["p_charge_kw"] + kw, 3),
    }
    if before.get("p_discharge_kw") is not None:
        grown["p_discharge_kw"] = round(before["p_discharge_kw"] + kw, 3)
    changes.change(device, **grown)


def add_cars(changes: Changes, unit: Unit) -> None:
    """Let the cars and points behind the meters of a unit give back."""
    for place in sorted(unit.share):
        points = [one for one in changes.base.twin.of_kind("charging") if one.connection == place]
        for point in points:
            if not getattr(point.options, "v2g", True) and point.dwelling:
                changes.change(point, v2g=True)
            elif not point.dwelling:
                changes.notes.append(f"visitors of {point.id} do not give back: a plan does not choose them")
        rated_kw = max((getattr(point.options, "rated_kw", 0.0) for point in points), default=0.0)
        for car in changes.base.twin.of_kind("ev"):
            if car.connection == place and getattr(car.options, "v2g_kw", 1.0) == 0.0 and rated_kw:
                changes.change(car, v2g_kw=float(unit.facts.get("v2g_kw", round(rated_kw, 3))))
    changes.notes.append(f"{unit.block}: cars give back only where a controller asks them to")


def add_limit(changes: Changes, unit: Unit) -> None:
    """Raise the limits of connections as far as the plan paid for."""
    total = float(unit.added.get("limit_kw", 0.0))
    for connection, share in unit.share.items():
        if total * share >= LEAST and connection in changes.base.twin.connection_by_id:
            before = changes.base.twin.connection_by_id[connection].limit_kw
            changes.allow(connection, before + total * share, "the plan pays for it")


def _meter(changes: Changes, unit: Unit, place: str) -> str:
    """Return the connection of a roof, a device, a dwelling or a connection."""
    twin, said = changes.base.twin, unit.facts.get("connection", {})
    if isinstance(said, dict) and place in said:
        return str(said[place])
    if changes.exists(place):
        return place
    if place in twin.dwelling_by_id:
        return twin.dwelling_by_id[place].connection
    if place in twin.device_by_id:
        return twin.device_by_id[place].connection
    finding = Finding(
        message="the scenario has no such connection, dwelling or device", path=f"units.{unit.block}.share", value=place
    )
    raise ScenarioError([finding], f"plan for {changes.base.name}")


def _is_a_place_of_its_own(changes: Changes, place: str) -> bool:
    return place not in changes.dwelling_at and not any(one.connection == place for one in changes.base.twin.dwellings)


def _lay(changes: Changes, unit: Unit, connection: str, power_kw: float) -> None:
    """Make sure that a community's battery has a connection."""
    if changes.exists(connection):
        changes.allow(connection, power_kw, f"{unit.block} is rated {power_kw:.1f} kW")
        return
    bus = unit.facts.get("bus")
    if not bus:
        finding = Finding(
            message="does not say at which bus its connection is to be laid",
            path=f"units.{unit.block}.facts.bus",
            value=connection,
        )
        raise ScenarioError([finding], f"plan for {changes.base.name}")
    twin = changes.base.twin
    homes = {one.connection for one in twin.dwellings}
    usual = Counter(one.tariff for one in twin.connections if one.id in homes or not homes).most_common(1)[0][0]
    changes.connect(connection, str(bus), str(unit.facts.get("tariff", usual)), float(int(power_kw) + 1))


def _standby_kw(changes: Changes, capacity_kwh: float) -> float:
    for device in changes.base.twin.of_kind("battery"):
        if not device.dwelling and getattr(device.options, "mode", "") == "set_point":
            return float(device.options.standby_kw / device.options.capacity_kwh) * capacity_kwh  # type: ignore[attr-defined]
    return STANDBY_KW_PER_KWH * capacity_kwh


def _template(changes: Changes, kind: str, own: frozenset[str]) -> Mapping[str, Any]:
    """Return what most devices of a kind in homes have in common: what the pilot says beyond sizes and directions."""
    said: Counter[str] = Counter()
    known: dict[str, dict[str, Any]] = {}
    for device in changes.base.twin.of_kind(kind):
        options = _beyond(device, own)
        said[repr(sorted(options.items()))] += 1
        known[repr(sorted(options.items()))] = options
    return known[said.most_common(1)[0][0]] if said else {}


def _beyond(device: Device, own: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in device.options.model_dump(mode="json", exclude_unset=True).items() if key not in own}


def _kind(name: str) -> Any:
    from twinergy import plugins  # noqa: PLC0415 - only where the pilot has no such device

    return plugins.device_kind(name)


def _down(value: float) -> float:
    """Return a size rounded down, so that a full roof stays within its area."""
    return int(value * 1000.0) / 1000.0

# SPDX-License-Identifier: Apache-2.0
"""CHP units, boilers, buffers and heat pumps of a plan as devices of a scenario."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.planning.chosen import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import Device
    from twinergy.cosim.planning.chosen import Changes
    from twinergy.planning.plan import Unit

KWH_PER_L_K: Final = 1.14e-3
"""Heat capacity of water at 65 degC, as the CHP kind has it: 0.9805 kg/l times 4.188 kJ/(kg K). [kWh/(l K)]"""
SPAN_K: Final = 30.0
"""Usable span of a buffer, 50 to 80 degC as the CHP kind has it. [K]"""
HIGHER_OVER_LOWER: Final = {"natural_gas": 1.11, "lpg": 1.09, "heating_oil": 1.07}
"""Higher over lower heating value, as the CHP kind has them: the factors of the French method 3CL-DPE. [-]"""
UNITS: Final = Path(__file__).resolve().parents[3] / "data" / "chp" / "units.yaml"
HEATS: Final = ("chp", "boiler", "heat_buffer")


def network_of(unit: Unit) -> str:
    """Return the heat network of a unit, empty for one in a home."""
    return str(unit.facts.get("heat_network", ""))


def add_network(changes: Changes, network: str, units: Sequence[Unit]) -> None:
    """Add what a plan builds on one heat network: boiler and buffer come with a new CHP unit, or else to the present one."""
    added = {kind: sum(_main(unit) for unit in units if unit.kind == kind) for kind in HEATS}
    present = [one for one in changes.base.twin.of_kind("chp") if one.heat_network == network]
    engines = [unit for unit in units if unit.kind == "chp" and _main(unit) >= LEAST]
    if engines:
        _engine(changes, network, engines[0], added, present)
    elif added["boiler"] >= LEAST or added["heat_buffer"] >= LEAST:
        _enlarge(changes, network, added, present)


def add_heat_pumps(changes: Changes, unit: Unit, boiler_kw: float) -> None:
    """Replace the boilers of as many homes as the size pays for, those with the greatest demand first.

    Parameters
    ----------
    changes : Changes
        What is collected.
    unit : Unit
        The heat pumps.
    boiler_kw : float
        Heat of the boilers they replace, together; 0 where it is not known, then all homes change. [kW]
    """
    total_kw = _main(unit)
    if total_kw < LEAST:
        return
    left_kw, changed = total_kw, []
    for place, share in sorted(unit.share.items(), key=lambda one: (-one[1], one[0])):
        own_kw = share * (boiler_kw or total_kw)
        if left_kw < 0.5 * own_kw:
            break
        changed += [_replace(changes, device, own_kw) for device in _heated(changes, place)]
        left_kw -= own_kw
    changes.notes.append(
        f"{unit.block}: {total_kw:.1f} kW of heat pumps go to the {len(changed)} homes of {len(unit.share)} that need most; "
        "in the plan all homes share them"
    )


def _replace(changes: Changes, device: Device, size_kw: float) -> str:
    changes.change(device, heating="heat_pump", heat_power_kw=round(max(size_kw, 2.0), 2))
    return device.id


def _heated(changes: Changes, place: str) -> list[Device]:
    """Return the buildings with a boiler in a dwelling or behind a connection."""
    return [
        one
        for one in changes.base.twin.of_kind("building")
        if place in {one.dwelling, one.connection} and getattr(one.options, "heating", "") == "boiler"
    ]


def _engine(changes: Changes, network: str, unit: Unit, added: dict[str, float], present: Sequence[Device]) -> None:
    size_kw, fuel = added["chp"], str(unit.facts.get("fuel", "natural_gas"))
    points, said = _points(unit, size_kw, fuel)
    changes.notes.append(f"{unit.block}: {said}")
    loss = getattr(present[0].options, "network_loss_share", 0.0) if present else 0.0
    options: dict[str, Any] = {**points, "fuel": fuel, "boiler_kw": round(added["boiler"], 3)}
    if loss:
        options["network_loss_share"] = loss
    if added["heat_buffer"] >= LEAST:
        options["buffer"] = {"volume_l": round(added["heat_buffer"] / (KWH_PER_L_K * SPAN_K), 1)}
    for place in unit.share:
        own = changes.device(f"chp-{network}", "chp", place, **options)
        next(one for one in changes.devices if one["id"] == own)["heat_network"] = network
    if present:
        changes.notes.append(
            f"{network}: {', '.join(one.id for one in present)} stays, and shares the heat by size with the new unit"
        )


def _enlarge(changes: Changes, network: str, added: dict[str, float], present: Sequence[Device]) -> None:
    if not present:
        changes.notes.append(
            f"{network}: a boiler of {added['boiler']:.1f} kW and a buffer of {added['heat_buffer']:.1f} kWh are left out; "
            "a scenario has them only beside a CHP unit"
        )
        return
    options: Any = present[0].options
    new: dict[str, Any] = {}
    if added["boiler"] >= LEAST:
        new["boiler_kw"] = round(options.boiler_kw + added["boiler"], 3)
    if added["heat_buffer"] >= LEAST:
        kept = options.buffer.model_dump(exclude_unset=True)
        span_k = options.buffer.temp_max_degc - options.buffer.temp_min_degc
        new["buffer"] = {**kept, "volume_l": round(options.volume_l + added["heat_buffer"] / (KWH_PER_L_K * span_k), 1)}
    changes.change(present[0], **new)


def _points(unit: Unit, size_kw: float, fuel: str) -> tuple[dict[str, Any], str]:
    """Return the operating points of a CHP unit: one of the table, of the plan's efficiencies, or the nearest one scaled."""
    known = _units()
    if unit.facts.get("unit") in known:
        return {"unit": unit.facts["unit"]}, f"a {unit.facts['unit']} for {size_kw:.1f} kW planned"
    electric, thermal = unit.facts.get("electric_efficiency"), unit.facts.get("thermal_efficiency")
    if electric and thermal:
        loads = sorted({float(unit.facts.get("least_load") or 0.5), 1.0})
        powers = [round(size_kw * load, 4) for load in loads]
        points = {
            "p_kw": powers,
            "heat_kw": [round(power * thermal / electric, 4) for power in powers],
            "fuel_lhv_kw": [round(power / electric / HIGHER_OVER_LOWER.get(fuel, 1.11), 4) for power in powers],
        }
        return {
            "points": points
        }, f"a unit of {size_kw:.1f} kW with the efficiencies of the plan, down to {loads[0]:.0%} of its load"
    name = min(known, key=lambda one: abs(known[one]["p_kw"][-1] - size_kw))
    factor = size_kw / known[name]["p_kw"][-1]
    keys = ("p_kw", "heat_kw", "fuel_lhv_kw")
    points = {key: [round(value * factor, 4) for value in known[name][key]] for key in keys}
    return {"points": points}, f"the operating points of {name}, scaled to {size_kw:.1f} kW (assumption)"


@cache
def _units() -> dict[str, Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only plans with a CHP unit

    found: dict[str, Any] = YAML(typ="safe", pure=True).load(UNITS.read_text(encoding="utf-8"))
    return found


def _main(unit: Unit) -> float:
    return float(unit.added.get("size_kw", unit.added.get("capacity_kwh", 0.0)))

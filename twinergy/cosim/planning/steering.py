# SPDX-License-Identifier: Apache-2.0
"""Who runs what a plan builds: the pilot's own controllers where they can, new ones where nobody would."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from twinergy.cosim.planning.chosen import PREFIX
from twinergy.errors import ModelError

if TYPE_CHECKING:
    from twinergy.community.topology import GridTopology
    from twinergy.cosim.planning.chosen import Changes
    from twinergy.kinds import GridModel
    from twinergy.planning.plan import Plan

LEAST_LIMIT_KW: Final = 1.0
"""Limit under which a community's battery holds its transformer when energy is shared: it takes up what the station feeds back
and gives what it draws. [kW]"""
MARGIN: Final = 0.1
"""Part of a transformer's rating at which a battery that is there for the network begins to act (assumption). [-]"""
RECHARGE: Final = 0.1
"""Part of a battery's power with which it goes back to half full, to be ready for either direction (assumption). [-]"""
PEAK: Final = "peak_shaving"
PRICE: Final = "price_response"
HOMES: Final = "home_energy"
TRADER: Final = "plan-trader"
FLAT: Final = "fixed"


def steer(changes: Changes, plan: Plan) -> None:
    """Give new batteries somebody who runs them.

    A battery in a home follows its meter; where prices vary, price response is added for the homes of that tariff. The
    community's battery trades on a meter of its own where prices vary there and nobody shares energy, as it was planned. Else
    it joins the pilot's peak shaving where that runs one at the same connection. Where energy is shared it holds its
    transformer at nothing: what the station feeds back is kept for what it draws; where it is not, the battery is there for
    the network alone and keeps its transformer within the rating.
    """
    new = [one for one in changes.devices if one["kind"] == "battery" and one["id"].startswith("plan-")]
    homes = [one for one in new if one.get("mode") != "set_point"]
    own = [one for one in new if one.get("mode") == "set_point"]
    _follow_prices(changes, homes)
    sharing = (plan.options.get("sharing") or {}).get("rule", "none") != "none"
    for battery in own:
        if not sharing and _varies(changes, _tariff(changes, battery["connection"])):
            _trade(changes, battery)
        elif not _joins(changes, battery):
            _hold(changes, battery, sharing=sharing)


def _follow_prices(changes: Changes, batteries: list[dict[str, Any]]) -> None:
    of_dwelling = {one.id: one.connection for one in changes.base.twin.dwellings}
    places = {one.get("connection") or of_dwelling[one["dwelling"]] for one in batteries}
    varying = sorted({_tariff(changes, place) for place in places if _varies(changes, _tariff(changes, place))})
    if not varying or _has(changes, HOMES):
        return
    _meter(changes, "connections")
    _meter(changes, {"kind": "battery"})
    name = next((name for name, block in _present(changes).items() if block.get("type", name) == PRICE), "")
    if name:
        block = _present(changes)[name]
        missing = [tariff for tariff in varying if tariff not in block["tariffs"]]
        if missing:
            changes.controllers[name] = {**block, "tariffs": [*block["tariffs"], *missing]}
            changes.lines.append(f"~ controller {name}: tariffs {', '.join(missing)} more")
        return
    changes.controllers["plan-price-response"] = {"type": PRICE, "tariffs": varying}
    changes.lines.append(f"+ controller plan-price-response: batteries of homes with the tariffs {', '.join(varying)}")


def _joins(changes: Changes, battery: dict[str, Any]) -> bool:
    """Let the pilot's peak shaving run a battery beside its own."""
    connections = {one["id"]: one.get("connection") for one in changes.base.document.data.get("devices") or []}
    for name, block in _present(changes).items():
        beside = [one for one in block.get("batteries", ()) if connections.get(one) == battery["connection"]]
        if block.get("type", name) == PEAK and beside:
            changes.controllers[name] = {**block, "batteries": [*block["batteries"], battery["id"]]}
            changes.lines.append(f"~ controller {name}: runs {battery['id']} together with {', '.join(beside)}")
            _meter(changes, {"kind": "battery"})
            return True
    return False


def _trade(changes: Changes, battery: dict[str, Any]) -> None:
    """Let home energy management run a battery against its own meter: a dwelling without people, with a gateway."""
    place = _alone(changes, battery)
    del battery["connection"]
    home = f"plan-{place.removeprefix('plan-')}"
    changes.dwellings.append({"id": home, "connection": place, "residents": 0, "floor_area_m2": 1, "roof_area_m2": 0})
    battery["dwelling"] = home
    changes.devices.append({"id": f"{home}-gateway", "kind": "gateway", "dwelling": home})
    _meter(changes, "connections")
    known = changes.controllers.get(
        TRADER, {"type": HOMES, "dwellings": [], "steer": ["battery"], "watch_days": 0, "co2_eur_per_kg": 0}
    )
    changes.controllers[TRADER] = {**known, "dwellings": [*known["dwellings"], home]}
    changes.lines.append(f"+ controller {TRADER}: plans {battery['id']} every hour by the prices of its own meter")


def _alone(changes: Changes, battery: dict[str, Any]) -> str:
    """Return the connection of a battery, a new one where something else is behind its meter: who trades is alone there."""
    place = str(battery["connection"])
    if not any(one.connection == place for one in changes.base.twin.devices):
        return place
    own = f"{PREFIX}{place}"
    changes.connect(own, changes.bus_of(place), _tariff(changes, place), float(math.ceil(battery["p_charge_kw"])))
    changes.notes.append(f"{battery['id']} gets a meter of its own beside {place}: what trades by prices cannot share one")
    return own


def _hold(changes: Changes, battery: dict[str, Any], *, sharing: bool) -> None:
    grid = changes.base.grid_kind.build(changes.base.grid_options, changes.base.context)
    bus = changes.bus_of(battery["connection"])
    transformer = transformer_above(grid.topology(), bus)
    limit_kw = LEAST_LIMIT_KW if sharing else _rating_kva(grid, transformer)
    if not transformer or not limit_kw > 0.0:
        changes.notes.append(f"{battery['id']} rests: no transformer of known rating feeds {bus}, and its own prices do not vary")
        return
    _meter(changes, "transformers")
    _meter(changes, {"kind": "battery"})
    name = PREFIX + re.sub(
        r"[^A-Za-z0-9_.-]+", "-", transformer
    )  # names of a grid's elements are freer than those of controllers
    known = changes.controllers.get(name)
    margin_kw, target, recharge_kw = (0.0, 0.0, 0.001) if sharing else (MARGIN * limit_kw, 0.5, RECHARGE * battery["p_charge_kw"])
    block = known or {"type": PEAK, "batteries": [], "transformer": transformer, "limit_kw": round(limit_kw, 3)}
    block |= {"margin_kw": round(margin_kw, 3), "target_soc": target, "recharge_kw": round(recharge_kw, 3)}
    changes.controllers[name] = {**block, "batteries": [*block["batteries"], battery["id"]]}
    why = "keeps what it feeds back for what it draws" if sharing else f"keeps it within {limit_kw:.0f} kW"
    changes.lines.append(f"+ controller {name}: {battery['id']} looks at {transformer} and {why}")


def _rating_kva(grid: GridModel, transformer: str) -> float:
    """Return the rating of a transformer, NaN where the grid does not say."""
    try:
        network = grid.network()
    except ModelError:
        return math.nan
    return float(network.limit_kva[network.branches.index(transformer)]) if transformer in network.branches else math.nan


def transformer_above(grid: GridTopology, bus: str) -> str:
    """Return the transformer whose low side is joined to a bus by lines, empty where there is none."""
    reached, last = {bus}, 0
    while len(reached) != last:
        last = len(reached)
        for ends in grid.lines.values():
            if reached & set(ends):
                reached |= set(ends)
    return next((name for name, (_, low) in grid.transformers.items() if low in reached), "")


def _present(changes: Changes) -> dict[str, dict[str, Any]]:
    data = {**(changes.base.document.data.get("controllers") or {}), **changes.controllers}
    return {name: block for name, block in data.items() if block is not None}


def _has(changes: Changes, plugin: str) -> bool:
    return any(block.get("type", name) == plugin for name, block in _present(changes).items())


def _tariff(changes: Changes, connection: str) -> str:
    listed = next((one for one in changes.connections if one["id"] == connection), None)
    return str(listed["tariff"]) if listed else changes.base.twin.connection_by_id[connection].tariff


def _varies(changes: Changes, tariff: str) -> bool:
    block = changes.base.document.data["tariffs"].get(tariff) or {}
    parts = [block.get(name) for name in ("energy", "grid_fee")]
    return any(isinstance(part, dict) and part.get("kind", FLAT) != FLAT for part in parts)


def _meter(changes: Changes, of: Any) -> None:
    """Make sure that there is a rule for meters of a sort."""
    if not any(rule.get("kind", "meter") == "meter" and rule.get("of") == of for rule in changes.meters):
        changes.meters.append({"of": of})
        changes.lines.append(f"+ meters of {of if isinstance(of, str) else of['kind']}")

# SPDX-License-Identifier: Apache-2.0
"""Probes: one kilowatt-peak per direction of roofs, one turbine per type, so that yields are those of the twin's models."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from twinergy import plugins
from twinergy.community.twin import Device
from twinergy.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.kinds import DeviceKind

PV: Final = "pv"
WIND: Final = "wind"
FULL_TURN_DEG: Final = 360.0
FREE: Final[dict[str, Any]] = {"q_mode": "none", "feed_in_cap": None}
"""A probe shows what the sun gives: what the grid or the law take away is decided by the plan."""
SMALL_TURBINE: Final[dict[str, Any]] = {"turbine": "nps100c-24", "hub_height_m": 37.0, "losses_percent": 5.0}
"""A machine for a village where the scenario has none, as in the pilot Hagedorn (its tower is 37 m high; losses *assumption*)."""


@dataclass(frozen=True, slots=True)
class Face:
    """A direction of modules with everything else that decides what a kWp yields.

    Attributes
    ----------
    tilt_deg, azimuth_deg : float
        Tilt from the horizontal, compass direction. [deg]
    rest : tuple of (str, object)
        The other options of the PV kind, the inverter's rating per kWp among them.
    """

    tilt_deg: float
    azimuth_deg: float
    rest: tuple[tuple[str, Any], ...]


def face(options: dict[str, Any]) -> Face:
    """Return the direction of a PV system from its options as a dictionary."""
    left = dict(options)
    kwp = float(left.pop("p_dc_kwp"))
    tilt, azimuth = float(left.pop("tilt_deg")), float(left.pop("azimuth_deg")) % FULL_TURN_DEG
    rating = left.get("inverter_kva")
    left["inverter_kva"] = None if rating is None else round(rating / kwp, 6)
    given = {name: value for name, value in left.items() if name not in FREE and not name.startswith(("cosphi", "q_v"))}
    return Face(tilt, azimuth, tuple(sorted(given.items())))


@dataclass
class Faces:
    """All directions of a community by their names, ``tilt30-azimuth180``; what differs otherwise gets a number."""

    names: dict[Face, str] = field(default_factory=dict)

    def name(self, one: Face) -> str:
        """Return the name of a direction, a new one where it has none."""
        if one not in self.names:
            plain = f"tilt{one.tilt_deg:g}-azimuth{one.azimuth_deg:g}".replace(".", "p")
            same = sum(name == plain or name.startswith(f"{plain}-v") for name in self.names.values())
            self.names[one] = f"{plain}-v{same + 1}" if same else plain
        return self.names[one]


def usual(faces: Iterable[Face]) -> tuple[tuple[str, Any], ...] | None:
    """Return what most systems have besides their direction; None where there is none."""
    counted = Counter(one.rest for one in faces)
    return max(counted, key=lambda rest: (counted[rest], str(rest))) if counted else None


def pv_kind() -> DeviceKind:
    """Return the kind of PV systems."""
    return plugins.device_kind(PV)


def pv_probes(faces: Faces, connection: str) -> list[Device]:
    """Return one system of a kWp for each direction, at any connection: only its yield is read."""
    model = pv_kind().options
    made = []
    for one, name in faces.names.items():
        given = {"p_dc_kwp": 1.0, "tilt_deg": one.tilt_deg, "azimuth_deg": one.azimuth_deg}
        options = model.model_validate({**dict(one.rest), **FREE, **given})
        made.append(Device(id=name, kind=PV, options=options, connection=connection))
    return made


def wind_probes(scenario: Scenario, connection: str) -> list[tuple[str, Device]]:
    """Return turbines that could be built, by name: those of the scenario one by one, else a small one."""
    try:
        kind = plugins.device_kind(WIND)
    except PluginError:
        return []
    known: dict[str, dict[str, Any]] = {}
    for device in scenario.twin.of_kind(WIND):
        given = device.options.model_dump() | {"count": 1}
        known.setdefault(given.get("turbine") or device.id, given)
    if not known:
        known[SMALL_TURBINE["turbine"]] = SMALL_TURBINE
    made = []
    for name, given in sorted(known.items()):
        try:
            options = kind.options.model_validate(given)
        except ValidationError:  # another wind kind, with other turbines
            continue
        made.append((name, Device(id=f"probe-{name}", kind=WIND, options=options, connection=connection)))
    return made


def with_probes(devices: Sequence[Device], probes: Sequence[Device]) -> tuple[Device, ...]:
    """Return devices and probes, sorted as a twin's are."""
    return tuple(sorted([*devices, *probes], key=lambda device: (device.kind, device.id)))

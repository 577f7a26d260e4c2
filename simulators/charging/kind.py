# SPDX-License-Identifier: Apache-2.0
"""The device kind ``charging``: ports and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from simulators.charging.options import ChargingOptions, VisitorOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import measured, needs, register, set_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.options import Options
    from twinergy.ports import Port


class ChargingKind(DeviceKind):
    """Charging points of dwellings and hubs."""

    name: ClassVar[str] = "charging"
    title: ClassVar[str] = "charging point of a dwelling, or of a hub with visitors, queue and reservations"
    phase: ClassVar[Phase] = Phase.FOLLOWING
    options: ClassVar[type[Options]] = ChargingOptions
    ports: ClassVar[tuple[Port, ...]] = (
        needs("p_net_kw", "net.p_kw", "load behind the same meter without charging, load frame"),
        needs("p_accept_kw", "last.ev.p_accept_kw", "AC power the cars of the dwelling accept", default=0.0),
        needs("p_release_kw", "last.ev.p_release_kw", "AC power they can feed back, counted positive", default=0.0),
        needs("car_phases_count", "last.ev.charger_phases_count", "phases of their on-board chargers", default=3.0),
        needs("car_plugged", "last.ev.next_plugged", "number of cars plugged in during this step", default=0.0),
        needs("car_soc", "last.ev.soc", "their state of charge", default=0.0),
        needs("car_wanted_kwh", "last.ev.energy_wanted_kwh", "energy they lack to their wish", default=0.0),
        needs("car_departure_s", "last.ev.departure_s", "time from the end of the last step to their departure", default=0.0),
        set_point("p_set_kw", "power asked for, load frame: positive charges, negative feeds back"),
        set_point("p_min_kw", "lower limit of the power, load frame: -3.0 allows 3 kW back, 2.0 asks for at least 2 kW"),
        set_point("p_max_kw", "upper limit of the power, load frame; below 6 A per phase, and at 0, the point pauses"),
        set_point("reserved", "1 keeps a point from visitors as soon as it is free, 0 lets them have it again"),
        measured("p_kw", "power at the grid side, load frame: negative feeds back"),
        measured("q_kvar", "reactive power, positive draws"),
        measured("p_ev_kw", "power into the cars of the dwelling, load frame; 0 for visitors of a hub"),
        measured(
            "state",
            "0 available, 1 reserved, 2 plugged in and idle, 3 charging, 4 feeding back, 5 plugged in and finished, 6 fault",
        ),
        measured("closed", "1 while the contactor is closed"),
        register("energy_kwh", "energy drawn so far"),
        register("energy_out_kwh", "energy fed back so far"),
        measured("session_kwh", "energy drawn in the present session, or in the last one"),
        measured("soc", "state of charge of the car, where the point learns it (ISO 15118, DC, V2G); else NaN"),
        measured("energy_wanted_kwh", "energy the battery of the connected car lacks to its wish"),
        measured("departure_s", "time from the end of the step to the departure of the connected car; NaN without one"),
        measured("queue", "people who wait at its hub at the end of the step"),
        measured("unserved_kwh", "energy missing to the wish of visitors at their departure so far", precision="double"),
        measured("waited_h", "time visitors waited for this point so far", precision="double"),
        measured("sessions_count", "sessions begun so far", precision="double"),
        measured("no_show_count", "reservations so far to which nobody came", precision="double"),
        measured("cancelled_count", "reservations cancelled so far; at the first point of a hub, for all", precision="double"),
        measured(
            "refused_count",
            "visitors turned away so far or gone for the queue; at the first point of a hub, for all",
            precision="double",
        ),
        measured("refused_kwh", "energy they wanted; at the first point of a hub, for all", precision="double"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these devices, in the given order.

        Raises
        ------
        ScenarioError
            If a file of sessions cannot be used.
        """
        from simulators.charging.simulator import ChargingFleet  # noqa: PLC0415 - kept out of the import of the kind

        return ChargingFleet(devices, context)

    def rated_kw(self, options: Options) -> float:
        """Return the highest power of the connector at the grid, in kW."""
        return cast("ChargingOptions", options).rated_kw

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return points that serve nobody, that no meter sees, that a dwelling cannot use, or hubs of two minds."""
        return [*(finding for device in devices for finding in _placed(device, twin)), *_one_mind(devices)]


def _placed(device: Device, twin: Twin) -> Iterator[Finding]:
    options, name = cast("ChargingOptions", device.options), device.id
    if not device.connection:
        message = f"charging point {name!r} is behind no meter; give it a dwelling, a hub or a connection"
        yield Finding(message=message, path=f"{device.path}.connection")
    if not device.hub and not device.dwelling:
        message = f"charging point {name!r} serves nobody: it belongs neither to a dwelling with a car nor to a hub with visitors"
        yield Finding(message=message, path=f"{device.path}.hub", allowed="the id of a dwelling or of a hub")
    if device.dwelling and options.dc_kw is not None:
        message = f"charging point {name!r} of a dwelling has a DC connector, but cars of dwellings charge with AC"
        yield Finding(message=message, path=f"{device.path}.dc_kw", value=f"{options.dc_kw:g} kW", allowed="limit_a, or a hub")
    if device.dwelling and options.visitors != VisitorOptions():
        message = f"charging point {name!r} belongs to a dwelling and takes no visitors"
        yield Finding(message=message, path=f"{device.path}.visitors", allowed="a hub without a dwelling")
    yield from _feeds_back(device, twin)


def _feeds_back(device: Device, twin: Twin) -> Iterator[Finding]:
    """Find cars that can feed back at points that cannot."""
    options = cast("ChargingOptions", device.options)
    if options.v2g or not device.dwelling:
        if not device.dwelling and not options.v2g and options.visitors.v2g_share > 0.0:
            message = f"visitors of charging point {device.id!r} are to feed back, which the point cannot"
            value = options.visitors.v2g_share
            yield Finding(message=message, path=f"{device.path}.visitors.v2g_share", value=value, allowed="v2g: true, or 0")
        return
    here = twin.in_dwelling(device.dwelling)
    able = any(getattr(point.options, "v2g", False) for point in here if point.kind == "charging")
    for car in here:
        given = getattr(car.options, "v2g_kw", 0.0)
        if car.kind == "ev" and given > 0.0 and not able:
            message = f"ev {car.id!r} is to feed back {given:g} kW at charging point {device.id!r}, which cannot"
            yield Finding(message=message, path=f"{device.path}.v2g", value=False, allowed="v2g: true, or v2g_kw: 0 for the car")


def _one_mind(devices: Sequence[Device]) -> Iterator[Finding]:
    """Find points of a hub whose visitors differ; a queue is the hub's, not a point's."""
    first: dict[str, Device] = {}
    for device in devices:
        if not device.hub or device.dwelling:
            continue
        other = first.setdefault(device.hub, device)
        if cast("ChargingOptions", device.options).visitors != cast("ChargingOptions", other.options).visitors:
            message = f"charging points {other.id!r} and {device.id!r} of hub {device.hub!r} expect different visitors"
            yield Finding(message=message, path=f"{device.path}.visitors", allowed="the same at every point of a hub")


KIND: Final = ChargingKind()

# SPDX-License-Identifier: Apache-2.0
"""A medium-voltage ring with a low-voltage network at each of its stations.

Built from what an Italian distributor installs, as far as public data say; all of it *assumptions* where no source is named:

* The primary substation is an infinite busbar at the ring's voltage. A ring is run open at one section.
* Ring: aluminium cable 3 x 185 mm2, pandapower's standard type ``NA2XS2Y 1x185 RM/25 12/20 kV``. A load-break switch at each
  end of each section.
* Transformers: Dyn11, 0.4 kV, short-circuit voltage 4 %, above 630 kVA 6 %, no-load current 0.5 %, off-load taps of twice
  2.5 % on the high-voltage side, losses of Commission Regulation (EU) 548/2014, annex I, table I.1 (2015 level).
* Low voltage: four-core aluminium cable of 150 mm2 (``NAYY 4x150 SE``) from cabinet to cabinet, service cables of 50 mm2.
* Supply points are dealt to the feeders in turn, so a station that is only partly occupied loads all its feeders alike.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.params import FAR_KM, HOMES_PER_FEEDER, NEAR_KM

if TYPE_CHECKING:
    from simulators.grid.params import StationOptions, VillageRingOptions

PRIMARY: Final = "primary"
RING_CABLE: Final = "NA2XS2Y 1x185 RM/25 12/20 kV"
FEEDER_CABLE: Final = "NAYY 4x150 SE"
SERVICE_CABLE: Final = "NAYY 4x50 SE"
LV_KV: Final = 0.4
RATED_KVA: Final = (50.0, 100.0, 160.0, 250.0, 315.0, 400.0, 500.0, 630.0, 800.0, 1000.0, 1250.0, 1600.0, 2000.0, 2500.0)
LOAD_LOSS_W: Final = (1100.0, 1750, 2350, 3250, 3900, 4600, 5500, 6500, 8400, 10500, 11000, 14000, 18000, 22000)
NO_LOAD_LOSS_W: Final = (90.0, 145, 210, 300, 360, 430, 510, 600, 650, 770, 950, 1200, 1450, 1750)
SMALL_KVA: Final = 630.0
NO_LOAD_CURRENT_PERCENT: Final = 0.5
FAN: Final = math.radians(160.0)


def village_ring(options: VillageRingOptions) -> Any:
    """Return the ring as a pandapower network, named and with its places of attachment.

    Names: buses ``primary``, ``<station>-mv``, ``<station>-busbar``, ``<station>-f2-c3`` (third cabinet of the second feeder),
    with service cables, ``<station>-home-17``; lines ``ring-1`` onwards, ``<station>-f2-line-3``, ``<station>-service-17``;
    transformers ``<station>-trafo``; switches ``ring-2-<bus at that end>``.

    Parameters
    ----------
    options : VillageRingOptions
        Checked options.
    """
    import pandapower  # noqa: PLC0415 - takes more than a second

    net = pandapower.create_empty_network(name="village ring")
    primary = pandapower.create_bus(net, options.mv_kv, name=PRIMARY, geodata=(0.0, 0.0))
    pandapower.create_ext_grid(net, primary, name=PRIMARY)
    reach = max(_cabinets(station, options) for station in options.stations) * options.spacing_m
    at_ring, attached = [], []
    for place, station in enumerate(options.stations):
        heading = math.pi / 2 + 2 * math.pi * (place + 1) / (len(options.stations) + 1)
        centre = 2.0 * reach * np.array([math.cos(heading), math.sin(heading) - 1.0])
        medium, homes = _station(net, station, options, centre, heading)
        at_ring.append(medium)
        attached += homes
    _ring(net, options, [primary, *at_ring, primary])
    net["attachment_buses"] = attached
    net["attachment_phases"] = ()
    return net


def _ring(net: Any, options: VillageRingOptions, stops: list[int]) -> None:
    """Add the ring's cables and switches; the open one is the switch at the far end of the open section."""
    import pandapower  # noqa: PLC0415

    count = len(options.stations)
    lengths = options.sections_km or (FAR_KM, *[NEAR_KM] * (count - 1), FAR_KM)
    opened = (count + 3) // 2 if options.open_section is None else options.open_section
    for number, (start, end, length) in enumerate(zip(stops, stops[1:], lengths, strict=False), start=1):
        line = pandapower.create_line(net, start, end, length, RING_CABLE, name=f"ring-{number}")
        for bus in (start, end):
            name = f"ring-{number}-{str(net.bus.at[bus, 'name']).removesuffix('-mv')}"
            pandapower.create_switch(net, bus, line, et="l", type="LBS", name=name, closed=not (number == opened and bus == end))


def _cabinets(station: StationOptions, options: VillageRingOptions) -> int:
    """Return how many cabinets the longest feeder has."""
    return math.ceil(math.ceil(station.homes / _feeders(station)) / options.homes_per_cabinet)


def _feeders(station: StationOptions) -> int:
    return min(station.feeders or math.ceil(station.homes / HOMES_PER_FEEDER), station.homes)


def _station(
    net: Any, station: StationOptions, options: VillageRingOptions, centre: Any, heading: float
) -> tuple[int, list[int]]:
    """Add a station with its low-voltage network; return its bus on the ring and the bus of each supply point."""
    import pandapower  # noqa: PLC0415

    medium = pandapower.create_bus(net, options.mv_kv, name=f"{station.name}-mv", geodata=tuple(centre))
    busbar = pandapower.create_bus(net, LV_KV, name=f"{station.name}-busbar", geodata=tuple(centre * 1.02))
    _transformer(net, station, options.mv_kv, medium, busbar)
    feeders = _feeders(station)
    cabinets = []
    for feeder in range(feeders):
        points = math.ceil((station.homes - feeder) / feeders)
        ray = heading + FAN * ((feeder + 0.5) / feeders - 0.5)
        step = options.spacing_m * np.array([math.cos(ray), math.sin(ray)])
        cabinets.append(_feeder(net, f"{station.name}-f{feeder + 1}", busbar, (points, options), (centre, step)))
    homes = [cabinets[slot % feeders][slot // feeders // options.homes_per_cabinet] for slot in range(station.homes)]
    return medium, _services(net, station.name, homes, options.service_m) if options.service_m else homes


def _transformer(net: Any, station: StationOptions, mv_kv: float, medium: int, busbar: int) -> None:
    import pandapower  # noqa: PLC0415

    kva = station.sn_kva
    load_loss, no_load_loss = (float(np.interp(kva, RATED_KVA, losses)) for losses in (LOAD_LOSS_W, NO_LOAD_LOSS_W))
    pandapower.create_transformer_from_parameters(
        net, medium, busbar, sn_mva=kva / 1e3, vn_hv_kv=mv_kv, vn_lv_kv=LV_KV, vk_percent=4.0 if kva <= SMALL_KVA else 6.0,
        vkr_percent=load_loss / kva / 10.0, pfe_kw=no_load_loss / 1e3, i0_percent=NO_LOAD_CURRENT_PERCENT, shift_degree=330.0,
        vector_group="Dyn", tap_side="hv", tap_neutral=0, tap_min=-2, tap_max=2, tap_step_percent=2.5, tap_step_degree=0.0,
        tap_pos=station.tap, tap_changer_type="Ratio", name=f"{station.name}-trafo",
    )  # fmt: skip


def _feeder(net: Any, name: str, busbar: int, size: tuple[int, VillageRingOptions], place: tuple[Any, Any]) -> list[int]:
    """Add one feeder of cabinets and return their buses, nearest first."""
    import pandapower  # noqa: PLC0415

    points, options = size
    centre, step = place
    count = math.ceil(points / options.homes_per_cabinet)
    names = [f"{name}-c{number}" for number in range(1, count + 1)]
    places = [tuple(centre + step * number) for number in range(1, count + 1)]
    buses = [int(bus) for bus in pandapower.create_buses(net, count, LV_KV, name=names, geodata=places)]
    lines = [f"{name}-line-{number}" for number in range(1, count + 1)]
    pandapower.create_lines(net, [busbar, *buses[:-1]], buses, options.spacing_m / 1e3, FEEDER_CABLE, name=lines)
    return buses


def _services(net: Any, name: str, cabinets: list[int], length_m: float) -> list[int]:
    """Add a service cable and a bus for each supply point; drawn around its cabinet."""
    import pandapower  # noqa: PLC0415

    numbers = range(1, len(cabinets) + 1)
    geo = net.bus["geo"]
    places = []
    for number, cabinet in zip(numbers, cabinets, strict=True):
        turn, (x, y) = 2.4 * number, json.loads(geo.at[cabinet])["coordinates"]  # the golden angle keeps them apart
        places.append((x + length_m * math.cos(turn), y + length_m * math.sin(turn)))
    names = [f"{name}-home-{number}" for number in numbers]
    buses = [int(bus) for bus in pandapower.create_buses(net, len(cabinets), LV_KV, name=names, geodata=places)]
    lines = [f"{name}-service-{number}" for number in numbers]
    pandapower.create_lines(net, cabinets, buses, length_m / 1e3, SERVICE_CABLE, name=lines)
    return buses

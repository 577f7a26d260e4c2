# SPDX-License-Identifier: Apache-2.0
"""Any number of Kerber's village networks under one medium-voltage busbar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

MV_BUSBAR: Final = "mv-busbar"


def villages(stations: int, homes_per_point: int = 1) -> Any:
    """Return a network of several village stations, each a Kerber ``dorfnetz``, fed from one infinite 10 kV busbar.

    Each station has its own 0.4 MVA transformer, six feeders and 57 house connections [1]_. Names tell where an element
    is: bus ``s2-load-12`` is the twelfth house of station 2, line ``s2-f3-line-4`` the fourth piece of its third feeder,
    ``s2-service-12`` the house's service cable.

    Parameters
    ----------
    stations : int
        Number of stations, positive.
    homes_per_point : int
        How many flats each house has: so many homes share its connection, one after the other filling station by station.

    Returns
    -------
    pandapowerNet
        Network of ``1 + 115 * stations`` buses.

    References
    ----------
    .. [1] G. Kerber, "Aufnahmefähigkeit von Niederspannungsverteilnetzen für die Einspeisung aus
       Photovoltaikkleinanlagen", dissertation, TU München, 2011; as built by pandapower.
    """
    import pandapower.networks  # noqa: PLC0415 - takes more than a second
    import pandas as pd  # noqa: PLC0415

    net = pandapower.networks.create_kerber_dorfnetz()
    _name_station(net)
    infeed = int(net.ext_grid["bus"].iloc[0])
    net.bus.loc[infeed, "name"] = MV_BUSBAR
    bus_count = len(net.bus)
    for table, columns in (("line", ("from_bus", "to_bus")), ("trafo", ("hv_bus", "lv_bus")), ("load", ("bus",))):
        copies = [_renumbered(net[table], s, columns, bus_count, infeed) for s in range(stations)]
        net[table] = pd.concat(copies, ignore_index=True)
    houses = net.bus.drop(index=infeed)
    own = [_renumbered(houses, s, (), bus_count, infeed).set_index(houses.index + s * bus_count) for s in range(stations)]
    net["bus"] = pd.concat([net.bus.loc[[infeed]], *own])
    houses_of = net.load["bus"].to_numpy().reshape(stations, -1)
    net["attachment_buses"] = [int(bus) for own_houses in houses_of for bus in list(own_houses) * homes_per_point]
    net["attachment_phases"] = ()
    return net


def _renumbered(table: pd.DataFrame, station: int, columns: tuple[str, ...], bus_count: int, infeed: int) -> pd.DataFrame:
    """Return one station's copy of a table: own names, own bus numbers in these columns, the busbar shared."""
    copy = table.copy()
    for column in columns:
        copy[column] = copy[column].where(copy[column] == infeed, copy[column] + station * bus_count)
    copy["name"] = [f"s{station + 1}-{name}" for name in copy["name"]]
    return copy


def _name_station(net: Any) -> None:
    """Replace Kerber's names by readable ones, in place; the station's number is put in front later."""
    house = {int(bus): number for number, bus in enumerate(net.load["bus"], start=1)}
    net.bus["name"] = [f"load-{house[index]}" if index in house else _junction(name) for index, name in net.bus["name"].items()]
    net.line["name"] = [
        f"service-{house[to]}" if to in house else "f{}-line-{}".format(*re.findall(r"\d+", name))
        for name, to in zip(net.line["name"], net.line["to_bus"], strict=True)
    ]
    net.trafo["name"] = "trafo"
    net.load["name"] = [f"load-{number}" for number in house.values()]


def _junction(name: str) -> str:
    numbers = re.findall(r"\d+", name)
    return "f{}-joint-{}".format(*numbers) if numbers else "busbar"

# SPDX-License-Identifier: Apache-2.0
"""Options, names and places of attachment of the medium-voltage ring, and denser villages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.grid import KIND
from simulators.grid.networks import load_network
from simulators.grid.params import GridOptions, VillageRingOptions
from tests.unit.test_grid_building import build


def ring(*homes, **options):
    stations = [{"name": f"s{number}", "homes": count} for number, count in enumerate(homes, start=1)]
    return {"source": "village_ring", "stations": stations} | options


def described(options):
    return KIND.describe(GridOptions.model_validate(options), Path(), 1)


def test_supply_points_go_to_their_stations():
    buses = described(ring(314, 326, 253, 217)).connection_buses
    assert Counter(bus.split("-")[0] for bus in buses) == {"s1": 314, "s2": 326, "s3": 253, "s4": 217}
    assert [bus.split("-")[0] for bus in (buses[0], buses[313], buses[314], buses[-1])] == ["s1", "s1", "s2", "s4"]


def test_a_station_deals_its_homes_to_its_feeders_in_turn():
    buses = described(ring(120)).connection_buses
    assert [bus.split("-")[1] for bus in buses[:4]] == ["f1", "f2", "f3", "f1"]
    per_cabinet = Counter(buses)
    assert max(per_cabinet.values()) == 6
    assert len(described(ring(120, service_m=12.0)).buses) == len(described(ring(120)).buses) + 120


def test_more_homes_leave_those_before_where_they_were():
    """Of a station with its number of feeders given."""
    few, many = (ring(count) for count in (40, 90))
    for options in (few, many):
        options["stations"][0]["feeders"] = 3
    assert described(many).connection_buses[:40] == described(few).connection_buses


def test_names_tell_where_an_element_is():
    found = described(ring(60, 10))
    assert found.transformers == ("s1-trafo", "s2-trafo")
    assert found.station_buses == ("s1-busbar", "s2-busbar")
    assert set(found.lines[-3:]) == {"ring-1", "ring-2", "ring-3"}
    switches = load_network(GridOptions.model_validate(ring(60, 10)), Path()).switch
    assert switches["name"].tolist() == [
        "ring-1-primary", "ring-1-s1", "ring-2-s1", "ring-2-s2", "ring-3-s2", "ring-3-primary",
    ]  # fmt: skip
    assert switches.loc[~switches["closed"], "name"].tolist() == ["ring-2-s2"]


@pytest.mark.parametrize(("opened", "expected"), [(1, ["ring-1-s1"]), (3, ["ring-3-primary"]), (0, [])])
def test_the_open_point_is_where_it_is_put(opened, expected):
    switches = load_network(GridOptions.model_validate(ring(20, 10, open_section=opened)), Path()).switch
    assert switches.loc[~switches["closed"], "name"].tolist() == expected


def test_a_station_alone_is_a_neighbourhood():
    grid = build(ring(120))
    values = grid.solve(np.full(120, 1.0), np.zeros(120), {})
    assert values["grid"]["converged"][0] == 1.0
    low_kw = values["line"]["p_loss_kw"][:-2].sum() + values["transformer"]["p_loss_kw"][0]  # the last two lines are the ring
    assert values["transformer"]["p_kw"][0] == pytest.approx(120.0 + low_kw, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ring(20, 10, sections_km=[1.0, 2.0]), "the ring is not closed: 2 stations have 3 sections, sections_km has 2"),
        (ring(20, 10, open_section=4), "sections 1 to 3"),
        (ring(0), r"stations\.0\.homes(.|\n)*greater than or equal to 1"),
        (ring(), "stations(.|\n)*at least 1"),
        ({"source": "village_ring"}, "stations(.|\n)*required"),
        ({"source": "village_ring", "stations": [{"name": "s1", "homes": 5, "tap": 3}]}, r"stations\.0\.tap(.|\n)*equal to 2"),
        ({"source": "village_ring", "stations": [{"name": "s1"}]}, r"stations\.0\.homes(.|\n)*required"),
        ({"source": "village_ring", "stations": [{"name": "s1", "homes": 5}] * 2}, "s1 is there more than once"),
        (ring(5, sections_km=[0.0, 1.0]), r"sections_km\.0"),
        (ring(5, mv_kv=0.4), "mv_kv"),
    ],
)
def test_a_ring_that_cannot_be_is_refused(options, said):
    with pytest.raises(ValidationError, match=said):
        VillageRingOptions.model_validate(options)


def test_flats_share_their_house_connection_station_by_station():
    options = GridOptions.model_validate({"homes_per_point": 4})
    assert KIND.resolve(options, 10_000).stations == 44  # 228 homes each
    buses = KIND.describe(options, Path(), 300).connection_buses
    assert len(buses) == 2 * 228
    assert Counter(bus.split("-")[0] for bus in buses[:228]) == {"s1": 228}
    assert buses[0] == buses[57] == "s1-load-1"
    assert set(Counter(buses).values()) == {4}


def test_an_island_is_dark_on_all_phases():
    """Of three stations the ring is open behind the first, so the cut at the third darkens it and the second."""
    grid = build(ring(12, 12, 12, unbalanced=True, open_section=2))
    names = next(table.ids for table in grid.tables if table.name == "switch")
    wanted = np.full(len(names), np.nan)
    wanted[names.index("ring-4-primary")] = 0.0
    load = np.zeros((36, 3))
    load[:, 1] = 1.0
    values = grid.solve(load, 0.0 * load, {"switch": {"set_closed": wanted}})
    dark = np.array([name.startswith(("s2", "s3")) for name in grid.tables[0].ids])
    for port in ("vm_pu", "vm_a_pu", "vm_b_pu", "vm_c_pu", "va_deg", "unbalance_percent"):
        np.testing.assert_array_equal(np.isnan(values["bus"][port]), dark)
    assert values["grid"]["unsupplied_count"][0] == 24.0
    assert values["grid"]["p_unsupplied_kw"][0] == pytest.approx(24.0)
    assert values["grid"]["p_exchange_kw"][0] == pytest.approx(12.0 + values["grid"]["p_loss_kw"][0], abs=1e-6)

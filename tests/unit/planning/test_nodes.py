# SPDX-License-Identifier: Apache-2.0
"""Which meters a plan treats as one: groups worked out by hand for the made-up community."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.planning import community
from twinergy.planning.nodes import grouped

if TYPE_CHECKING:
    from twinergy.planning.courses import Courses


def members(most: int, given: Courses | None = None) -> dict[str, tuple[str, ...]]:
    """Return the connections of each node."""
    year = given or community.courses(24)
    return {node.id: node.connections(year) for node in grouped(year, most)}


def test_homes_alike_are_one_and_everything_else_is_by_itself() -> None:
    # four kinds: flat without PV (h3, h6), flat with PV (h1, h2), night (h5), night with a heat pump (h4); the larger come first
    assert members(4) == {
        "homes-1": ("h3", "h6"),
        "homes-2": ("h1", "h2"),
        "homes-3": ("h5",),
        "homes-4": ("h4",),
        "hall": ("hall",),
        "plant": ("plant",),
        "farm": ("farm",),
        "storage": ("storage",),
    }


def test_the_smallest_joins_what_is_most_like_it() -> None:
    # h5 (night, no PV, no heat pump) is like h4 by tariff 2 and PV 3, like h3 and h6 by PV 3 and heating 1, like h1 and h2 by 1
    assert members(3)["homes-3"] == ("h4", "h5")
    # then the three are of two homes each; the first by name is flat without PV: 3 like the night homes by PV and half of 1 by
    # heating, 2 + 1 like those with PV by tariff and heating; so it joins the night homes
    assert members(2) == {
        "homes-1": ("h3", "h4", "h5", "h6"),
        "homes-2": ("h1", "h2"),
        **{name: (name,) for name in community.OTHERS},
    }


def test_one_group_has_all_homes_and_says_what_they_share() -> None:
    given = community.courses(24)
    (homes, *_) = grouped(given, 1)
    assert homes.connections(given) == community.HOMES
    assert homes.homes == 6
    assert homes.label == "6 homes: flat or night, PV or not, electric heating or not"


def test_labels_say_what_homes_have_in_common() -> None:
    labels = {node.id: node.label for node in grouped(community.courses(24), 4)}
    assert labels["homes-1"] == "2 homes: flat, no PV, other heating"
    assert labels["homes-2"] == "2 homes: flat, PV, other heating"
    assert labels["homes-4"] == "1 homes: night, no PV, electric heating"
    assert labels["farm"] == "farm"


@pytest.mark.parametrize("most", [1, 2, 3, 4, 50])
def test_loads_and_limits_add_up(most: int) -> None:
    given = community.courses(48)
    nodes = grouped(given, most)
    np.testing.assert_allclose(sum(node.load_kw(given) for node in nodes), given.load_kw.sum(axis=0), rtol=1e-12)
    # six homes of 30 kW and four others of 300 kW
    assert sum(node.limit_kw(given) for node in nodes) == 6 * 30.0 + 4 * 300.0
    assert sum(node.homes for node in nodes) == 6


def test_a_home_with_a_heat_network_is_by_itself() -> None:
    given = community.courses(24)
    plant = replace(given.heat_networks[0], connection="h3")
    found = members(4, replace(given, heat_networks=(plant,)))
    assert found["h3"] == ("h3",)
    assert ("h6",) in found.values()


def test_a_home_of_many_dwellings_counts_them() -> None:
    given = community.courses(24)
    meters = tuple(replace(one, homes=12) if one.id == "h5" else one for one in given.meters)
    block = next(node for node in grouped(replace(given, meters=meters), 4) if node.connections(given) == ("h5",))
    assert block.homes == 12
    assert block.label.startswith("12 homes")


def test_modules_that_could_come_do_not_make_a_home_one_with_pv() -> None:
    given = community.courses(24)
    bare = replace(given, roofs=tuple(replace(one, existing_kwp=0.0, room_kwp=10.0) for one in given.roofs))
    assert members(9, bare)["homes-1"] == ("h1", "h2", "h3", "h6")


def test_a_community_without_homes_has_no_group() -> None:
    given = community.courses(24)
    shops = replace(given, meters=tuple(replace(one, homes=0) for one in given.meters))
    assert list(members(4, shops)) == [*community.HOMES, *community.OTHERS]

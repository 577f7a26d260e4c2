# SPDX-License-Identifier: Apache-2.0
"""Many plans at once: the same bits wherever they are made, and failures that do not end the others."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.planning.exploring_site import Need, site
from twinergy.planning.draft import HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.many import Job, Outcome, plan, plans
from twinergy.planning.optimise import Goal, Planner

if TYPE_CHECKING:
    from collections.abc import Callable

WEEK = Horizon.whole(168)


def jobs() -> list[Job]:
    goals = {"least cost": Goal(), "300 EUR/t": Goal(eur_per_kg=0.3), "impossible": Goal(most_co2_kg=1.0)}
    return [Job(name=name, blocks=site(168, 2), horizon=WEEK, goal=goal) for name, goal in goals.items()]


class Deadly(Need):
    """A block that takes its process with it."""

    def add(self, draft: Any) -> None:
        os._exit(1)


def test_a_job_is_the_plan_of_a_planner() -> None:
    one, optimum = plan(jobs()[0]), Planner(site(168, 2), WEEK).ask()
    assert one.usable
    assert (one.eur, one.co2_kg) == (optimum.eur, optimum.co2_kg)
    assert one.sizes["heat-chp.size_kw"] == optimum.sizes()["heat-chp", "size_kw"]
    assert sum(eur for eur, _ in one.account.values()) == pytest.approx(one.eur)


def test_what_cannot_be_says_why_and_does_not_end_the_others() -> None:
    found = list(
        plans(
            [
                jobs()[2],
                Job(name="unheated", blocks=[Need(id="n", node="n", carrier=HEAT, demand_kw=1.0)], horizon=WEEK),
                jobs()[0],
            ]
        )
    )
    assert [one.status for one in found] == ["infeasible", "failed", "optimal"]
    assert "limit on greenhouse gases of 1 kg/a; raise it by" in found[0].why
    assert "node n: nothing brings heat" in found[1].why
    assert not found[1].usable


def test_another_process_gives_the_same_bits_and_its_death_is_a_failed_plan() -> None:
    deadly = Job(name="deadly", blocks=[Deadly(id="n", node="n", carrier=HEAT, demand_kw=1.0)], horizon=WEEK)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as workers:
        assert _bits(plans(jobs(), workers)) == _bits(plans(jobs()))
        (found,) = plans([deadly], workers)
    assert (found.name, found.status) == ("deadly", "failed")
    assert "BrokenProcessPool" in found.why


def test_a_dask_client_is_told_not_to_take_two_jobs_for_one() -> None:
    class Client:
        def scheduler_info(self) -> None:
            """Mark it as Dask's."""

        def submit(self, fn: Callable[..., Any], *args: Any, **options: Any) -> Future[Outcome]:
            assert options == {"pure": False}
            done: Future[Outcome] = Future()
            done.set_result(fn(*args))
            return done

    assert _bits(plans(jobs(), Client())) == _bits(plans(jobs()))


def test_a_dask_cluster_gives_the_same_bits() -> None:
    distributed = pytest.importorskip("distributed")
    local = {"processes": True, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(n_workers=1, **local) as cluster, distributed.Client(cluster) as client:
        assert _bits(plans(jobs(), client)) == _bits(plans(jobs()))


def _bits(found: Any) -> list[tuple[Any, ...]]:
    return [
        (one.name, one.status, repr(one.eur), repr(one.co2_kg), repr(sorted(one.sizes.items())), repr(one.account), one.why)
        for one in found
    ]

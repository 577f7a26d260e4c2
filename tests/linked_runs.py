# SPDX-License-Identifier: Apache-2.0
"""Small linked scenarios: a station that is dimmed, and somebody who listens to what is said about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from tests.scenario_files import small
from twinergy.agents import Agent, Decision, Rank, SetPoint
from twinergy.community.scenario import ControllerSpec, load
from twinergy.options import Options

if TYPE_CHECKING:
    from pathlib import Path

DIMMED = """\
controllers:
  dimming: {transformer: s1-trafo, limit_kw: 1.2, release_kw: 0.8, kinds: [battery], hold_s: 900, floor_kw: 0}
"""
PRICED = """\
controllers:
  price_response: {tariffs: [household], memory_days: 1, period_s: 3600, min_spread_eur_per_kwh: 0.01, horizon_h: 24}
"""
BANDS = (
    "energy: {kind: fixed, price_eur_per_kwh: 0.2}",
    "energy: {kind: time_of_use, bands: [{from: '06:00', to: '00:00', price_eur_per_kwh: 0.3},"
    " {from: '00:00', to: '06:00', price_eur_per_kwh: 0.1}]}",
)


def priced(folder: Path, *overrides: str):
    """Return two winter days of the small scenario by the hour, with cheap nights and somebody who charges in them."""
    return load(small(folder, BANDS, extra=PRICED), ["run.start=2024-01-15", "run.step_s=3600", "run.days=2", *overrides])


def dimmed(folder: Path, *overrides: str):
    """Return the small scenario with its station dimmed."""
    return load(small(folder, extra=DIMMED), list(overrides))


class ListenerOptions(Options):
    """None."""


class Listener(Agent):
    """Charges the battery when it hears that it was limited: decides from messages alone."""

    options_model: ClassVar[type[Options]] = ListenerOptions
    subjects: ClassVar[tuple[str, ...]] = ("twinergy.*.dimming.>",)

    def __init__(self, name, options, context):
        super().__init__(name, options, context)
        self.heard = []

    def decide(self, observation):
        self.heard += [(observation.step.index, message.id) for message in observation.messages]
        asked = tuple(
            SetPoint(
                table="battery",
                port="p_set_kw",
                ids=message.devices,
                value=0.25 + 0.01 * len(self.heard),
                rank=Rank.SCHEDULE,
                valid_s=1800.0,
                reason=message.id,
            )
            for message in observation.messages
        )
        return Decision(set_points=asked)


def listened(scenario, *, without_source: bool = False):
    """Return a scenario with somebody who listens, and without the one who speaks if so wished."""
    specs = () if without_source else scenario.controllers
    return replace(scenario, controllers=(*specs, ControllerSpec("listener", "listener", Listener, ListenerOptions())))


def series(run):
    """Return every recorded series as it was stored."""
    return {table: run.frame(table) for table in run.tables}


def assert_same(one, other):
    """Compare two runs to the bit: what was measured, what was asked for, what was said."""
    import pandas as pd

    first, second = series(one), series(other)
    assert first.keys() == second.keys()
    for table, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[table], check_exact=True)
    for events in ("set_points", "messages"):
        pd.testing.assert_frame_equal(getattr(one, events)(), getattr(other, events)(), check_exact=True, check_categorical=False)

# SPDX-License-Identifier: Apache-2.0
"""What reports compute: sums and shares by hand, times by the calendar, balances against the linear program's own."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning import exploring_site
from tests.unit.planning.report_sample import BERLIN, village
from twinergy.planning.courses import Courses, MeterPoint, Roof
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import COST, Planner
from twinergy.planning.plan import Line, Unit
from twinergy.planning.report import facts, options, tables
from twinergy.planning.report.figures_choice import figure_front, figure_ranges, figure_tornado
from twinergy.planning.report.figures_flow import before_kw, figure_duration, figure_months, figure_week
from twinergy.planning.report.figures_money import figure_costs, figure_gap
from twinergy.planning.report.figures_sizes import figure_sizes, sizes_by_place
from twinergy.planning.report.powers import EXPORT, IMPORT, powers
from twinergy.planning.report.times import moment, months, stretches
from twinergy.planning.report.words import number


def two_steps(**flows: list[float]) -> dict[str, np.ndarray]:
    return {name.replace("__", "."): np.array(values) for name, values in flows.items()}


def test_payback_is_investment_by_what_operation_saves() -> None:
    # by hand: 222,700 EUR / (113,010 - (76,936 - 17,816)) EUR/a = 222,700 / 53,890 = 4.1325 a
    assert facts.payback_years(village(24)) == pytest.approx(222700.0 / 53890.0, rel=1e-12)


def test_no_payback_where_nothing_is_saved() -> None:
    dear = (Line(block="meter", purpose="import", eur=120000.0, co2_kg=0.0),)
    assert np.isnan(facts.payback_years(village(24, account=dear)))
    assert np.isnan(facts.payback_years(village(24, reference=())))


def test_own_supply_by_hand() -> None:
    # step 1: sun 6, fed in 2, so 4 are used; step 2: 4 are drawn: half of 8 kWh is own, two thirds of 6 kWh stay
    flows = two_steps(pv_a__generated_kw=[6.0, 0.0], meter_a__export_kw=[2.0, 0.0], meter_a__import_kw=[0.0, 4.0])
    plan = village(2, flows=flows, units=(), nodes={"a": ("a",)})
    assert facts.self_sufficiency(plan) == pytest.approx(0.5)
    assert facts.self_consumption(plan) == pytest.approx(2.0 / 3.0)


def test_what_neighbours_use_of_each_other_never_leaves() -> None:
    # farm feeds 5 in while homes draw 3: the community feeds 2 in; each alone still shows its own
    flows = two_steps(meter_homes__import_kw=[3.0], meter_farm__export_kw=[5.0], wind_farm__generated_kw=[5.0])
    plan = village(1, flows=flows, units=(), nodes={"homes": ("h",), "farm": ("f",)})
    assert powers(plan).use[EXPORT] == pytest.approx([2.0])
    assert powers(plan).supply[IMPORT] == pytest.approx([0.0])
    assert powers(plan).consumption == pytest.approx([3.0])
    assert powers(plan, "homes").supply[IMPORT] == pytest.approx([3.0])
    assert powers(plan, "farm").consumption == pytest.approx([0.0])


def test_a_chp_is_at_the_node_of_its_meter_and_not_of_its_heat() -> None:
    plan = village(48)
    assert powers(plan, "farm").supply["CHP"].max() == pytest.approx(15.0)
    assert "CHP" not in powers(plan, "homes-1").supply


def test_heat_buffers_are_no_electricity() -> None:
    plan = village(1, flows=two_steps(buffer_lower__charge_kw=[9.0], battery_a__charge_kw=[4.0]), units=(), nodes={})
    assert powers(plan).use == {"storage charges": pytest.approx([4.0])}


def test_consumption_is_the_demand_of_the_linear_program() -> None:
    blocks = exploring_site.site(168)
    optimum = Planner(blocks, Horizon.whole(168)).ask(COST)
    columns = optimum.matrices.columns
    flows = {name: optimum.value(name) for name in columns if len(columns[name]) == 168}
    plan = village(168, flows=flows, units=(), nodes={"homes-1": ("homes-1",)})
    assert {"PV", "CHP"} <= set(powers(plan).supply)
    assert powers(plan).consumption == pytest.approx(exploring_site.shapes(168)["load_kw"], abs=1e-6)


def test_months_have_their_hours_in_local_time() -> None:
    # 2024: 29 days in February; 31 March in Berlin has 23 hours, 27 October 25
    names, steps = months(village(8784), BERLIN)
    assert names[:3] == ["Jan", "Feb", "Mar"]
    assert [len(several) for several in steps] == [744, 696, 743, 720, 744, 720, 744, 744, 720, 745, 720, 744]


def test_a_moment_is_told_in_local_time_on_both_sides_of_the_change() -> None:
    plan = village(8784, start=datetime(2024, 3, 30, 23, tzinfo=UTC))
    assert moment(plan, 1, BERLIN) == "Sunday, 31 March 2024, 01:00"
    assert moment(plan, 2, BERLIN) == "Sunday, 31 March 2024, 03:00"


def test_the_week_of_one_is_where_the_request_says() -> None:
    plan = village(168, options={"resolution": {"kind": "week", "week": 2}}, start=datetime(2024, 1, 1, tzinfo=UTC))
    assert stretches(plan)[0].start == datetime(2024, 1, 15, tzinfo=UTC)


def test_the_worst_week_holds_the_worst_step() -> None:
    week = stretches(village())[0]
    assert week.first <= 330 < week.last
    plain = village(grid=None)
    peak = int(np.argmax(powers(plain).exchange))
    assert stretches(plain)[0].first <= peak < stretches(plain)[0].last


def test_bars_of_cost_add_up_to_the_plan() -> None:
    plan = village(24)
    bars = [bar for bar in figure_costs(plan).axes[0].patches if round(bar.get_y() + bar.get_height() / 2.0) == 1]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(plan.eur)
    assert min(bar.get_x() for bar in bars) == pytest.approx(0.0)
    assert min(bar.get_x() + bar.get_width() for bar in bars) == pytest.approx(-5230.0)


def test_a_purpose_nobody_knows_is_drawn_all_the_same() -> None:
    lines = (Line(block="x", purpose="new_tax", eur=50.0, co2_kg=0.0), Line(block="x", purpose="import", eur=50.0, co2_kg=0.0))
    figure = figure_costs(village(24, account=lines, reference=()))
    assert "new tax" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_the_waterfall_ends_where_the_twin_does() -> None:
    figure = figure_gap(1000.0, [{"name": "a", "eur": 200.0}, {"name": "b", "eur": -50.0}], 1170.0)
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([1000.0, 200.0, -50.0, 20.0, 1170.0])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][3] == "not explained"
    assert bars[3].get_x() + bars[3].get_width() == pytest.approx(1170.0)


def test_duration_curves_are_sorted_and_as_long_as_the_year() -> None:
    plan = village()
    before, planned = (line for line in figure_duration(plan).axes[0].lines[:2])
    for line, course in ((before, before_kw(plan)), (planned, powers(plan).exchange)):
        assert line.get_xdata()[-1] == pytest.approx(8760.0)
        assert np.all(np.diff(line.get_ydata()) <= 1e-12)
        assert line.get_ydata()[0] == pytest.approx(course.max())
        assert line.get_ydata()[-1] == pytest.approx(course.min())


def test_as_it_is_comes_from_the_year_where_the_plan_does_not_keep_it() -> None:
    # by hand: 2 meters of 1 kW and 2 kW, a roof of 3 kWp that yields half: 3 - 1.5 = 1.5 kW, in the week that was planned
    n_steps, zeros = 8784, np.zeros((2, 8784))
    meters = tuple(MeterPoint(id=name, bus="b", tariff="flat", phases="abc", limit_kw=9.0, homes=1) for name in "ab")
    sun = np.where(np.arange(n_steps) >= 3 * 168, 0.5, 0.0)
    roof = Roof(id="r", connection="a", orientation="south", tilt_deg=30.0, azimuth_deg=180.0, existing_kwp=3.0, room_kwp=0.0)
    year = Courses(
        scenario="x",
        start=datetime(2024, 1, 1, tzinfo=UTC),
        step_h=1.0,
        timezone=BERLIN,
        meters=meters,
        load_kw=zeros + np.array([[1.0], [2.0]]),
        q_kvar=zeros,
        heating_kw=zeros,
        yields={"south": sun},
        prices={},
        temp_degc=zeros[0],
        roofs=(roof,),
    )
    plan = village(168, flows={}, start=year.start, options={"resolution": {"kind": "week", "week": 3}})
    assert before_kw(plan, year) == pytest.approx(np.full(168, 1.5))
    assert before_kw(village(168, flows={}, start=year.start), year) == pytest.approx(np.full(168, 3.0))
    assert before_kw(village(8785, flows={}, start=year.start), year) is None
    assert before_kw(plan) is None


def test_months_of_a_plan_add_up_to_its_year() -> None:
    plan = village(8784)
    drawn = figure_months(plan, BERLIN).axes[0].patches
    above = sum(bar.get_height() for bar in drawn if bar.get_height() > 0.0)
    assert above == pytest.approx(sum(float(power @ plan.hours) for power in powers(plan).supply.values()) / 1000.0)


def test_a_week_without_dates_counts_hours() -> None:
    plan = village(48, options={"resolution": {"kind": "typical", "hours": 24}})
    assert figure_week(plan, timezone=BERLIN).axes[0].get_xlabel() == "hours of the typical period"
    assert "Europe/Berlin" in figure_week(village(), timezone=BERLIN).axes[0].get_xlabel()


def test_sizes_at_places_add_up_to_what_is_added() -> None:
    found = sizes_by_place(village(24))
    assert sum(found["pv", "size_kwp"]) == pytest.approx(106.0)
    assert sum(found["battery", "capacity_kwh"]) == pytest.approx(120.0)
    assert sum(bar.get_height() for bar in figure_sizes(village(24)).axes[0].patches) == 26


def test_homes_that_all_get_the_same_are_one_bar() -> None:
    share = {"a": 0.5, "b": 0.5}
    unit = Unit(
        block="battery-x",
        kind="battery",
        node="x",
        technology="t",
        existing={},
        added={"capacity_kwh": 20.0},
        invest_eur=1.0,
        annual_eur=1.0,
        share=share,
    )
    assert [bar.get_height() for bar in figure_sizes(village(24, units=(unit,))).axes[0].patches] == [2]


def test_a_far_reference_is_told_and_not_drawn() -> None:
    points = [{"eur": 100.0 + n, "co2_kg": 1000.0 - n, "eur_per_t": 10.0 * n} for n in range(3)]
    texts = [text.get_text() for text in figure_front(points, village(24)).axes[0].texts]
    assert any(text.startswith("as it is, far outside") for text in texts)
    assert "20 EUR/t" in texts


def test_the_widest_assumption_is_on_top_and_one_without_a_plan_is_wider() -> None:
    figure = figure_tornado(village(24).extras["sensitivity"])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][:3] == ["demand", "electricity price", "gas price"]
    assert "no plan: x 2" in [text.get_text() for text in figure.axes[0].texts]


def test_a_range_that_was_not_finished_is_a_dash() -> None:
    texts = [text.get_text() for text in figure_ranges(village(24).extras["alternatives"]).axes[0].texts]
    assert texts[-1] == "15.0 to –, best 15.0"


def test_options_stand_side_by_side() -> None:
    table = options.options(village(24))
    assert [row[0] for row in table.rows][:3] == ["as it is", "this plan", "front, 0 EUR/t"]
    assert table.rows[-1][0] == "least Batteries (kWh)"
    assert table.heads[4:] == ["new PV kWp", "new Batteries kWh", "new CHP kW"]
    assert table.rows[1][4:] == ["106", "120", "15.0"]
    assert table.rows[1][2] == "−36,074"
    assert table.strong == {1}


def test_the_account_of_both_sides_adds_up() -> None:
    table = tables.account(village(24))
    assert table.rows[-1] == ["all", "113,010", "76,936", "179", "97.6"]


def test_a_front_may_be_a_list() -> None:
    points = village(24).extras["front"]["points"]
    assert options.points(village(24, extras={"front": points})) == points


@settings(max_examples=60, deadline=None)
@given(st.floats(min_value=-1e9, max_value=1e9))
def test_numbers_keep_their_worth(value: float) -> None:
    text = number(value)
    assert "-" not in text
    assert text not in {"−0", "−0.00"}
    known = float(text.replace(",", "").replace("−", "-"))
    assert abs(known - value) <= max(0.005 * abs(value), 0.00501)


def test_faces_of_roofs_at_a_node_are_one_row() -> None:
    units = village(24).units
    other = dataclasses.replace(
        units[0], block="pv-homes-1-flat", added={"size_kwp": 4.0}, existing={}, facts={"orientation": "tilt0-azimuth180"}
    )
    table = tables.built(village(24, units=(*units, other)))
    assert table.rows[0][1] == "homes-1: 24 places, 2 directions"
    assert table.rows[0][3:5] == ["70.0\u00a0kWp", "30.0\u00a0kWp"]
    assert table.rows[-1][-2:] == ["301,900", "24,152"]  # by hand: 222,700 + 79,200 and 8 % of it
    assert [row[0] for row in tables.there(village(24)).rows] == ["Boilers"]


def test_nothing_to_build_promises_nothing() -> None:
    plan = village(24, units=(), account=village(24).reference)
    said = " ".join(facts.answer(plan))
    assert said.startswith("Build nothing")
    assert "instead of" not in said
    assert "the same as it is" in {card.remark for card in facts.cards(plan)}

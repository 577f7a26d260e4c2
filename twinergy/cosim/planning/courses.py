# SPDX-License-Identifier: Apache-2.0
"""The year a plan starts from, taken from the twin: rehearsed once, kept, and read back as long as nothing has changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.cosim.planning import cache, cars, heat
from twinergy.cosim.planning.bench import BATTERY, CHP, stores_of
from twinergy.cosim.planning.cars import CAR, POINT
from twinergy.cosim.planning.probes import PV, WIND, Faces, pv_probes, wind_probes
from twinergy.cosim.planning.rehearsed import MOST_DAYS, WEATHER, axis_of, prepared, rehearse_year
from twinergy.cosim.planning.roofs import USABLE_SHARE, roofs_of
from twinergy.cosim.planning.tallies import Year
from twinergy.errors import Finding, ModelError, ScenarioError
from twinergy.planning.courses import Courses, MeterPoint, Price
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinergy.community.network import Network
    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device, Twin
    from twinergy.kinds import FloatArray
    from twinergy.timebase import TimeAxis

PRICES: Final = "prices"
RESIDENTIAL: Final = "residential"
DECIDED: Final = frozenset({PV, WIND, BATTERY, CHP, CAR, POINT})
"""Kinds whose power is not part of the load: a plan decides on it."""


def courses(
    scenario: Scenario,
    *,
    year: int,
    step_s: int = 3600,
    weather_year: int | None = None,
    fresh: bool = False,
    days: int = MOST_DAYS,
    usable_share: float = USABLE_SHARE,
    progress: Callable[[int, int], None] | None = None,
) -> Courses:
    """Return a year of a community as it is: what its twin does when nobody controls anything.

    Parameters
    ----------
    scenario : Scenario
        A checked scenario; its controllers, meters, real devices and power flow take no part.
    year : int
        Year whose calendar is planned: exactly 365 local days from 1 January on, so 8,760 h.
    step_s : int
        Length of a step: 900, 1800 or 3600. [s]
    weather_year : int, optional
        Year whose weather comes instead, shifted by whole weeks, so the sun stands up to half a week off; people and prices stay.
    fresh : bool
        Whether to rehearse the year even if it is kept from an earlier time.
    days : int
        Fewer days, for a quick look.
    usable_share : float
        Share of roofs that modules can cover. [-]
    progress : callable, optional
        Called with steps done and steps in all.

    Raises
    ------
    ScenarioError
        If the step is no plan's, or weather or prices do not cover the year; all findings at once.
    """
    axis = axis_of(scenario, year, step_s, days)
    asked = {"year": year, "step_s": step_s, "weather_year": weather_year, "days": days, "usable_share": usable_share}
    key = cache.key_of(scenario, **asked)
    kept = None if fresh else cache.load(key)
    if kept is not None:
        return kept
    made = _taken(scenario, axis, weather_year, usable_share, progress)
    cache.save(key, made)
    return made


def _taken(
    scenario: Scenario,
    axis: TimeAxis,
    weather_year: int | None,
    usable_share: float,
    progress: Callable[[int, int], None] | None,
) -> Courses:
    """Rehearse the year and read everything from it."""
    faces, twin = Faces(), scenario.twin
    roofs, notes = roofs_of(scenario, faces, usable_share)
    at = twin.connections[0].id if twin.connections else ""
    turbines = wind_probes(scenario, at)
    probes = [*pv_probes(faces, at), *(device for _, device in turbines)] if at else []
    rehearsal = prepared(scenario, axis, probes, weather_year)
    tables = {name: rehearsal.table(name) for name in rehearsal.kinds if rehearsal.twin.of_kind(name)}
    seen = Year(tables, axis.n_steps)
    _ask(seen, rehearsal.twin)
    rehearse_year(rehearsal, seen.take, progress)
    step_h = axis.step_s / SECONDS_PER_HOUR
    temp = seen["temp_degc"][0]
    homes, home_notes = heat.heated_homes(seen, scenario, temp)
    networks, network_notes = heat.heat_networks(seen, scenario)
    fleets, car_notes = cars.cars_of(seen, twin, step_h)
    found = Courses(
        scenario=scenario.name,
        start=axis.start,
        step_h=step_h,
        timezone=twin.site.timezone,
        meters=_meters(twin),
        load_kw=seen["load_kw"],
        q_kvar=seen["q_kvar"],
        heating_kw=seen["heating_kw"],
        roofs=roofs,
        yields=_yields(seen, rehearsal.twin, PV, {name: name for name in faces.names.values()}),
        wind_kw=_existing_wind(seen, twin),
        wind_existing_kw=_wind_rating(scenario),
        wind_yields=_wind_yields(seen, rehearsal, turbines),
        stores=stores_of(scenario),
        heat_networks=networks,
        heated_homes=homes,
        cars=fleets,
        prices=_prices(seen, rehearsal.twin),
        temp_degc=temp,
        network=_network(scenario, notes),
        notes=(*_notes(axis, scenario, weather_year), *notes, *home_notes, *network_notes, *car_notes),
    )
    _check(found)
    return found


def _ask(year: Year, twin: Twin) -> None:
    """Have everything recorded that a plan needs to see."""
    row_of, n = twin.connection_row, len(twin.connections)
    at = {one.id: row_of[one.connection] for one in twin.devices if one.connection}
    loads = [name for name in year.tables if name not in DECIDED]
    year.add("load_kw", n, [(name, "p_kw", at) for name in loads])
    year.add("q_kvar", n, [(name, "q_kvar", at) for name in loads])
    electric = {one.id: row_of[one.connection] for one in heat.electric_of(twin)}
    year.add("heating_kw", n, [(heat.BUILDING, "p_heat_pump_kw", electric)])
    for kind in (PV, WIND):
        year.each(kind, kind, "p_available_kw")
    for port in ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh", "grid_fee_eur_per_kwh"):
        year.each(port, PRICES, port)
    year.each("temp_degc", WEATHER, "temp_degc")
    heat.ask(year, twin)
    cars.ask(year, twin)


def _meters(twin: Twin) -> tuple[MeterPoint, ...]:
    """Return the connections; a school or an office is no home, though it stands in the list of dwellings."""
    other = {one.dwelling for one in twin.of_kind(heat.BUILDING) if getattr(one.options, "use", RESIDENTIAL) != RESIDENTIAL}
    homes = Counter(dwelling.connection for dwelling in twin.dwellings if dwelling.id not in other)
    return tuple(
        MeterPoint(id=one.id, bus=one.bus, tariff=one.tariff, phases=one.phases, limit_kw=one.limit_kw, homes=homes[one.id])
        for one in twin.connections
    )


def _yields(year: Year, twin: Twin, kind: str, names: Mapping[str, str]) -> dict[str, FloatArray]:
    """Return the power of probes of one unit each, counted positive, by name."""
    rows = {device.id: row for row, device in enumerate(twin.of_kind(kind))}
    return {name: np.maximum(0.0, -year[kind][rows[device]]) for name, device in sorted(names.items())}


def _existing_wind(year: Year, twin: Twin) -> dict[str, FloatArray]:
    """Return what the turbines that stand could yield, by connection; the probes are not among them."""
    return {
        meter: np.sum([np.maximum(0.0, -year[WIND][_row(year, WIND, one)]) for one in several], axis=0)
        for meter, several in _by_meter(twin.of_kind(WIND)).items()
    }


def _row(year: Year, kind: str, device: Device) -> int:
    return year.tables[kind].row_of[device.id]


def _wind_rating(scenario: Scenario) -> dict[str, float]:
    if not scenario.twin.of_kind(WIND):
        return {}
    kind = scenario.kinds[WIND]
    several = _by_meter(scenario.twin.of_kind(WIND))
    return {meter: sum(kind.rated_kw(one.options) for one in devices) for meter, devices in several.items()}


def _by_meter(devices: Sequence[Device]) -> dict[str, list[Device]]:
    found: dict[str, list[Device]] = {}
    for device in devices:
        found.setdefault(device.connection, []).append(device)
    return found


def _wind_yields(year: Year, rehearsal: Scenario, turbines: Sequence[tuple[str, Device]]) -> dict[str, FloatArray]:
    """Return the power of a kW of each turbine that could be built, by its name."""
    rated = {name: rehearsal.kinds[WIND].rated_kw(device.options) for name, device in turbines}
    whole = _yields(year, rehearsal.twin, WIND, {name: device.id for name, device in turbines})
    return {name: course / rated[name] for name, course in whole.items()}


def _prices(year: Year, twin: Twin) -> dict[str, Price]:
    """Return the tariffs; the fee of the grid with the tax on it."""
    result = {}
    for row, tariff in enumerate(twin.of_kind(PRICES)):
        vat = 1.0 + float(getattr(tariff.options, "vat_percent", 0.0)) / 100.0
        result[tariff.id] = Price(
            import_eur_per_kwh=year["buy_eur_per_kwh"][row],
            export_eur_per_kwh=year["feed_in_eur_per_kwh"][row],
            co2_g_per_kwh=year["co2_g_per_kwh"][row],
            grid_fee_eur_per_kwh=year["grid_fee_eur_per_kwh"][row] * vat,
        )
    return result


def _network(scenario: Scenario, notes: list[str]) -> Network | None:
    """Return the grid as numbers; None, and a note, where its kind cannot say them."""
    try:
        return scenario.grid_kind.build(scenario.grid_options, scenario.context).network()
    except ModelError as error:
        notes.append(str(error))
        return None


def _notes(axis: TimeAxis, scenario: Scenario, weather_year: int | None) -> list[str]:
    days = axis.n_steps * axis.step_s // SECONDS_PER_DAY
    leap = "; a leap year goes without its last day" if days == MOST_DAYS else ""
    notes = [f"{axis.n_steps} steps of {axis.step_s} s, {days} days from {axis.start:%Y-%m-%d %H:%M} UTC on{leap}"]
    if weather_year is not None:
        notes.append(f"the weather is that of {weather_year}, shifted by whole weeks")
    silent = [one.id for one in scenario.twin.of_kind(PRICES) if "feed_in" not in one.options.model_fields_set]
    return [*notes, *(f"tariff {name!r} names no feed_in: what is fed in earns nothing" for name in silent)]


def _check(found: Courses) -> None:
    """Refuse a year with gaps: a plan would count them as nothing.

    Raises
    ------
    ScenarioError
        With the first gap of every course that has any.
    """
    named: dict[str, FloatArray] = {"load": found.load_kw, "weather temperature": found.temp_degc}
    named |= {f"PV yield {name}": course for name, course in found.yields.items()}
    named |= {f"wind yield {name}": course for name, course in found.wind_yields.items()}
    for tariff, price in found.prices.items():
        named[f"import price of tariff {tariff!r}"] = price.import_eur_per_kwh
        named[f"feed-in price of tariff {tariff!r}"] = price.export_eur_per_kwh
        named[f"carbon intensity of tariff {tariff!r}"] = price.co2_g_per_kwh
    findings = [_gap(found, name, course) for name, course in named.items() if not np.isfinite(course).all()]
    if findings:
        raise ScenarioError(findings, f"a year of {found.scenario} for planning")


def _gap(found: Courses, name: str, course: FloatArray) -> Finding:
    missing = ~np.isfinite(course.reshape(-1, course.shape[-1])).all(axis=0)
    first = int(np.argmax(missing))
    when = np.datetime64(found.start.replace(tzinfo=None), "s") + np.timedelta64(round(first * found.step_h * 3600.0), "s")
    return Finding(
        message=f"the {name} has gaps: {int(missing.sum())} of {found.n_steps} steps have no value, the first at {when} UTC",
        allowed="files that cover the whole year, or sources that come again in every year (climate, statistics)",
    )

# SPDX-License-Identifier: Apache-2.0
"""Runs of the twin over the very steps a plan is compared in, boiled down to arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.community.scenario import load
from twinergy.cosim.runner import assemble, run
from twinergy.cosim.world import drive
from twinergy.signs import exported, generation_from_load
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.kinds import FloatArray
    from twinergy.results.block import ResultBlock
    from twinergy.results.reader import Run

PRICES: Final = ("buy_eur_per_kwh", "feed_in_eur_per_kwh", "co2_g_per_kwh", "grid_fee_eur_per_kwh")
PORTS: Final[dict[str, tuple[str, ...]]] = {
    "connection": ("p_kw",),
    "prices": (*PRICES, "vat_eur_per_kwh", "energy_eur_per_kwh", "levy_eur_per_kwh"),
    "pv": ("p_kw", "p_available_kw", "p_curtailed_kw"),
    "wind": ("p_kw", "p_available_kw", "p_curtailed_kw"),
    "battery": ("p_kw", "p_loss_kw", "cycles", "energy_kwh"),
    "chp": ("p_kw", "heat_demand_kw", "heat_unserved_kw", "fuel_kw"),
    "building": ("fuel_kw", "heat_unserved_kw", "hot_water_unserved_kw", "temp_low_k"),
    "bus": ("vm_pu",),
    "line": ("loading_percent",),
    "transformer": ("loading_percent",),
    "grid": ("converged",),
}
"""What is kept of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Consecutive steps of a plan.

    Attributes
    ----------
    label : str
        Name for people: ``January``, ``worst week``, ``year``.
    first, n_steps : int
        Steps of the plan.
    start : datetime
        Beginning, aware UTC.
    hours : float
        Length. [h]
    weight : float
        How many such spans a year has. [-]
    """

    label: str
    first: int
    n_steps: int
    start: datetime
    hours: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run to be made.

    Attributes
    ----------
    scenario : str
        File or name of the scenario.
    assignments : tuple of str
        What is changed in it.
    span : Span
        Steps that count.
    lead_days : int
        Days before them, in which stores, rooms and controllers settle. [d]
    out : str
        Folder for the run folder; empty for none.
    """

    scenario: str
    assignments: tuple[str, ...]
    span: Span
    lead_days: int
    out: str = ""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a run says over a span; powers in the load frame unless a name says what they count.

    Attributes
    ----------
    span : Span
    step_h : float
        Length of a step. [h]
    connections : tuple of str
        Columns of what has shape (n_steps, n_connections).
    tariffs : tuple of str
        Tariff of each connection.
    p_kw : ndarray, shape (n_steps, n_connections)
        At the meters. [kW]
    available_kw : ndarray, shape (n_steps, n_connections)
        What sun and wind would give, counted positive. [kW]
    fixed_kw : ndarray, shape (n_steps, n_connections)
        What no plan decides: everything but sun, wind, batteries and CHP units. [kW]
    generated_kw, storage_kw : ndarray, shape (n_steps,)
        Of sun, wind and CHP units, counted positive; of all batteries. [kW]
    prices : dict of str to ndarray, shape (n_steps, n_tariffs)
        As recorded, columns by `price_ids`.
    price_ids : tuple of str
    heat : dict of str to ndarray, shape (n_steps,)
        Heat asked of the CHP units of each network. [kW]
    fuel_kwh : dict of (str, str) to float
        Fuel burnt by device and sort of fuel, higher heating value. [kWh]
    figures : dict of str to float
        Voltages, loadings, throughput, what was not served …, units in the names.
    run : str
        Run folder, empty where none was kept.
    """

    span: Span
    step_h: float
    connections: tuple[str, ...]
    tariffs: tuple[str, ...]
    p_kw: FloatArray
    available_kw: FloatArray
    fixed_kw: FloatArray
    generated_kw: FloatArray
    storage_kw: FloatArray
    prices: Mapping[str, FloatArray]
    price_ids: tuple[str, ...]
    heat: Mapping[str, FloatArray] = field(default_factory=dict)
    fuel_kwh: Mapping[tuple[str, str], float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    run: str = ""

    def at_meters(self, port: str) -> FloatArray:
        """Return a price at each connection, shape (n_steps, n_connections)."""
        columns = [self.price_ids.index(tariff) for tariff in self.tariffs]
        return np.asarray(self.prices[port][:, columns])


class Columns:
    """Keeps what `PORTS` names of the steps of a span.

    Parameters
    ----------
    first, last : float
        Beginning and end of the span. [s since 1970]
    """

    def __init__(self, first: float, last: float) -> None:
        self._first, self._last = first, last
        self._parts: dict[tuple[str, str], list[FloatArray]] = {}
        self.ids: dict[str, tuple[str, ...]] = {}

    def take(self, block: ResultBlock) -> None:
        """Keep a block's part of the span."""
        inside = (block.epoch_s >= self._first) & (block.epoch_s < self._last)
        if not inside.any():
            return
        for table, ports in PORTS.items():
            part = block.tables.get(table)
            if part is None:
                continue
            self.ids[table] = part.table.ids
            for port in ports:
                if port in part.values:
                    self._parts.setdefault((table, port), []).append(part.values[port][inside].copy())

    def read(self, finished: Run, span: Span) -> None:
        """Keep what a run folder has of the span."""
        end = span.start + timedelta(hours=span.hours)
        for table, ports in PORTS.items():
            for port in ports:
                if finished.has(table, port):
                    frame = finished.wide(table, port, start=span.start, end=end)
                    self.ids[table] = tuple(str(name) for name in frame.columns)
                    self._parts[table, port] = [frame.to_numpy(dtype=np.float64)]

    def of(self, table: str, port: str) -> FloatArray | None:
        """Return what was kept of a port, shape (n_steps, n_ids), None where it is not recorded."""
        parts = self._parts.get((table, port))
        return np.concatenate(parts) if parts else None


def traced(job: Job) -> Trace:
    """Make a run and return what it says over its span.

    With `Job.out` the run leaves a run folder as every other; without, it is only driven.
    """
    scenario = job_scenario(job)
    begin = job.span.start.timestamp()
    columns = Columns(begin, begin + job.span.hours * SECONDS_PER_HOUR)
    if job.out:
        finished = run(scenario, out=Path(job.out), report=False)
        columns.read(finished, job.span)
        return replace(_trace(job.span, scenario, columns), run=str(finished.path))
    drive(assemble(scenario, columns.take).components)
    return _trace(job.span, scenario, columns)


def job_scenario(job: Job) -> Scenario:
    """Return the scenario of a job, every device simulated."""
    begin = job.span.start.timestamp() - job.lead_days * SECONDS_PER_DAY
    end = job.span.start.timestamp() + job.span.hours * SECONDS_PER_HOUR
    when = [f"run.start={_iso(begin)}", f"run.end={_iso(end)}", "run.days=null", "run.strict=false", "record={}"]
    return load(job.scenario, [*job.assignments, *when]).simulated()


def _iso(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, tz=UTC).isoformat()


def assignment(path: str, value: Any) -> str:
    """Return an override as ``--set`` takes it."""
    return f"{path}={json.dumps(value)}"


def _trace(span: Span, scenario: Scenario, columns: Columns) -> Trace:
    twin, step_h = scenario.twin, scenario.axis.step_s / SECONDS_PER_HOUR
    rows = twin.connection_row
    found = columns.of("connection", "p_kw")
    if found is None:
        found = np.zeros((0, len(twin.connections)))

    def spread(table: str, port: str) -> FloatArray:
        values, total = columns.of(table, port), np.zeros_like(found)
        if values is not None:
            for column, name in enumerate(columns.ids[table]):
                total[:, rows[twin.device_by_id[name].connection]] += values[:, column]
        return total

    renewable = sum((spread(kind, "p_kw") for kind in ("pv", "wind")), np.zeros_like(found))
    available = sum((spread(kind, "p_available_kw") for kind in ("pv", "wind")), np.zeros_like(found))
    engines, stores = spread("chp", "p_kw"), spread("battery", "p_kw")
    prices = {port: values for port in PORTS["prices"] if (values := columns.of("prices", port)) is not None}
    return Trace(
        span=span,
        step_h=step_h,
        connections=tuple(one.id for one in twin.connections),
        tariffs=tuple(one.tariff for one in twin.connections),
        p_kw=found,
        available_kw=generation_from_load(available),
        fixed_kw=found - renewable - engines - stores,
        generated_kw=exported(renewable + engines).sum(axis=1),
        storage_kw=stores.sum(axis=1),
        prices=prices,
        price_ids=columns.ids.get("prices", ()),
        heat=_heat(scenario, columns),
        fuel_kwh=_fuel(scenario, columns, step_h),
        figures=_figures(columns, step_h, found),
    )


def _heat(scenario: Scenario, columns: Columns) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    values = columns.of("chp", "heat_demand_kw")
    if values is not None:
        for column, name in enumerate(columns.ids["chp"]):
            network = scenario.twin.device_by_id[name].heat_network or name
            found[network] = found.get(network, 0.0) + values[:, column]
    return found


def _fuel(scenario: Scenario, columns: Columns, step_h: float) -> dict[tuple[str, str], float]:
    found = {}
    for table in ("chp", "building"):
        values = columns.of(table, "fuel_kw")
        if values is not None:
            for name, burnt in zip(columns.ids[table], (values.sum(axis=0) * step_h).tolist(), strict=True):
                found[name, str(getattr(scenario.twin.device_by_id[name].options, "fuel", "natural_gas"))] = burnt
    return found


def _figures(columns: Columns, step_h: float, p_kw: FloatArray) -> dict[str, float]:
    """Return figures of a span, what adds up in units of the span."""
    exchange = p_kw.sum(axis=1)
    figures = {
        "peak_import_kw": float(np.max(exchange, initial=0.0)),
        "peak_export_kw": float(np.max(generation_from_load(exchange), initial=0.0)),
    }
    extremes = (("vm_min_pu", "bus", "vm_pu", np.nanmin), ("vm_max_pu", "bus", "vm_pu", np.nanmax))
    loadings = (
        ("line_percent", "line", "loading_percent", np.nanmax),
        ("transformer_percent", "transformer", "loading_percent", np.nanmax),
    )
    for name, table, port, least_or_most in (*extremes, *loadings):
        values = columns.of(table, port)
        if values is not None and np.isfinite(values).any():
            figures[name] = float(least_or_most(values))
    converged = columns.of("grid", "converged")
    figures["diverged"] = float((converged == 0.0).sum()) if converged is not None else 0.0
    figures |= _sums(columns, step_h)
    return figures


def _sums(columns: Columns, step_h: float) -> dict[str, float]:
    def total(parts: Sequence[tuple[str, str]]) -> float:
        return sum(float(np.nansum(values)) * step_h for part in parts if (values := columns.of(*part)) is not None)

    battery = columns.of("battery", "p_kw")
    cycles = columns.of("battery", "cycles")
    energy = columns.of("battery", "energy_kwh")
    return {
        "curtailed_kwh": total((("pv", "p_curtailed_kw"), ("wind", "p_curtailed_kw"))),
        "heat_unserved_kwh": total((("building", "heat_unserved_kw"), ("chp", "heat_unserved_kw"))),
        "hot_water_unserved_kwh": total((("building", "hot_water_unserved_kw"),)),
        "too_cold_kh": total((("building", "temp_low_k"),)),
        "battery_losses_kwh": total((("battery", "p_loss_kw"),)),
        "discharged_kwh": float(exported(battery).sum()) * step_h if battery is not None else 0.0,
        "charged_kwh": float(np.maximum(battery, 0.0).sum()) * step_h if battery is not None else 0.0,
        "stored_kwh": float((energy[-1] - energy[0]).sum()) if energy is not None else 0.0,
        "cycles": float((cycles[-1] - cycles[0]).mean()) if cycles is not None else 0.0,
    }


def traces(jobs: Sequence[Job], *, workers: int = 1, cluster: str | None = None) -> list[Trace]:
    """Make runs and return what they say, in the order of the jobs.

    Parameters
    ----------
    jobs : sequence of Job
        Runs.
    workers : int
        Processes; 1 makes them here, one after the other.
    cluster : str, optional
        Address of a Dask scheduler instead; its workers must see the same files.
    """
    if cluster is None and (workers <= 1 or len(jobs) <= 1):
        return [traced(job) for job in jobs]
    from twinergy.cosim.workers import cluster_of, prepare  # noqa: PLC0415 - only with workers

    if cluster is None:
        prepare()
    with cluster_of(min(workers, len(jobs)), cluster) as client:
        futures = [client.submit(traced, job, pure=False) for job in jobs]
        return [future.result() for future in futures]

# SPDX-License-Identifier: Apache-2.0
"""The table of all key figures: name, unit, formula, what it says in plain words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

ENERGY: Final = "Energy"
SUPPLY: Final = "Own supply"
MONEY: Final = "Money and emissions"
GRID: Final = "Grid"
VOLTAGE: Final = "Voltage"
STORAGE: Final = "Storage"
CONTROL: Final = "Set-points"
FAULTS: Final = "Faults"
AUDIT: Final = "Audit"
GROUPS: Final = (ENERGY, SUPPLY, MONEY, GRID, VOLTAGE, STORAGE, CONTROL, FAULTS, AUDIT)


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """What a key figure means.

    Attributes
    ----------
    name : str
        Name in files.
    unit : str
        Unit of the stored value; ``1`` for fractions and numbers.
    group : str
        Chapter of the reference page and of the report.
    title : str
        Name for people.
    formula : str
        How it is computed.
    plain : str
        A sentence with ``{value}`` and ``{where}``, for people; empty if the title says it all.
    negative : str
        The same for a value below zero, which is given without its sign; empty where that needs no other words.
    style : {"number", "percent", "count", "scientific"}
        How people read it.
    digits : int
        Digits after the point.
    limit : float or None
        Largest value of a run in which nothing went wrong; None where none is wrong.
    """

    name: str
    unit: str
    group: str
    title: str
    formula: str
    plain: str = ""
    style: Literal["number", "percent", "count", "scientific"] = "number"
    digits: int = 1
    limit: float | None = None
    negative: str = ""

    def sentence(self, value: float, where: str) -> str:
        """Return what a value says in plain words, empty where the title says it all."""
        if value < 0.0 and self.negative:
            return self.negative.format(value=self.text(-value), where=where)
        return self.plain.format(value=self.text(value), where=where)

    def text(self, value: float) -> str:
        """Return a value with its unit as people write it.

        >>> DEFINITIONS["self_consumption"].text(0.7321)
        '73.2 %'
        >>> DEFINITIONS["import_kwh"].text(12345.6)
        '12,346 kWh'
        """
        if math.isnan(value):
            return "–"
        match self.style:
            case "percent":
                return f"{100.0 * value:.1f} %".replace("-", "−")
            case "count":
                return f"{value:,.0f}"
            case "scientific":
                return f"{value:.1e} {self.unit}" if value else f"0 {self.unit}"
            case _:
                digits = 0 if abs(value) >= 1000.0 and self.digits == 1 else self.digits  # noqa: PLR2004
                return f"{value:,.{digits}f} {self.unit}".removesuffix(" 1").replace("-", "−")


_ALL: Final = (
    KpiDefinition(
        "consumption_kwh",
        "kWh",
        ENERGY,
        "Consumption",
        "Σ over devices other than storages of max(0, p)·Δt",
        "The community used {value}, losses of the grid and of storages not counted.",
    ),
    KpiDefinition(
        "generation_kwh",
        "kWh",
        ENERGY,
        "Generation",
        "Σ over devices other than storages of max(0, −p)·Δt",
        "Its own plants generated {value}.",
    ),
    KpiDefinition(
        "import_kwh",
        "kWh",
        ENERGY,
        "Import",
        "Σ max(0, exchange)·Δt; exchange is the power at the transformer, or the sum of all connections without a grid",
        "{value} came from the grid above.",
    ),
    KpiDefinition(
        "export_kwh",
        "kWh",
        ENERGY,
        "Export",
        "Σ max(0, −exchange)·Δt",
        "{value} went back to the grid above.",
    ),
    KpiDefinition(
        "shared_kwh",
        "kWh",
        ENERGY,
        "Shared between neighbours",
        "Σ over connections of max(0, p)·Δt − Σ max(0, sum of connections)·Δt",
        "{value} flowed from one neighbour to another.",
    ),
    KpiDefinition(
        "curtailed_kwh",
        "kWh",
        ENERGY,
        "Curtailed",
        "Σ p_curtailed·Δt",
        "{value} could have been generated but was not allowed to.",
    ),
    KpiDefinition("losses_kwh", "kWh", ENERGY, "Grid losses", "Σ p_loss·Δt of the grid", "Lines and transformers lost {value}."),
    KpiDefinition(
        "self_consumption",
        "1",
        SUPPLY,
        "Self-consumption",
        "max(0, 1 − Σ max(0, −net)·Δt / generation); net is the sum of all connections",
        "{value} of what the community generated stayed in the community.",
        "percent",
    ),
    KpiDefinition(
        "self_sufficiency",
        "1",
        SUPPLY,
        "Self-sufficiency",
        "max(0, 1 − Σ max(0, net)·Δt / consumption); net is the sum of all connections",
        "{value} of what the community used it generated itself.",
        "percent",
    ),
    KpiDefinition(
        "dwelling_self_consumption",
        "1",
        SUPPLY,
        "Self-consumption of a dwelling",
        "mean over dwellings with generation of the same at their connection",
        "A dwelling with a plant used {value} of what it generated itself.",
        "percent",
    ),
    KpiDefinition(
        "dwelling_self_sufficiency",
        "1",
        SUPPLY,
        "Self-sufficiency of a dwelling",
        "mean over dwellings with consumption of the same at their connection",
        "A dwelling generated {value} of what it used.",
        "percent",
    ),
    KpiDefinition(
        "cost_eur",
        "EUR",
        MONEY,
        "Cost of the community",
        "sum of the bills of all connections: energy, grid fee, levies, standing charge pro rata and VAT − feed-in revenue",
        "All bills together come to {value}.",
        digits=2,
        negative="All bills together leave the community {value}.",
    ),
    KpiDefinition(
        "dwelling_cost_eur",
        "EUR",
        MONEY,
        "Cost of a dwelling",
        "mean over dwellings of the bill of their connection, shared equally where dwellings share one",
        "A dwelling pays {value} on average.",
        digits=2,
        negative="A dwelling earns {value} on average.",
    ),
    KpiDefinition(
        "co2_kg",
        "kg",
        MONEY,
        "CO₂ of imported electricity",
        "Σ max(0, exchange)·carbon intensity·Δt / 1000; intensity is the mean over connections of that of their tariff",
        "Imported electricity caused {value} of CO₂.",
    ),
    KpiDefinition(
        "peak_import_kw", "kW", GRID, "Peak import", "max(0, max exchange), mean over a step", "The highest import was {value}."
    ),
    KpiDefinition(
        "peak_export_kw", "kW", GRID, "Peak export", "max(0, max −exchange), mean over a step", "The highest export was {value}."
    ),
    KpiDefinition(
        "transformer_loading_percent",
        "%",
        GRID,
        "Highest transformer loading",
        "max over transformers and steps of loading",
        "{where} reached {value} of its rating.",
    ),
    KpiDefinition(
        "transformer_overload_h",
        "h",
        GRID,
        "Transformer overload",
        "hours in which at least one transformer was above 100 %",
        "A transformer was overloaded for {value}.",
    ),
    KpiDefinition(
        "line_loading_percent",
        "%",
        GRID,
        "Highest line loading",
        "max over lines and steps of loading",
        "{where} reached {value} of its rating.",
    ),
    KpiDefinition(
        "line_overload_h",
        "h",
        GRID,
        "Line overload",
        "hours in which at least one line was above 100 %",
        "A line was overloaded for {value}.",
    ),
    KpiDefinition("vm_min_pu", "1", VOLTAGE, "Lowest voltage", "min over buses and steps of voltage / Un", digits=4),
    KpiDefinition("vm_max_pu", "1", VOLTAGE, "Highest voltage", "max over buses and steps of voltage / Un", digits=4),
    KpiDefinition(
        "voltage_compliance",
        "1",
        VOLTAGE,
        "Buses that comply with EN 50160",
        "share of buses whose 10-minute r.m.s. means are within ±10 % of Un for 95 % of every week and within +10/−15 % always "
        "(EN 50160, supply voltage variations at low voltage); weeks are windows of 7 days from the start of the run, "
        "an incomplete one counts with what it has",
        "{value} of all buses kept the supply voltage that EN 50160 asks for.",
        "percent",
    ),
    KpiDefinition(
        "voltage_violations",
        "1",
        VOLTAGE,
        "Buses that do not comply with EN 50160",
        "number of buses that break either rule; the place is the bus with the fewest means within ±10 %",
        "",
        "count",
    ),
    KpiDefinition(
        "storage_cycles",
        "1",
        STORAGE,
        "Full equivalent cycles",
        "mean over storages of cycles at the end of the run; the place is the storage with most",
        "A storage went through {value} full cycles on average.",
        digits=2,
    ),
    KpiDefinition(
        "storage_losses_kwh", "kWh", STORAGE, "Storage losses", "Σ over storages of p_loss·Δt", "Storages lost {value}."
    ),
    KpiDefinition("set_points_asked", "1", CONTROL, "Set-points asked", "requests of agents, counted per device", "", "count"),
    KpiDefinition("set_points_granted", "1", CONTROL, "Set-points granted", "requests that took effect", "", "count"),
    KpiDefinition("set_points_limited", "1", CONTROL, "Set-points cut", "requests cut to a limit that held", "", "count"),
    KpiDefinition("set_points_refused", "1", CONTROL, "Set-points refused", "requests that lost, with their reason", "", "count"),
    KpiDefinition(
        "non_converged_steps",
        "1",
        FAULTS,
        "Steps without a power flow",
        "steps whose power flow did not converge; they are left out of grid and voltage figures",
        "",
        "count",
        limit=0.0,
    ),
    KpiDefinition(
        "missing_readings",
        "1",
        FAULTS,
        "Missing meter readings",
        "steps of all meters without a reading since their first; every step of a meter that never reports",
        "",
        "count",
        limit=0.0,
    ),
    KpiDefinition(
        "missing_prices",
        "1",
        FAULTS,
        "Missing prices",
        "steps of all tariffs in which a price or the carbon intensity is not a number; bills that need it are unknown",
        "",
        "count",
        limit=0.0,
    ),
    KpiDefinition(
        "missing_values",
        "1",
        FAULTS,
        "Missing device powers",
        "powers of devices and connections that are not a number; they count as 0 kW in sums",
        "",
        "count",
        limit=0.0,
    ),
    KpiDefinition(
        "power_balance_max_kw",
        "kW",
        AUDIT,
        "Power balance, worst step",
        "max over steps of |Σ device powers + losses + background − unsupplied − exchange|, background and "
        "unsupplied load as the grid reports them; the limit is a power flow tolerance of 1e-5 kW at each of 1,000 buses",
        "",
        "scientific",
        limit=1e-2,
    ),
    KpiDefinition(
        "power_balance_sum_kwh",
        "kWh",
        AUDIT,
        "Power balance, sum",
        "Σ over steps of the same residual·Δt",
        "",
        "scientific",
    ),
    KpiDefinition(
        "connection_balance_max_kw",
        "kW",
        AUDIT,
        "Balance of a connection, worst step",
        "max over connections and steps of |Σ device powers behind the meter − power of the connection|",
        "",
        "scientific",
        limit=1e-6,
    ),
    KpiDefinition(
        "storage_balance_max_kwh",
        "kWh",
        AUDIT,
        "Energy balance of a storage, worst step",
        "max over storages and steps of |p·Δt − ΔE − p_loss·Δt|; the first step of a run has no energy before it",
        "",
        "scientific",
        limit=1e-6,
    ),
    KpiDefinition(
        "money_balance_max_eur",
        "EUR",
        AUDIT,
        "Money balance, worst step",
        "max over steps of |paid by all connections − received by supplier, grid operator and state|",
        "",
        "scientific",
        limit=1e-6,
    ),
)

DEFINITIONS: Final[dict[str, KpiDefinition]] = {known.name: known for known in _ALL}
"""All key figures by name, in the order people read them."""

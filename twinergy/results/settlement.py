# SPDX-License-Identifier: Apache-2.0
"""Settlement: what every connection pays, who receives it, and whether both agree.

Import and export are metered separately and never netted over steps: each step's mean power is either one or the other.
The customers' side is computed per connection with the total price per kWh, the receivers' side per tariff with the parts of
that price; the difference of the two is the residual of the money audit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.results.currency import EURO, Currency
from twinergy.signs import exported, imported
from twinergy.units import HOURS_PER_YEAR, SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

SECONDS_PER_YEAR: Final = HOURS_PER_YEAR * SECONDS_PER_HOUR
"""Year over which a standing charge is spread: 365 days."""
PRICES: Final = (
    "energy_eur_per_kwh",
    "grid_fee_eur_per_kwh",
    "levy_eur_per_kwh",
    "vat_eur_per_kwh",
    "buy_eur_per_kwh",
    "feed_in_eur_per_kwh",
    "co2_g_per_kwh",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Energy, money and carbon of a period, per connection and per party.

    Settlements of consecutive periods add up: ``first + second``.

    Attributes
    ----------
    duration_s : float
        Length of the period. [s]
    energy_import_kwh, energy_export_kwh : ndarray, shape (n_connections,)
        Metered energy, both counted positive. [kWh]
    energy_eur, grid_fee_eur, levy_eur, standing_eur : ndarray, shape (n_connections,)
        Parts of the cost, net of VAT. [EUR]
    vat_eur : ndarray, shape (n_connections,)
        Value added tax on these parts, the standing charge included. [EUR]
    feed_in_revenue_eur : ndarray, shape (n_connections,)
        Paid to the customer for exported energy; no VAT is due on it. [EUR]
    co2_kg : ndarray, shape (n_connections,)
        Import times carbon intensity. Location-based; export is not credited. [kg]
    supplier_eur, grid_operator_eur, state_eur : float
        Received: energy and standing charge less feed-in, grid fee, levies and VAT. [EUR]
    residual_eur : ndarray, shape (n_steps,)
        Paid by all connections less received by all parties, per step; rounding is all that may be left. [EUR]
    """

    duration_s: float
    energy_import_kwh: FloatArray
    energy_export_kwh: FloatArray
    energy_eur: FloatArray
    grid_fee_eur: FloatArray
    levy_eur: FloatArray
    standing_eur: FloatArray
    vat_eur: FloatArray
    feed_in_revenue_eur: FloatArray
    co2_kg: FloatArray
    supplier_eur: float
    grid_operator_eur: float
    state_eur: float
    residual_eur: FloatArray

    @property
    def cost_eur(self) -> FloatArray:
        """What each connection pays for import and standing charge, with VAT, shape (n_connections,), in EUR."""
        return self.energy_eur + self.grid_fee_eur + self.levy_eur + self.standing_eur + self.vat_eur

    @property
    def net_cost_eur(self) -> FloatArray:
        """Cost less feed-in revenue of each connection, shape (n_connections,), in EUR."""
        return self.cost_eur - self.feed_in_revenue_eur

    @property
    def received_eur(self) -> dict[str, float]:
        """What each party receives in balance, in EUR."""
        return {"supplier": self.supplier_eur, "grid_operator": self.grid_operator_eur, "state": self.state_eur}

    @property
    def residual_total_eur(self) -> float:
        """Net cost of all connections less what all parties received, in EUR."""
        return float(self.net_cost_eur.sum()) - sum(self.received_eur.values())

    @property
    def residual_max_eur(self) -> float:
        """Largest residual of any step without its sign, in EUR; NaN if any step has no price or no power."""
        return float(np.abs(self.residual_eur).max(initial=0.0))

    def __add__(self, other: Settlement) -> Settlement:
        """Return the settlement of this period and the one after it."""
        if self.energy_eur.shape != other.energy_eur.shape:
            message = f"cannot add settlements of {len(self.energy_eur)} and {len(other.energy_eur)} connections"
            raise ValueError(message)
        names = [part.name for part in fields(self) if part.name != "residual_eur"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Settlement(**sums, residual_eur=np.concatenate([self.residual_eur, other.residual_eur]))


def settle(
    p_kw: FloatArray,
    step_s: float,
    prices: Mapping[str, FloatArray],
    tariff_row: IntArray,
    standing_eur_per_year: FloatArray,
    vat_percent: FloatArray,
) -> Settlement:
    """Settle a period.

    Parameters
    ----------
    p_kw : ndarray, shape (n_steps, n_connections)
        Mean power of each step at each connection, load frame: positive imports. NaN makes the bill NaN. [kW]
    step_s : float
        Length of a step, positive. [s]
    prices : mapping of str to ndarray, shape (n_steps, n_tariffs)
        By the names in `PRICES`. [EUR/kWh], [g/kWh]
    tariff_row : ndarray of int, shape (n_connections,)
        Column of `prices` that holds for each connection.
    standing_eur_per_year : ndarray, shape (n_tariffs,)
        Standing charge, net of VAT. [EUR/a]
    vat_percent : ndarray, shape (n_tariffs,)
        Value added tax on the standing charge. [%]

    Returns
    -------
    Settlement
        Of the whole period.

    Raises
    ------
    ValueError
        If a price is missing, shapes do not fit, a row does not exist or the step has no length.
    """
    _check(p_kw, step_s, prices, tariff_row, standing_eur_per_year, vat_percent)
    kwh_per_kw = step_s / SECONDS_PER_HOUR
    import_kwh, export_kwh = imported(p_kw) * kwh_per_kw, exported(p_kw) * kwh_per_kw
    cost = {name: import_kwh * np.take(prices[name], tariff_row, axis=1) for name in PRICES if name != "feed_in_eur_per_kwh"}
    revenue = export_kwh * np.take(prices["feed_in_eur_per_kwh"], tariff_row, axis=1)
    n_steps = len(p_kw)
    standing_per_step = standing_eur_per_year[tariff_row] * (step_s / SECONDS_PER_YEAR)
    standing_vat_per_step = standing_per_step * vat_percent[tariff_row] / 100.0
    paid = (cost["buy_eur_per_kwh"] - revenue).sum(axis=1) + (standing_per_step + standing_vat_per_step).sum()
    received = _received(import_kwh, export_kwh, prices, tariff_row)
    received["supplier"] += standing_per_step.sum()
    received["state"] += standing_vat_per_step.sum()
    return Settlement(
        duration_s=step_s * n_steps,
        energy_import_kwh=import_kwh.sum(axis=0),
        energy_export_kwh=export_kwh.sum(axis=0),
        energy_eur=cost["energy_eur_per_kwh"].sum(axis=0),
        grid_fee_eur=cost["grid_fee_eur_per_kwh"].sum(axis=0),
        levy_eur=cost["levy_eur_per_kwh"].sum(axis=0),
        standing_eur=standing_per_step * n_steps,
        vat_eur=cost["vat_eur_per_kwh"].sum(axis=0) + standing_vat_per_step * n_steps,
        feed_in_revenue_eur=revenue.sum(axis=0),
        co2_kg=cost["co2_g_per_kwh"].sum(axis=0) / 1000.0,
        supplier_eur=float(received["supplier"].sum()),
        grid_operator_eur=float(received["grid_operator"].sum()),
        state_eur=float(received["state"].sum()),
        residual_eur=paid - (received["supplier"] + received["grid_operator"] + received["state"]),
    )


def _received(
    import_kwh: FloatArray, export_kwh: FloatArray, prices: Mapping[str, FloatArray], tariff_row: IntArray
) -> dict[str, FloatArray]:
    """Return what the parties receive per step, shape (n_steps,), from the energy of each tariff's customers together."""
    order = np.argsort(tariff_row, kind="stable")
    rows, starts = np.unique(tariff_row[order], return_index=True)
    imports, exports = (np.add.reduceat(kwh[:, order], starts, axis=1) for kwh in (import_kwh, export_kwh))

    def value(energy_kwh: FloatArray, *names: str) -> FloatArray:
        return np.asarray((energy_kwh * sum(prices[name][:, rows] for name in names)).sum(axis=1))

    return {
        "supplier": value(imports, "energy_eur_per_kwh") - value(exports, "feed_in_eur_per_kwh"),
        "grid_operator": value(imports, "grid_fee_eur_per_kwh"),
        "state": value(imports, "levy_eur_per_kwh", "vat_eur_per_kwh"),
    }


def _check(
    p_kw: FloatArray,
    step_s: float,
    prices: Mapping[str, FloatArray],
    tariff_row: IntArray,
    standing_eur_per_year: FloatArray,
    vat_percent: FloatArray,
) -> None:
    missing = [name for name in PRICES if name not in prices]
    if missing:
        message = f"prices lack {', '.join(missing)}; given: {', '.join(sorted(prices)) or 'none'}"
        raise ValueError(message)
    n_tariffs = len(standing_eur_per_year)
    expected: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        name: (prices[name].shape, (len(p_kw), n_tariffs)) for name in PRICES
    }
    expected["tariff_row"] = (tariff_row.shape, (p_kw.shape[1],))
    expected["vat_percent"] = (vat_percent.shape, (n_tariffs,))
    wrong = [f"{name} has shape {got}, expected {want}" for name, (got, want) in expected.items() if got != want]
    if len(tariff_row) and (tariff_row.min() < 0 or tariff_row.max() >= n_tariffs):
        wrong.append(f"tariff_row lies in {tariff_row.min()}..{tariff_row.max()}, allowed 0..{n_tariffs - 1}")
    if not step_s > 0.0:
        wrong.append(f"step_s is {step_s} s, must be positive")
    if wrong:
        raise ValueError("; ".join(wrong))


class LineItem(NamedTuple):
    """A line of a bill."""

    item: str
    quantity: float
    unit: str
    """Unit of the quantity, empty for the total."""
    unit_price_eur: float
    """Mean price of a unit in EUR; NaN where nothing was used. For VAT the effective rate, a fraction."""
    amount_eur: float
    """What the customer pays; negative where the customer is paid."""


def bill(settlement: Settlement, row: int) -> list[LineItem]:
    """Return the bill of one connection, the last line its total.

    Parameters
    ----------
    settlement : Settlement
        Of the billing period.
    row : int
        Row of the connection.

    Returns
    -------
    list of LineItem
        Energy, grid fee, levies, standing charge, VAT, feed-in and total.
    """
    used, fed_in = float(settlement.energy_import_kwh[row]), float(settlement.energy_export_kwh[row])
    parts = [float(part[row]) for part in (settlement.energy_eur, settlement.grid_fee_eur, settlement.levy_eur)]
    standing, vat = float(settlement.standing_eur[row]), float(settlement.vat_eur[row])
    lines = [
        _line("energy", used, "kWh", parts[0]),
        _line("grid fee", used, "kWh", parts[1]),
        _line("taxes and levies", used, "kWh", parts[2]),
        _line("standing charge", settlement.duration_s / SECONDS_PER_DAY, "days", standing),
        _line("value added tax", sum(parts) + standing, "EUR", vat),
        _line("feed-in", fed_in, "kWh", 0.0 - float(settlement.feed_in_revenue_eur[row])),
    ]
    return [*lines, _line("total", 1.0, "", float(settlement.net_cost_eur[row]))]


def _line(item: str, quantity: float, unit: str, amount_eur: float) -> LineItem:
    return LineItem(item, quantity, unit, amount_eur / quantity if quantity else float("nan"), amount_eur)


def bill_text(lines: Sequence[LineItem], currency: Currency = EURO) -> str:
    """Return a bill as text, amounts rounded to cents of a currency.

    >>> print(bill_text([LineItem("energy", 100.0, "kWh", 0.25, 25.0)]))
    energy                 100.00 kWh  x   0.2500 =      25.00 EUR
    """
    return "\n".join(
        f"{line.item:<18} {_quantity(line, currency):<26} = {currency.of(line.amount_eur):>10.2f} {currency.code}"
        for line in lines
    )


def _quantity(line: LineItem, currency: Currency) -> str:
    if not line.unit:
        return ""
    quantity, unit = currency.shown(line.quantity, line.unit)
    rate = line.unit == "EUR"  # value added tax: a share of an amount
    price = f" x {line.unit_price_eur if rate else currency.of(line.unit_price_eur):>8.4f}" if line.quantity else ""
    return f"{quantity:>10.2f} {unit:<4}{price}"

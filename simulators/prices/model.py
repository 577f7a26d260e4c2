# SPDX-License-Identifier: Apache-2.0
"""What a kWh costs: the parts of a tariff and their sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.prices.params import TariffParams

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffInputs:
    """What changes with time, each of shape (..., n_tariffs).

    Attributes
    ----------
    energy_eur_per_kwh, grid_fee_eur_per_kwh : ndarray
        Supplier's and grid operator's part, net of VAT. [EUR/kWh]
    feed_in_eur_per_kwh : ndarray
        Paid to the customer per exported kWh. [EUR/kWh]
    co2_g_per_kwh : ndarray
        Carbon intensity of imported energy. [g/kWh]
    """

    energy_eur_per_kwh: FloatArray
    grid_fee_eur_per_kwh: FloatArray
    feed_in_eur_per_kwh: FloatArray
    co2_g_per_kwh: FloatArray


def price_parts(params: TariffParams, inputs: TariffInputs) -> dict[str, FloatArray]:
    """Return every part of the price, the total and the carbon intensity.

    VAT is due on the sum of energy, grid fee and levies (Council Directive 2006/112/EC, Art. 73 and 78 (a): taxes and levies
    other than VAT belong to the taxable amount). A negative sum carries negative VAT. Nothing is due on feed-in.

    Parameters
    ----------
    params : TariffParams
        Constants, shape (n_tariffs,).
    inputs : TariffInputs
        Values over time, shape (..., n_tariffs).

    Returns
    -------
    dict of str to ndarray, shape (..., n_tariffs)
        New arrays by port name. [EUR/kWh], [g/kWh]
    """
    levy = np.broadcast_to(params.levies_eur_per_kwh, inputs.energy_eur_per_kwh.shape).copy()
    net = inputs.energy_eur_per_kwh + inputs.grid_fee_eur_per_kwh + levy
    vat = net * (params.vat_percent / 100.0)
    return {
        "energy_eur_per_kwh": inputs.energy_eur_per_kwh.copy(),
        "grid_fee_eur_per_kwh": inputs.grid_fee_eur_per_kwh.copy(),
        "levy_eur_per_kwh": levy,
        "vat_eur_per_kwh": vat,
        "buy_eur_per_kwh": net + vat,
        "feed_in_eur_per_kwh": inputs.feed_in_eur_per_kwh.copy(),
        "co2_g_per_kwh": inputs.co2_g_per_kwh.copy(),
    }

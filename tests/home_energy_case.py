# SPDX-License-Identifier: Apache-2.0
"""A small village of homes with gateways, and readings put together by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.homes import Homes
from controllers.home_energy.options import HomeEnergyOptions
from controllers.home_energy.reading import PORTS, read
from tests.scenario_files import small
from twinergy.agents import View
from twinergy.community.scenario import load

if TYPE_CHECKING:
    from pathlib import Path

DEVICES = """\
  - {id: load-a, kind: household, dwelling: home-a, annual_kwh: 3500, profile: {kind: appliances}}
  - {id: load-b, kind: household, dwelling: home-b, annual_kwh: 2500}
  - {id: gateway-a, kind: gateway, dwelling: home-a}
  - {id: gateway-b, kind: gateway, dwelling: home-b}
  - {id: building-a, kind: building, dwelling: home-a, heating: heat_pump}
  - {id: ev-a, kind: ev, dwelling: home-a}
  - {id: point-a, kind: charging, dwelling: home-a}
"""
TWO_PRICES = """\
      energy: {kind: time_of_use, bands: [{from: "00:00", to: "06:00", price_eur_per_kwh: 0.1},
        {from: "06:00", to: "24:00", price_eur_per_kwh: 0.4}]}
"""


def village(folder: Path, *changes: tuple[str, str], extra: str = "") -> Path:
    """Write the small scenario with two homes that have a gateway; home-a has all there is, home-b only its load."""
    household = "  - {id: load-a, kind: household, dwelling: home-a, annual_kwh: 3500}\n"
    household += "  - {id: load-b, kind: household, dwelling: home-b, annual_kwh: 2500}\n"
    prices = "      energy: {kind: fixed, price_eur_per_kwh: 0.2}\n".replace("      ", "    ", 1)
    return small(folder, (household, DEVICES), (prices, TWO_PRICES.replace("      energy", "    energy")), *changes, extra=extra)


def homes(folder: Path, **options: object) -> Homes:
    """Return the homes of the village."""
    return Homes(load(village(folder)).context, HomeEnergyOptions(**options))


def reading(epoch_s: int, n_homes: int = 2, **ports: object):
    """Return what gateways say: nothing, but for the given ports; scalars hold for the first home."""
    values = {port: np.full(n_homes, np.nan) for port in PORTS}
    values |= {"p_household_kw": np.zeros(n_homes), "valid": np.ones(n_homes)}
    for port, value in ports.items():
        if np.ndim(value):
            values[port] = np.asarray(value, dtype=float)
        else:
            values[port][0] = value
    return read(epoch_s, View(tuple(f"gateway-{row}" for row in range(n_homes)), values), None, np.zeros(0, dtype=np.int64))

# SPDX-License-Identifier: Apache-2.0
"""The three bands of the Italian electricity market, F1, F2 and F3."""

from __future__ import annotations

from typing import Literal

from simulators.prices.bands import Band, Clock, PriceEurPerKwh
from twinergy.options import Options


class ItalianBands(Options):
    """Prices by the bands of the Italian regulator (ARERA, resolution 181/06).

    F1 is Monday to Friday from 8 to 19; F2 Monday to Friday from 7 to 8 and from 19 to 23, and Saturday from 7 to 23; F3
    all other hours and the whole of Sundays and national holidays. The clock is the one on the wall. Customers with a price
    for F1 and one for the rest ("F23") give the same price twice. The site's country is ``IT``: patron saints of a town or
    a province are working days for the bands.
    """

    kind: Literal["italian_bands"] = "italian_bands"
    f1_eur_per_kwh: PriceEurPerKwh
    """Price in F1, net of VAT [EUR/kWh]."""
    f2_eur_per_kwh: PriceEurPerKwh
    """Price in F2, net of VAT [EUR/kWh]."""
    f3_eur_per_kwh: PriceEurPerKwh
    """Price in F3, net of VAT [EUR/kWh]."""

    @property
    def clock(self) -> Clock:
        """Return the clock of the bands, the one on the wall."""
        return "local"

    def bands(self) -> tuple[Band, ...]:
        """Return the bands; together they cover every minute once."""
        f1, f2, f3 = self.f1_eur_per_kwh, self.f2_eur_per_kwh, self.f3_eur_per_kwh
        rows = (
            ("08:00", "19:00", "workday", f1),
            ("07:00", "08:00", "workday", f2),
            ("19:00", "23:00", "workday", f2),
            ("07:00", "23:00", "saturday", f2),
            ("23:00", "07:00", ("workday", "saturday"), f3),
            ("00:00", "24:00", "sunday", f3),
        )
        return tuple(
            Band.model_validate({"from": begin, "to": end, "days": days, "price_eur_per_kwh": price})
            for begin, end, days, price in rows
        )

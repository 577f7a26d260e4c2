# SPDX-License-Identifier: Apache-2.0
"""Aggregated energy of a home, by line."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from twinergy.messages.parts import Named, NonNegativeSeries, Series, SeriesMessage, check_lengths, check_names


class LineEnergy(Named):
    """Energy of one line, one value per step."""

    name: str
    """``grid`` for the connection, else as in actual consumption and production."""
    energy_kwh: Series
    """Active energy, load frame."""
    reactive_energy_kvarh: Series = ()
    """Reactive energy, load frame; empty where it is not metered."""


class EnergyData(SeriesMessage):
    """Hourly active and reactive energy by line, and voltage and frequency at the connection."""

    information_object: ClassVar[str] = "energy_data"
    data_model: ClassVar[str] = "Energy"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.02", "PUC01.04", "PUC08.01", "PUC08.03", "PUC09.01")
    series: ClassVar[tuple[str, ...]] = ("voltage_v", "frequency_hz")

    lines: tuple[LineEnergy, ...]
    """Lines of the home."""
    voltage_v: NonNegativeSeries = ()
    """Phase voltage at the connection; empty where it is not metered."""
    frequency_hz: NonNegativeSeries = ()
    """Frequency of the grid; empty where it is not metered."""

    @model_validator(mode="after")
    def _lines_have_the_same_length(self) -> Self:
        check_names("lines", self.lines)
        length = {len(values) for name in self.series if (values := getattr(self, name))}
        for line in self.lines:
            check_lengths(line, ("energy_kwh", "reactive_energy_kvarh"))
            length.add(len(line.energy_kwh))
        if len(length) > 1:
            message = f"lines and series have {', '.join(map(str, sorted(length)))} values; give each the same number"
            raise ValueError(message)
        return self

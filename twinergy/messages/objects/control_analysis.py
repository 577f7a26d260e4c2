# SPDX-License-Identifier: Apache-2.0
"""A plan, and what it is better at than the habit."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from twinergy.messages.parts import NonNegative, Part, Reading, Series, SeriesMessage


class PortSchedule(Part):
    """Planned values of one controlled port."""

    table: str
    """Kind of the device."""
    device: str
    """Id of the device."""
    port: str
    """Set-point port, with its unit."""
    values: Series
    """One value per step in the port's unit; None leaves the device to itself."""


class ControlAnalysis(SeriesMessage):
    """Schedule of a home, with what it saves against the measured habit; savings are positive."""

    information_object: ClassVar[str] = "control_analysis"
    data_model: ClassVar[str] = "Control Analysis"
    use_cases: ClassVar[tuple[str, ...]] = ("PUC01.04",)
    series: ClassVar[tuple[str, ...]] = ("p_real_kw", "p_optimal_kw")

    status: Literal["optimal", "best_effort", "failed"]
    """Best effort: not all wishes could be met, see `binding`; failed: no plan, devices follow their local modes."""
    saved_kwh: Reading = None
    """Energy from the grid saved against the habit."""
    saved_eur: Reading = None
    """Money saved against the habit."""
    saved_co2_kg: Reading = None
    """Emissions saved against the habit."""
    cost_eur: Reading = None
    """Money the plan costs over its horizon."""
    p_real_kw: Series = ()
    """Power at the connection as the habit makes it, load frame."""
    p_optimal_kw: Series = ()
    """Power at the connection as planned, load frame."""
    difference_kwh: NonNegative | None = None
    """Energy that lies at another time in the plan: mean absolute difference of both patterns times the horizon."""
    binding: tuple[str, ...] = ()
    """Constraints and wishes that keep the plan from being better or from holding, for people."""
    schedule: tuple[PortSchedule, ...] = ()
    """What each controlled port is to do."""
    solver_s: NonNegative | None = None
    """Time the plan took to compute."""

    @model_validator(mode="after")
    def _schedules_have_one_length(self) -> Self:
        lengths = {len(port.values) for port in self.schedule} | {len(self.p_optimal_kw)} - {0}
        if len(lengths) > 1:
            message = f"schedules and p_optimal_kw have {', '.join(map(str, sorted(lengths)))} values; give each the same number"
            raise ValueError(message)
        return self

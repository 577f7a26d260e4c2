# SPDX-License-Identifier: Apache-2.0
"""Options of appliances that misbehave: what they draw then, and when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from twinergy.options import Options, Positive
from twinergy.timebase import local_epoch_s


class Spell(Options):
    """When something is out of order."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: date | datetime = Field(alias="from")
    """First local day or time of the fault (local unless it has an offset)."""
    until: date | datetime | None = None
    """Local day or time at which it is over, not included; left out: never."""

    def span_s(self, timezone: str) -> tuple[float, float]:
        """Return first and last moment as epoch seconds; infinity where it never ends. [s]."""
        return local_epoch_s(self.from_, timezone), float("inf") if self.until is None else local_epoch_s(self.until, timezone)


class LeftRunning(Spell):
    """Something was left on: a light in the cellar, an iron, a television in an empty room. Switching its plug off ends it."""

    kind: Literal["left_running"]
    group: Literal["cooking", "lighting", "electronics", "other"]
    """Group of appliances it belongs to."""
    p_kw: Positive = 0.06
    """What it draws all the time, on top of everything else; a forgotten lamp or television. Assumption. [kW]"""


class StandbyGrown(Spell):
    """Electronics draw more at rest than they did: a new amplifier, a computer that no longer sleeps."""

    kind: Literal["standby_grown"]
    p_kw: Positive = 0.03
    """How much more, all the time. Assumption. [kW]"""


class ShortCycling(Spell):
    """A compressor runs in shorter, more frequent cycles and needs more energy: a leaking seal, lost refrigerant."""

    kind: Literal["short_cycling"]
    appliance: Literal["refrigerator", "freezer"] = "refrigerator"
    """Whose compressor; the home must have it."""
    cycle_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.3
    """Length of a cycle over that of the sound compressor. Assumption. [-]"""
    energy_factor: Annotated[float, Field(ge=1.0, le=4.0)] = 1.4
    """Energy over that of the sound compressor, by a longer running share; it cannot run more than always. Assumption. [-]"""


ApplianceFault = Annotated[LeftRunning | StandbyGrown | ShortCycling, Field(discriminator="kind")]

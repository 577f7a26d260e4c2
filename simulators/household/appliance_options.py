# SPDX-License-Identifier: Apache-2.0
"""Options of homes built from the bottom up."""

from __future__ import annotations

from typing import Final, Literal, get_args

from simulators.household.catalogue import Region
from simulators.household.fault_options import ApplianceFault
from twinergy.options import Options

Plug = Literal["washing_machine", "dishwasher", "tumble_dryer", "electronics", "lighting", "other", "hot_water"]
PLUGS: Final[tuple[Plug, ...]] = get_args(Plug)


class Owned(Options):
    """Which appliances a home has; what is left out is drawn by the ownership of the region."""

    refrigerator: bool | None = None
    """A refrigerator, with or without freezing compartment."""
    freezer: bool | None = None
    """A freezer of its own."""
    washing_machine: bool | None = None
    """A washing machine."""
    dishwasher: bool | None = None
    """A dishwasher."""
    tumble_dryer: bool | None = None
    """A tumble dryer."""
    hob: bool | None = None
    """An electric hob."""
    oven: bool | None = None
    """An electric oven."""
    microwave: bool | None = None
    """A microwave oven."""
    kettle: bool | None = None
    """Kettle, coffee maker and toaster."""
    television: bool | None = None
    """A television set."""
    computer: bool | None = None
    """Computers."""
    circulation_pump: bool | None = None
    """A pump of the heating that the home itself pays for."""


class AppliancesProfile(Options):
    """A home built from the bottom up: its people's days, and the appliances they use."""

    kind: Literal["appliances"] = "appliances"
    region: Region | None = None
    """Whose ownership and annual energies; that of the site's country if not given."""
    owns: Owned = Owned()
    """Appliances the home certainly has (true) or has not (false)."""
    hot_water: Literal["electric", "building", "none"] = "building"
    """Who heats the water drawn at the taps: a storage heater of the home's own, on its electricity; the building's heating,
    which takes it from the port ``hot_water_kw``; or nobody, then none is drawn."""
    plugs: tuple[Plug, ...] = PLUGS
    """What can be switched from outside: wet appliances, and groups of appliances on smart plugs."""
    faults: tuple[ApplianceFault, ...] = ()
    """Appliances that misbehave for a while: ``left_running``, ``standby_grown``, ``short_cycling``. What they draw comes on top
    of `annual_kwh`, the same in every run."""

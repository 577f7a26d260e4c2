# SPDX-License-Identifier: Apache-2.0
"""Appliances that misbehave, as load on top of what sound ones draw; homes without faults are not touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from simulators.household.appliance_options import AppliancesProfile
from simulators.household.catalogue import GROUPS
from simulators.household.fault_options import ShortCycling, StandbyGrown
from twinergy.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulators.household.bottom_up import BottomUpHomes
    from simulators.household.fault_options import ApplianceFault
    from simulators.household.params import HouseholdOptions
    from simulators.household.traits import Traits
    from twinergy.community.twin import Device
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]


class Faults:
    """Faults of some homes.

    Parameters
    ----------
    per_home : sequence of tuple of ApplianceFault
        Faults of each home of a chunk, in order.
    timezone : str
        IANA zone of local times.
    """

    def __init__(self, per_home: Sequence[Sequence[ApplianceFault]], timezone: str) -> None:
        self._timezone = timezone
        self._faults = [(home, fault) for home, faults in enumerate(per_home) for fault in faults]

    def add(self, block: Block, groups: NDArray[np.float32], places: NDArray[np.intp], homes: BottomUpHomes) -> None:
        """Add what faults draw to the loads of a block, in place.

        Parameters
        ----------
        block : Block
            The steps.
        groups : ndarray, shape (n_steps, n_rows, n_homes)
            Power of each group of `GROUPS` first; all homes of the fleet. [kW]
        places : ndarray of int
            Columns of the chunk's homes.
        homes : BottomUpHomes
            Their appliances.
        """
        for home, fault in self._faults:
            share = covered(block, *fault.span_s(self._timezone))
            if share.any():
                load = groups[:, _row(fault), int(places[home])]
                np.maximum(load + share * _more_kw(fault, home, block, homes), 0.0, out=load)


def covered(block: Block, from_s: float, until_s: float) -> FloatArray:
    """Return the share of each step of a block that lies between two moments, shape (n_steps,). [-]."""
    inside_s = np.minimum(block.epoch_s + block.step_s, until_s) - np.maximum(block.epoch_s, from_s)
    return np.asarray(inside_s.clip(0.0) / block.step_s, dtype=np.float64)


def impossible(device: Device, timezone: str) -> list[Finding]:
    """Return faults of a home that are over before they begin, and those of compressors that it is said not to have."""
    findings = []
    for place, fault in enumerate(_faults_of(device)):
        if isinstance(fault, ShortCycling) and _owns(device, fault.appliance) is False:
            findings.append(_lacking(device, place, fault))
        from_s, until_s = fault.span_s(timezone)
        if until_s <= from_s:
            message = f"fault {fault.kind!r} of home {device.id!r} is over before it begins"
            path, allowed = f"{device.path}.profile.faults[{place}].until", f"a time after {fault.from_}"
            findings.append(Finding(message=message, path=path, value=f"{fault.until}", allowed=allowed))
    return findings


def without_appliance(devices: Sequence[Device], traits: Traits) -> Iterator[Finding]:
    """Yield faults of compressors that a home has not; `devices` are the homes of `traits`, in order."""
    for home, device in enumerate(devices):
        for place, fault in enumerate(_faults_of(device)):
            if isinstance(fault, ShortCycling) and traits.of(fault.appliance)[home] == 0.0:
                yield _lacking(device, place, fault)


def _lacking(device: Device, place: int, fault: ShortCycling) -> Finding:
    return Finding(
        message=f"home {device.id!r} has no {fault.appliance} that could cycle too often",
        path=f"{device.path}.profile.faults[{place}].appliance",
        value=fault.appliance,
        allowed=f"an appliance it has, or profile.owns.{fault.appliance}: true",
    )


def _owns(device: Device, appliance: str) -> bool | None:
    owns: bool | None = getattr(cast("AppliancesProfile", cast("HouseholdOptions", device.options).profile).owns, appliance)
    return owns


def _faults_of(device: Device) -> tuple[ApplianceFault, ...]:
    profile = cast("HouseholdOptions", device.options).profile
    return profile.faults if isinstance(profile, AppliancesProfile) else ()


def _row(fault: ApplianceFault) -> int:
    if isinstance(fault, StandbyGrown):
        return GROUPS.index("electronics")
    return GROUPS.index("cold" if isinstance(fault, ShortCycling) else fault.group)


def _more_kw(fault: ApplianceFault, home: int, block: Block, homes: BottomUpHomes) -> FloatArray | float:
    """Return what a fault draws on top while it lasts. [kW]."""
    if not isinstance(fault, ShortCycling):
        return fault.p_kw
    sound_kw = homes.compressor_kw(block, home, fault.appliance)
    return homes.compressor_kw(block, home, fault.appliance, fault.cycle_share, fault.energy_factor) - sound_kw

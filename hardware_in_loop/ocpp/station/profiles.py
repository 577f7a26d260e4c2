# SPDX-License-Identifier: Apache-2.0
"""The charging profiles that are installed at a station."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hardware_in_loop.ocpp.station.profile import QUANTITIES, Kind, Profile, Purpose, parts_of, read_profile
from hardware_in_loop.ocpp.station.validation import Reason, refusal, wrong_update

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.ocpp.station.validation import Abilities


class Profiles:
    """Profiles by id; what is in here is valid.

    Attributes
    ----------
    installed : tuple of Profile
        All of them.
    """

    def __init__(self) -> None:
        self.installed: tuple[Profile, ...] = ()

    def add(self, wire: Mapping[str, Any], evse: int, can: Abilities, now_s: float) -> Reason | None:
        """Install a profile of the wire, in place of one with its id, or return why not."""
        try:
            profile = read_profile(wire, evse, now_s)
        except ValueError as error:
            return Reason("InvalidValue", str(error))
        reason = refusal(profile, can, self.installed)
        if reason is None:
            self.install(profile, first_version=can.first_version)
        return reason

    def install(self, profile: Profile, *, first_version: bool = False) -> None:
        """Install a profile that has been checked; in 1.6 it also replaces one of its level and purpose (section 3.13.2)."""
        mine = (profile.stack_level, profile.purpose, profile.evse)
        self.installed = (
            *(
                old
                for old in self.installed
                if old.id != profile.id and not (first_version and (old.stack_level, old.purpose, old.evse) == mine)
            ),
            profile,
        )

    def clear(self, wanted: Callable[[Profile], bool]) -> list[Profile]:
        """Delete what is wanted gone and return it; constraints from outside are not the central system's to delete."""
        gone = [profile for profile in self.installed if profile.purpose is not Purpose.EXTERNAL and wanted(profile)]
        self.installed = tuple(profile for profile in self.installed if profile not in gone)
        return gone

    def end_transaction(self, evse: int) -> None:
        """Delete the profiles of an EVSE's transaction, which is over."""
        self.clear(lambda profile: profile.purpose is Purpose.TX and profile.evse == evse)

    def forget(self, now_s: float, offline_s: float) -> None:
        """Delete what can never hold again: its end is past, or it does not survive so long without the central system."""
        self.installed = tuple(
            profile
            for profile in self.installed
            if now_s < profile.valid_to_s and not (profile.gone_after_offline and now_s - offline_s >= profile.max_offline_s)
        )

    def update(self, profile_id: int, wire: Mapping[str, Any], now_s: float) -> Reason | None:
        """Change the only period of a dynamic profile, or return why not."""
        old = next((profile for profile in self.installed if profile.id == profile_id), None)
        if old is None or old.kind is not Kind.DYNAMIC:
            return Reason("InvalidProfile", f"no dynamic profile {profile_id} is installed")
        reason = wrong_update(wire)
        if reason is not None:
            return reason
        period = old.schedule.periods[0]
        new = {name: parts for name in QUANTITIES if (parts := parts_of(wire, name)) is not None}
        changed = replace(period, values={**period.values, **new})
        self.install(replace(old, schedule=replace(old.schedule, periods=(changed,)), updated_s=now_s))
        return None

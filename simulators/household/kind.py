# SPDX-License-Identifier: Apache-2.0
"""The device kind ``household``: its plug-in object, its checks, and how a fleet is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

import numpy as np

from simulators.household.appliance_options import AppliancesProfile
from simulators.household.catalogue import REGIONS
from simulators.household.chunk import Chunk
from simulators.household.faults import Faults, impossible, without_appliance
from simulators.household.measured import MeasuredHomes, read_homes
from simulators.household.params import HomeParams, HouseholdOptions, MeasuredProfile, StochasticProfile
from simulators.household.ports import PORTS
from simulators.household.simulator import HouseholdFleet
from simulators.household.standard_load import BIN_S, Shape, StandardLoad
from simulators.household.stochastic import StochasticHomes
from simulators.household.switching import Switches
from simulators.household.traits import draw_traits, hot_water_kwh
from twinergy.errors import Finding, ScenarioError
from twinergy.kinds import DeviceKind, Phase
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.options import Options
    from twinergy.ports import Port

    IntArray = NDArray[np.intp]

_SHAPES: Final[tuple[Shape, ...]] = ("h0", "h25")


class HouseholdKind(DeviceKind):
    """Electricity use of homes, without heat pumps, vehicles and generation; and the people in them.

    People and hot water are generated for every home, whatever its load profile and whether or not a building asks for them:
    that costs about as much as the stochastic load itself. Lights are computed from the means of a step, so a step longer than
    an hour blurs them; everything else is exact for any step.
    """

    name: ClassVar[str] = "household"
    title: ClassVar[str] = "household electricity"
    phase: ClassVar[Phase] = Phase.UNCONTROLLED
    options: ClassVar[type[Options]] = HouseholdOptions
    ports: ClassVar[tuple[Port, ...]] = PORTS

    def build(self, devices: Sequence[Device], context: BuildContext) -> HouseholdFleet:
        """Build the fleet of these devices, in the given order; reads files and the first year's standard load.

        Raises
        ------
        ScenarioError
            If a profile's file cannot be used, the holidays of the site's country are not known to a stochastic profile, or
            appliances are asked for that no region has figures for.
        """
        params = HomeParams.of(devices, context)
        profiles = [_options(device).profile for device in devices]
        sources: list[tuple[IntArray, StochasticHomes | MeasuredHomes]] = []
        replayed = np.flatnonzero([isinstance(profile, MeasuredProfile) for profile in profiles])
        if replayed.size:
            sources.append((replayed, read_homes([devices[row] for row in replayed.tolist()], context)))
        for shape in _SHAPES:
            rows = np.flatnonzero([isinstance(profile, StochasticProfile) and profile.shape == shape for profile in profiles])
            if rows.size:
                sources.append((rows, _generated(params.of_rows(rows), shape, context)))
        chunks = _chunks(params, devices, context)
        return HouseholdFleet(params, sources, chunks, Switches.of(profiles), context)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return homes whose mean power is more than their connection carries, and faults that cannot be."""
        crowded = [
            finding
            for device in devices
            if (connection := twin.connection_by_id.get(device.connection)) is not None
            for finding in _too_much(device, connection.limit_kw)
        ]
        return crowded + [finding for device in devices for finding in impossible(device, twin.site.timezone)]


def _options(device: Device) -> HouseholdOptions:
    return cast("HouseholdOptions", device.options)


def _generated(params: HomeParams, shape: Shape, context: BuildContext) -> StochasticHomes:
    site = context.twin.site
    standard = StandardLoad(shape=shape, timezone=site.timezone, country=site.country)
    standard.relative(context.axis.start_epoch_s // BIN_S * BIN_S, 1)  # unknown holidays are a finding now, not at the first step
    return StochasticHomes(params, standard, context.seed)


def _chunks(params: HomeParams, devices: Sequence[Device], context: BuildContext) -> list[Chunk]:
    """Return the homes' people, and appliances where they have a profile of them, in chunks that fit a processor's cache."""
    built = np.array([isinstance(_options(device).profile, AppliancesProfile) for device in devices], dtype=np.bool_)
    regions = _regions([devices[row] for row in np.flatnonzero(built).tolist()], params.of_rows(np.flatnonzero(built)), context)
    chunks: list[Chunk] = []
    findings: list[Finding] = []
    for rows in (np.flatnonzero(~built), np.flatnonzero(built)):
        for part in np.array_split(rows, max(1, -(-rows.size // Chunk.SIZE))):
            if not part.size:
                continue
            homes = params.of_rows(part)
            traits = faults = None
            if built[part[0]]:
                mine = [devices[row] for row in part.tolist()]
                profiles = [cast("AppliancesProfile", _options(device).profile) for device in mine]
                traits = draw_traits(homes, profiles, [regions[device.id] for device in mine], context.seed)
                findings += without_appliance(mine, traits)
                faults = Faults([profile.faults for profile in profiles], context.twin.site.timezone)
            chunks.append(Chunk(part, homes, traits, faults, context.twin.site, context.seed))
    if findings:
        raise ScenarioError(findings, "households")
    return chunks


def _regions(devices: Sequence[Device], params: HomeParams, context: BuildContext) -> dict[str, str]:
    """Return the region of each home with appliances; everything that is wrong with one of them is a finding."""
    findings, regions = [], {}
    country = context.twin.site.country.partition("-")[0]
    allowed = f"one of {', '.join(REGIONS)} as profile.region; the site's country is {country!r}"
    for device, needed_kwh in zip(devices, hot_water_kwh(params).tolist() if devices else [], strict=True):
        options = _options(device)
        profile = cast("AppliancesProfile", options.profile)
        region = profile.region or country
        if region not in REGIONS:
            message = f"no figures of appliances for region {region!r} (home {device.id!r})"
            findings.append(Finding(message=message, path=f"{device.path}.profile.region", value=profile.region, allowed=allowed))
        if options.annual_kwh is not None and profile.hot_water == "electric" and options.annual_kwh <= needed_kwh:
            more = f"more than {needed_kwh:.0f} kWh, or profile.hot_water: building"
            message = f"home {device.id!r} needs all its energy for hot water"
            value = f"{options.annual_kwh:g} kWh"
            findings.append(Finding(message=message, path=f"{device.path}.annual_kwh", value=value, allowed=more))
        regions[device.id] = region
    if findings:
        raise ScenarioError(findings, "households")
    return regions


def _too_much(device: Device, limit_kw: float) -> list[Finding]:
    annual_kwh = _options(device).annual_kwh
    if annual_kwh is None or annual_kwh <= limit_kw * HOURS_PER_YEAR:
        return []
    allowed = f"at most {limit_kw * HOURS_PER_YEAR:g} kWh, {limit_kw:g} kW all year through connection {device.connection!r}"
    message = f"home {device.id!r} uses more than its connection carries"
    return [Finding(message=message, path=f"{device.path}.annual_kwh", value=f"{annual_kwh:g} kWh", allowed=allowed)]

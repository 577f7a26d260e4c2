# SPDX-License-Identifier: Apache-2.0
"""From the adapter blocks of a scenario to stations: those that name one station are its EVSEs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from zlib import crc32

from hardware_in_loop.ocpp.options import OcppOptions
from hardware_in_loop.ocpp.security import SecurityOptions
from hardware_in_loop.ocpp.station.options import Backoff, EvseSpec, StationSpec
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.adapters import Attached, LinkContext

POINT_KW = 11.0
"""Power of a point that does not say: 16 A on three phases. *Assumption.*"""
THREE = 3


def options_of(attached: Attached) -> OcppOptions:
    """Return the adapter block of a device.

    Raises
    ------
    TypeError
        If it is that of another adapter.
    """
    if not isinstance(attached.options, OcppOptions):
        message = f"{attached.id}: the adapter block is {type(attached.options).__name__}, not that of ocpp"
        raise TypeError(message)
    return attached.options


def evse_of(attached: Attached) -> EvseSpec:
    """Return what a device is as an EVSE."""
    options, facts = options_of(attached), attached.facts
    phases = options.phases or int(facts.get("connector_phases", facts.get("phases_count", THREE)))
    power_kw = min(attached.rated_kw or POINT_KW, attached.limit_kw)
    return EvseSpec(
        device=attached.device,
        link=attached.id,
        evse=options.evse,
        connector=options.connector,
        old_connector=options.old_connector,
        rated_kw=power_kw if math.isfinite(power_kw) else POINT_KW,
        phases=phases,
        two_way=options.v2x,
        direct=bool(facts.get("dc_kw", 0.0)),
    )


def bench_url(options: OcppOptions) -> str:
    """Return where the central system of an adapter block listens, as its stations see it."""
    return f"{'wss' if options.security.encrypted else 'ws'}://{options.listen}"


def bench_security(options: OcppOptions) -> SecurityOptions | None:
    """Return how a software station shows itself to the central system of an adapter block.

    Raises
    ------
    DeviceError
        For profile 3 without ``bench_certificate``: the block holds the central system's certificate, not the station's.
    """
    ours = options.security
    if ours.profile == 0:
        return None
    if ours.profile == THREE:
        if options.bench_certificate is None:
            message = (
                f"station {options.station}: security profile 3 needs the station's own certificate: name it in bench_certificate"
                f" as {{chain: FILE, key: FILE}}, issued to the common name {options.station} by a root in security.ca"
            )
            raise DeviceError(message)
        return SecurityOptions(profile=THREE, certificates=(options.bench_certificate,), ca=ours.ca)
    ca = (ours.ca or next((one.chain for one in ours.certificates), "")) if ours.encrypted else ""
    return SecurityOptions(profile=ours.profile, password=ours.password, password_is_hex=ours.password_is_hex, ca=ca)


def stations_of(
    attached: Sequence[Attached], context: LinkContext, *, outward: bool = False, facts: Mapping[str, float] | None = None
) -> list[StationSpec]:
    """Return the stations of adapter blocks.

    Parameters
    ----------
    attached : sequence of Attached
        Devices of one scenario.
    context : LinkContext
        Folder and seed.
    outward : bool
        Whether they go to somebody's central system (``dial``) instead of ours (``listen``).
    facts : mapping, optional
        Fields of `StationSpec` that differ from its defaults.

    Raises
    ------
    DeviceError
        If a station cannot be built.
    """
    groups: dict[tuple[str, str], list[Attached]] = {}
    for one in attached:
        options = options_of(one)
        url = options.dial if outward else bench_url(options)
        if not url:
            message = f"{one.id}: there is no dial: the URL of the central system to go to"
            raise DeviceError(message)
        groups.setdefault((url, options.station), []).append(one)
    return [_station(url, name, members, context, outward, facts or {}) for (url, name), members in groups.items()]


def _station(
    url: str, name: str, members: list[Attached], context: LinkContext, outward: bool, facts: Mapping[str, float]
) -> StationSpec:
    options = options_of(members[0])
    return StationSpec(
        url=url,
        station=name,
        evses=tuple(evse_of(one) for one in members),
        versions=options.versions,
        security=options.security if outward else bench_security(options),
        token=options.tokens[0] if options.tokens else options.token,
        autostart=not options.autostart,
        backoff=Backoff(most_s=10.0 if outward else 0.5, random_s=1.0 if outward else 0.0),
        folder=context.folder,
        seed=context.seed ^ crc32(name.encode()),
        **facts,  # type: ignore[arg-type]
    )

# SPDX-License-Identifier: Apache-2.0
"""The adapter kind ``ocpp``. What it needs is imported when it is used, so that naming it costs nothing."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final

from hardware_in_loop.ocpp.options import OcppOptions
from twinergy.adapters import AdapterKind, Coverage
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinergy.adapters import AdapterOptions, Attached, Bench, Driver, FaultBoard, LinkContext, Physics

READS: Final = (
    "p_kw", "state", "closed", "energy_kwh", "energy_out_kwh", "session_kwh", "soc", "energy_wanted_kwh", "departure_s",
)  # fmt: skip
LEAST_WITHIN_S: Final = 2.0
WRITES: Final = ("p_set_kw", "p_min_kw", "p_max_kw", "reserved")


class OcppKind(AdapterKind):
    """Charging points that speak OCPP 1.6J, 2.0.1 or 2.1 and connect to a central system of ours."""

    name: ClassVar[str] = "ocpp"
    title: ClassVar[str] = "charging points over OCPP 1.6J, 2.0.1 and 2.1"
    options: ClassVar[type[AdapterOptions]] = OcppOptions

    def coverage(self, kind: str, options: AdapterOptions) -> Coverage:
        """Return the ports of a charging point; it falls back by its charging profiles."""
        if kind != "charging" or not isinstance(options, OcppOptions):
            finding = Finding(message="OCPP is spoken by charging points only", path="kind", value=kind, allowed="charging")
            raise ScenarioError([finding], "adapter ocpp")
        reads = (*READS, "q_kvar") if options.reactive else READS
        return Coverage(reads, WRITES, falls_back=True)

    def check(self, attached: Sequence[Attached]) -> list[Finding]:
        """Return points that are named twice, and addresses whose devices do not agree."""
        mine = [(one.id, one.options) for one in attached if isinstance(one.options, OcppOptions) and not one.options.dial]
        return [*_twice(mine), *_at_odds(mine), *_unsteerable(mine)]

    def driver(self, attached: Sequence[Attached], context: LinkContext) -> Driver:
        """Build the central systems."""
        from hardware_in_loop.ocpp.driver import OcppDriver  # noqa: PLC0415 - see above

        return OcppDriver(attached, context)

    def bench(self, attached: Sequence[Attached], physics: Physics, faults: FaultBoard, context: LinkContext) -> Bench:
        """Build software stations that connect to where these real ones would."""
        from hardware_in_loop.ocpp.bench import OcppBench  # noqa: PLC0415 - see above

        return OcppBench(attached, physics, faults, context)

    async def scan(self, where: str) -> list[dict[str, object]]:
        """Listen at an address for a while, since stations come by themselves, and tell who came."""
        from hardware_in_loop.ocpp.scan import scan  # noqa: PLC0415 - see above

        return await scan(where)


Mine = list[tuple[str, OcppOptions]]


def _twice(mine: Mine) -> Iterator[Finding]:
    seen: dict[tuple[str, str, int], str] = {}
    for link, options in mine:
        key = (options.listen, options.station, options.evse)
        if key in seen:
            message = f"{link}: EVSE {options.evse} of {options.station} at {options.listen} is {seen[key]} already"
            yield Finding(message=message, path="evse", value=options.evse, allowed="another EVSE or station")
        seen.setdefault(key, link)


def _at_odds(mine: Mine) -> Iterator[Finding]:
    """Find what devices at one address must have in common: all but passwords; those of one station all of it."""
    for listen, group in groupby(sorted(mine, key=lambda one: one[1].listen), key=lambda one: one[1].listen):
        (first_link, first), *others = group
        for link, options in others:
            for field in ("versions", "security"):
                if _common(options, field) != _common(first, field):
                    message = f"{link}: its {field} at {listen} are not those of {first_link}, with which it shares the address"
                    yield Finding(
                        message=message, path=field, allowed="the same (but for the password), or another port in listen"
                    )
    for station, group in groupby(
        sorted(mine, key=lambda one: (one[1].listen, one[1].station)), key=lambda one: (one[1].listen, one[1].station)
    ):
        passwords = {str(options.security.password) for _, options in group if options.security.password is not None}
        if len(passwords) > 1:
            yield Finding(
                message=f"{station[1]}: one station, several passwords",
                path="security.password",
                allowed="the same for its EVSEs",
            )


def _common(options: OcppOptions, field: str) -> object:
    value = getattr(options, field)
    return value.model_copy(update={"password": None, "password_is_hex": False}) if field == "security" else value


def _unsteerable(mine: Mine) -> Iterator[Finding]:
    for link, options in mine:
        low = {port: value for port, value in options.safe.set.items() if port in {"p_set_kw", "p_max_kw"} and value < 0.0}
        if low and not options.v2x:
            yield Finding(
                message=f"{link}: feeds back in its safe state, without v2x",
                path="safe.set",
                value=low,
                allowed="0 or more, or v2x: true",
            )
        if options.safe.within_s < LEAST_WITHIN_S:
            allowed = f"at least {LEAST_WITHIN_S:g} s: schedules of OCPP end at whole seconds"
            yield Finding(
                message=f"{link}: safe state too soon", path="safe.within_s", value=options.safe.within_s, allowed=allowed
            )
        unknown = sorted(set(options.safe.set) - set(WRITES))
        if unknown:
            yield Finding(
                message=f"{link}: no set-points of a charging point", path="safe.set", value=unknown, allowed=", ".join(WRITES)
            )
        security = options.security
        if security.wants_password and security.password is None:
            message = f"{link}: security profile {security.profile} needs a password"
            yield Finding(
                message=message,
                path="security.password",
                allowed="{env: NAME} or {file: PATH}; profile: 0 on the loopback has none",
            )


ADAPTER: Final = OcppKind()
"""What the entry point names."""

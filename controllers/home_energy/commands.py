# SPDX-License-Identifier: Apache-2.0
"""Commands to the smart devices of a home (PUC01.04): who may ask for what, and whether it was done.

A household may ask for anything in its own home at any time. Another module needs the household's permission: no opt-out, outside
its quiet hours, and not more often a day than it accepts. Every command ends as acknowledged, refused or failed, with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import GROUPS, MACHINES
from twinergy.agents import Rank, SetPoint
from twinergy.errors import closest
from twinergy.messages.objects.remote_control_data import RemoteControlData
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controllers.home_energy.homes import Home, Homes
    from controllers.home_energy.options import RequestOptions
    from controllers.home_energy.reading import Reading
    from twinergy.community.twin import BuildContext
    from twinergy.kinds import FloatArray
    from twinergy.messages import Message

HOUSEHOLD: Final = "household"
ON_OFF: Final = (0.0, 1.0)
SWITCHED: Final = ("lighting", "electronics", "hot_water", "other")
ALLOWED: Final[dict[tuple[str, str], tuple[float, float]]] = {
    **{("household", f"{machine}_on"): ON_OFF for machine in MACHINES},
    **{("household", f"{group}_on"): ON_OFF for group in SWITCHED},
    ("building", "temp_set_degc"): (5.0, 28.0),
    ("building", "temp_cool_set_degc"): (18.0, 35.0),
    ("building", "tank_temp_set_degc"): (40.0, 65.0),
    ("charging", "p_max_kw"): (0.0, 22.0),
}
"""What may be asked of which device, and between which values: plugs and programmes, set-points, and a pause for the car."""
MOST_LATER: Final = 10_000
"""Requests for later that are kept."""
TRIES: Final = 2
"""Steps within which a command must show in the readings."""
OFF_KW: Final = 0.01
"""A plug that is off draws no more. [kW]"""
assert set(SWITCHED) <= set(GROUPS)  # noqa: S101 - a plug's power is what proves that it was switched


@dataclass(slots=True)
class Command:
    """A command under way.

    Attributes
    ----------
    id, by : str
        Id of whoever asked, and who that is: ``household`` or a module.
    home : int
        Row of the home.
    table, device, port : str
        What is addressed.
    value : float
        What is asked for, in the port's unit.
    valid_s : float
        For how long. [s]
    reason : str
        Why, for people.
    steps : int
        Steps since it was handed on.
    until_s : float
        When it ends. [s]
    """

    id: str
    by: str
    home: int
    table: str
    device: str
    port: str
    value: float
    valid_s: float
    reason: str = ""
    steps: int = 0
    until_s: float = float("inf")

    def set_point(self) -> SetPoint:
        """Return the request to the arbiter: a household overrides, a module asks as demand response."""
        rank = Rank.USER_OVERRIDE if self.by == HOUSEHOLD else Rank.DEMAND_RESPONSE
        reason = self.reason or f"asked for by {self.by}"
        return SetPoint(
            table=self.table, port=self.port, ids=(self.device,), value=self.value, rank=rank, valid_s=self.valid_s, reason=reason
        )


class Commands:
    """Takes requests, asks for what is permitted and watches whether it happens.

    Parameters
    ----------
    name : str
        Name of the agent.
    homes : Homes
        The homes.
    context : BuildContext
        Static twin, time axis and name of the pilot.
    requests : sequence of RequestOptions
        What households ask for during the run.
    apps : iterable of str
        Sources of messages that may ask in a household's name.

    Attributes
    ----------
    counts : Counter
        Commands by how they ended, and those still under way.
    """

    def __init__(
        self, name: str, homes: Homes, context: BuildContext, requests: Iterable[RequestOptions], apps: Iterable[str] = ()
    ) -> None:
        self._name, self._homes, self._pilot = name, homes, context.pilot
        self._step_s = context.axis.step_s
        start_s = context.axis.start_epoch_s
        self._coming = sorted(
            ((start_s + each.at_h * SECONDS_PER_HOUR, place, each) for place, each in enumerate(requests)), key=_when
        )
        kinds = {table for table, _ in ALLOWED}
        self._row_of = {kind: {device.id: row for row, device in enumerate(context.twin.of_kind(kind))} for kind in kinds}
        self._home_of = {
            device.id: homes.row_of.get(device.dwelling, -1) for kind in kinds for device in context.twin.of_kind(kind)
        }
        self._apps = frozenset(apps)
        self._known: dict[tuple[str, str], float] = {}
        self._later: list[tuple[float, RemoteControlData]] = []
        self._open: list[Command] = []
        self._holding: list[Command] = []
        self._today: Counter[int] = Counter()
        self._day = -1
        self.counts: Counter[str] = Counter()
        self.said: list[Message] = []

    def take(self, epoch_s: int, messages: Iterable[Message], quiet: np.ndarray, local_day: int) -> list[SetPoint]:
        """Take what is asked for now and return the set-points of what is permitted.

        Parameters
        ----------
        epoch_s : int
            Start of the step in which it will act. [s]
        messages : iterable of Message
            What has come in; only requests of others are looked at.
        quiet : bool ndarray, shape (n_homes,)
            Whose quiet hours it is.
        local_day : int
            Number of the local day, by which interventions are counted.
        """
        if local_day != self._day:
            self._day = local_day
            self._today.clear()
        self._holding = [each for each in self._holding if each.until_s > epoch_s]
        asked = [*self._due(epoch_s), *self._from(messages, epoch_s)]
        granted = []
        for command in asked:
            self.counts["requested"] += 1
            no = self._refusal(command, quiet)
            if no:
                self._tell(command, epoch_s - self._step_s, "refused", no)
                continue
            self._today[command.home] += command.by != HOUSEHOLD
            place = (command.table, command.port, command.device)
            self._holding = [each for each in self._holding if (each.table, each.port, each.device) != place]
            self._open.append(command)
            command.until_s = epoch_s + command.valid_s
            self._holding.append(command)
            granted.append(command.set_point())
        return granted

    def _due(self, epoch_s: int) -> list[Command]:
        due = []
        while self._coming and self._coming[0][0] <= epoch_s:
            _, place, each = self._coming.pop(0)
            row = self._homes.row_of[each.dwelling]
            device = self._homes[row].devices.get(each.table)
            command = Command(
                id=f"{HOUSEHOLD}-{place}",
                by=HOUSEHOLD,
                home=row,
                table=each.table,
                device=device.id if device else "",
                port=each.port,
                value=each.value,
                valid_s=each.valid_h * SECONDS_PER_HOUR,
            )
            self._tell(command, epoch_s - self._step_s, "requested", "")
            due.append(command)
        return due

    def _from(self, messages: Iterable[Message], epoch_s: int) -> list[Command]:
        """Return the requests of others that are to act now; those for later are kept until then."""
        for message in messages:
            if isinstance(message, RemoteControlData) and message.state == "requested" and self._is_new(message, epoch_s):
                acts_s = message.sent.timestamp() if message.acts is None else message.acts.timestamp()
                self._later.append((acts_s, message))
        now = [(acts_s, message) for acts_s, message in self._later if acts_s <= epoch_s]
        self._later = [each for each in self._later if each[0] > epoch_s][-MOST_LATER:]
        return [self._command(message, max(0.0, epoch_s - self._step_s - acts_s)) for acts_s, message in now]

    def _is_new(self, message: RemoteControlData, epoch_s: int) -> bool:
        """Whether somebody else says this for the first time: what is delivered twice counts once."""
        if message.source == self._name:
            return False
        self._known = {name: until_s for name, until_s in self._known.items() if until_s > epoch_s}
        name = (message.source, message.command_id)
        if name in self._known:
            self.counts["repeated"] += 1
            return False
        self._known[name] = epoch_s + max(message.valid_s, SECONDS_PER_DAY)
        return True

    def _command(self, message: RemoteControlData, late_s: float) -> Command:
        """Return a request as a command; only the household's own apps speak in its name."""
        speaks_for_itself = message.requested_by != HOUSEHOLD or message.source in self._apps
        return Command(
            id=message.command_id,
            by=message.requested_by if speaks_for_itself else message.source,
            home=self._home_of.get(message.device, -1),
            table=message.table,
            device=message.device,
            port=message.port,
            value=float("nan") if message.value is None else message.value,
            valid_s=message.valid_s - late_s,
            reason=message.reason,
        )

    def _refusal(self, command: Command, quiet: np.ndarray) -> str:
        """Return why a command may not be carried out, nothing if it may."""
        if command.home < 0 or command.device not in self._row_of.get(command.table, {}):
            return f"{command.device!r} is no {command.table} of a home that takes part"
        bounds = ALLOWED.get((command.table, command.port))
        if bounds is None:
            ports = [port for table, port in ALLOWED if table == command.table]
            return f"{command.port!r} of a {command.table} cannot be commanded: {closest(command.port, ports)}"
        if command.valid_s <= 0:
            return "it came when its time was already over"
        if not (np.isnan(command.value) or bounds[0] <= command.value <= bounds[1]):
            return f"{command.port} = {command.value:g} is outside {bounds[0]:g} to {bounds[1]:g}"
        return (
            "" if command.by == HOUSEHOLD else self._not_permitted(command, self._homes[command.home], bool(quiet[command.home]))
        )

    def _not_permitted(self, command: Command, home: Home, quiet: bool) -> str:
        wishes = home.wishes
        place = (command.table, command.port, command.device)
        if any((each.table, each.port, each.device) == place and each.by == HOUSEHOLD for each in self._holding):
            return "the household itself has asked for something there"
        if wishes.opt_out:
            return "the household has opted out"
        if quiet:
            return f"the household wants quiet from {wishes.quiet_from_h:g} to {wishes.quiet_until_h:g} o'clock"
        if self._today[command.home] >= wishes.most_interventions:
            return f"the household accepts {wishes.most_interventions} interventions a day, which have been made"
        return ""

    def verify(self, reading: Reading, told: Mapping[str, Mapping[str, FloatArray]]) -> None:
        """See which commands under way have been carried out; `told` is what devices had been told for this step."""
        still = []
        for command in self._open:
            if reading.silent[command.home] and reading.epoch_s < command.until_s:
                still.append(command)  # nobody can see what it does
                continue
            command.steps += 1
            if reading.epoch_s >= command.until_s:
                self._tell(command, reading.epoch_s, "failed", "its time was over before it showed in the readings")
            elif not self._was_told(command, told):
                self._tell(command, reading.epoch_s, "refused", "somebody of a higher standing asked for something else")
            elif _done(command, reading):
                self._tell(command, reading.epoch_s, "acknowledged", "")
            elif command.steps >= TRIES:
                waited_s = command.steps * self._step_s
                self._tell(
                    command, reading.epoch_s, "failed", f"was passed on, but does not show in the readings after {waited_s} s"
                )
            else:
                still.append(command)
        self._open = still

    def spare(self, set_points: Iterable[SetPoint]) -> Iterator[SetPoint]:
        """Yield the module's own set-points without the devices that somebody has commanded: an agent has one voice per port."""
        held: dict[tuple[str, str], set[str]] = {}
        for command in self._holding:
            held.setdefault((command.table, command.port), set()).add(command.device)
        for each in set_points:
            taken = held.get((each.table, each.port))
            if not taken:
                yield each
                continue
            keep = [place for place, name in enumerate(each.ids) if name not in taken]
            value = np.broadcast_to(each.value, len(each.ids))[keep]
            if keep:
                yield replace(each, ids=tuple(each.ids[place] for place in keep), value=value)

    def take_messages(self) -> list[Message]:
        """Return and forget what there is to say about commands."""
        said, self.said = self.said, []
        return said

    def _was_told(self, command: Command, told: Mapping[str, Mapping[str, FloatArray]]) -> bool:
        values = told.get(command.table, {}).get(command.port)
        return values is not None and bool(
            np.isclose(values[self._row_of[command.table][command.device]], command.value, equal_nan=True)
        )

    def _tell(self, command: Command, epoch_s: int, state: str, reason: str) -> None:
        if state != "requested":
            self.counts[state] += 1
        home = self._homes[command.home].dwelling.id if command.home >= 0 else ""
        self.said.append(
            RemoteControlData(
                id=f"{command.by}-{command.id}-{state}",
                source=self._name,
                pilot=self._pilot,
                sent=datetime.fromtimestamp(epoch_s, UTC),
                valid_s=max(0.0, command.valid_s),
                dwelling=home or "unknown",
                command_id=command.id,
                requested_by=command.by,
                device=command.device or "none",
                table=command.table,
                port=command.port,
                value=None if np.isnan(command.value) else command.value,
                state=state,  # type: ignore[arg-type]
                reason=reason,
            )
        )


def _when(each: tuple[float, int, RequestOptions]) -> tuple[float, int]:
    return each[:2]


def _done(command: Command, reading: Reading) -> bool:
    """Whether the readings show what a command asked for; what has no reading counts as done once the device was told."""
    if np.isnan(command.value):
        return True
    name = command.port.removesuffix("_on")
    if name in MACHINES:
        place = MACHINES.index(name)
        waits = bool(reading.pending[command.home, place])
        runs = reading.machines_kw[command.home, place] > OFF_KW
        return bool(runs) if command.value > 0 else waits or not runs
    if name in SWITCHED and command.value == 0:
        return bool(reading.values[f"p_{name}_kw"][command.home] <= OFF_KW)
    if command.port == "p_max_kw":
        return bool(reading.car_kw[command.home] <= command.value + OFF_KW)
    return True

# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about any real device, whatever it speaks."""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from twinergy.errors import DeviceError
from twinergy.options import Fraction, NonNegative, Options, Positive

Hours = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")]
"""Part of a local day, ``06:00-22:00``; from later to earlier goes over midnight."""


class Mode(StrEnum):
    """What happens between a run and a device."""

    CONTROL = "control"
    """Readings in, set-points out."""
    SHADOW = "shadow"
    """Readings in, nothing out; the simulated device does what the real one does, and is judged."""
    MONITOR = "monitor"
    """Readings in, nothing out, nothing judged."""


class Secret(Options):
    """A password or token: never in a scenario, but in the environment or in a file that only its owner may read."""

    env: str = ""
    """Name of an environment variable."""
    file: str = ""
    """Path of a file; its first line counts."""

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if bool(self.env) == bool(self.file):
            message = "name an environment variable (env) or a file (file)"
            raise ValueError(message)
        return self

    def read(self, folder: Path | None = None) -> str:
        """Return the secret; paths are relative to `folder`.

        Raises
        ------
        DeviceError
            If there is none, or others may read the file.
        """
        if self.env:
            value = os.environ.get(self.env, "")
            if not value:
                message = f"the secret in the environment variable {self.env} is not set"
                raise DeviceError(message)
            return value
        path = (folder or Path()) / self.file
        try:
            if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                message = f"{path}: others may read this secret; chmod 600 it"
                raise DeviceError(message)
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            message = f"{path}: the secret cannot be read ({error.strerror})"
            raise DeviceError(message) from error
        if not lines or not lines[0]:
            message = f"{path}: the file of the secret is empty"
            raise DeviceError(message)
        return lines[0]


class LimitOptions(Options):
    """What is never asked of the device, whatever a controller wants."""

    p_min_kw: float | None = None
    """Lowest power, load frame: -3.0 allows 3 kW to be fed in. [kW]"""
    p_max_kw: float | None = None
    """Highest power, load frame. [kW]"""
    ramp_kw_per_s: Positive | None = None
    """Fastest change of a power that is asked for. [kW/s]"""
    soc_min: Fraction | None = None
    """Below this state of charge nothing is asked for that discharges. [-]"""
    soc_max: Fraction | None = None
    """Above it nothing that charges. [-]"""
    contract: bool = True
    """Whether the limit of the device's connection holds for what is asked of the device."""
    min_on_s: NonNegative = 0.0
    """Shortest time on, for what is switched. [s]"""
    min_off_s: NonNegative = 0.0
    """Shortest time off. [s]"""
    switches_per_day: Annotated[int, Field(ge=1)] | None = None
    """Most times a local day that it is switched on."""
    allowed_hours: tuple[Hours, ...] = ()
    """Parts of the local day in which it may be controlled; all of it where there are none."""
    min_interval_s: NonNegative = 0.0
    """Shortest time between two commands that differ; the newest one waits. For registers that wear out. [s]"""

    @model_validator(mode="after")
    def _some_room(self) -> LimitOptions:
        pairs = (("p_min_kw", self.p_min_kw, "p_max_kw", self.p_max_kw), ("soc_min", self.soc_min, "soc_max", self.soc_max))
        for low_name, low, high_name, high in pairs:
            if low is not None and high is not None and low > high:
                message = f"{low_name} {low:g} lies above {high_name} {high:g}"
                raise ValueError(message)
        return self


class SafeOptions(Options):
    """What the device does when nobody controls it any more."""

    set: dict[str, float] = Field(default_factory=dict)
    """Value of each set-point port in the safe state; the device's own local mode for a port that is not named."""
    within_s: Positive = 60.0
    """It must be there this long after the last command at the latest; commands are repeated at half of it. [s]"""
    fallback: Literal["required", "none"] = "required"
    """``required``: nothing is asked of a device that cannot fall back by itself. ``none`` takes the risk knowingly."""


class AdapterOptions(Options):
    """The part of a device's ``adapter`` block that all adapters share."""

    kind: str
    """Adapter: ``modbus``, ``ocpp``, ``mqtt``, or somebody else's."""
    mode: Mode = Mode.MONITOR
    """control, shadow or monitor."""
    part: str = ""
    """What of the device is real, where only a part of it is: a machine or a group of plugs of a household."""
    stale_s: Positive | None = None
    """Age from which a reading is stale; three steps, but at least 3 s, where it is not given. [s]"""
    on_loss: Literal["twin", "hold", "zero", "stop"] = "twin"
    """What stands in for a lost device: its twin from the last state on, its last readings, zero power, or the run ends."""
    loss_s: NonNegative = 5.0
    """How long its power may be stale before it counts as lost. [s]"""
    limits: LimitOptions = LimitOptions()
    safe: SafeOptions = SafeOptions()
    drift_percent: Positive = 10.0
    """Root mean square difference between reality and twin, over the rating, from which the report warns. [%]"""

# SPDX-License-Identifier: Apache-2.0
"""Mapping files: what the columns of an outside file, or the fields of outside messages, mean here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from twinergy.community.document import read
from twinergy.community.findings import from_validation
from twinergy.errors import ScenarioError
from twinergy.options import Options, Timezone
from twinergy.results.platform.convert import conversion
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from twinergy.results.platform.quantities import Quantity

Name = Annotated[str, Field(min_length=1, pattern=r"^[^/\\\x00]+$")]
TableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class FileFormat(Options):
    """How a text file is written."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """Between cells; a tab is "\\t"."""
    decimal: Literal[".", ","] = "."
    """Decimal sign of numbers."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """Sign between thousands, which is removed."""
    encoding: str = "utf-8-sig"
    """Encoding of the text; the default reads UTF-8 with and without a mark at its beginning."""
    skip_rows: int = Field(default=0, ge=0)
    """Lines above the line of column names."""
    missing: tuple[str, ...] = ("", "NaN", "nan", "NA", "null", "-")
    """Cells that hold no value."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.decimal in (self.delimiter, self.thousands):
            message = f"decimal sign {self.decimal!r} is also the sign between cells or thousands"
            raise ValueError(message)
        return self


class TimeColumn(Options):
    """Where the time of a row or message stands, and what it means."""

    column: str = "time"
    """Column, or path of the field in a message (``ENERGY.Time``); ``@arrival`` takes the moment a message arrives."""
    format: str = "iso"
    """``iso``, ``epoch_s``, ``epoch_ms`` or a pattern such as ``%d.%m.%Y %H:%M``."""
    timezone: Timezone = "UTC"
    """Zone of times that name none; a source without summer time is in Etc/GMT-1 (that is UTC+1), not in Europe/Berlin."""
    label: Literal["start", "end"] = "start"
    """Whether a time names the start or the end of its step."""
    ambiguous: Literal["infer", "first", "second"] = "infer"
    """Which of the two hours is meant where clocks go back: by order of appearance, or always the same."""


class ColumnMap(Options):
    """One column, or one field of a message, and the port it becomes."""

    column: str = Field(min_length=1)
    """Column, or path of the field in a message."""
    table: TableName
    """Table it goes to, such as ``meter``."""
    port: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    """Port with its unit as suffix."""
    device: Name | None = None
    """Device, if the whole column belongs to one."""
    unit: str
    """Unit of the values in the file."""
    quantity: Literal["power", "energy", "register", "state"] = "state"
    """``power``: mean over the step; ``energy``: energy of the step, which becomes its mean power; ``register``: a counter that
    grows; ``state``: anything else."""
    sign: Literal[1, -1] = 1
    """-1 turns generation that is counted positive into the load frame."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        conversion(self.unit, self.port, energy_step_s=900 if self.quantity == "energy" else None)
        wanted = {"power": "_kw", "energy": "_kw", "register": "_kwh"}.get(self.quantity, "")
        if not self.port.endswith(wanted):
            message = f"quantity {self.quantity!r} needs a port that ends in {wanted}, got {self.port!r}"
            raise ValueError(message)
        return self

    def note(self) -> Quantity | str:
        """Return what the metadata of the column shall say of its quantity, empty where its name says it."""
        from twinergy.results.platform.quantities import Quantity  # noqa: PLC0415

        return {"power": Quantity.POWER, "energy": Quantity.POWER, "register": Quantity.REGISTER}.get(self.quantity, "")


class DataMapping(Options):
    """A mapping file."""

    title: str = ""
    """One line for people: what it is."""
    source: str = ""
    """Where the data come from, with licence; kept in the manifest."""
    timezone: Timezone = "UTC"
    """Local time of the site, which its days follow."""
    step_s: int = Field(gt=0, le=SECONDS_PER_DAY)
    """Length of a step. [s]"""
    format: FileFormat = FileFormat()
    """How the file is written."""
    time: TimeColumn = TimeColumn()
    """Its times."""
    device_column: str | None = None
    """Column, or path of the field in a message, that names the device; ``@topic.2`` takes the second part of the topic or
    subject (counted from 1)."""
    devices: dict[str, Name] = Field(default={})
    """Our id by their name; who is not listed keeps the name, unless ``only_listed``."""
    only_listed: bool = False
    """Whether rows of devices that are not listed are left out."""
    columns: tuple[ColumnMap, ...] = Field(min_length=1)
    """What becomes of each column."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if SECONDS_PER_DAY % self.step_s:
            message = f"step_s {self.step_s} does not divide a day; use for example 60, 300, 900 or 3600"
            raise ValueError(message)
        homeless = [each.column for each in self.columns if each.device is None]
        if homeless and self.device_column is None:
            message = f"column {homeless[0]!r} belongs to no device: give it a `device`, or the mapping a `device_column`"
            raise ValueError(message)
        places = [(each.table, each.port, each.device) for each in self.columns]
        for place in places:
            if places.count(place) > 1:
                message = f"two columns become port {place[1]!r} of table {place[0]!r} of the same device"
                raise ValueError(message)
        return self


def read_mapping(file: Path | str) -> DataMapping:
    """Read a mapping file.

    Raises
    ------
    ScenarioError
        With every finding: file, line, path, value and what is allowed.
    """
    document = read(Path(file))
    try:
        return DataMapping.model_validate(document.data)
    except ValidationError as error:
        raise ScenarioError(from_validation(error, document, DataMapping), "mapping") from error

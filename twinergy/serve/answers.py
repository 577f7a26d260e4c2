# SPDX-License-Identifier: Apache-2.0
"""What the service answers, for its OpenAPI document; the bytes themselves are made without them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid")


class Health(Answer):
    """Whether the service is up."""

    status: str = Field(description="ok")


class RunInfo(Answer):
    """What a run is."""

    run: str = Field(description="Name, used in the other paths.")
    title: str
    scenario: str
    status: str = Field(description="running, completed, interrupted or failed.")
    site: str
    timezone: str = Field(description="IANA name of the local time; local days follow it.")
    currency: str = Field(description="ISO 4217 code of the money people there see; prices in the data are in EUR.")
    start: str = Field(description="Start of the first step.")
    end: str = Field(description="End of the last step it was to compute.")
    written_until: str | None = Field(description="End of the last step in the data.")
    step_s: int = Field(description="Length of a step. [s]")
    seed: int | None


class Runs(Answer):
    """Runs that are served."""

    runs: list[RunInfo]


class KpiAnswer(Answer):
    """A key figure."""

    name: str
    title: str
    value: float | None = Field(description="None where it does not exist, such as a share of nothing.")
    unit: str
    formula: str
    where: str
    when: str
    note: str


class Kpis(Answer):
    """Key figures of a run."""

    run: str
    kpis: list[KpiAnswer]


class PortAnswer(Answer):
    """A column of a table."""

    port: str
    unit: str
    description: str


class TableAnswer(Answer):
    """A table, as far as the token sees it."""

    table: str
    devices: int = Field(description="Devices of which single values may be read.")
    pooled: int = Field(description="Devices of which aggregates may be read.")
    ports: list[PortAnswer]


class Tables(Answer):
    """Tables of a run."""

    run: str
    tables: list[TableAnswer]


class DeviceAnswer(Answer):
    """A device."""

    device: str
    table: str
    dwelling: str = Field(description="Id of the dwelling it belongs to; empty if to none.")


class Devices(Answer):
    """Devices of a run that the token sees."""

    run: str
    devices: list[DeviceAnswer]
    next: str | None = Field(description="Address of the next page.")


class Series(Answer):
    """Values over time: equally long columns."""

    run: str
    table: str
    resolution: str
    aggregate: str | None
    units: dict[str, str] = Field(description="Unit by column.")
    rows: int
    next: str | None = Field(description="Address of the next page.")
    data: dict[str, list[Any]] = Field(description="time (start of the interval, UTC), device, and a column per port.")


class Rows(Answer):
    """Rows of a list: equally long columns."""

    run: str
    rows: int
    next: str | None = Field(description="Address of the next page.")
    data: dict[str, list[Any]]


class MessageAnswer(Answer):
    """A message."""

    time: str
    subject: str
    source: str
    id: str
    body: Any = Field(description="The message, JSON.")


class Messages(Answer):
    """Messages of a run."""

    run: str
    messages: list[MessageAnswer]
    next: str | None = Field(description="Address of the next page.")


class EventLists(Answer):
    """Lists of events of a run."""

    run: str
    events: list[str]

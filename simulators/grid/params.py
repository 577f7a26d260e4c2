# SPDX-License-Identifier: Apache-2.0
"""Options of a scenario's ``grid`` block: which network, and how it is operated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from twinergy.options import Options

if TYPE_CHECKING:
    from pydantic.functional_validators import ModelWrapValidatorHandler

HOMES_PER_STATION = 57
"""House connections of one Kerber village network."""
HOMES_PER_FEEDER = 50
FAR_KM, NEAR_KM = 4.0, 0.8

BuiltIn = Literal[
    "create_kerber_landnetz_freileitung_1",
    "create_kerber_landnetz_freileitung_2",
    "create_kerber_landnetz_kabel_1",
    "create_kerber_landnetz_kabel_2",
    "create_kerber_dorfnetz",
    "create_kerber_vorstadtnetz_kabel_1",
    "create_kerber_vorstadtnetz_kabel_2",
    "create_cigre_network_lv",
    "create_cigre_network_mv",
    "create_dickert_lv_network",
    "case33bw",
    "mv_oberrhein",
    "lv_schutterwald",
]


class GridOptions(Options):
    """What all grids have in common; validating this class gives the class that ``source`` names.

    >>> GridOptions.model_validate({"source": "kerber_dorfnetz", "stations": 2}).stations
    2
    """

    source: str = Field(
        default="kerber_dorfnetz", description="kerber_dorfnetz, village_ring, ieee_european_lv, pandapower or file"
    )
    unbalanced: bool = Field(
        default=False,
        description="Three phases of their own: single-phase homes and cars load the phase they are on. Else every load counts "
        "with a third on each.",
    )
    slack_vm_pu: Annotated[float, Field(gt=0.5, lt=1.5)] | None = Field(
        default=None, description="Voltage of every infeed from the upstream grid; none keeps the network's own. [pu]"
    )
    keep_loads: bool = Field(
        default=False,
        description="Keep the network's own loads, generators and storages as constant background. Else the scenario's "
        "devices replace them.",
    )

    @model_validator(mode="wrap")
    @classmethod
    def _of_source(cls, value: Any, handler: ModelWrapValidatorHandler[GridOptions]) -> GridOptions:
        if cls is not GridOptions or not isinstance(value, dict):
            return handler(value)
        source = value.get("source", "kerber_dorfnetz")
        if source not in SOURCES:
            detail = {"type": "literal_error", "loc": ("source",), "input": source, "ctx": {"expected": ", ".join(SOURCES)}}
            raise ValidationError.from_exception_data(cls.__name__, [detail])  # type: ignore[list-item]
        return SOURCES[source].model_validate(value)


class KerberOptions(GridOptions):
    """Villages of Kerber's thesis, one station each, under a common medium-voltage busbar."""

    source: Literal["kerber_dorfnetz"] = Field(default="kerber_dorfnetz", description="Villages of any size.")
    stations: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = Field(
        default="auto",
        description=f"Number of stations of {HOMES_PER_STATION} house connections; auto: as many as the homes need.",
    )
    homes_per_point: Annotated[int, Field(ge=1, le=50)] = Field(
        default=1, description="Homes behind each house connection: 1 in a village, more where houses have several flats."
    )


class IeeeFeederOptions(GridOptions):
    """The IEEE European low voltage test feeder: 906 buses, 55 single-phase homes."""

    source: Literal["ieee_european_lv"] = Field(default="ieee_european_lv", description="The IEEE European LV test feeder.")
    unbalanced: bool = Field(default=True, description="Three phases of their own, which this feeder is for.")
    source_impedance: bool = Field(
        default=True, description="Keep the impedance of the 11 kV grid (3 kA short circuit) in front of the transformer."
    )


class StationOptions(Options):
    """A secondary substation of a ring with the low-voltage network it feeds."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] = Field(description="Begins the names of its elements.")
    homes: Annotated[int, Field(ge=1, le=2000)] = Field(description="Low-voltage supply points.")
    sn_kva: Annotated[float, Field(ge=50.0, le=2500.0)] = Field(default=315.0, description="Rating of its transformer. [kVA]")
    tap: Annotated[int, Field(ge=-2, le=2)] = Field(
        default=0, description="Position of the off-load tap changer to begin with, 2.5 % each; positive lowers the low voltage."
    )
    feeders: Annotated[int, Field(ge=1, le=40)] | None = Field(
        default=None, description=f"Low-voltage feeders; none: one for each {HOMES_PER_FEEDER} supply points."
    )


class VillageRingOptions(GridOptions):
    """A medium-voltage ring with a low-voltage network at each station, open at one section unless closed."""

    source: Literal["village_ring"] = Field(default="village_ring", description="A medium-voltage ring of village stations.")
    mv_kv: Annotated[float, Field(ge=5.0, le=36.0)] = Field(default=15.0, description="Nominal voltage of the ring. [kV]")
    stations: Annotated[tuple[StationOptions, ...], Field(min_length=1, max_length=100)] = Field(
        description="Stations in their order along the ring."
    )
    sections_km: tuple[Annotated[float, Field(gt=0.0, le=100.0)], ...] | None = Field(
        default=None,
        description="Cable from the primary substation to the first station, from each to the next, and from the last back: one "
        f"more than stations. None: {FAR_KM} km out and back, {NEAR_KM} km between stations. [km]",
    )
    open_section: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Section left open at its far end, counted from 1; 0 operates the ring closed. None: the middle one.",
    )
    homes_per_cabinet: Annotated[int, Field(ge=1, le=50)] = Field(
        default=6, description="Supply points that share a distribution cabinet, and a bus unless services are modelled."
    )
    spacing_m: Annotated[float, Field(gt=0.0, le=1000.0)] = Field(default=30.0, description="Cable between two cabinets. [m]")
    service_m: Annotated[float, Field(ge=0.0, le=500.0)] = Field(
        default=0.0, description="Service cable from the cabinet to each supply point; 0 connects them at the cabinet. [m]"
    )

    @model_validator(mode="after")
    def _closed_ring(self) -> VillageRingOptions:
        count = len(self.stations)
        names = [station.name for station in self.stations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"each station needs a name of its own, {', '.join(twice)} is there more than once"
            raise ValueError(message)
        if self.sections_km is not None and len(self.sections_km) != count + 1:
            message = (
                f"the ring is not closed: {count} stations have {count + 1} sections, sections_km has {len(self.sections_km)}"
            )
            raise ValueError(message)
        if self.open_section is not None and self.open_section > count + 1:
            message = f"{count} stations have sections 1 to {count + 1}, 0 leaves none open; open_section is {self.open_section}"
            raise ValueError(message)
        return self


class BuiltInOptions(GridOptions):
    """A network that pandapower brings."""

    source: Literal["pandapower"] = Field(default="pandapower", description="A network that pandapower brings.")
    function: BuiltIn = Field(description="Name of the function in pandapower.networks.")
    arguments: dict[str, bool | int | float | str] = Field(default_factory=dict, description="Keyword arguments of the function.")


class FileOptions(GridOptions):
    """A network saved by pandapower, SimBench's among them."""

    source: Literal["file"] = Field(default="file", description="A network saved by pandapower.")
    path: Path = Field(description="pandapower JSON (.json or .json.gz), relative to the scenario.")


SOURCES: dict[str, type[GridOptions]] = {
    "kerber_dorfnetz": KerberOptions,
    "village_ring": VillageRingOptions,
    "ieee_european_lv": IeeeFeederOptions,
    "pandapower": BuiltInOptions,
    "file": FileOptions,
}

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

    source: str = Field(default="kerber_dorfnetz", description="kerber_dorfnetz, pandapower or file")
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


class BuiltInOptions(GridOptions):
    """A network that pandapower brings."""

    source: Literal["pandapower"] = Field(default="pandapower", description="A network that pandapower brings.")
    function: BuiltIn = Field(description="Name of the function in pandapower.networks.")
    arguments: dict[str, bool | int | float | str] = Field(default_factory=dict, description="Keyword arguments of the function.")


class FileOptions(GridOptions):
    """A network saved by pandapower, SimBench's among them."""

    source: Literal["file"] = Field(default="file", description="A network saved by pandapower.")
    path: Path = Field(description="pandapower JSON (.json or .json.gz), relative to the scenario.")


SOURCES: dict[str, type[GridOptions]] = {"kerber_dorfnetz": KerberOptions, "pandapower": BuiltInOptions, "file": FileOptions}

# SPDX-License-Identifier: Apache-2.0
"""What a scenario says about a Modbus device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hardware_in_loop.modbus.endpoint import Endpoint
from hardware_in_loop.modbus.profile import Sign  # noqa: TC001 - pydantic needs it at run time
from hardware_in_loop.places import ProfileName  # noqa: TC001 - pydantic reads it
from twinergy.adapters.options import AdapterOptions

_ENDPOINT_FIELDS = frozenset(Endpoint.model_fields)


class ModbusOptions(AdapterOptions, Endpoint):
    """Adapter block of a Modbus device: what it is, where it is, and what all adapters share."""

    kind: Literal["modbus"] = "modbus"
    """Adapter."""
    profile: ProfileName
    """``sunspec``, the name of another profile that comes along, or the path of an own one (``my_inverter.yaml``)."""
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    """Unit id of the device; behind a gateway each device has its own."""
    signs: dict[str, Sign] = Field(default_factory=dict)
    """What positive means on the wire, by port, where this device does not do what its profile says: ``{p_kw: generation}``."""
    sunspec_base: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """Address of the letters SunS; found by itself where it is not given."""

    @property
    def endpoint(self) -> Endpoint:
        """Where the device is reached, without the rest."""
        return Endpoint(**{name: getattr(self, name) for name in self.model_fields_set & _ENDPOINT_FIELDS})

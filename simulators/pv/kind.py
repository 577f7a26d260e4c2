# SPDX-License-Identifier: Apache-2.0
"""The device kind ``pv``: ports and checks."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar, Final, cast

from simulators.pv.options import DC_AC_RATIO, PvOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import measured, needs, set_point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.community.twin import BuildContext, Device, Dwelling, Twin
    from twinergy.kinds import FloatArray, Refit
    from twinergy.options import Options
    from twinergy.ports import Port

ROOF_LIMIT_KWP_PER_M2: Final = 0.25
"""Module power per roof area, at 1 kW/m2 the module efficiency: 20.4 % was the average of crystalline modules shipped in 2021
(Fraunhofer ISE, Photovoltaics Report, 2022), new ones have 22 to 24 %; nothing on sale fills a roof better than 25 %."""

_WEATHER: Final = {
    "ghi_w_per_m2": "global horizontal irradiance, mean over the step",
    "dni_w_per_m2": "direct normal irradiance, mean over the step",
    "dhi_w_per_m2": "diffuse horizontal irradiance, mean over the step",
    "temp_degc": "air temperature",
    "wind_m_per_s": "wind speed at 10 m",
    "albedo": "ground reflectance",
}


class PvKind(DeviceKind):
    """Photovoltaic systems on roofs, on racks or in façades."""

    name: ClassVar[str] = "pv"
    title: ClassVar[str] = "photovoltaic system"
    phase: ClassVar[Phase] = Phase.UNCONTROLLED
    options: ClassVar[type[Options]] = PvOptions
    ports: ClassVar[tuple[Port, ...]] = (
        *(needs(name, f"weather.{name}", text) for name, text in _WEATHER.items()),
        needs("vm_pu", "bus.vm_pu", "voltage at the device's bus in the last step; NaN counts as 1.0", default=1.0),
        set_point("p_min_kw", "lower bound of the power: -3.0 allows a feed-in of 3 kW (curtailment)"),
        set_point("q_set_kvar", "reactive power, positive absorbs; takes the place of the local characteristic"),
        measured("p_kw", "active power, never positive"),
        measured("q_kvar", "reactive power, positive absorbs (under-excited, lowers the voltage)"),
        measured("p_available_kw", "active power without curtailment, after the rating of the inverter, never positive"),
        measured("p_curtailed_kw", "feed-in lost to set-point, feed-in cap and reactive power, never negative"),
        measured("p_clipped_kw", "feed-in lost to the rating of the inverter, never negative"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these devices, in the given order."""
        from simulators.pv.params import PvParams  # noqa: PLC0415 - kept out of the import of the kind
        from simulators.pv.simulator import PvFleet  # noqa: PLC0415

        params = PvParams.of([cast("PvOptions", device.options) for device in devices])
        return PvFleet(tuple(device.id for device in devices), params, context.twin.site)

    def rated_kw(self, options: Options) -> float:
        """Return the greatest active power of the inverter, in kW."""
        given = cast("PvOptions", options)
        return given.inverter_kva or given.p_dc_kwp / DC_AC_RATIO

    def refit(
        self,
        options: Options,
        real: Mapping[str, FloatArray],
        twin: Mapping[str, FloatArray],
        duration_s: float,  # noqa: ARG002
    ) -> Refit | None:
        """Return the nominal power that fits best: the ratio of measured to computed power, by least squares.

        Steps in which the inverter was at its rating, curtailed or nearly dark are left out; what is not in proportion (another
        orientation, shade) is not found and shows in what remains.
        """
        from simulators.pv.refit import refit  # noqa: PLC0415 - kept out of the import of the kind

        return refit(cast("PvOptions", options), real, twin)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return dwellings that carry more module power than their roof has room for."""
        of_dwelling: dict[str, list[Device]] = defaultdict(list)
        for device in devices:
            of_dwelling[device.dwelling].append(device)
        return [
            finding
            for name, group in sorted(of_dwelling.items())
            if (dwelling := twin.dwelling_by_id.get(name)) is not None  # a plant in the open has no roof to fit on
            for finding in _too_much_for_roof(group, dwelling)
        ]


def _too_much_for_roof(devices: Sequence[Device], dwelling: Dwelling) -> list[Finding]:
    total_kwp = sum(cast("PvOptions", device.options).p_dc_kwp for device in devices)
    limit_kwp = ROOF_LIMIT_KWP_PER_M2 * dwelling.roof_area_m2
    if total_kwp <= limit_kwp * (1.0 + 1e-9):  # sums of decimal fractions
        return []
    names = ", ".join(device.id for device in devices)
    return [
        Finding(
            message=f"the PV of dwelling {dwelling.id!r} ({names}) does not fit on its roof",
            path=f"{devices[0].path}.p_dc_kwp",
            value=f"{total_kwp:g} kWp on {dwelling.roof_area_m2:g} m² of roof",
            allowed=f"at most {limit_kwp:g} kWp ({ROOF_LIMIT_KWP_PER_M2:g} kWp per m² of roof)",
        )
    ]


KIND: Final = PvKind()

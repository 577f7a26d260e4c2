# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say of a PV system."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from twinergy.options import Options, Positive

DC_AC_RATIO: Final = 1.2
"""Module power per inverter power where no inverter is named: default of PVWatts (ratio 1.2) and of its reference file."""

SMALL_INVERTER_KVA: Final = 4.6
"""Up to here VDE-AR-N 4105 asks for a power factor of 0.95, above for 0.90."""


class PvOptions(Options):
    """A PV system: one module plane behind one inverter."""

    p_dc_kwp: Positive
    """Nominal module power at standard test conditions (1000 W/m2, 25 degC)."""
    tilt_deg: Annotated[float, Field(ge=0.0, le=90.0)] = 35.0
    """Tilt of the modules from the horizontal."""
    azimuth_deg: Annotated[float, Field(ge=0.0, le=360.0)] = 180.0
    """Compass direction the modules face: 90 east, 180 south, 270 west."""
    inverter_kva: Positive | None = None
    """Apparent power rating of the inverter, also its greatest active power; left out: p_dc_kwp / 1.2 as in PVWatts."""
    inverter_efficiency: Annotated[float, Field(gt=0.5, le=1.0)] = 0.96
    """Efficiency at rated power; the part-load curve is that of PVWatts."""
    losses_percent: Annotated[float, Field(ge=0.0, lt=100.0)] = 14.08
    """All DC losses. The default is PVWatts': soiling 2, shading 3, mismatch 2, wiring 2, connections 0.5, light-induced
    degradation 1.5, nameplate 1, availability 3 %, multiplied. It gives European roofs performance ratios of 0.72 to 0.75, as
    measured on average (0.73 to 0.74); a new, unshaded system loses less."""
    temp_coeff_percent_per_degc: Annotated[float, Field(ge=-0.6, le=0.0)] = -0.35
    """Change of module power per degree of cell temperature (PVWatts v5: premium -0.35, standard -0.47, thin film -0.20)."""
    mounting: Literal["open_rack", "roof", "building_integrated"] = "roof"
    """How air reaches the back of the modules; chooses the parameters of the cell temperature model."""
    angular_loss: Annotated[float, Field(ge=0.08, le=0.25)] = 0.16
    """Angular loss coefficient a_r of Martin and Ruiz (2001): 0.16 for plain glass, less for anti-reflective glass."""
    feed_in_cap: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Fixed limit of the inverter's output as a share of p_dc_kwp (Germany: 0.7 under the EEG 2012-2021, 0.6 since 2025-02-25 for
    new systems without a control box). The law limits the grid connection point; as a setting of the inverter it is stricter."""
    q_mode: Literal["none", "cosphi_p", "q_v"] = "none"
    """Local reactive power control: none, or one of the two standard characteristics of VDE-AR-N 4105."""
    cosphi_min: Annotated[float, Field(ge=0.8, lt=1.0)] | None = None
    """Smallest power factor the inverter goes to; left out: 0.95 up to 4.6 kVA, 0.90 above (VDE-AR-N 4105)."""
    q_v_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
    """Greatest part of the way to the Q(V) characteristic that is gone in one step (see `simulators.pv.reactive`)."""

    @property
    def rating_kva(self) -> float:
        """Apparent power rating of the inverter, from the options or from the module power."""
        return self.p_dc_kwp / DC_AC_RATIO if self.inverter_kva is None else self.inverter_kva

    @property
    def power_factor_limit(self) -> float:
        """Smallest power factor, from the options or from the size of the inverter."""
        if self.cosphi_min is not None:
            return self.cosphi_min
        return 0.95 if self.rating_kva <= SMALL_INVERTER_KVA else 0.90

# SPDX-License-Identifier: Apache-2.0
"""The IEEE European low voltage test feeder, as pandapower carries it, with what its own data say beyond that."""

from __future__ import annotations

from typing import Any, Final

NOMINAL_KV: Final = 0.4
PHASE_OF_LOAD: Final = "abaaabbcabbcbabccccaaabcabccaaaccabbbbcbbccbbacaabaabaa"
"""Phase of loads 1 to 55 in the feeder's ``Loads.txt``; pandapower's snapshots leave loads without power on none."""
SHORT_CIRCUIT_KA: Final = 3.0
X_OVER_R: Final = 4.0
EARTH_FAULT_A: Final = 5.0
X_OVER_R_ZERO: Final = 3.0


def ieee_feeder(*, source_impedance: bool) -> Any:
    """Return the feeder [1]_: 11 kV source at 1.05 pu, 800 kVA Dyn1, 905 cables of four cores, 55 single-phase homes.

    Voltages are per unit of 400 V, to which EN 50160 refers; the feeder's own figures are per unit of its transformer's 416 V.
    The buses where homes are connected are in the order of the feeder's loads 1 to 55, their phases in ``attachment_phases``.

    Parameters
    ----------
    source_impedance : bool
        Put the source's short-circuit impedance (3 kA three-phase, X/R = 4, 5 A single-phase, X0/R0 = 3; the last two ratios
        are OpenDSS's defaults) in front of the transformer as a line named ``upstream-impedance``; pandapower leaves it out.

    References
    ----------
    .. [1] IEEE PES Distribution Test Feeders Working Group, "The IEEE European Low Voltage Test Feeder", 2015.
    """
    import pandapower.networks  # noqa: PLC0415 - takes more than a second

    net = pandapower.networks.ieee_european_lv_asymmetric("on_peak_566")
    net["attachment_buses"] = [int(bus) for bus in net.asymmetric_load["bus"]]
    net["attachment_phases"] = tuple(PHASE_OF_LOAD)
    net.bus.loc[net.bus["vn_kv"] < 1.0, "vn_kv"] = NOMINAL_KV
    # the transformer has no magnetising branch in the feeder's data; pandapower's 100 % would halve its zero sequence
    net.trafo["mag0_percent"] = float("nan")
    if source_impedance:
        _put_source_behind_impedance(net)
    return net


def _put_source_behind_impedance(net: Any) -> None:
    import pandapower  # noqa: PLC0415

    source = int(net.ext_grid["bus"].iloc[0])
    kv = float(net.bus.at[source, "vn_kv"])
    upstream = pandapower.create_bus(net, vn_kv=kv, name="upstream", geodata=None)
    net.bus.at[upstream, "geo"] = net.bus.at[source, "geo"]
    z_ohm = kv / 3**0.5 / SHORT_CIRCUIT_KA
    z0_ohm = kv * 1e3 * 3**0.5 / EARTH_FAULT_A - 2.0 * z_ohm  # three in series carry the single-phase fault
    r_ohm, r0_ohm = z_ohm / (1.0 + X_OVER_R**2) ** 0.5, z0_ohm / (1.0 + X_OVER_R_ZERO**2) ** 0.5
    pandapower.create_line_from_parameters(
        net, upstream, source, length_km=1.0, name="upstream-impedance", max_i_ka=SHORT_CIRCUIT_KA, c_nf_per_km=0.0,
        r_ohm_per_km=r_ohm, x_ohm_per_km=X_OVER_R * r_ohm, r0_ohm_per_km=r0_ohm, x0_ohm_per_km=X_OVER_R_ZERO * r0_ohm,
        c0_nf_per_km=0.0,
    )  # fmt: skip
    net.ext_grid["bus"] = upstream

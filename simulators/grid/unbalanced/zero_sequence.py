# SPDX-License-Identifier: Apache-2.0
"""Zero-sequence two-ports of lines and transformers: what the balanced model of a network does not hold.

Where a network brings no zero-sequence data these are assumed:

* Lines: return through a neutral of the phases' cross-section alone, as in a four-core cable without earth return, hence
  ``R0 = 4 R1``; ``X0 = 4 X1`` and ``C0 = C1`` (*assumptions*).
* Vector groups: Dyn to low voltage, YNd to medium voltage, which then has no earthed star point (*assumption*).
* Transformers of vector group Dyn: ``Z0 = Z1`` seen from the low-voltage side, the magnetising branch neglected (*assumption*;
  a three-limb core has 0.85 to 1 of it). The delta keeps zero-sequence currents from the high-voltage side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.branches import Branches
    from twinergy.kinds import FloatArray

    ComplexArray = NDArray[np.complex128]

RETURN_BY_NEUTRAL: Final = 4.0
"""Zero over positive sequence of a line where three currents return through a neutral of the same make: Z + 3 Z."""
BASE_KV: Final = 9  # column of a PYPOWER bus matrix
LOW_VOLTAGE_KV: Final = 1.0
TAP: Final = 8  # column of a PYPOWER branch matrix
MODELLED: Final = ("dyn", "yzn", "ynyn", "dd", "yd", "ynd")
"""Vector groups whose zero sequence is modelled; behind the last three the network has no connection to earth."""


def two_ports(net: Any, branches: Branches) -> tuple[ComplexArray, ComplexArray]:
    """Return the zero-sequence two-ports of all branches of a network that pandapower has just converted.

    Parameters
    ----------
    net : pandapowerNet
        Network with ``_ppc`` and lookups.
    branches : Branches
        Its branches in the positive sequence; what is dead there is dead here.

    Returns
    -------
    own, mutual : ndarray of complex, shape (2, n_branches)
        As in `Branches`. [pu]
    """
    own, mutual = branches.own.copy(), branches.mutual.copy()  # switches with an impedance: the same in each phase
    base_kv = net["_ppc"]["bus"][:, BASE_KV].real[branches.ends]
    base_mva = float(net["_ppc"]["baseMVA"])
    lines, transformers = branches.lines, branches.transformers
    own[:, lines], mutual[:, lines] = _lines(net, base_kv[0, lines], base_mva)
    own[:, transformers], mutual[:, transformers] = _transformers(net, base_kv[:, transformers], base_mva)
    dead = (branches.own == 0.0) & (branches.mutual == 0.0)
    own[dead], mutual[dead] = 0.0, 0.0
    loop = branches.ends[0] == branches.ends[1]  # bridged by a switch: both ends at the same voltage, nothing flows
    own[:, loop], mutual[:, loop] = 0.0, 0.0
    return own, mutual


def given(table: Any, column: str, otherwise: FloatArray) -> FloatArray:
    """Return a column of a table, another value where it has none."""
    if column not in table:
        return otherwise
    values = table[column].to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isnan(values), otherwise, values)


def vector_groups(trafo: Any) -> list[str]:
    """Return the vector groups of transformers in small letters, without the clock number."""
    given_groups = list(trafo["vector_group"]) if "vector_group" in trafo else [None] * len(trafo)
    return [
        group.lower().rstrip("0123456789") if isinstance(group, str) and group else "dyn" if low_kv < LOW_VOLTAGE_KV else "ynd"
        for group, low_kv in zip(given_groups, trafo["vn_lv_kv"], strict=True)
    ]


def _lines(net: Any, base_kv: FloatArray, base_mva: float) -> tuple[ComplexArray, ComplexArray]:
    line = net.line
    length = line["length_km"].to_numpy(np.float64)
    parallel = line["parallel"].to_numpy(np.float64)
    ohm = base_kv**2 / base_mva
    r_ohm = given(line, "r0_ohm_per_km", RETURN_BY_NEUTRAL * line["r_ohm_per_km"].to_numpy(np.float64))
    x_ohm = given(line, "x0_ohm_per_km", RETURN_BY_NEUTRAL * line["x_ohm_per_km"].to_numpy(np.float64))
    c_nf = given(line, "c0_nf_per_km", line["c_nf_per_km"].to_numpy(np.float64))
    series = ohm * parallel / (length * (r_ohm + 1j * x_ohm))
    to_earth = np.pi * net.f_hz * c_nf * 1e-9 * length * parallel * ohm * 1j  # half of it at each end
    return np.stack([series + to_earth] * 2), np.stack([-series] * 2)


def _transformers(net: Any, base_kv: FloatArray, base_mva: float) -> tuple[ComplexArray, ComplexArray]:
    trafo = net.trafo
    own, mutual = np.zeros((2, 2, len(trafo)), dtype=np.complex128)
    if not len(trafo):
        return own, mutual
    rated = trafo["sn_mva"].to_numpy(np.float64) * trafo["parallel"].to_numpy(np.float64)
    at_low = (trafo["vn_lv_kv"].to_numpy(np.float64) / base_kv[1]) ** 2 * base_mva / rated
    leakage, magnetising = _impedances(trafo)
    near_high = given(trafo, "si0_hv_partial", np.full(len(trafo), 0.5)) * leakage
    near_low = leakage - near_high
    groups = np.array(vector_groups(trafo))
    # seen from the low side: its own leakage, then the high side's, shorted by the delta, beside the magnetising branch
    shorted = near_low + near_high / (1.0 + near_high / magnetising)
    star_delta = np.isin(groups, ("dyn", "yzn"))
    own[1, star_delta] = 1.0 / (np.where(groups == "yzn", leakage, shorted) * at_low)[star_delta]
    through = groups == "ynyn"
    star = near_low + near_high + near_low * near_high / magnetising  # star of three impedances as a triangle
    link = 1.0 / (star * at_low)
    ratio = net["_ppc"]["branch"][slice(*net["_pd2ppc_lookups"]["branch"]["trafo"]), TAP].real
    own[0, through] = ((1.0 + near_low / magnetising) * link / ratio**2)[through]
    own[1, through] = ((1.0 + near_high / magnetising) * link)[through]
    mutual[:, through] = (-link / ratio)[through]
    return own, mutual


def _impedances(trafo: Any) -> tuple[ComplexArray, ComplexArray]:
    """Return leakage and magnetising impedance, per unit of the transformer's own rating; infinite where not given."""
    z1, r1 = (trafo[name].to_numpy(np.float64) for name in ("vk_percent", "vkr_percent"))
    z0, r0 = given(trafo, "vk0_percent", z1) / 100.0, given(trafo, "vkr0_percent", r1) / 100.0
    leakage = r0 + 1j * np.sqrt(np.maximum(z0**2 - r0**2, 0.0))
    size = given(trafo, "mag0_percent", np.full(len(trafo), 1e12)) / 100.0 * z0
    ratio = given(trafo, "mag0_rx", np.zeros(len(trafo)))
    return leakage, size / np.sqrt(ratio**2 + 1.0) * (ratio + 1j)

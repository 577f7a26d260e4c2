# SPDX-License-Identifier: Apache-2.0
"""What a software device shows in SunSpec models: constants, things it measures, and what can be written.

Values are in the unit of the point; the scale factor turns them into counts when they are read. A point that is not named here is
shown as not implemented. Numbers of states are those of the published models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.bench.figures import W_PER_KW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.modbus.bench.figures import Figures

    Source = float | str | Callable[[], float]


@dataclass(frozen=True)
class Shown:
    """Content of one model.

    Attributes
    ----------
    points : mapping of str to float, str or callable
        What each point shows; a number of a point that can be written is what it holds at first.
    factors : mapping of str to int
        Powers of ten; raised where a rating does not fit.
    groups : mapping of str to sequence of mapping
        The same for points that repeat; scale factors stand in `points`' model.
    """

    points: Mapping[str, Source]
    factors: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, tuple[Mapping[str, Source], ...]] = field(default_factory=dict)


def _common(f: Figures) -> Shown:
    one = next(iter(f.attached.values()))
    return Shown({"Mn": "TwinERGY Lab", "Md": f"software {one.kind}", "Opt": "bench", "Vr": "1.0", "SN": one.device, "DA": 1.0})


def _inverter(f: Figures) -> Shown:
    """Models 101 to 103; what flows in at the DC side of a lossless inverter flows out at the other."""
    phase = dict.fromkeys(("AphA", "AphB", "AphC"), f.phase_a)
    volts = dict.fromkeys(("PhVphA", "PhVphB", "PhVphC"), f.voltage_v)
    return Shown(
        {
            "A": lambda: 3 * f.phase_a(), **phase, **volts, "W": f.shown_w, "Hz": f.frequency_hz, "VA": f.apparent_va,
            "VAr": f.shown_var, "PF": lambda: 100 * f.power_factor(),
            "WH": lambda: f.energy_wh("energy_export_kwh", f.injected), "DCW": lambda: f.inject_w("pv") if "pv" in f.senses else
            f.inject_w(), "TmpCab": 35.0, "St": lambda: 4 if f.moves() else 8, "Evt1": 0.0, "Evt2": 0.0,
        },
        {"A_SF": -2, "V_SF": -1, "W_SF": 0, "Hz_SF": -2, "VA_SF": 0, "VAr_SF": 0, "PF_SF": -2, "WH_SF": 0, "DCW_SF": 0,
         "Tmp_SF": 0},
    )  # fmt: skip


def _inverter_float(f: Figures) -> Shown:
    """Models 111 to 113: the same without scale factors."""
    points = dict(_inverter(f).points)
    return Shown(points)


def _nameplate(f: Figures) -> Shown:
    rated, storage = f.rated_w(), f.rated_w("battery")
    points: dict[str, Source] = {"DERTyp": 82.0 if storage else 4.0, "WRtg": rated, "VARtg": rated}
    if storage:
        points |= {"WHRtg": f.capacity_wh(), "MaxChaRte": storage, "MaxDisChaRte": storage}
    factors = {"WRtg_SF": 0, "VARtg_SF": 0, "WHRtg_SF": 0, "MaxChaRte_SF": 0, "MaxDisChaRte_SF": 0}
    return Shown(points, factors)


def _settings(f: Figures) -> Shown:
    return Shown({"WMax": f.rated_w(), "VRef": 230.0, "VAMax": f.rated_w()}, {"WMax_SF": 0, "VRef_SF": 0, "VAMax_SF": 0})


def _status(f: Figures) -> Shown:
    points: dict[str, Source] = {"PVConn": 7.0 if "pv" in f.senses else 0.0, "StorConn": 7.0 if "battery" in f.senses else 0.0}
    points |= {"ECPConn": 1.0, "ActWh": lambda: f.energy_wh("energy_export_kwh", f.injected)}
    return Shown(points | {"WAval": lambda: -W_PER_KW * f.read("pv", "p_available_kw")}, {"WAval_SF": 0})


def _controls(f: Figures) -> Shown:  # noqa: ARG001 - as every model
    points = {"Conn_WinTms": 0.0, "Conn_RvrtTms": 0.0, "Conn": 1.0, "WMaxLimPct": 100.0, "WMaxLimPct_WinTms": 0.0}
    return Shown(points | {"WMaxLimPct_RvrtTms": 0.0, "WMaxLimPct_RmpTms": 0.0, "WMaxLim_Ena": 0.0}, {"WMaxLimPct_SF": -2})


def _storage(f: Figures) -> Shown:
    return Shown(
        {
            "WChaMax": f.rated_w("battery"), "WChaGra": 100.0, "WDisChaGra": 100.0, "StorCtl_Mod": 0.0, "MinRsvPct": 0.0,
            "ChaState": f.soc_percent, "ChaSt": f.charge_state, "OutWRte": 100.0, "InWRte": 100.0, "InOutWRte_WinTms": 0.0,
            "InOutWRte_RvrtTms": 0.0, "InOutWRte_RmpTms": 0.0, "ChaGriSet": 1.0,
        },
        {"WChaMax_SF": 0, "WChaDisChaGra_SF": 0, "MinRsvPct_SF": -2, "ChaState_SF": -2, "InOutWRte_SF": -2},
    )  # fmt: skip


def _mppt(f: Figures) -> Shown:
    """PV at modules 1 and 2; a hybrid has its battery at 3 (charging) and 4 (discharging), as Fronius."""

    def module(number: int, text: str, watts: Callable[[], float]) -> dict[str, Source]:
        return {"ID": float(number), "IDStr": text, "DCW": watts, "DCSt": lambda: 4 if watts() > 0 else 8}

    ones = [module(number, f"MPPT {number}", lambda: f.inject_w("pv") / 2) for number in (1, 2)]
    if "battery" in f.senses:
        ones.append(module(3, "StCha 3", lambda: max(-f.inject_w("battery"), 0.0)))
        ones.append(module(4, "StDisCha 4", lambda: max(f.inject_w("battery"), 0.0)))
    return Shown({"N": float(len(ones)), "Evt": 0.0}, {"DCW_SF": 0}, {"module": tuple(ones)})


def _meter(f: Figures) -> Shown:
    """Models 201 to 204; positive draws, as most meters count."""

    def third(work: Callable[[], float]) -> Callable[[], float]:
        return lambda: work() / 3

    turn_w = f.turn("meter", "p_kw", "load", f.declared.get("meter", ""))
    turn_var = f.turn("meter", "q_kvar", "load", f.declared.get("meter", ""))

    def draw_w() -> float:
        return -turn_w * f.inject_w()

    def draw_var() -> float:
        return -turn_var * f.inject_var()

    points: dict[str, Source] = {
        "A": lambda: 3 * f.phase_a(), "PhV": f.voltage_v, "Hz": f.frequency_hz, "W": draw_w, "VA": f.apparent_va, "VAR": draw_var,
        "PF": lambda: -100 * f.power_factor(), "TotWhExp": lambda: f.energy_wh("energy_export_kwh", f.injected),
        "TotWhImp": lambda: f.energy_wh("energy_import_kwh", f.absorbed), "Evt": 0.0,
    }  # fmt: skip
    for phase in "ABC":
        points |= {f"Aph{phase}": f.phase_a, f"PhVph{phase}": f.voltage_v, f"Wph{phase}": third(draw_w)}
        points |= {f"VAph{phase}": third(f.apparent_va), f"VARph{phase}": third(draw_var)}
    factors = {"A_SF": -2, "V_SF": -1, "Hz_SF": -2, "W_SF": 0, "VA_SF": 0, "VAR_SF": 0, "PF_SF": -2, "TotWh_SF": 0}
    return Shown(points, factors)


def _der_ac(f: Figures) -> Shown:
    points: dict[str, Source] = {
        "ACType": 2.0, "St": 1.0, "InvSt": lambda: 3 if f.moves() else 7, "ConnSt": 1.0, "Alrm": 0.0, "DERMode": 1.0,
        "W": f.shown_w, "VA": f.apparent_va, "Var": f.shown_var, "PF": f.power_factor, "A": lambda: 3 * f.phase_a(),
        "LNV": f.voltage_v, "LLV": lambda: f.voltage_v() * 3**0.5, "Hz": f.frequency_hz,
        "TotWhInj": lambda: f.energy_wh("energy_export_kwh", f.injected),
        "TotWhAbs": lambda: f.energy_wh("energy_import_kwh", f.absorbed), "MnAlrmInfo": "none",
    }  # fmt: skip
    for phase in "123":
        points |= {f"WL{phase}": lambda: f.inject_w() / 3, f"AL{phase}": f.phase_a, f"VL{phase}": f.voltage_v}
    factors = {"A_SF": -2, "V_SF": -1, "Hz_SF": -3, "W_SF": 0, "PF_SF": -3, "VA_SF": 0, "Var_SF": 0, "TotWh_SF": 0}
    return Shown(points, factors)


def _der_capacity(f: Figures) -> Shown:
    rated, storage = f.rated_w(), f.rated_w("battery")
    points: dict[str, Source] = {
        "WMaxRtg": rated,
        "VAMaxRtg": rated,
        "WMax": rated,
        "VAMax": rated,
        "CtrlModes": 3.0,
        "VNomRtg": 400.0,
    }
    if storage:
        points |= dict.fromkeys(("WChaRteMaxRtg", "WDisChaRteMaxRtg", "WChaRteMax", "WDisChaRteMax"), storage)
    return Shown(points, {"W_SF": 0, "VA_SF": 0, "V_SF": 0})


def _der_controls(f: Figures) -> Shown:  # noqa: ARG001 - as every model
    """Model 704; times that remain are the controls' own and added there."""
    ones = {"WMaxLimPctEna": 0, "WMaxLimPct": 100, "WMaxLimPctRvrt": 100, "WMaxLimPctEnaRvrt": 0, "WMaxLimPctRvrtTms": 0}
    ones |= {
        "WSetEna": 0,
        "WSetMod": 1,
        "WSet": 0,
        "WSetRvrt": 0,
        "WSetPct": 0,
        "WSetPctRvrt": 0,
        "WSetEnaRvrt": 0,
        "WSetRvrtTms": 0,
    }
    ones |= {"VarSetEna": 0, "VarSetMod": 4, "VarSet": 0, "VarSetRvrt": 0, "VarSetEnaRvrt": 0, "VarSetRvrtTms": 0, "WRmp": 100}
    return Shown(ones, {"WMaxLimPct_SF": -2, "WSet_SF": 0, "WSetPct_SF": -2, "VarSet_SF": 0})


def _der_storage(f: Figures) -> Shown:
    points: dict[str, Source] = {"WHRtg": f.capacity_wh(), "SoC": f.soc_percent, "SoH": f.soh_percent, "Sta": 0.0}
    return Shown(points | {"WHAvail": lambda: f.capacity_wh() * f.soc_percent() / 100}, {"WH_SF": 0, "Pct_SF": -2})


def _der_dc(f: Figures) -> Shown:
    """PV and battery ports, in this order; a port gives DC power to the inverter where it is positive."""
    kinds = [(kind, code) for kind, code in (("pv", 0.0), ("battery", 1.0)) if kind in f.senses]

    def port(kind: str, code: float) -> dict[str, Source]:
        return {"PrtTyp": code, "ID": code + 1, "IDStr": kind, "DCW": lambda: f.inject_w(kind), "DCSta": 1.0}

    return Shown(
        {"PrtAlrms": 0.0, "NPrt": float(len(kinds)), "DCW": f.inject_w},
        {"DCW_SF": 0},
        {"Prt": tuple(port(*one) for one in kinds)},
    )


def _der_control(f: Figures) -> Shown:
    return Shown(
        {"LocRemCtl": lambda: float(f.local()), "DERHb": f.heartbeat, "ControllerHb": 0.0, "AlarmReset": 0.0, "OpCtl": 1.0}
    )


def _battery(f: Figures) -> Shown:
    """Model 802; discharging counts positive, unless the profile says otherwise."""
    rated, turn = f.rated_w("battery"), f.turn("battery", "p_kw", "generation", f.declared.get("802", ""))
    return Shown(
        {
            "WHRtg": f.capacity_wh(), "WChaRteMax": rated, "WDisChaRteMax": rated, "SoCMax": 100.0, "SoCMin": 0.0,
            "SocRsvMax": 100.0, "SoCRsvMin": 0.0, "SoC": f.soc_percent, "SoH": f.soh_percent, "ChaSt": f.charge_state,
            "LocRemCtl": lambda: float(f.local()), "Hb": lambda: f.heartbeat() % 0xFFFF, "CtrlHb": 0.0, "AlmRst": 0.0, "Typ": 4.0,
            "State": 3.0, "Evt1": 0.0, "Evt2": 0.0, "V": 400.0, "A": lambda: turn * f.inject_w("battery") / 400.0,
            "W": lambda: turn * f.inject_w("battery"), "SetOp": 1.0, "SetInvState": 3.0,
        },
        {"WHRtg_SF": 0, "WChaDisChaMax_SF": 0, "SoC_SF": -2, "SoH_SF": -2, "V_SF": -1, "A_SF": -1, "W_SF": 0},
    )  # fmt: skip


MODELS: Final[dict[int, Callable[[Figures], Shown]]] = {
    1: _common, **dict.fromkeys((101, 102, 103), _inverter), **dict.fromkeys((111, 112, 113), _inverter_float),
    120: _nameplate, 121: _settings, 122: _status, 123: _controls, 124: _storage, 160: _mppt,
    **dict.fromkeys((201, 202, 203, 204, 211, 212, 213, 214), _meter), 701: _der_ac, 702: _der_capacity, 704: _der_controls,
    713: _der_storage, 714: _der_dc, 715: _der_control, 802: _battery,
}  # fmt: skip
"""What each model shows."""

OFFERED: Final[dict[str, tuple[int, ...]]] = {
    "battery": (1, 103, 120, 121, 122, 123, 124, 701, 702, 704, 713, 714, 715, 802),
    "pv": (1, 103, 120, 121, 122, 123, 160, 701, 702, 704, 714, 715),
    "meter": (1, 203),
}
"""Models of a unit by the kinds that share it; a unit shows the union, in rising order."""


def offered(kinds: frozenset[str]) -> tuple[int, ...]:
    """Return the models of a unit.

    >>> offered(frozenset({"meter"}))
    (1, 203)
    """
    return tuple(sorted({model for kind in kinds for model in OFFERED.get(kind, (1,))}))

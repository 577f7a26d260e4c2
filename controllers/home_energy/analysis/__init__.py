# SPDX-License-Identifier: Apache-2.0
"""What measured data say about homes (PUC01.02): use, base load, supply, costs, peers, flexibility, and models to plan with."""

from controllers.home_energy.analysis.base_load import base_load_kw, idle_kw
from controllers.home_energy.analysis.costs import Costs, costs
from controllers.home_energy.analysis.flexibility import Flexibility, flexibility
from controllers.home_energy.analysis.peers import Comparison, Likeness, compare
from controllers.home_energy.analysis.plugs import PLUG, PLUGS, Plug
from controllers.home_energy.analysis.portrait import PlugPortrait, Portrait, portraits
from controllers.home_energy.analysis.programmes import Programmes, programmes
from controllers.home_energy.analysis.rooms import RoomModel, room_model
from controllers.home_energy.analysis.supply import Supply, supply
from controllers.home_energy.analysis.tanks import TankModel, tank_model
from controllers.home_energy.analysis.usage import Usage, usage
from controllers.home_energy.analysis.window import History, Window

__all__ = [
    "PLUG",
    "PLUGS",
    "Comparison",
    "Costs",
    "Flexibility",
    "History",
    "Likeness",
    "Plug",
    "PlugPortrait",
    "Portrait",
    "Programmes",
    "RoomModel",
    "Supply",
    "TankModel",
    "Usage",
    "Window",
    "base_load_kw",
    "compare",
    "costs",
    "flexibility",
    "idle_kw",
    "portraits",
    "programmes",
    "room_model",
    "supply",
    "tank_model",
    "usage",
]

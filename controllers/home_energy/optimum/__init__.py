# SPDX-License-Identifier: Apache-2.0
"""The optimum of one home: receding-horizon planning of all that can be moved (PUC01.03).

A home is described once (`HomeAssets`), each re-plan gives it an outlook (`HomeOutlook`) and the household's `Weights`, and
`HomeModel.solve` returns a `HomePlan`. The equations are in docs/home_energy_model.md.
"""

from controllers.home_energy.optimum.assets import Battery, Car, HomeAssets, Machine, Room, Tank
from controllers.home_energy.optimum.habit import SetPoints, habit
from controllers.home_energy.optimum.many import solve_many
from controllers.home_energy.optimum.model import HomeModel
from controllers.home_energy.optimum.outlook import HomeOutlook, Weights
from controllers.home_energy.optimum.plan import Binding, Decisions, HomePlan
from controllers.home_energy.optimum.solver import Limits

__all__ = [
    "Battery",
    "Binding",
    "Car",
    "Decisions",
    "HomeAssets",
    "HomeModel",
    "HomeOutlook",
    "HomePlan",
    "Limits",
    "Machine",
    "Room",
    "SetPoints",
    "Tank",
    "Weights",
    "habit",
    "solve_many",
]

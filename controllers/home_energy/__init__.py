# SPDX-License-Identifier: Apache-2.0
"""Home energy management (HLUC01): what a home knows of itself, what it could do better, and how it is steered there.

Agent: `controllers.home_energy.HomeEnergy`. The rooms: `optimum` (the best plan of one home), `analysis` (what measured data say
of a household), `anomalies`, `bill`, and the modules beside this file, which make an agent of them.
"""

from controllers.home_energy.agent import HomeEnergy

__all__ = ["HomeEnergy"]

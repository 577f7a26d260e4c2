# SPDX-License-Identifier: Apache-2.0
"""Three-phase unbalanced power flow in symmetrical components.

Cables, lines and transformers are alike in their three phases, so in symmetrical components [1]_ the network falls apart into
three that do not see each other: zero, positive and negative sequence. Only the loads, which stand between one phase and the
neutral, couple them. Each round of the substitution turns the loads' phase currents into sequence currents, solves the three
networks, and turns their voltages back.

References
----------
.. [1] C. L. Fortescue, "Method of symmetrical co-ordinates applied to the solution of polyphase networks", Transactions of the
   AIEE 37(2), 1918, pp. 1027-1140.
"""

from __future__ import annotations

# SPDX-License-Identifier: Apache-2.0
"""The network inside a plan: a linear model of voltages and currents, what corrects it, and what fits in at all.

`linear` makes the model (`radial` of a tree, `meshed` of anything), `ac` asks the grid itself, `agree` goes round between
optimiser and power flow until both say the same, `hosting` asks how much more the network could take.
"""

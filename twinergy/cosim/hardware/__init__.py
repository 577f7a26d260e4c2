# SPDX-License-Identifier: Apache-2.0
"""Real devices in a run: their readings in the place of simulated ones, set-points on their way out, and the wall clock."""

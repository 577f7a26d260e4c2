# SPDX-License-Identifier: Apache-2.0
"""The only place that builds a mosaik world: wiring, agent host, arbiter, recorder, runner."""

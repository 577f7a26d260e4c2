# SPDX-License-Identifier: Apache-2.0
"""The agents: one folder per controller."""

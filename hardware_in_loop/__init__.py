# SPDX-License-Identifier: Apache-2.0
"""Real devices in the place of simulated ones: transports, protocol profiles and a test bench."""

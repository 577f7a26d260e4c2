# SPDX-License-Identifier: Apache-2.0
"""The room for real devices in the place of simulated ones: transports, protocol profiles, a test bench.."""

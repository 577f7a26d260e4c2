# SPDX-License-Identifier: Apache-2.0
"""Home gateways: what a home's energy management sees of its own dwelling."""

from simulators.gateway.kind import KIND

__all__ = ["KIND"]

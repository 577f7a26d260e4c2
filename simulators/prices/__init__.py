# SPDX-License-Identifier: Apache-2.0
"""Prices: one tariff per device, from fixed to day-ahead, with grid fee, levies, VAT, feed-in and carbon intensity."""

from simulators.prices.simulator import KIND

__all__ = ["KIND"]

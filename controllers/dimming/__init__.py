# SPDX-License-Identifier: Apache-2.0
"""Dimming after § 14a EnWG: the network operator limits controllable loads while their station is overloaded."""

from controllers.dimming.agent import Dimming

__all__ = ["Dimming"]

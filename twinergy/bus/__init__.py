# SPDX-License-Identifier: Apache-2.0
"""The interoperability platform: one contract, in-process by default."""

from twinergy.bus.contract import Bus, Subscriber
from twinergy.bus.local import LocalBus

__all__ = ["Bus", "LocalBus", "Subscriber"]

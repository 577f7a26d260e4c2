# SPDX-License-Identifier: Apache-2.0
"""The interoperability platform: one contract, in-process by default."""

from twinergy.bus.contract import Bus, Subscriber
from twinergy.bus.counts import Counts, Rejection
from twinergy.bus.errors import BusError
from twinergy.bus.local import LocalBus

__all__ = ["Bus", "BusError", "Counts", "LocalBus", "Rejection", "Subscriber"]

# SPDX-License-Identifier: Apache-2.0
"""The contract between a run and real devices: what an adapter reads and writes, how good that is, what must never happen.

An adapter is a plug-in (entry point group ``twinergy.adapters``) that speaks a protocol. It knows nothing of steps and
controllers: it fills an `Image` with readings and takes commands by the ports of the device's kind, which its simulator has too.
Everything here runs in one thread of its own with an event loop; a run never waits for it.
"""

from twinergy.adapters.contract import AdapterKind, Attached, Coverage, DeviceLink, Driver, LinkContext, LinkState
from twinergy.adapters.faults import Fault, FaultBoard
from twinergy.adapters.image import Image, Row
from twinergy.adapters.journal import Journal, Way
from twinergy.adapters.options import AdapterOptions, LimitOptions, Mode, SafeOptions, Secret
from twinergy.adapters.physics import Bench, Physics
from twinergy.adapters.quality import Quality, Reading

__all__ = [
    "AdapterKind",
    "AdapterOptions",
    "Attached",
    "Bench",
    "Coverage",
    "DeviceLink",
    "Driver",
    "Fault",
    "FaultBoard",
    "Image",
    "Journal",
    "LimitOptions",
    "LinkContext",
    "LinkState",
    "Mode",
    "Physics",
    "Quality",
    "Reading",
    "Row",
    "SafeOptions",
    "Secret",
    "Way",
]

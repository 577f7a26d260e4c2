# SPDX-License-Identifier: Apache-2.0
"""Random numbers that depend on the seed, the device and the time only.

A counter-based generator (Philox) is keyed by seed, device id and purpose and positioned by a block number, so a device
draws the same numbers whatever its neighbours, its place in the file and the first day of the run.
"""

from __future__ import annotations

import hashlib

import numpy as np


def device_generator(seed: int, device_id: str, purpose: str, block: int = 0) -> np.random.Generator:
    """Return the generator of one device for one purpose and one block of time.

    Parameters
    ----------
    seed : int
        Seed of the run.
    device_id : str
        Id of the device, dwelling or meter.
    purpose : str
        What the numbers are for; two purposes never share numbers.
    block : int
        Number of the block of time (`twinergy.timebase.Block.number`), 0 for draws that do not depend on time.

    Returns
    -------
    numpy.random.Generator
        A generator at the start of that block's numbers; blocks are 2**128 draws apart.

    Examples
    --------
    >>> device_generator(1, "home-001", "load").random() == device_generator(1, "home-001", "load").random()
    True
    """
    digest = hashlib.blake2b(f"{seed}\x1f{device_id}\x1f{purpose}".encode(), digest_size=16).digest()
    key = np.frombuffer(digest, dtype=np.uint64)
    counter = np.array([0, 0, block, 0], dtype=np.int64).view(np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))

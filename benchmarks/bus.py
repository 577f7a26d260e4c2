# SPDX-License-Identifier: Apache-2.0
"""How many messages a second go through the bus, and how long one takes: in-process, over core NATS, over a NATS stream.

Each figure is the median of some repetitions of: publish all, take all, each message encoded, carried by the real server on the
loopback, decoded into its type and compared. Latency is one message there and back. Run it on a quiet machine:

    python benchmarks/bus.py [--smoke]
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from twinergy.bus import LocalBus
from twinergy.bus.nats_bus import NatsBus
from twinergy.bus.server import EmbeddedServer
from twinergy.messages import ControlAction

if TYPE_CHECKING:
    from twinergy.bus import Bus

REPEATS = 5
GOALS_PER_S = {"in-process": 200_000, "NATS": 20_000}


def actions(count: int) -> list[ControlAction]:
    """Return messages of about 300 bytes."""
    sent = datetime(2024, 6, 3, tzinfo=UTC)
    common = {"source": "peak_shaving", "pilot": "bench", "sent": sent, "table": "battery", "port": "p_set_kw"}
    reason = "transformer at 100 kW, limit 80 kW"
    return [
        ControlAction(id=f"peak_shaving-{number}", devices=("battery-a",), value=float(number), reason=reason, **common)
        for number in range(count)
    ]


def measure(name: str, bus: Bus, count: int, single: int) -> None:
    """Print throughput and latency of a bus."""
    messages = actions(count)
    inbox = bus.subscribe(["twinergy.*.peak_shaving.>"])
    rates = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for message in messages:
            bus.publish(message)
        while not bus.flush():
            pass  # one that keeps time with the clock waits for two seconds only
        taken = inbox.take()
        rates.append(count / (time.perf_counter() - began))
        if list(taken) != messages:
            error = f"{name}: {len(taken)} of {count} messages came back, or others"
            raise SystemExit(error)
    times_us = []
    for message in messages[:single]:
        began = time.perf_counter()
        bus.publish(message)
        inbox.take()
        times_us.append(1e6 * (time.perf_counter() - began))
    p50, p99 = np.percentile(times_us, [50, 99])
    goal = f" (goal {GOALS_PER_S[name]:,})" if name in GOALS_PER_S else ""
    print(f"{name:<12} {statistics.median(rates):>10,.0f} messages/s{goal}, one there and back {p50:.0f} µs, p99 {p99:.0f} µs")


def main() -> None:
    """Measure all buses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a little of each, to see that it runs")
    smoke = parser.parse_args().smoke
    measure("in-process", LocalBus(), 500 if smoke else 90_000, 50 if smoke else 2_000)
    with EmbeddedServer() as server:
        for name, lasting in (("NATS", False), ("NATS stream", True)):
            bus = NatsBus(server.address, scope="twinergy.bench.>", lasting=lasting)
            measure(name, bus, 500 if smoke else 40_000, 50 if smoke else 2_000)
            bus.close()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""A short run of the fuzzer, which must be able to find something."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from benchmarks.hardware import fuzz_mqtt
from hardware_in_loop.mqtt import readers

if TYPE_CHECKING:
    import pytest


def test_mutated_messages_do_no_harm() -> None:
    verdict = asyncio.run(fuzz_mqtt.fuzz(4_000, seed=7))
    assert verdict.wrong == []
    assert verdict.slowest_s < fuzz_mqtt.HANG_S
    assert verdict.outcomes["state"] > 2_000


def test_the_fuzzer_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_plain_number", lambda text: float(text.strip("x ") or 0.0) + 1.0)
    assert asyncio.run(fuzz_mqtt.fuzz(2_000, seed=7)).wrong

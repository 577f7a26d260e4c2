# SPDX-License-Identifier: Apache-2.0
"""What the report says of bus, pacing and agents outside."""

from __future__ import annotations

import pytest

from twinergy.results.report_platform import platform_sentences

PACE = {"factor": 60.0, "steps": 96, "late_steps": 0, "lateness_p50_s": 0.0001, "lateness_p99_s": 0.0004, "lateness_max_s": 0.002}


@pytest.mark.parametrize(
    ("manifest", "clean", "words"),
    [
        ({"bus": {"published": 1200, "rejected": {}}}, True, "All 1,200 messages"),
        (
            {"bus": {"published": 5, "rejected": {"malformed": 2, "late": 1}}},
            False,
            "3 messages were turned away: 1 late, 2 malformed",
        ),
        ({"pace": PACE}, True, "0.4 ms at the 99th percentile"),
        ({"pace": PACE | {"late_steps": 3}}, False, "3 of 96 steps began late"),
        ({"outside": {"dimming": {"asked": 96, "absent": 2, "late": 0}}}, False, "agent dimming outside: 2 absent"),
        ({"outside": {"dimming": {"asked": 96, "absent": 0}}}, True, "answered every time"),
    ],
)
def test_what_went_wrong_is_said_in_numbers(manifest, clean, words):
    ((good, text),) = platform_sentences(manifest)
    assert good is clean
    assert words in text


def test_a_run_without_a_platform_says_nothing():
    assert platform_sentences({"bus": {"published": 0, "rejected": {}}}) == []


def test_what_went_wrong_with_real_devices_is_said():
    hardware = {"emergency": "somebody pressed it", "not_released": {"battery-1": "no answer"}, "links": {}}
    said = platform_sentences({"hardware": hardware})
    assert [clean for clean, _ in said] == [False, False]
    assert "somebody pressed it" in said[0][1]
    assert "battery-1 could not be shown to be in its safe state: no answer" in said[1][1]
    assert platform_sentences({"hardware": {"links": {}}}) == []

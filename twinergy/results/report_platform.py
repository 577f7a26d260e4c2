# SPDX-License-Identifier: Apache-2.0
"""What a report says of the interoperability platform: messages turned away, late steps, agents outside that did not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def platform_sentences(manifest: Mapping[str, Any]) -> list[tuple[bool, str]]:
    """Return sentences about a run's bus, pacing and agents outside, each with whether all is well; none where nothing is to say.

    Parameters
    ----------
    manifest : mapping
        Of the run.
    """
    said = [*_bus(manifest.get("bus", {})), *_pace(manifest.get("pace", {})), *_outside(manifest.get("outside", {}))]
    return [*said, *_hardware(manifest.get("hardware", {}))]


def _bus(bus: Mapping[str, Any]) -> list[tuple[bool, str]]:
    rejected = {kind: count for kind, count in bus.get("rejected", {}).items() if count}
    if rejected:
        told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(rejected.items()))
        return [(False, f"{sum(rejected.values()):,} messages were turned away: {told}. The events `rejections` say why.")]
    return [(True, f"All {bus['published']:,} messages were fit to read.")] if bus.get("published") else []


def _pace(pace: Mapping[str, Any]) -> list[tuple[bool, str]]:
    if not pace.get("steps"):
        return []
    p50_ms, p99_ms, most_ms = (1e3 * pace.get(f"lateness_{name}_s", 0.0) for name in ("p50", "p99", "max"))
    told = f"lateness {p50_ms:.1f} ms in the median, {p99_ms:.1f} ms at the 99th percentile, {most_ms:.1f} ms at most"
    late = pace.get("late_steps", 0)
    if late:
        return [(False, f"{late:,} of {pace['steps']:,} steps began late; {told}.")]
    return [(True, f"Every step began on time at {pace['factor']:g} times the clock: {told}.")]


def _hardware(hardware: Mapping[str, Any]) -> list[tuple[bool, str]]:
    sentences = []
    if hardware.get("emergency"):
        sentences.append((False, f"The emergency stop ended the run: {hardware['emergency']}."))
    for name, why in hardware.get("not_released", {}).items():
        sentences.append((False, f"The real device {name} could not be shown to be in its safe state: {why}. Go and look."))
    if hardware.get("journal"):
        sentences.append((False, f"The log of real devices is not whole: {hardware['journal']}."))
    return sentences


def _outside(outside: Mapping[str, Mapping[str, int]]) -> list[tuple[bool, str]]:
    sentences = []
    for name, tally in outside.items():
        missed = {kind: tally.get(kind, 0) for kind in ("absent", "late", "rejected") if tally.get(kind, 0)}
        told = ", ".join(f"{count:,} {kind}" for kind, count in missed.items())
        good = f"The agent {name} outside answered every time."
        sentences.append((not missed, f"Decisions of the agent {name} outside: {told}." if missed else good))
    return sentences

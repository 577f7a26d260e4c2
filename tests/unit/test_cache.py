# SPDX-License-Identifier: Apache-2.0
"""Where downloads and kept years go, after the customs of the operating systems."""

from __future__ import annotations

import sys

import pytest

from twinergy.cache import VARIABLE, cache_folder


@pytest.fixture(autouse=True)
def _no_own_folder(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def test_the_variable_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own"))
    assert cache_folder("weather") == tmp_path / "own" / "weather"


def test_linux(monkeypatch, tmp_path):
    """XDG Base Directory Specification: $XDG_CACHE_HOME, and ~/.cache where it is unset or empty."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder("weather") == tmp_path / "xdg" / "twinergy-lab" / "weather"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder("weather") == tmp_path / ".cache" / "twinergy-lab" / "weather"


def test_the_others(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder("entsoe").parts[-4:] == ("Library", "Caches", "twinergy-lab", "entsoe")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "appdata")
    assert cache_folder("entsoe").parts == ("appdata", "twinergy-lab", "entsoe")

# SPDX-License-Identifier: Apache-2.0
"""What every controller must keep to, over every installed plug-in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from twinergy import plugins
from twinergy.agents import Agent
from twinergy.options import Options

CONTROLLERS = plugins.names(plugins.CONTROLLERS)


def test_the_suite_sees_the_controllers():
    assert {"peak_shaving", "price_response"} <= set(CONTROLLERS)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_declaration(name):
    agent = plugins.load(plugins.CONTROLLERS, name)
    assert issubclass(agent, Agent)
    assert (agent.__doc__ or "").strip()
    assert issubclass(agent.options_model, Options)
    assert agent.options_model.model_config["extra"] == "forbid"
    assert all(field.description for field in agent.options_model.model_fields.values())


@pytest.mark.parametrize("name", CONTROLLERS)
def test_decisions_know_nothing_of_the_engine(name):
    """A controller must run where there is no mosaik and no power flow."""
    code = (
        f"import sys; from twinergy import plugins; plugins.load(plugins.CONTROLLERS, {name!r}); "
        "bad = {'mosaik', 'mosaik_api_v3', 'pandapower', 'pvlib'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pandas as pd

from twinergy.results.parquet import EVENT_COLUMNS
from twinergy.results.sequence import SHOWN, sequence_markdown


def frame(*rows):
    """Return messages as the reader does, from (minute, source, information object, body)."""
    start = pd.Timestamp("2024-07-01 10:00", tz="UTC")
    told = [
        (start + pd.Timedelta(minutes=minute), f"twinergy.test.{source}.{name}", source, str(number), json.dumps(body))
        for number, (minute, source, name, body) in enumerate(rows)
    ]
    return pd.DataFrame(told, columns=list(EVENT_COLUMNS["messages"]))


def command(state):
    return {"state": state, "table": "battery", "device": "b 1", "port": "p_set_kw", "requested_by": "transactive_energy"}


DAY = frame(
    (0, "home_energy", "sensor_status", {}),
    (15, "home_energy", "sensor_status", {}),
    (15, "transactive_energy", "remote_control_data", command("requested")),
    (30, "home_energy", "remote_control_data", command("acknowledged")),
    (30, "home_energy", "sensor_status", {}),
    (45, "peak_shaving", "control_action", {"table": "battery", "port": "p_set_kw"}),
    (45, "lab", "observation", {}),
)


def test_a_diagram_by_hand():
    assert sequence_markdown(DAY, cases=["PUC01.04"]) == (
        "## PUC01.04 Control of the smart devices\n"
        "\n"
        "```mermaid\n"
        "sequenceDiagram\n"
        "    participant p0 as home_energy\n"
        "    participant p1 as interoperability platform\n"
        "    participant p2 as transactive_energy\n"
        "    participant p3 as battery\n"
        "    p0->>p1: sensor status (3 times, 2024-07-01 10:00 to 2024-07-01 10:30 UTC)\n"
        "    p2->>p3: remote control data requested: p_set_kw (2024-07-01 10:15 UTC)\n"
        "    p0->>p2: remote control data acknowledged: p_set_kw (2024-07-01 10:30 UTC)\n"
        "```\n"
        "\n"
        "Messages of no use case of D4.4: control_action (1), observation (1).\n"
    )


def test_listeners_are_drawn_where_they_are_known():
    listeners = {"comfort": ("twinergy.*.*.sensor_status",), "home_energy": ("twinergy.>",), "deaf": ("twinergy.other.>",)}
    text = sequence_markdown(DAY, cases=["PUC01.01"], listeners=listeners)
    assert "participant p1 as comfort" in text
    assert "platform" not in text
    assert "deaf" not in text
    assert "p0->>p0" not in text


def test_use_cases_without_a_message_say_so_when_asked_for():
    assert "## PUC01.03 Optimal flexibility management" in sequence_markdown(DAY, cases=["PUC01.03"])
    assert "No message of this use case flowed." in sequence_markdown(DAY, cases=["PUC01.03"])
    assert "PUC01.03" not in sequence_markdown(DAY)
    assert sequence_markdown(frame()) == ""


def test_the_order_of_rows_does_not_matter():
    assert sequence_markdown(DAY.iloc[[6, 2, 4, 1, 5, 0, 3]]) == sequence_markdown(DAY.iloc[[0, 1, 2, 4, 3, 5, 6]])


def test_names_cannot_break_the_diagram():
    text = sequence_markdown(frame((0, "evil;\nend <b>#35;", "sensor_status", {})), cases=["PUC01.01"])
    assert "participant p0 as evil end b 35\n" in text
    assert text.count("\n") == 8


def test_bodies_that_cannot_be_read_go_to_the_platform():
    messages = frame((0, "home_energy", "remote_control_data", {}), (0, "home_energy", "control_action", {}))
    messages["body"] = ["{", "[1]"]
    assert "p0->>p1: remote control data (2024-07-01 10:00 UTC)" in sequence_markdown(messages, cases=["PUC01.04"])


def test_too_many_arrows_are_counted():
    rows = [(number, f"home {number}", "sensor_status", {}) for number in range(SHOWN + 5)]
    text = sequence_markdown(frame(*rows), cases=["PUC01.01"])
    assert text.count("->>") == SHOWN
    assert "5 further kinds of message are not shown." in text

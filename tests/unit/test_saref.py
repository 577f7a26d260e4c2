# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from twinergy.messages import (
    ActualConsumption,
    MachineStatus,
    MessageError,
    PowerLine,
    Production,
    RemoteControlData,
    SensorStatus,
)
from twinergy.saref import FORMS, from_saref, to_saref, violations
from twinergy.saref.terms import UNITS

T = datetime(2024, 7, 1, 10, tzinfo=UTC)
STEP = {"id": "7", "source": "home_energy", "pilot": "hagedorn", "sent": T, "dwelling": "home 001", "start": T, "step_s": 900.0}
PRODUCTION = Production(**STEP, p_pv_kw=-3.2, p_pv_available_kw=-3.3, energy_kwh=-0.8, p_battery_kw=1.1)
STATUS = SensorStatus(
    **STEP,
    temp_indoor_degc=20.5,
    humidity_percent=45.0,
    co2_ppm=700.0,
    illuminance_lx=250.0,
    noise_dba=38.0,
    soc=0.6,
    p_heating_kw=1.2,
    machines=(
        MachineStatus(name="washing_machine", p_kw=0.4, pending=True, slack_s=3600.0),
        MachineStatus(name="a dryer: no plug"),
    ),
)
CONSUMPTION = ActualConsumption(
    **STEP, p_grid_kw=1.5, q_grid_kvar=0.2, lines=(PowerLine(name="wet", p_kw=0.4), PowerLine(name="cold"))
)
MESSAGES = [PRODUCTION, STATUS, CONSUMPTION]
BY_HAND = """{
  "@context": {"s": "https://saref.etsi.org/core/", "b": "https://saref.etsi.org/saref4bldg/", "t": "urn:twinergy:terms#",
    "om": "http://www.ontology-of-units-of-measure.org/resource/om-2/", "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "x": "http://www.w3.org/2001/XMLSchema#", "in": {"@id": "s:isMeasuredIn", "@type": "@id"}},
  "@id": "urn:uuid:1", "@type": "t:Message", "t:information_object": "production", "t:schema_version": 1,
  "t:id": "7", "t:source": "home_energy", "t:pilot": "hagedorn", "t:valid_s": {"@value": "3600", "@type": "x:double"},
  "t:step_s": {"@value": "900.0", "@type": "x:double"}, "t:sent": {"@value": "2024-07-01T10:00:00Z", "@type": "x:dateTime"},
  "t:start": {"@value": "2024-07-01T12:00:00+02:00", "@type": "x:dateTime"},
  "t:about": {"@id": "urn:home", "@type": ["b:BuildingSpace", "s:FeatureOfInterest"], "label": "home 001"},
  "t:contains": {
    "@type": "s:Measurement", "s:hasValue": {"@value": "-3.2", "@type": "x:double"},
    "in": {"@id": "om:kilowatt", "@type": ["s:UnitOfMeasure", "s:PowerUnit"]},
    "s:hasTimestamp": {"@value": "2024-07-01T10:00:00Z", "@type": "x:dateTime"},
    "s:relatesToProperty": {"@id": "t:p_pv_kw", "@type": ["s:Property", "s:Power"]}, "s:isMeasurementOf": {"@id": "urn:home"},
    "s:measurementMadeBy": {"@id": "urn:roof", "@type": ["s:Device", "b:SolarDevice"], "label": "the roof",
      "b:isContainedIn": {"@id": "urn:home"}}
  }
}"""


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.information_object)
def test_a_message_survives_and_fits_the_shapes(message):
    text = to_saref(message)
    assert from_saref(text) == message
    assert violations(text) == ()


def test_a_document_of_somebody_else_is_read():
    """Written by hand after the classes and properties of SAREF 3.1.1, with other prefixes, nested, and other times of day."""
    assert from_saref(BY_HAND) == Production(**STEP, p_pv_kw=-3.2)
    assert violations(BY_HAND) == ()


def test_terms_are_those_of_saref():
    """IRIs as in the Turtle of SAREF 3.1.1 and SAREF4BLDG 1.1.2."""
    nodes = {node["@id"]: node for node in json.loads(to_saref(PRODUCTION))["@graph"]}
    measured = next(node for node in nodes.values() if node.get("saref:relatesToProperty") == {"@id": "tw:p_pv_kw"})
    assert measured["@type"] == "saref:Measurement"
    assert measured["saref:hasValue"] == {"@type": "xsd:double", "@value": "-3.2"}
    assert measured["saref:isMeasuredIn"] == {"@id": "om:kilowatt"}
    assert measured["saref:hasTimestamp"] == {"@type": "xsd:dateTime", "@value": "2024-07-01T10:00:00+00:00"}
    assert set(nodes[measured["saref:measurementMadeBy"]["@id"]]["@type"]) == {"saref:Device", "s4bldg:SolarDevice"}
    assert set(nodes["tw:p_pv_kw"]["@type"]) == {"saref:Power", "saref:Property"}
    context = json.loads(to_saref(PRODUCTION))["@context"]
    assert context["saref"] == "https://saref.etsi.org/core/"
    assert context["s4bldg"] == "https://saref.etsi.org/saref4bldg/"
    assert context["om"] == "http://www.ontology-of-units-of-measure.org/resource/om-2/"


def test_the_order_of_machines_and_odd_times_survive():
    odd = timezone(timedelta(hours=5, minutes=45))
    status = STATUS.model_copy(update={"machines": STATUS.machines[::-1], "start": T.astimezone(odd).replace(microsecond=1)})
    assert from_saref(to_saref(status)).machines == STATUS.machines[::-1]
    assert from_saref(to_saref(status)) == status


def test_what_has_another_data_model_has_no_form_in_saref():
    command = RemoteControlData(
        id="1",
        source="s",
        pilot="p",
        sent=T,
        dwelling="d",
        command_id="1",
        requested_by="household",
        device="b",
        table="battery",
        port="p_set_kw",
        value=1.0,
        state="requested",
    )
    with pytest.raises(MessageError, match=r"'remote_control_data' has no form in SAREF: .*known: actual_consump") as caught:
        to_saref(command)
    assert caught.value.kind == "unknown"


def test_every_measured_field_of_a_type_has_a_device_and_a_unit():
    from twinergy.messages import message_types
    from twinergy.saref.forms import ENVELOPE
    from twinergy.units import unit_of

    for name, form in FORMS.items():
        fields = set(message_types()[name].model_fields) - {*ENVELOPE, "dwelling", form.parts}
        assert fields == set(form.devices), name
        assert {unit_of(field) for field in (*fields, *form.part_fields)} <= set(UNITS)


BROKEN = {
    "another unit": (
        "om:kilowatt",
        "om:watt",
        "power is measured in om:kilowatt",
        "measured in .*om-2/watt; allowed: .*om-2/kilowatt",
    ),
    "a positive roof": ('"-3.2"', '"3.2"', "generation is never positive", r"p_pv_kw: .*less than or equal to 0.*got 3.2"),
    "a text for a value": ('"-3.2"', '"much"', "one number or truth value", "hasValue 'much' is no"),
    "no number": ('"-3.2"', '"NaN"', "one number or truth value", "hasValue '(NaN|nan)' is no"),
    "an unknown property": ("tw:p_pv_kw", "tw:warmth", "", "urn:twinergy:terms#warmth, which is no property"),
    "a field of another object": (
        "tw:p_pv_kw",
        "tw:p_heating_kw",
        "",
        "p_heating_kw is not measured by .*known: energy_kwh, p_battery_kw, p_pv",
    ),
    "no time": ('"saref:hasTimestamp"', '"saref:hasTime"', "one time", "has 0 values of .*hasTimestamp"),
    "no dwelling": ('"tw:about"', '"tw:around"', "one building space", "has 0 values of urn:twinergy:terms#about"),
    "no message": ('"tw:information_object"', '"tw:what"', "one information object", "0 nodes have"),
    "another object": (
        '"production"',
        '"pv_forecast"',
        "one information object of the SAREF data model",
        "'pv_forecast' has no form",
    ),
    "another version": ('"tw:schema_version": 1', '"tw:schema_version": 9', "", "schema_version 9 is not 1"),
    "no step": ('"900.0"', '"0.0"', "one positive number", "step_s: Input should be greater than 0"),
    "no unit": ('"saref:isMeasuredIn"', '"saref:isAbout"', "one unit of measure", "has 0 values of .*isMeasuredIn"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_fails(case):
    old, new, shape, reason = BROKEN[case]
    text = to_saref(PRODUCTION)
    assert old in text
    broken = text.replace(old, new)
    found = violations(broken)
    assert not shape or any(shape in sentence for sentence in found), found
    with pytest.raises(MessageError, match=reason):
        from_saref(broken)


def test_what_is_said_twice_is_refused():
    document = json.loads(to_saref(PRODUCTION))
    measured = next(node for node in document["@graph"] if node.get("saref:relatesToProperty") == {"@id": "tw:p_pv_kw"})
    measured["saref:hasValue"] = [measured["saref:hasValue"], {"@type": "xsd:double", "@value": "-1.0"}]
    text = json.dumps(document)
    assert any("one number or truth value" in sentence for sentence in violations(text))
    with pytest.raises(MessageError, match=r"has 2 values of .*hasValue"):
        from_saref(text)


@pytest.mark.parametrize(
    "context",
    ["https://saref.etsi.org/c", [{"a": "urn:a"}, "file:///a"], {"@import": "urn:c"}, {"a": {"@id": "urn:a", "@context": "b"}}],
    ids=str,
)
def test_a_context_elsewhere_is_refused_and_never_fetched(context, monkeypatch):
    import urllib.request

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: pytest.fail("a context was fetched"))
    document = json.loads(to_saref(PRODUCTION)) | {"@context": context}
    for read in (from_saref, violations):
        with pytest.raises(MessageError, match="refers to another document, which is not fetched") as caught:
            read(json.dumps(document))
        assert caught.value.kind == "malformed"


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", "malformed", "not JSON"),
        ("5", "malformed", "an object or a list of objects"),
        ("{}", "malformed", "0 nodes have"),
        ("[" * 100 + "]" * 100, "malformed", "nested deeper than 40"),
        ("[" * 200_000, "malformed", "not JSON"),
        (" " * ((1 << 22) + 1), "oversized", "characters of JSON-LD"),
    ],
    ids=["empty", "number", "nothing", "deep", "deeper", "long"],
)
def test_garbage_is_refused(text, kind, reason):
    with pytest.raises(MessageError, match=reason) as caught:
        from_saref(text)
    assert caught.value.kind == kind

# SPDX-License-Identifier: Apache-2.0
"""JSON-LD in the terms of SAREF as messages."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from twinergy.errors import closest
from twinergy.messages import MessageError, decode
from twinergy.saref.forms import ENVELOPE, SarefForm, form_of
from twinergy.saref.graphs import graph_of
from twinergy.saref.terms import OWN, PREFIXES, SAREF, UNITS
from twinergy.units import unit_of

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

    from twinergy.messages import Message


def from_saref(text: str) -> Message:
    """Return the message that a JSON-LD text holds.

    Parameters
    ----------
    text : str
        As `twinergy.saref.to_saref` writes it, in any order and with any prefixes; the context must be in the text.

    Raises
    ------
    MessageError
        ``malformed`` if it is not JSON-LD, says something twice or not at all, measures in another unit or does not fit the
        type; ``unknown`` information object; ``version``; ``oversized``.
    """
    return _Reader(graph_of(text)).message()


class _Reader:
    def __init__(self, graph: Graph) -> None:
        from rdflib import RDFS, URIRef  # noqa: PLC0415 - takes a third of a second

        self._graph, self._iri, self._label = graph, URIRef, RDFS.label
        found = list(graph.subject_objects(URIRef(OWN + "information_object")))
        if len(found) != 1:
            message = f"{len(found)} nodes have {OWN}information_object, one is needed"
            raise MessageError(message, kind="malformed")
        self._node, name = found[0]
        self._name = str(name)

    def message(self) -> Message:
        form = form_of(self._name)
        document: dict[str, Any] = {"information_object": self._name, "schema_version": self._value(self._node, "schema_version")}
        document |= {field: self._value(self._node, field) for field in ENVELOPE}
        dwelling = self._one(self._node, OWN + "about")
        document["dwelling"] = str(self._one(dwelling, str(self._label)))
        parts = self._parts(form)
        for node in self._graph.objects(self._node, self._iri(OWN + "contains")):
            field, value = self._measured(node, document["start"])
            device = self._one(node, SAREF + "measurementMadeBy")
            record = parts.get(device)
            known = form.part_fields if record is not None else tuple(form.devices)
            target = record if record is not None else document
            if field not in known or field in target:
                why = "is measured twice" if field in target else f"is not measured by {device}: {closest(field, known)}"
                reason = f"{field} {why}"
                raise self._refused(reason)
            target[field] = value
        if form.parts:
            document[form.parts] = list(parts.values())
        return decode(json.dumps(document, allow_nan=False).encode())

    def _parts(self, form: SarefForm) -> dict[Node, dict[str, Any]]:
        from rdflib.collection import Collection  # noqa: PLC0415

        if not form.parts:
            return {}
        head = self._one(self._node, OWN + form.parts)
        try:
            devices = list(Collection(self._graph, head))
        except ValueError as error:
            reason = f"{form.parts} is not a list: {error}"
            raise self._refused(reason) from error
        return {device: {"name": str(self._one(device, str(self._label)))} for device in devices}

    def _measured(self, node: Node, start: object) -> tuple[str, float | bool | int | str]:
        name = str(self._one(node, SAREF + "relatesToProperty"))
        field = name.removeprefix(OWN)
        try:
            expected = UNITS[unit_of(field)][0]
        except (ValueError, KeyError):
            reason = f"{node} relates to {name}, which is no property known here"
            raise self._refused(reason) from None
        said = str(self._one(node, SAREF + "isMeasuredIn"))
        if said != expected:
            reason = f"{field} is measured in {said}; allowed: {expected}"
            raise self._refused(reason)
        at = self._value(node, "hasTimestamp", SAREF)
        if self._instant(at) != self._instant(start):
            reason = f"{field} is of {at}, the message of {start}"
            raise self._refused(reason)
        return field, self._value(node, "hasValue", SAREF)

    def _instant(self, text: object) -> datetime:
        try:
            return datetime.fromisoformat(str(text))
        except ValueError as error:
            reason = f"{text!r} is no time as in 2024-07-01T12:00:00+00:00"
            raise self._refused(reason) from error

    def _value(self, node: Node, name: str, namespace: str = OWN) -> Any:
        literal = self._one(node, namespace + name)
        kind, text = str(getattr(literal, "datatype", "")), str(literal)
        try:
            return _native(kind.removeprefix(PREFIXES["xsd"]), text)
        except ValueError as error:
            reason = f"{name} {text!r} is no {kind}"
            raise self._refused(reason) from error

    def _one(self, node: Node, relation: str) -> Node:
        found = list(self._graph.objects(node, self._iri(relation)))
        if len(found) != 1:
            reason = f"{node} has {len(found)} values of {relation}, one is needed"
            raise self._refused(reason)
        return found[0]

    def _refused(self, reason: str) -> MessageError:
        return MessageError(reason, kind="malformed", information_object=self._name)


def _native(kind: str, text: str) -> float | bool | int | str:
    if kind == "boolean":
        if text not in {"true", "false"}:
            raise ValueError(text)
        return text == "true"
    if kind == "integer":
        return int(text)
    if kind in {"double", "decimal", "float"}:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    return text

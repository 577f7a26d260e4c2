# SPDX-License-Identifier: Apache-2.0
"""Messages of the SAREF data model as JSON-LD."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from twinergy.messages import MessageError
from twinergy.messages.parts import IntervalMessage
from twinergy.saref.forms import ENVELOPE, SarefForm, form_of
from twinergy.saref.graphs import text_of
from twinergy.saref.terms import DEVICES, OWN, PREFIXES, PROPERTIES, S4BLDG, SAREF, UNITS
from twinergy.units import unit_of

if TYPE_CHECKING:
    from rdflib import Graph, URIRef
    from rdflib.term import Node

    from twinergy.messages import Message


def to_saref(message: Message) -> str:
    """Return a message as JSON-LD in the terms of SAREF, SAREF4BLDG and SAREF4ENER.

    Each field that has a value is a ``saref:Measurement`` of the dwelling by a device; what the message says about itself is in
    our own terms. Nothing is lost: `twinergy.saref.from_saref` returns the same message.

    Parameters
    ----------
    message : Message
        Sensor status, actual consumption or production.

    Raises
    ------
    MessageError
        ``unknown`` if its data model is not SAREF.
    """
    form = form_of(message.information_object)
    if not isinstance(message, IntervalMessage):
        reason = f"{type(message).__qualname__} is not about an interval of one dwelling"
        raise MessageError(reason, kind="unknown", information_object=message.information_object)
    writer = _Writer(message)
    for field, device in form.devices.items():
        writer.measure(device, writer.device(device, device), field, getattr(message, field))
    writer.parts(form)
    return text_of(writer.graph)


class _Writer:
    def __init__(self, message: IntervalMessage) -> None:
        from rdflib import RDF, RDFS, Graph, Literal, URIRef  # noqa: PLC0415 - takes a third of a second

        self._iri, self._literal, self._type, self._label = URIRef, Literal, RDF.type, RDFS.label
        self.graph: Graph = Graph()
        for prefix, namespace in PREFIXES.items():
            self.graph.bind(prefix, namespace, replace=True)
        self._message = message
        self._node = self._urn("message", message.pilot, message.source, message.id)
        self._dwelling = self._urn("dwelling", message.pilot, message.dwelling)
        self._describe()

    def _describe(self) -> None:
        message = self._message
        self._of(self._node, OWN + "Message")
        self._say(self._node, OWN + "information_object", message.information_object)
        self._say(self._node, OWN + "schema_version", message.schema_version)
        for name in ENVELOPE:
            self._say(self._node, OWN + name, getattr(message, name))
        self._of(self._dwelling, S4BLDG + "BuildingSpace", SAREF + "FeatureOfInterest")
        self.graph.add((self._dwelling, self._label, self._literal(message.dwelling)))
        self._link(self._node, OWN + "about", self._dwelling)

    def device(self, kind: str, name: str) -> URIRef:
        return self._urn("device", self._message.pilot, self._message.dwelling, kind, name)

    def measure(self, kind: str, device: URIRef, field: str, value: float | bool | None) -> None:
        """Add a measurement, if there is one."""
        if value is None:
            return
        if (device, self._label, None) not in self.graph:
            self.describe_device(kind, device, kind)
        node = self._iri(f"{self._node}#{str(device).rsplit(':', 2)[-2]}:{str(device).rsplit(':', 1)[-1]}:{field}")
        self._of(node, SAREF + "Measurement")
        self._link(self._node, OWN + "contains", node)
        self._link(node, SAREF + "measurementMadeBy", device)
        self._link(node, SAREF + "isMeasurementOf", self._dwelling)
        self._link(node, SAREF + "relatesToProperty", self._property(field))
        self._link(node, SAREF + "isMeasuredIn", self._unit(field))
        self._say(node, SAREF + "hasValue", value)
        self._say(node, SAREF + "hasTimestamp", self._message.start)

    def describe_device(self, kind: str, device: URIRef, label: str) -> None:
        self._of(device, SAREF + "Device", *DEVICES[kind])
        self.graph.add((device, self._label, self._literal(label)))
        self._link(device, S4BLDG + "isContainedIn", self._dwelling)

    def parts(self, form: SarefForm) -> None:
        """Add the records of single devices, as a list because their order is kept."""
        if not form.parts:
            return
        from rdflib.collection import Collection  # noqa: PLC0415
        from rdflib.term import BNode  # noqa: PLC0415

        devices: list[Node] = []
        for part in getattr(self._message, form.parts):
            device = self.device(form.part_device, part.name)
            self.describe_device(form.part_device, device, part.name)
            for field in form.part_fields:
                self.measure(form.part_device, device, field, getattr(part, field))
            devices.append(device)
        head: Any = Collection(self.graph, BNode(), devices).uri if devices else self._iri(f"{_RDF}nil")
        self._link(self._node, OWN + form.parts, head)

    def _property(self, field: str) -> URIRef:
        node = self._iri(OWN + field)
        self._of(node, SAREF + "Property", PROPERTIES.get(unit_of(field), ""))
        return node

    def _unit(self, field: str) -> URIRef:
        name, narrower = UNITS[unit_of(field)]
        node = self._iri(name)
        self._of(node, SAREF + "UnitOfMeasure", narrower)
        return node

    def _of(self, node: URIRef, *classes: str) -> None:
        for name in classes:
            if name:
                self.graph.add((node, self._type, self._iri(name)))

    def _link(self, node: URIRef, relation: str, other: Any) -> None:
        self.graph.add((node, self._iri(relation), other))

    def _say(self, node: URIRef, relation: str, value: object) -> None:
        xsd = PREFIXES["xsd"]
        if isinstance(value, datetime):
            literal = self._literal(value.isoformat(), datatype=self._iri(xsd + "dateTime"), normalize=False)
        elif isinstance(value, float):
            literal = self._literal(repr(value), datatype=self._iri(xsd + "double"), normalize=False)
        else:
            literal = self._literal(value)
        self.graph.add((node, self._iri(relation), literal))

    def _urn(self, *parts: str) -> URIRef:
        return self._iri("urn:twinergy:" + ":".join(quote(part, safe="") for part in parts))


_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

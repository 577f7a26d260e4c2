# SPDX-License-Identifier: Apache-2.0
"""JSON-LD texts and rdflib graphs, without ever fetching a context from a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from twinergy.messages import MessageError
from twinergy.saref.terms import PREFIXES

if TYPE_CHECKING:
    from rdflib import Graph

MAX_CHARACTERS: Final = 1 << 22
"""Longest text that is read: JSON-LD is several times as long as the message."""
MAX_DEPTH: Final = 40


def text_of(graph: Graph) -> str:
    """Return a graph as JSON-LD with an inline context, always in the same order."""
    document = json.loads(graph.serialize(format="json-ld", context=PREFIXES))
    return json.dumps(_sorted(document), ensure_ascii=False, indent=1)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: child if key == "@list" else _sorted(child) for key, child in sorted(value.items())}
    if isinstance(value, list):
        return sorted((_sorted(child) for child in value), key=lambda child: json.dumps(child, sort_keys=True))
    if isinstance(value, float):  # a plain JSON number without fraction would be an integer to other readers
        return {"@type": "xsd:double", "@value": repr(value)}
    return value


def graph_of(text: str) -> Graph:
    """Return the graph of a JSON-LD text.

    Raises
    ------
    MessageError
        ``oversized`` beyond `MAX_CHARACTERS`; ``malformed`` if it is not JSON-LD or refers to a context elsewhere.
    """
    from rdflib import Graph  # noqa: PLC0415 - takes a third of a second
    from rdflib.plugins.parsers.jsonld import to_rdf  # noqa: PLC0415

    if len(text) > MAX_CHARACTERS:
        message = f"{len(text)} characters of JSON-LD, allowed are {MAX_CHARACTERS}"
        raise MessageError(message, kind="oversized")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}"
        raise MessageError(message, kind="malformed") from error
    if not isinstance(document, (dict, list)):
        message = "JSON-LD is an object or a list of objects"
        raise MessageError(message, kind="malformed")
    _refuse_remote(document, 0)
    graph = Graph()
    try:
        to_rdf(document, graph)  # Graph.parse would go through a class that rdflib itself calls deprecated
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:  # rdflib raises them all
        message = f"not JSON-LD: {type(error).__name__}: {error}"
        raise MessageError(message, kind="malformed") from error
    return graph


def _refuse_remote(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise MessageError(message, kind="malformed")
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "@import" or (key == "@context" and _names_another(child)):
                message = f"{key} refers to another document, which is not fetched; write the context into this one"
                raise MessageError(message, kind="malformed")
            _refuse_remote(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            _refuse_remote(child, depth + 1)


def _names_another(context: Any) -> bool:
    return isinstance(context, str) or (isinstance(context, list) and any(_names_another(child) for child in context))

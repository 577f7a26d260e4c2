# SPDX-License-Identifier: Apache-2.0
"""SHACL: what every document of ours and of others must look like."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinergy.saref.graphs import graph_of

if TYPE_CHECKING:
    from rdflib import Graph

FILE: Final = Path(__file__).resolve().parents[2] / "data" / "saref" / "shapes.ttl"


def violations(text: str) -> tuple[str, ...]:
    """Return what a JSON-LD text breaks of the shapes in ``data/saref/shapes.ttl``, a sentence each, in alphabetical order.

    Raises
    ------
    MessageError
        If it is not JSON-LD.
    """
    from pyshacl import validate  # noqa: PLC0415 - only who checks needs it
    from rdflib import RDF, SH, URIRef  # noqa: PLC0415

    fits, report, _ = validate(graph_of(text), shacl_graph=_shapes(), advanced=False, inference="none")
    if fits:
        return ()
    sentences = []
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus, path = report.value(result, SH.focusNode), report.value(result, SH.resultPath)
        message, value = report.value(result, SH.resultMessage), report.value(result, SH.value)
        got = f" (got {value})" if value is not None and str(value) != str(focus) else ""
        where = f" {path}" if isinstance(path, URIRef) else ""
        sentences.append(f"{focus}{where}: {message}{got}")
    return tuple(sorted(sentences))


@cache
def _shapes() -> Graph:
    from rdflib import Graph  # noqa: PLC0415

    return Graph().parse(FILE, format="turtle")

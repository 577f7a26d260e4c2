# SPDX-License-Identifier: Apache-2.0
"""JSON Schema of every message and one AsyncAPI document of all, for programs that are not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.messages.codec import MAX_BYTES
from twinergy.messages.fields import example_value
from twinergy.messages.register import message_types

if TYPE_CHECKING:
    from twinergy.messages.base import Message

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PACKAGE: Final = "twinergy.messages.objects."


def documented() -> dict[str, type[Message]]:
    """Return the types of message that come with the laboratory, by information object."""
    return {name: kind for name, kind in message_types().items() if kind.__module__.startswith(PACKAGE)}


def json_schema(kind: type[Message]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a message on the wire."""
    body = kind.model_json_schema()
    name, version = kind.information_object, kind.schema_version
    head = {"information_object": {"const": name, "type": "string"}, "schema_version": {"const": version, "type": "integer"}}
    return {
        "$schema": DIALECT,
        "$id": f"urn:twinergy:schema:{name}:{version}",
        "title": kind.__name__,
        "description": " ".join(str(body.get("description", "")).split()),
        "x-data-model": kind.data_model,
        "x-use-cases": list(kind.use_cases),
        "type": "object",
        "additionalProperties": False,
        "required": [*head, *body["required"]],
        "properties": head | body["properties"],
        **({"$defs": body["$defs"]} if "$defs" in body else {}),
    }


def example(kind: type[Message]) -> dict[str, Any]:
    """Return an example of a message on the wire."""
    schema = json_schema(kind)
    document: dict[str, Any] = example_value("", schema, schema.get("$defs", {}))
    return document


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of all messages; schemas lie beside it."""
    types = documented()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "TwinERGY Lab, interoperability platform",
            "version": "1.0.0",
            "license": {"name": "Apache-2.0"},
            "description": f"Information objects that modules exchange. JSON in UTF-8, at most {MAX_BYTES} bytes each.",
        },
        "defaultContentType": "application/json",
        "servers": {"nats": {"host": "127.0.0.1:4222", "protocol": "nats"}},
        "channels": {name: _channel(name) for name in types},
        "operations": {
            f"{action}_{name}": {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
            for name in types
            for action in ("send", "receive")
        },
        "components": {"messages": {name: _message(kind) for name, kind in types.items()}},
    }


def _channel(name: str) -> dict[str, Any]:
    return {
        "address": "twinergy.{pilot}.{source}." + name,
        "parameters": {
            "pilot": {"description": "Name of the scenario."},
            "source": {"description": "Module or device that says it."},
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _message(kind: type[Message]) -> dict[str, Any]:
    name = kind.information_object
    schema = {"$ref": f"./{name}.schema.json"}
    return {
        "name": name,
        "title": kind.__name__,
        "summary": (kind.__doc__ or "").strip().splitlines()[0],
        "tags": [{"name": kind.data_model}, *({"name": case} for case in kind.use_cases)],
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": schema},
        "examples": [{"payload": example(kind)}],
    }

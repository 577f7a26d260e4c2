# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from twinergy.messages.reference import DOCS, reference_files, write
from twinergy.messages.schemas import asyncapi, documented, example, json_schema

if TYPE_CHECKING:
    from pathlib import Path


def test_the_committed_reference_is_current():
    """Mend with: python -m twinergy.messages.reference."""
    for name, text in reference_files().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, name
    assert {f"messages/{path.name}" for path in (DOCS / "messages").iterdir()} == set(reference_files()) - {"messages.md"}


@pytest.mark.parametrize("name", documented())
def test_examples_fit_their_schema_and_others_do_not(name):
    schema = json.loads((DOCS / "messages" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    document = example(documented()[name])
    validator.validate(document)
    for broken in (document | {"more": 1}, document | {"schema_version": 2}, {k: v for k, v in document.items() if k != "sent"}):
        assert not validator.is_valid(broken)


def test_every_field_is_described():
    for kind in documented().values():
        schema = json_schema(kind)
        for record in (schema, *schema.get("$defs", {}).values()):
            for name, field in record.get("properties", {}).items():
                assert field.get("description") or "const" in field, f"{kind.__name__}.{name}"


def test_the_asyncapi_document_refers_to_what_is_there():
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"

    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            value = list(value.values())
        for child in value if isinstance(value, list) else []:
            yield from references(child)

    found = list(references(document))
    assert len(found) == 4 * len(documented())
    for reference in found:
        if reference.startswith("./"):
            assert (DOCS / "messages" / reference[2:]).is_file()
            continue
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_writing_replaces_what_is_gone(tmp_path: Path):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "gone.schema.json").write_text("{}")
    paths = write(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in paths} == set(reference_files())
    assert not (tmp_path / "messages" / "gone.schema.json").exists()

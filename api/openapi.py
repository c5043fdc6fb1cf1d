"""The description of the HTTP interface (OpenAPI), flattened for the page at /docs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    where: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    text: str
    fields: list[Field]
    answers: list[tuple[str, str]]


def operations(schema: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """Return the interface's operations by group, in the order they are declared."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            group = (said.get("tags") or ["other"])[0]
            groups.setdefault(group, []).append(_operation(schema, method, path, said))
    return groups


def _operation(
    schema: Mapping[str, Any], method: str, path: str, said: Mapping[str, Any]
) -> Operation:
    asked = [
        Field(p["name"], _kind(p["schema"]), p["in"], p.get("required", False), _text(p))
        for p in said.get("parameters", ())
    ]
    answers = [(status, answer["description"]) for status, answer in said["responses"].items()]
    return Operation(
        method.upper(), path, said.get("description", ""), asked + _body(schema, said), answers
    )


def _body(schema: Mapping[str, Any], said: Mapping[str, Any]) -> list[Field]:
    content = said.get("requestBody", {}).get("content", {})
    found: list[Field] = []
    for media in content.values():
        model = _resolved(schema, media["schema"])
        needed = model.get("required", ())
        found += [
            Field(name, _kind(field), "body", name in needed, _text(field))
            for name, field in model.get("properties", {}).items()
        ]
    return found


def _resolved(schema: Mapping[str, Any], model: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(model.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = schema["components"]["schemas"][name] if name else model
    return found


def _kind(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        kinds = [_kind(option) for option in field["anyOf"]]
        return " | ".join(kind for kind in kinds if kind != "null")
    if "enum" in field:
        return " | ".join(str(option) for option in field["enum"])
    kind = str(field.get("format") or field.get("type", "any"))
    return f"[{_kind(field.get('items', {}))}]" if kind == "array" else kind


def _text(field: Mapping[str, Any]) -> str:
    return str(field.get("description", ""))

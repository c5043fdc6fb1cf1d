"""Reads the sample vectors beside the project, each with its options in our names."""

import json
from pathlib import Path

from traceability.gs1.options import Options, option_name


def read(shared_data: Path, name: str) -> list[dict]:
    path = shared_data / "traceability/samples" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def options(vector: dict) -> Options:
    named = {option_name(name): value for name, value in vector.get("options", {}).items()}
    return Options(**{name: value for name, value in named.items() if name is not None})

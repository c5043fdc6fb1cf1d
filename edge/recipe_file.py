"""A crop's recipe as a TOML file: read with the line of what is wrong, written to be edited.

docs/recipes.md describes every key.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from edge.errors import RecipeInvalid
from edge.toml_file import TomlFile
from traceability.models import Recipe
from traceability.recipes import Document, Light, Stage, Wanted, document_of

DOCS = "docs/recipes.md"


class RecipeFile(Document):
    """What a file says: a recipe, of which crop, and why it is so now."""

    crop: Annotated[str, Field(max_length=200)] = ""
    why: Annotated[str, Field(max_length=4000)] = ""

    @property
    def document(self) -> Document:
        return Document(stages=self.stages, source=self.source)


def load(path: Path) -> RecipeFile:
    """Read a recipe.

    Raises:
        RecipeInvalid: the first thing wrong, with its line.
    """
    return _checked(TomlFile.read(path, refuse=RecipeInvalid, docs=DOCS))


def parse(text: str) -> RecipeFile:
    """Read what would stand in a file; errors as from one."""
    return _checked(TomlFile(Path("recipe"), text, tomllib.loads(text), RecipeInvalid, DOCS))


def _checked(source: TomlFile) -> RecipeFile:
    try:
        return RecipeFile.model_validate(source.content)
    except ValidationError as error:
        raise source.first(error, RecipeFile) from error


def as_toml(recipe: Recipe, *, crop: str) -> str:
    """Return the file that says this version: to be changed and read again."""
    document = document_of(recipe)
    head = [f"# Version {recipe.version}, by {recipe.made_by}.", f"crop = {_text(crop)}"]
    if document.source:
        head.append(f"source = {_text(document.source)}")
    stages = ["\n".join(_stage(stage)) for stage in document.stages]
    return "\n\n".join(["\n".join([*head, 'why = ""']), *stages]) + "\n"


def _stage(stage: Stage) -> Iterator[str]:
    yield "[[stages]]"
    for name in ("code", "name", "name_ja"):
        if said := getattr(stage, name):
            yield f"{name} = {_text(said)}"
    if stage.days is not None:
        yield f"days = {_number(stage.days)}"
    if stage.until is not None:
        yield f"until = {_text(stage.until)}"
    if stage.light is not None:
        yield f"light = {_light(stage.light)}"
    if stage.targets:
        yield "\n[stages.targets]"
    for quantity, wanted in stage.targets.items():
        yield f"{quantity} = {_wanted(wanted)}"


def _light(light: Light) -> str:
    if light.by == "clock":
        assert light.on is not None
        return f'{{ on = "{light.on.isoformat("minutes")}", hours = {_number(light.hours or 0)} }}'
    above = "" if light.above is None else f", above = {_number(light.above)}"
    return f'{{ by = "{light.by}"{above} }}'


def _wanted(wanted: Wanted) -> str:
    if wanted.always is not None:
        return _range(wanted.always)
    parts = (("day", wanted.day), ("night", wanted.night))
    return f"{{ {', '.join(f'{part} = {_range(one)}' for part, one in parts if one)} }}"


def _range(one: tuple[float, float]) -> str:
    return f"[{_number(one[0])}, {_number(one[1])}]"


def _number(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _text(text: str) -> str:
    """Write a TOML string: quotes, backslashes and what no line may hold are escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
    )

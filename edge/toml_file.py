"""A TOML file that people write: read and checked, or one sentence about the first wrong line."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, get_args

from pydantic import BaseModel, ValidationError

from edge.errors import MapInvalid, RecipeInvalid, SettingsInvalid
from sensors.toml_lines import line_numbers, line_of
from traceability.errors import Phrase

Location = tuple[str | int, ...]
_SECRET = {"urls"}
# Their facts are the same; which one it is says what the file was for.
Refusal = SettingsInvalid | MapInvalid | RecipeInvalid


@dataclass(frozen=True, slots=True)
class TomlFile:
    """One file's content with the text it came from. `refuse` is the class of its errors."""

    file: Path
    text: str
    content: Mapping[str, Any]
    refuse: type[Refusal]
    docs: str  # where every key is described

    @classmethod
    def read(cls, file: Path, *, refuse: type[Refusal], docs: str) -> "TomlFile":
        """Read a file.

        Raises:
            `refuse`: it cannot be read, or is not TOML.
        """
        unread = cls(file, "", {}, refuse, docs)
        try:
            # Editors on Windows begin a file with a mark that is no TOML.
            text = file.read_text(encoding="utf-8-sig")
            return cls(file, text, tomllib.loads(text), refuse, docs)
        except tomllib.TOMLDecodeError as error:
            next_step = "mend that line; texts stand in quotes"
            raise unread.refusal(("TOML",), "a readable file", error, next_step) from error
        except UnicodeDecodeError as error:
            at = Phrase("a letter of another encoding in line {line}", line=_line_at(error))
            next_step = "save it as UTF-8 in the editor (Shift_JIS and Latin-1 are not read)"
            raise unread.refusal(("file",), "UTF-8", at, next_step) from error
        except OSError as error:
            next_step = "check its name and that the service may read it"
            raise unread.refusal(("file",), "a readable file", error, next_step) from error

    def refusal(
        self, location: Location, expected: object, got: object, next_step: str = ""
    ) -> Refusal:
        """Return the error for the value at `location`."""
        line = line_of(line_numbers(self.text), location) if self.text else None
        return self.refuse(
            file=self.file,
            line=f", line {line}" if line else "",
            key=spelled(location),
            expected=expected,
            got=got,
            next_step=next_step or Phrase("{docs} says what it is for", docs=self.docs),
        )

    def first(self, error: ValidationError, root: type[BaseModel]) -> Refusal:
        """Return the error for the first thing pydantic found wrong."""
        return self.refusal(*fault_of(error, root))


def _line_at(error: UnicodeDecodeError) -> int:
    return error.object.count(b"\n", 0, error.start) + 1


def fault_of(error: ValidationError, root: type[BaseModel]) -> tuple[Location, str, str, str]:
    """Return where the first fault is, what was expected, what came, and what to do about it."""
    faults = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling is what to mend.
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    location = fault["loc"]
    if fault["type"] == "extra_forbidden":
        known = _keys_at(root, location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        meant = Phrase("did you mean {key}?", key=repr(close[0])) if close else "remove it"
        unknown = Phrase("unknown key {key}", key=repr(str(location[-1])))
        return location, Phrase("one of {known}", known=", ".join(known)), unknown, meant
    if fault["type"] == "missing":
        return location, "a value", "nothing", ""
    expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if isinstance(fault["input"], Mapping):
        return location, expected, "what stands there", ""
    # An address may hold a password, and this sentence goes into a log.
    got = "a text not shown here" if _SECRET & set(location) else repr(fault["input"])[:80]
    return location, expected, got, ""


def spelled(location: Location) -> str:
    """Return a place as people count it: `devices[2].zone` is the second device's zone."""
    parts = (f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in location)
    return "".join(parts).lstrip(".")


def _keys_at(root: type[BaseModel], location: Location) -> list[str]:
    model = root
    for name in location:
        if not isinstance(name, str) or name not in model.model_fields:
            continue
        kind = model.model_fields[name].annotation
        model = next((k for k in (kind, *get_args(kind)) if _is_model(k)), model)
    return list(model.model_fields)


def _is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)

"""Every message a reader may see: found in code, templates and errors, so none is forgotten."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from api.errors import ApiError
from edge import errors
from forecasting.errors import ForecastingError
from sensors import BadProfile
from sensors.errors import UnknownModel
from traceability.errors import TraceabilityError
from traceability.gs1 import reasons
from traceability.gs1.errors import WHERE, Gs1Error
from traceability.gs1.linktypes import LINK_TYPES

ROOT = Path(__file__).resolve().parents[2]
NOTICES = (
    errors.SettingsInvalid,
    errors.SettingsHidden,
    errors.SettingsMissing,
    errors.SettingsNeedRestart,
    errors.SettingsRefused,
    errors.BrokerLost,
    errors.BrokerDeaf,
    errors.BrokerRefused,
    errors.BrokerSilent,
    errors.PublishRefused,
    errors.SubscriptionRefused,
    errors.NotEnrolled,
    errors.HubUnreachable,
    errors.HubSpeaksNoTls,
    errors.HubTooOld,
    errors.HubUntrusted,
    errors.HubDenied,
    errors.HubFailed,
    BadProfile,
    UnknownModel,
)
# Where `edge` words what is wrong with settings, broker and hub.
EDGE_FACTS = ("toml_file", "settings_file", "secret_files", "hub_client", "mqtt_session")
# How code says a message: _("…"), reader("…"), and in templates also r("…").
KEYWORDS = {"_": None, "reader": None, "r": None}
# Facts of an error that are words for a person.
SPOKEN_FACTS = {"next_step", "expected", "because", "later", "got", "what"}


def messages() -> set[str]:
    """What must be in the catalogue."""
    written = {*_in_code(), *_in_templates(), *_in_errors(), *_in_notices(), *_in_facts()}
    return written | set(LINK_TYPES.values())


def facts() -> set[str]:
    """What may be in it besides, said in English where missing: parts of errors of GS1 codes, of
    settings, broker and hub."""
    return {*_in_gs1(), *_in_edge()}


def _in_code() -> Iterator[str]:
    doctor = [*(ROOT / "edge" / "doctor").glob("*.py"), ROOT / "edge" / "commands" / "doctor.py"]
    for path in [*(ROOT / "api").rglob("*.py"), *doctor]:
        for _line, said, _comments, _context in extract_from_file("python", path, KEYWORDS):
            yield _first(said)


def _in_templates() -> Iterator[str]:
    for path in (ROOT / "api" / "templates").rglob("*.html"):
        with path.open("rb") as file:
            options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
            for _line, _name, said, _comments in babel_extract(file, tuple(KEYWORDS), (), options):
                if said:
                    yield _first(said)


def _in_errors() -> Iterator[str]:
    waiting: list[type] = [TraceabilityError, ForecastingError, ApiError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        template = str(kind.template)  # type: ignore[attr-defined]
        if _has_words(template):
            yield template


def _in_notices() -> Iterator[str]:
    """What `edge` shows above the farm's pages, and `minori doctor` says within its findings."""
    yield from (kind.template for kind in NOTICES)


def _in_facts() -> Iterator[str]:
    """Words among the facts of errors of the pages and the record, and the phrases facts are."""
    record = ROOT / "traceability"
    paths = [*(ROOT / "api").rglob("*.py"), *record.glob("*.py"), record / "gs1" / "linktypes.py"]
    paths += [ROOT / "edge" / f"{name}.py" for name in EDGE_FACTS]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                yield from _spoken(node.exc, SPOKEN_FACTS)
            elif isinstance(node, ast.Call):
                yield from _spoken(node, {"expected", "next_step"})
                if getattr(node.func, "id", None) == "Phrase":
                    yield from filter(_has_words, _text(node.args[0]))


def _in_edge() -> Iterator[str]:
    for name in EDGE_FACTS:
        for node in ast.walk(ast.parse((ROOT / "edge" / f"{name}.py").read_text())):
            yield from _text(node) if isinstance(node, ast.Constant) else ()


def _in_gs1() -> Iterator[str]:
    """Yield the parts of GS1 errors: from the table of rules, and from where they are raised."""
    yield from (
        Gs1Error.template,
        *WHERE.values(),
        "a lot code",
        "a serial",
        "digits",
        "characters",
    )
    yield from (part for parts in reasons.REASONS.values() for part in parts)
    names = {kind.__name__ for kind in Gs1Error.__subclasses__()}
    for path in (ROOT / "traceability" / "gs1").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in names:
                said = [*node.args, *(word.value for word in node.keywords if word.arg == "hint")]
                yield from (
                    str(part.value)
                    for part in said
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
            elif isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                # A hint that a helper chose.
                yield str(node.value.value)


def _spoken(call: ast.Call, facts: set[str]) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in facts:
            yield from filter(_has_words, _text(keyword.value))


def _text(value: ast.expr) -> Iterator[str]:
    """Yield the plain text an expression may be, each branch of it."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from (*_text(value.body), *_text(value.orelse))
    elif isinstance(value, ast.BoolOp):
        yield from (text for one in value.values for text in _text(one))


def _has_words(text: str) -> bool:
    return any(char.isalpha() for char in _without_names(text))


def _first(said: object) -> str:
    return said if isinstance(said, str) else next(str(part) for part in said if part)  # type: ignore[attr-defined]


def _without_names(template: str) -> str:
    depth, kept = 0, []
    for char in template:
        depth += (char == "{") - (char == "}")
        if depth == 0 and char != "}":
            kept.append(char)
    return "".join(kept)

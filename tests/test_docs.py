"""The documents keep up with the code, or the check is red."""

import ast
import re
import subprocess
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from edge.cli import COMMANDS
from edge.settings import Settings
from sensors import QUANTITIES
from traceability.models import ACT_KINDS, STAGES, ZONE_KINDS

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
BOUNDS = ARCHITECTURE.partition("## Where something waits")[2].partition("\n## ")[0]
MOSQUITTO = (ROOT / "deploy/mosquitto/minori.conf").read_text(encoding="utf-8")
# Its messages are those that the bound of the connection counts; its lines are of one answer.
BOUNDED_BY_ANOTHER = {"edge.mqtt_session", "sensors.udp.wisun_port"}
PAGES = [
    page
    for folder in (".", "docs", "docs/*", "deploy")
    for page in sorted(ROOT.glob(f"{folder}/*.md"))
]


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_in_the_glossary(name: str) -> None:
    """The table is the vocabulary's own words; `python -m tests.test_docs` prints it anew."""
    assert _row(name) in GLOSSARY


@pytest.mark.parametrize("word", [*ACT_KINDS, *STAGES, *ZONE_KINDS])
def test_every_kind_is_in_the_glossary(word: str) -> None:
    assert f"`{word}`" in GLOSSARY


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/adr/*.md")))
def test_a_decision_says_what_it_costs_and_when_to_look_again(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for part in ("Context", "Decision", "Cost", "Not chosen", "Revisit if"):
        assert f"\n{part}" in text, f"{page.name} lacks {part}"
    assert len(text.splitlines()) <= 40, "an ADR fits on a screen"


@pytest.mark.parametrize(
    ("name", "said"), re.findall(r"`([^`\n]+)` ([\d,.]*\d)\b", BOUNDS) or [("no table", "0")]
)
def test_a_queue_is_bounded_as_the_table_says(name: str, said: str) -> None:
    """Somebody sizes a card, or looks for what was dropped, by these numbers."""
    assert _bound(name) == float(said.replace(",", "")), name


def test_every_queue_is_in_the_table() -> None:
    """One that nobody wrote down has a bound that nobody thought about."""
    for package in ("edge", "sensors"):
        for path in (ROOT / package).rglob("*.py"):
            if re.search(r"\bQueue\(|\bdeque\(", path.read_text(encoding="utf-8")):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                assert module in BOUNDS or module in BOUNDED_BY_ANOTHER, module


def _bound(name: str) -> float:
    """Return what the code, the settings or Mosquitto's file make of a name in the table."""
    section, _, key = name.replace("[", "").replace("]", "").partition(" ")
    value: Any
    if key:
        table: Any = Settings.model_fields[section].annotation
        value = getattr(table, "__args__", [table])[0].model_fields[key].default
    elif "." in name:
        module, _, constant = name.rpartition(".")
        value = getattr(import_module(module), constant)
    else:
        said = re.search(rf"^{name} (\d+)$", MOSQUITTO, re.MULTILINE)
        value = said[1] if said else "nan"
    return value.days if isinstance(value, timedelta) else float(value)


def test_the_readme_speaks_of_commands_there_are() -> None:
    spoken = set(re.findall(r"^minori ([a-z0-9]+)", README, re.MULTILINE))

    assert spoken
    assert spoken <= set(COMMANDS)


def test_the_readme_speaks_of_targets_there_are() -> None:
    spoken = set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert {"run", "test"} <= spoken
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in spoken)


def test_no_address_of_a_registry_and_no_path_of_this_machine() -> None:
    """A lock that names an index, or a page that names a folder here, works only here."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".png", ".db", ".bin", ".ico", ".woff2"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert "--index" + "-url" not in text, name
        assert str(ROOT.parent) + "/shared" not in text, name


def test_functions_stay_short() -> None:
    """Half of all functions near ten lines, none beyond fifty (docstring not counted)."""
    lengths = sorted(_function_lengths())

    assert lengths[len(lengths) // 2] <= 12
    assert lengths[-1] <= 50


def _function_lengths() -> list[int]:
    found = []
    for package in ("sensors", "traceability", "forecasting", "api", "edge"):
        for path in (ROOT / package).rglob("*.py"):
            if "versions" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    body = node.body[1:] if ast.get_docstring(node) else node.body
                    if body:
                        found.append((node.end_lineno or 0) - body[0].lineno + 1)
    return found


def _row(name: str) -> str:
    q = QUANTITIES[name]
    return f"| `{q.name}` | {q.en} | {q.ja} | {q.unit} | {q.ucum or '—'} | {q.unece or '—'} |"


if __name__ == "__main__":
    print("\n".join(_row(name) for name in QUANTITIES))

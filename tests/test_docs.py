"""The documents keep up with the code, or the check is red."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from edge.cli import COMMANDS
from sensors import QUANTITIES
from traceability.models import ACT_KINDS, STAGES, ZONE_KINDS

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
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

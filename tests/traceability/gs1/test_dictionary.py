"""Our table of AIs says what the GS1 Syntax Dictionary says, no more and no less."""

import re
from pathlib import Path

import pytest

from traceability.gs1 import dictionary
from traceability.gs1.linters import LINTERS

ENTRY = re.compile(
    r"(?P<first>\d{2,4})(?:-(?P<last>\d{2,4}))?\s+(?P<flags>[*?]+)?\s*(?P<rest>.*?)\s*(?:#\s*(?P<title>.*))?$"
)


@pytest.fixture(scope="module")
def original(shared_data: Path) -> dict[str, tuple]:
    """The dictionary itself, each AI reduced to facts that can be compared."""
    facts = {}
    text = (shared_data / "traceability/gs1/gs1-syntax-dictionary.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line[:1].isdigit():
            continue
        entry = ENTRY.match(line)
        attributes = dict(re.findall(r"\b(req|ex|dlpkey)(?:=(\S+))?", entry["rest"]))
        formats = [word for word in entry["rest"].split() if not re.match(r"req|ex=|dlpkey", word)]
        for number in range(int(entry["first"]), int(entry["last"] or entry["first"]) + 1):
            code = str(number).zfill(len(entry["first"]))
            facts[code] = (entry["flags"] or "", formats, attributes, entry["title"])
    return facts


@pytest.mark.shared
def test_every_ai_is_there_and_no_other(original) -> None:
    assert set(dictionary.table()) == set(original)


@pytest.mark.shared
def test_each_ai_has_the_original_format_and_marks(original) -> None:
    for code, (flags, formats, attributes, title) in original.items():
        ai = dictionary.table()[code]

        assert ai.predefined == ("*" in flags), code
        assert ai.in_query == ("?" in flags), code
        assert ai.title == (title or ""), code
        assert [_written(part) for part in ai.components] == formats, code
        assert ",".join("+".join(group) for group in ai.needs) == attributes.get("req", ""), code
        assert ",".join(ai.excludes) == attributes.get("ex", ""), code
        assert (ai.paths is not None) == ("dlpkey" in attributes), code
        assert "|".join(",".join(path) for path in ai.paths or ()) == attributes.get("dlpkey", "")


def test_every_rule_named_in_the_table_exists() -> None:
    named = {
        name
        for ai in dictionary.table().values()
        for part in ai.components
        for name in part.linters
    }

    assert named <= set(LINTERS)


def test_two_digits_always_tell_how_long_an_ai_is() -> None:
    """A parser without separators relies on it: no AI may be the start of a longer one."""
    lengths = {}
    for code in dictionary.table():
        assert lengths.setdefault(code[:2], len(code)) == len(code)


def test_an_ai_of_a_known_start_but_wrong_length_stays_unknown() -> None:
    assert dictionary.find("011", permit_unknown=True) is None
    assert dictionary.find("89", permit_unknown=True) is not None
    assert dictionary.find("89") is None


def test_an_unknown_ai_keeps_the_length_its_first_digits_promise() -> None:
    """A parser from before AI 3167 was allocated must still find the element behind it."""
    unknown = dictionary.find("3169", permit_unknown=True)

    assert (unknown.predefined, unknown.longest) == (True, 6)


def _written(part: dictionary.Component) -> str:
    length = str(part.longest) if part.shortest == part.longest else f"..{part.longest}"
    shape = part.charset + length
    return ",".join([f"[{shape}]" if part.optional else shape, *part.linters])

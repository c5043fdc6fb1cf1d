"""Japanese is complete: every message has its words, no word is left over, and facts stay in."""

import re
import string
from collections import Counter

from babel.messages.pofile import read_po

from api.i18n import LOCALE_FOLDER, Reader
from api.problems import sentence
from tests.api.messages import facts, messages
from traceability.errors import WrongStage


def _catalogue():
    with (LOCALE_FOLDER / "ja.po").open("rb") as file:
        return {m.id: m for m in read_po(file, locale="ja", abort_invalid=True) if m.id}


def test_every_message_is_said_in_japanese() -> None:
    """To mend it: add msgid and msgstr to api/locale/ja.po, in alphabetical order."""
    said = {text for text, message in _catalogue().items() if message.string}

    assert messages() - said == set()


def test_no_translation_is_left_over_or_fuzzy() -> None:
    catalogue = _catalogue()

    assert set(catalogue) - messages() - facts() == set()
    assert [text for text, message in catalogue.items() if message.fuzzy] == []


def test_every_message_stands_once() -> None:
    """Merged by union, a file may hold a message twice, and the later translation wins in silence:
    one English word for two things needs two words."""
    text = (LOCALE_FOLDER / "ja.po").read_text(encoding="utf-8")

    said = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)

    assert [one for one, count in Counter(said).items() if count > 1] == []


def test_a_translation_names_the_same_facts() -> None:
    """A {name} that English does not have would break the sentence for Japanese readers only."""
    for text, message in _catalogue().items():
        assert _names(message.string) <= _names(text), text
        lost = _names(text) - _names(message.string)
        assert lost <= {"unit", "age"}, (text, lost)


def test_codes_inside_an_error_are_translated_too() -> None:
    error = WrongStage(lot="L1", stage="closed", kind="pack", next_step="say why")

    assert (
        sentence(Reader.of("ja"), error)
        == "ロットL1は「終了」のため、包装はできません。理由を書いてください"
    )


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}

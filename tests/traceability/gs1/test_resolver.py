"""From a scanned code to the page, the document or the list of links its reader asked for."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from traceability.gs1 import identify, lot_identity
from traceability.gs1.negotiation import type_fit
from traceability.gs1.resolver import (
    DEFAULT_LINK,
    LINKSET_TYPE,
    VOCABULARY,
    Answer,
    Asked,
    Link,
    Record,
    description,
    levels,
    link_set,
    relation_of,
    resolve,
)

NOW = datetime(2027, 1, 12, tzinfo=UTC)
GTIN = "04012345111118"
ITEM = f"https://id.gs1.org/01/{GTIN}"
LOT = f"{ITEM}/10/A%2F1"
PIP = VOCABULARY + "pip"
TRACE = VOCABULARY + "traceability"
HUB = "https://hub.example"


def test_a_browser_goes_to_the_page_in_its_language() -> None:
    """RC#97: with two languages that fit, a browser was shown JSON in place of a page."""
    asked = Asked(accept="text/html,*/*;q=0.8", accept_language="ja,en;q=0.5")

    answer = _resolve(asked)

    assert (answer.status, answer.location) == (307, f"{HUB}/ja/lots/A")


@pytest.mark.parametrize(
    ("language", "page"),
    [
        ("en-GB", "/en/lots/A"),
        ("fr", "/en/lots/A"),
        ("", "/en/lots/A"),
        ("ja-JP,en;q=0.9", "/ja/lots/A"),
    ],
)
def test_the_first_default_answers_where_no_language_fits(language: str, page: str) -> None:
    assert _resolve(Asked(accept_language=language)).location == HUB + page


def test_a_program_gets_the_document_by_its_type() -> None:
    answer = _resolve(Asked(accept="application/ld+json"))

    assert answer.location == f"{HUB}/lots/A.jsonld"


@pytest.mark.parametrize(
    "asked",
    [
        Asked(query="linkType=all"),
        Asked(query="linkType=linkset"),
        Asked(accept="application/linkset+json"),
        Asked(accept="application/json"),
    ],
)
def test_who_asks_for_all_links_gets_the_link_set(asked: Asked) -> None:
    answer = _resolve(asked)

    assert (answer.status, answer.headers["Content-Type"]) == (200, LINKSET_TYPE)
    assert [entry["anchor"] for entry in answer.body["linkset"]] == [LOT, ITEM]


@pytest.mark.shared
def test_a_link_set_is_valid_in_gs1_s_profile(shared_data) -> None:
    schema = json.loads((shared_data / "traceability/linkset/gs1-linkset-schema.json").read_text())

    jsonschema.validate(link_set([_lot(), _item()], now=NOW), schema)


@pytest.mark.shared
def test_each_level_has_exactly_one_default_link(shared_data) -> None:
    schema = json.loads((shared_data / "traceability/linkset/linkset-schema.json").read_text())
    answer = link_set([_lot(), _item()], now=NOW)

    assert [len(entry[DEFAULT_LINK]) for entry in answer["linkset"]] == [1, 1]
    # RFC 9264 itself knows no itemDescription and no context; GS1's profile adds them.
    for entry in answer["linkset"]:
        del entry["itemDescription"]
        for links in (value for value in entry.values() if isinstance(value, list)):
            for link in links:
                link.pop("context", None)
    jsonschema.validate(answer, schema)


def test_a_link_type_is_looked_for_upwards() -> None:
    """The item's page is not repeated on each of its lots."""
    assert _resolve(Asked(query="linkType=gs1:pip")).location == f"{HUB}/items/lettuce"
    assert _resolve(Asked(query="linkType=gs1:epcis")).location == f"{HUB}/lots/A/events"


def test_a_link_type_nobody_has_says_which_there_are() -> None:
    answer = _resolve(Asked(query="linkType=gs1:recipeInfo"))

    assert answer.status == 404
    assert PIP in answer.reason


def test_a_lot_unknown_here_is_answered_by_its_item() -> None:
    identity = lot_identity(GTIN, "NEVER-SEEN")

    answer = resolve(identity, Asked(), {ITEM: _item()}.get, now=NOW)

    assert answer.location == f"{HUB}/items/lettuce"


def test_nothing_recorded_is_404_and_withdrawn_is_410() -> None:
    identity = lot_identity(GTIN, "A/1")

    assert resolve(identity, Asked(), {}.get, now=NOW).status == 404
    gone = {LOT: Record(LOT, "gone", withdrawn=True), ITEM: _item()}
    assert resolve(identity, Asked(), gone.get, now=NOW).status == 410


def test_context_chooses_the_place_before_the_language() -> None:
    asked = Asked(query="linkType=gs1:recallStatus&context=JP", accept_language="en")

    assert _resolve(asked).location == f"{HUB}/recall/jp"
    assert _resolve(Asked(query="linkType=gs1:recallStatus")).location == f"{HUB}/recall"


def test_a_link_is_given_between_its_dates_only() -> None:
    season = Link(TRACE, f"{HUB}/winter", "Winter", default=True, ends=NOW)
    after = Link(TRACE, f"{HUB}/spring", "Spring", default=True, starts=NOW)
    records = {LOT: Record(LOT, "lot", (season, after))}

    answer = resolve(lot_identity(GTIN, "A/1"), Asked(), records.get, now=NOW)

    assert answer.location == f"{HUB}/spring"


def test_the_query_is_passed_on_without_what_was_ours() -> None:
    asked = Asked(query="17=270228&linkType=gs1:epcis&utm=%E3%81%82")

    assert _resolve(asked).location == f"{HUB}/lots/A/events?17=270228&utm=%E3%81%82"


def test_a_redirect_says_where_all_links_are() -> None:
    """And no more: the standard gave up repeating every link in the header."""
    header = _resolve(Asked()).headers["Link"]

    assert header == f'<{LOT}?linkType=linkset>; rel="linkset"; type="{LINKSET_TYPE}"'


def test_levels_go_from_serial_to_item() -> None:
    identity = identify(f"(01){GTIN}(22)V(10)L(21)S")

    assert [anchor.removeprefix(ITEM) for anchor in levels(identity)] == [
        "/22/V/10/L/21/S",
        "/10/L/21/S",
        "/21/S",
        "/22/V/10/L",
        "/10/L",
        "/22/V",
        "",
    ]


def test_a_farm_s_own_lot_has_levels_too() -> None:
    item = f"{HUB}/items/lettuce"
    identity = lot_identity(item, "A/1", serial="7")

    assert levels(identity) == [f"{item}/10/A%2F1/21/7", f"{item}/10/A%2F1", item]


def test_a_place_is_found_without_its_extension() -> None:
    identity = identify("(414)9506000134369(254)ROOM1")

    assert levels(identity) == [
        "https://id.gs1.org/414/9506000134369/254/ROOM1",
        "https://id.gs1.org/414/9506000134369",
    ]


@pytest.mark.parametrize(
    "written",
    ["gs1:pip", "pip", PIP, "https://gs1.org/voc/pip", "https://www.gs1.org/voc/pip"],
)
def test_link_types_of_any_age_mean_the_same(written: str) -> None:
    assert relation_of(written) == PIP


def test_the_description_names_every_key_and_the_vocabulary() -> None:
    said = description(name="Aizu Plant Factory", root=HUB + "/")

    assert said["resolverRoot"] == HUB
    assert said["supportedPrimaryKeys"] == ["all"]


def test_the_most_specific_entry_of_accept_decides() -> None:
    assert type_fit("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "text/html") == 0.7
    assert type_fit("text/*;q=0.3, */*;q=0.5", "text/css") == 0.3
    assert type_fit("image/png", "text/html") == 0.0
    assert type_fit("text/html;q=nonsense", "text/html") == 0.0


def _resolve(asked: Asked) -> Answer:
    records = {LOT: _lot(), ITEM: _item()}
    return resolve(lot_identity(GTIN, "A/1"), asked, records.get, now=NOW)


def _lot() -> Record:
    page, recall = "text/html", "https://ref.gs1.org/voc/recallStatus"
    return Record(
        LOT,
        "低カリウムレタス A/1",
        (
            Link(TRACE, f"{HUB}/en/lots/A", "Lot", page, ("en",), default=True),
            Link(TRACE, f"{HUB}/ja/lots/A", "ロット", page, ("ja",), default=True),
            Link(TRACE, f"{HUB}/lots/A.jsonld", "Lot", "application/ld+json", default=True),
            Link(f"{VOCABULARY}epcis", f"{HUB}/lots/A/events", "Events"),
            Link(recall, f"{HUB}/recall", "Recalls", page),
            Link(recall, f"{HUB}/recall/jp", "リコール", page, ("ja",), contexts=("JP",)),
        ),
    )


def _item() -> Record:
    page = Link(PIP, f"{HUB}/items/lettuce", "Low-potassium lettuce", default=True)
    return Record(ITEM, "Low-potassium lettuce", (page,))

"""Links of identities: dated, never edited, and no code ever breaks by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from tests.factories import Farm, a_farm, on_day, packed
from traceability import links, recalls, units
from traceability.amounts import Amount
from traceability.errors import BadValue, NotFound, UnknownIdentity, UnknownLot
from traceability.gs1.linktypes import LINK_TYPES, checked_relation
from traceability.identified import path_named
from traceability.link_targets import checked_target
from traceability.links import Saying, Wanted
from traceability.models import LinkEvent, Lot
from traceability.recall_starts import Start

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PIP = Wanted("pip", "https://farm.example/salad")
SATO = Saying("Sato", NOW, "new site")
ITEM = "/01/04912345678904"


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def _set(session: Session, farm: Farm, wanted: Wanted, saying: Saying = SATO, **how) -> LinkEvent:
    return links.set_link(session, farm.organisation, ITEM, wanted, saying, **how)


def _given(session: Session, at: datetime = NOW) -> list[str]:
    return [said.href for said in links.of_anchor(session, ITEM).given(at)]


def test_a_link_of_the_same_kind_is_replaced_and_its_past_kept(
    session: Session, farm: Farm
) -> None:
    _set(session, farm, PIP)
    _set(session, farm, replace(PIP, href="https://farm.example/new"))

    assert _given(session) == ["https://farm.example/new"]
    (link,) = links.of_anchor(session, ITEM).links
    assert [event.href for event in link.events] == [PIP.href, "https://farm.example/new"]


def test_saying_again_what_is_so_changes_nothing(session: Session, farm: Farm) -> None:
    first = _set(session, farm, PIP)

    assert _set(session, farm, PIP).id == first.id
    assert len(session.exec(select(LinkEvent)).all()) == 1


def test_links_for_other_readers_stand_beside_each_other(session: Session, farm: Farm) -> None:
    _set(session, farm, replace(PIP, language="ja"))
    _set(session, farm, replace(PIP, language="en", href="https://farm.example/en"))
    _set(session, farm, replace(PIP, context="US", href="https://farm.example/us"))

    assert len(_given(session)) == 3


def test_several_certificates_are_kept_when_asked_for(session: Session, farm: Farm) -> None:
    _set(session, farm, Wanted("certificationInfo", "https://a.example/1"))
    _set(session, farm, Wanted("certificationInfo", "https://a.example/2"), beside=True)

    assert _given(session) == ["https://a.example/1", "https://a.example/2"]


def test_what_is_planned_leaves_the_present_until_then(session: Session, farm: Farm) -> None:
    """A new page for the new year must not leave a hole in December."""
    _set(session, farm, PIP)
    _set(session, farm, replace(PIP, href="https://farm.example/2027", starts=NOW + 30 * DAY))

    assert _given(session, NOW + 29 * DAY) == [PIP.href]
    assert _given(session, NOW + 30 * DAY) == ["https://farm.example/2027"]


def test_a_span_is_half_open(session: Session, farm: Farm) -> None:
    _set(session, farm, replace(PIP, starts=NOW, ends=NOW + DAY))

    spans = [NOW - DAY / 24, NOW, NOW + DAY - DAY / 24, NOW + DAY]
    assert [bool(_given(session, at)) for at in spans] == [False, True, True, False]


def test_an_ended_link_is_over_and_can_be_set_anew(session: Session, farm: Farm) -> None:
    link = _set(session, farm, PIP)
    links.end_link(session, ITEM, link.id[-8:], Saying("Ito", NOW + DAY, "moved"))

    assert (_given(session), _given(session, NOW + DAY)) == ([PIP.href], [])
    with pytest.raises(BadValue, match="over since"):
        links.end_link(session, ITEM, link.id, Saying("Ito", NOW + 2 * DAY))
    _set(session, farm, PIP, Saying("Ito", NOW + 3 * DAY))
    assert _given(session, NOW + 3 * DAY) == [PIP.href]


def test_an_end_can_be_planned_and_a_link_of_no_such_id_is_refused(
    session: Session, farm: Farm
) -> None:
    link = _set(session, farm, PIP)
    links.end_link(session, ITEM, link.id, SATO, ends=NOW + 5 * DAY)

    assert (_given(session, NOW + 4 * DAY), _given(session, NOW + 5 * DAY)) == ([PIP.href], [])
    for unknown in ("", "zzzz"):
        with pytest.raises(NotFound, match=link.id[-8:]):
            links.end_link(session, ITEM, unknown, SATO)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/",
        "//a.example/x",
        "/p/1",
        "https://",
        "https://user:pw@a.example/",
        "https://good.example@evil.example/",
        "https:\\\\a.example/",
        "https://a.example/x\r\nSet-Cookie: a=b",
        "https://a.example/a b",
        "https://a.example:99999/",
        "https://例え.jp/",
        "https://a.example/" + "x" * 2000,
    ],
)
def test_no_target_that_people_and_browsers_read_differently(target: str) -> None:
    with pytest.raises(BadValue, match="target"):
        checked_target(target)


def test_an_address_with_ideographs_is_kept_in_ascii() -> None:
    assert checked_target(" https://a.example/レタス?q=%20#x ") == (
        "https://a.example/%E3%83%AC%E3%82%BF%E3%82%B9?q=%20#x"
    )


def test_a_code_does_not_lead_to_itself(session: Session, farm: Farm) -> None:
    for base in ("https://hub.example", "https://id.gs1.org"):
        with pytest.raises(BadValue, match="own"):
            _set(session, farm, replace(PIP, href=base + ITEM), hubs=["https://hub.example"])
    _set(session, farm, replace(PIP, href="https://brand.example" + ITEM))


@pytest.mark.parametrize("typed", ["pip", "gs1:pip", "https://gs1.org/voc/pip"])
def test_a_type_is_named_as_people_do(typed: str) -> None:
    assert checked_relation(typed) == "https://ref.gs1.org/voc/pip"


def test_a_type_the_vocabulary_lacks_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadValue, match="recipeInfo"):
        checked_relation("recipesInfo")
    with pytest.raises(BadValue, match="default"):
        checked_relation("gs1:defaultLink")
    assert checked_relation("https://a.example/voc/x") == "https://a.example/voc/x"
    assert len(LINK_TYPES) > 50


@pytest.mark.parametrize(
    "more", [{"language": "japanese"}, {"media_type": "pdf"}, {"context": "a b"}, {"title": "\0"}]
)
def test_words_no_link_set_could_carry_are_refused(
    session: Session, farm: Farm, more: dict[str, str]
) -> None:
    with pytest.raises(BadValue):
        _set(session, farm, replace(PIP, **more))
    with pytest.raises(BadValue, match="until"):
        _set(session, farm, replace(PIP, starts=NOW, ends=NOW))
    assert session.exec(select(LinkEvent)).all() == []


def test_a_withdrawn_code_says_why_and_can_come_back(session: Session, farm: Farm) -> None:
    with pytest.raises(BadValue, match="reason"):
        links.withdraw(session, farm.organisation, ITEM, Saying("Sato", NOW))
    links.withdraw(session, farm.organisation, ITEM, Saying("Sato", NOW, "misprint"))

    withdrawn = links.of_anchor(session, ITEM).withdrawn
    assert withdrawn is not None
    assert withdrawn.reason == "misprint"
    links.restore(session, farm.organisation, ITEM, Saying("Sato", NOW))
    assert links.of_anchor(session, ITEM).withdrawn is None
    with pytest.raises(BadValue):
        links.restore(session, farm.organisation, ITEM, SATO)


def test_a_recalled_lot_is_not_withdrawn(session: Session, farm: Farm) -> None:
    """Its page is what warns whoever has some of it at home."""
    bags = packed(session, farm)
    recalls.open_recall(
        session,
        farm.organisation,
        Start("lot", bags.code, bags.id),
        kind="real",
        reason="glass",
        occasion=on_day(43),
    )

    with pytest.raises(BadValue, match="recall"):
        links.withdraw(session, farm.organisation, f"{ITEM}/10/{bags.code}", SATO)


def test_people_s_words_name_an_identity(session: Session, farm: Farm) -> None:
    bags = packed(session, farm, code="P/1")
    farm.organisation.gs1_prefix = "4569951"
    farm.site.gln = "4569951110016"
    act = units.aggregate(
        session, on_day(43), kind="case", site=farm.site, lots=[(bags, Amount(pieces=9))]
    )
    case = units.made(session, act.id)
    lot = f"{ITEM}/10/P%2F1"
    grown = session.exec(select(Lot).where(Lot.code == "L1")).one()

    said = {
        "lowk-80": ITEM,
        "4912345678904": ITEM,
        "P/1": lot,
        bags.id: lot,
        lot: lot,
        ITEM: ITEM,
        "(01)04912345678904(10)P/1(21)7": f"{lot}/21/7",
        f"https://hub.example{lot}": lot,
        case.code: f"/00/{case.code}",
        f"(00){case.code}": f"/00/{case.code}",
        "(414)4569951110016": "/414/4569951110016",
        "L1": "/crops/lowk/10/L1",
        grown.id: "/crops/lowk/10/L1",
        "https://hub.example/crops/lowk/10/L1": "/crops/lowk/10/L1",
    }
    found = {text: path_named(session, text, hubs=["https://hub.example"]) for text in said}
    assert found == said


def test_words_that_name_nothing_are_refused(session: Session, farm: Farm) -> None:
    with pytest.raises(UnknownLot):
        path_named(session, "nobody")
    with pytest.raises(UnknownIdentity):
        path_named(session, "(01)04012345111118")

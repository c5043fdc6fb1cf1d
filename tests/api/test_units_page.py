"""A case's page and label: what is in it, where it is, who has it, and codes that read back to it."""

import io
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
import zxingcpp
from httpx import Client, Response
from PIL import Image
from sqlalchemy import Engine
from sqlmodel import Session

from api.errors import LabelRefused
from api.print_run import PrintRun
from api.unit_label import STOCK, unit_label
from tests.api.scanning import as_sent, drawn_svg, drawn_zpl
from tests.factories import on_day
from tests.world import World
from traceability import acts, catalogue, contents, database, lots, units
from traceability.amounts import Amount
from traceability.contents import Contents
from traceability.gs1 import identify
from traceability.models import LogisticUnit, Lot, Organisation, Party, Site

HTML = {"accept": "text/html"}
HUB = "https://hub.example"


class Dock:
    """Packs what tests say, each act in its own transaction."""

    def __init__(self, engine: Engine, world: World) -> None:
        self.engine, self.world = engine, world
        with database.writing_session(engine) as session:
            session.get_one(Organisation, world.farm.organisation.id).gs1_prefix = "4569951"

    def case(self, pieces: int = 20, **more: str) -> LogisticUnit:
        with database.writing_session(self.engine) as session:
            lot = session.get_one(Lot, self.world.bags.id)
            return self._packed(session, "case", lots=[(lot, Amount(pieces=pieces))], **more)

    def pallet(self, *cases: LogisticUnit) -> LogisticUnit:
        with database.writing_session(self.engine) as session:
            inner = [session.get_one(LogisticUnit, case.id) for case in cases]
            return self._packed(session, "pallet", units=inner)

    def mixed(self) -> LogisticUnit:
        """A case of the bags and of another lot of another item."""
        with database.writing_session(self.engine) as session:
            farm = self.world.farm
            item = catalogue.ensure_trade_item(
                session,
                session.get_one(Organisation, farm.organisation.id),
                "mix",
                crop=session.merge(farm.lettuce),
                gtin="04012345111118",
                name="Mix",
                net_content_g=100,
            )
            act = lots.receive(
                session,
                on_day(1),
                zone=session.merge(farm.store),
                crop=session.merge(farm.lettuce),
                code="M-1",
                amount=Amount(5, 500),
                from_party=session.merge(farm.supplier),
                stage="packed",
                item=item,
            )
            bags = session.get_one(Lot, self.world.bags.id)
            held = [(bags, Amount(pieces=3)), (acts.made(session, act)[0], Amount(pieces=2))]
            return self._packed(session, "case", lots=held)

    def ship(self, unit: LogisticUnit) -> None:
        with database.writing_session(self.engine) as session:
            shop = session.get_one(Party, self.world.farm.shop.id)
            units.ship_unit(
                session, on_day(44), unit=session.get_one(LogisticUnit, unit.id), to=shop
            )

    def label(self, unit: LogisticUnit, kind: str, **run: object) -> bytes:
        with database.reading_session(self.engine) as session:
            how = PrintRun(unit.kind, stock=STOCK[unit.kind], **run)
            row = session.get_one(LogisticUnit, unit.id)
            return unit_label(session, row, how, public_url=HUB, kind=kind)[1]

    def _packed(self, session: Session, kind: str, **what: object) -> LogisticUnit:
        site = session.get_one(Site, self.world.farm.site.id)
        act = units.aggregate(session, on_day(43), kind=kind, site=site, **what)
        return units.made(session, act.id)


@pytest.fixture
def dock(engine: Engine, world: World) -> Dock:
    return Dock(engine, world)


def _read(picture: Image.Image) -> tuple[list[str], dict[str, str]]:
    """Return the links, and the AIs of all GS1 barcodes together."""
    scans = zxingcpp.read_barcodes(picture)
    links = [scan.text for scan in scans if scan.symbology_identifier == "]Q1"]
    others = [scan for scan in scans if scan.symbology_identifier in ("]C1", "]d2")]
    assert {scan.symbology_identifier for scan in others} == {"]C1", "]d2"}
    # On a linear label the contents stand in a barcode of their own, without the key.
    return links, dict(pair for scan in others for pair in identify(as_sent(scan)).elements)


@pytest.mark.parametrize("kind", ["case", "pallet"])
@pytest.mark.parametrize("file", ["svg", "pdf", "zpl"])
def test_every_code_of_a_unit_s_label_reads_back(dock: Dock, kind: str, file: str) -> None:
    case = dock.case()
    unit = case if kind == "case" else dock.pallet(case, dock.case(10))
    printed = dock.label(unit, file)

    drawn = {
        "svg": lambda: drawn_svg(printed),
        "zpl": lambda: drawn_zpl(printed),
        "pdf": lambda: pypdfium2.PdfDocument(printed)[0].render(scale=6).to_pil(),
    }
    links, elements = _read(drawn[file]())
    count = "20" if kind == "case" else "30"
    assert links == [f"{HUB}/00/{unit.code}"]
    assert identify(links[0]).canonical == f"https://id.gs1.org/00/{unit.code}"
    assert elements == {
        "00": unit.code,
        "02": dock.world.gtin,
        "15": elements["15"],
        "37": count,
        "10": dock.world.bags.code,
    }


def test_a_png_is_the_code_alone(dock: Dock) -> None:
    case = dock.case()
    (scan,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(dock.label(case, "png"))))

    assert scan.text == f"{HUB}/00/{case.code}"


def test_a_mixed_case_says_its_number_and_names_its_lots(dock: Dock) -> None:
    printed = dock.label(dock.mixed(), "svg")

    links, elements = _read(drawn_svg(printed))
    assert set(elements) == {"00"}
    assert "M-1, P/0713-A" in printed.decode()
    assert len(links) == 1


def test_words_say_what_a_person_looks_for_in_both_languages(dock: Dock) -> None:
    lines = ET.fromstring(dock.label(dock.case(), "svg")).findall(".//{*}text")
    said = " ".join(str(line.text) for line in lines)

    for words in (
        "ケース Case",
        "低カリウムレタス 80g",
        "Low-potassium lettuce 80 g",
        "1.6 kg",
        "会津リーフ",
    ):
        assert words in said


def test_a_case_of_the_farm_s_own_number_has_a_link_and_no_ais(dock: Dock) -> None:
    box = dock.case(code="BOX/1")
    scans = zxingcpp.read_barcodes(drawn_svg(dock.label(box, "svg")))

    assert [scan.text for scan in scans] == [f"{HUB}/unit/BOX%2F1"]


def test_an_own_number_without_https_is_not_printed(dock: Dock) -> None:
    box = dock.case(code="BOX/1")
    with database.reading_session(dock.engine) as session:
        row = session.get_one(LogisticUnit, box.id)
        with pytest.raises(LabelRefused, match="gs1_prefix"):
            unit_label(session, row, PrintRun("case"), public_url="http://farm", kind="svg")
        with pytest.raises(LabelRefused, match="public_url"):
            unit_label(session, row, PrintRun("case"), public_url="", kind="svg")


def test_a_label_printed_after_it_left_still_says_what_is_in_it(dock: Dock) -> None:
    case = dock.case()
    before = dock.label(case, "svg")
    dock.ship(case)

    assert dock.label(case, "svg") == before


def test_the_page_says_what_is_in_it_and_where_it_is(client: Client, dock: Dock) -> None:
    pallet = dock.pallet(case := dock.case())

    page = client.get(f"/units/{pallet.id}", headers=HTML).text
    inner = client.get(f"/units/{case.code}", headers=HTML).text

    for words in (case.code, dock.world.bags.code, "20 pcs", "Cold store", "label.svg"):
        assert words in page
    assert f'href="/units/{pallet.id}"' in inner


def test_the_page_of_what_left_says_who_has_it(client: Client, dock: Dock) -> None:
    pallet = dock.pallet(dock.case())
    dock.ship(pallet)

    page = client.get(f"/units/{pallet.id}", headers={**HTML, "accept-language": "ja"}).text
    for words in ("出荷済み", "マート", "出荷時の中身", dock.world.bags.code):
        assert words in page


def test_a_lot_s_page_leads_to_its_cases_and_back(client: Client, dock: Dock) -> None:
    case = dock.case()
    at_home = client.get(f"/lots/{dock.world.bags.id}", headers=HTML).text
    dock.ship(case)
    shipped = client.get(f"/lots/{dock.world.bags.id}", headers=HTML).text

    assert at_home.count(f"/units/{case.id}") == 2  # what holds it now, and the act
    assert shipped.count(f"/units/{case.id}") == 2  # packing and shipping
    assert "/lots/" + dock.world.bags.id in client.get(f"/units/{case.id}", headers=HTML).text


@pytest.mark.parametrize("typed", ["{code}", "(00){code}", "]C100{code}", "{hub}/00/{code}"])
def test_scanning_a_case_opens_its_page(
    client: Client, dock: Dock, typed: str, add_user: Callable[..., str]
) -> None:
    case = dock.case()
    code = {"code": typed.format(code=case.code, hub=HUB)}

    ours = client.get("/scan", params=code, headers=HTML)
    add_user("boss")
    theirs = client.get("/scan", params=code, headers=HTML)

    assert ours.headers["location"] == f"/units/{case.id}"
    assert theirs.headers["location"] == f"/p/unit/{case.id}"


def test_scanning_a_product_opens_its_page_and_nonsense_says_so(client: Client, dock: Dock) -> None:
    item = f"/p/item/{dock.world.farm.bag.id}"

    for code in ("lowk-80", dock.world.gtin, f"(01){dock.world.gtin}"):
        assert client.get("/scan", params={"code": code}).headers["location"] == item
    assert client.get("/scan", params={"code": "(00)340123450000000000"}).status_code == 404
    assert client.get("/scan", params={"code": "(00)340123450000000001"}).status_code == 400


@pytest.mark.parametrize("kind", ["svg", "png", "pdf", "zpl"])
def test_each_format_is_a_click_away(client: Client, dock: Dock, kind: str) -> None:
    case = dock.case()

    answer = client.get(f"/units/{case.id}/label.{kind}")
    assert answer.status_code == 200
    assert len(answer.content) > 200
    assert client.get(f"/units/{case.id}/label.gif").status_code == 404


def test_pages_of_cases_are_the_farm_s_own(
    client: Client, dock: Dock, add_user: Callable[..., str]
) -> None:
    case = dock.case()
    assert case.code in client.get("/units", headers=HTML).text
    add_user("boss")

    for path in ("/units", f"/units/{case.id}", f"/units/{case.id}/label.svg"):
        assert client.get(path).status_code == 401


def _send(client: Client, path: str, **said: str) -> Response:
    at = {"at": "2026-07-15T10:00", **said}
    return client.post(path, data=at, headers=HTML)


def _unit_at(dock: Dock, address: str) -> tuple[LogisticUnit, Contents]:
    with database.reading_session(dock.engine) as session:
        unit = session.get_one(LogisticUnit, address.partition("?")[0].removeprefix("/units/"))
        return unit, contents.of_unit(session, unit)


def test_a_case_is_filled_on_the_page(client: Client, dock: Dock) -> None:
    page = client.get("/units", headers=HTML).text
    assert f"{dock.world.bags.code} (70 pcs" in page

    said = _send(client, "/units", kind="case", lot=dock.world.bags.id, pieces="20")

    case, inside = _unit_at(dock, said.headers["location"])
    assert (case.kind, case.is_sscc) == ("case", True)
    assert [amount.pieces for _, amount in inside.lots] == [20]
    assert "Put into a case or pallet" in client.get(said.headers["location"], headers=HTML).text


def test_without_an_amount_all_that_is_loose_goes_in(client: Client, dock: Dock) -> None:
    dock.case(20)
    said = _send(client, "/units", kind="case", lot=dock.world.bags.id)

    _, inside = _unit_at(dock, said.headers["location"])
    assert [amount.pieces for _, amount in inside.lots] == [50]


def test_a_pallet_is_filled_opened_and_that_taken_back_on_its_page(
    client: Client, dock: Dock
) -> None:
    cases = [dock.case(10), dock.case(10)]
    ticked = {f"case_{case.code}": "1" for case in cases}
    pallet, inside = _unit_at(
        dock, _send(client, "/units", kind="pallet", **ticked).headers["location"]
    )
    assert {unit.code for unit in inside.units} == {case.code for case in cases}

    _send(client, f"/units/{pallet.id}/open")
    assert _unit_at(dock, f"/units/{pallet.id}")[1].is_nothing
    opened = re.search(r'name="act" value="([^"]+)"', client.get(f"/units/{pallet.id}").text)
    assert opened is not None
    back = _send(client, f"/units/{pallet.id}/void", act=opened[1], note="still on it")

    assert back.status_code == 303
    assert len(_unit_at(dock, f"/units/{pallet.id}")[1].units) == 2


def test_a_pallet_of_cases_is_taken_back_on_the_page_of_its_lot(client: Client, dock: Dock) -> None:
    pallet = dock.pallet(dock.case())
    page = client.get(f"/lots/{dock.world.bags.id}", headers=HTML).text
    entry = page.index(f"/units/{pallet.id}")
    act = re.search(r'name="act" value="([^"]+)"', page[entry:])
    assert act is not None

    _send(client, f"/lots/{dock.world.bags.id}/void", act=act[1], note="other pallet")

    assert _unit_at(dock, f"/units/{pallet.id}")[1].is_nothing


def test_a_pallet_is_shipped_on_its_page(client: Client, dock: Dock) -> None:
    pallet = dock.pallet(dock.case())
    shop = dock.world.farm.shop

    said = _send(
        client, f"/units/{pallet.id}/ship", to=shop.id, document_type="note", document_number="D-1"
    )

    page = client.get(said.headers["location"], headers=HTML).text
    assert "left the farm" in page
    assert f"/units/{pallet.id}/ship" not in page


def test_a_lot_is_put_into_a_case_on_its_own_page(client: Client, dock: Dock) -> None:
    lot = dock.world.bags
    _send(client, f"/lots/{lot.id}/aggregate", kind="case", pieces="12", code="BOX-9")

    assert client.get("/units/BOX-9", headers=HTML).status_code == 200


def test_what_cannot_be_packed_is_said_and_kept(client: Client, dock: Dock) -> None:
    """In the reader's language, with what was typed still there."""
    said = client.post(
        "/units",
        data={"kind": "case", "lot": dock.world.bags.id, "pieces": "71", "at": "2026-07-15T10:00"},
        headers={**HTML, "accept-language": "ja"},
    )

    assert said.status_code == 409
    assert 'value="71"' in said.text
    assert client.get("/units", headers=HTML).text.count("/units/0") == 0
    nothing = _send(client, "/units", kind="pallet")
    assert (nothing.status_code, "lots or cases" in nothing.text) == (422, True)


def test_an_act_of_another_unit_is_not_taken_back_here(client: Client, dock: Dock) -> None:
    one, other = dock.case(10), dock.case(10)
    page = client.get(f"/units/{other.id}", headers=HTML).text
    act = re.search(r'name="act" value="([^"]+)"', page)
    assert act is not None

    assert _send(client, f"/units/{one.id}/void", act=act[1]).status_code == 404
    assert not _unit_at(dock, f"/units/{other.id}")[1].is_nothing


def test_forms_of_cases_are_the_farm_s_own(
    client: Client, dock: Dock, add_user: Callable[..., str]
) -> None:
    case = dock.case()
    add_user("boss")

    for path in ("/units", f"/units/{case.id}/open", f"/units/{case.id}/ship"):
        assert client.post(path, data={"at": "2026-07-15T10:00"}).status_code == 401

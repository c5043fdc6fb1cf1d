"""A partner downloads the sheets of what it received, and reads nothing of what others did."""

import io
import zipfile
from collections.abc import Callable

import pytest
from httpx import Client
from sqlalchemy import Engine
from sqlmodel import Session

from tests.factories import on_day
from tests.world import World
from traceability import acts, catalogue, database, lots, voiding
from traceability.amounts import Amount
from traceability.models import Lot, Organisation, Zone

HTML = {"accept": "text/html"}
MY = "/api/v1/my/sheets"
NAMES = ("fsma", "jgap", "jas0033")


@pytest.fixture
def coop_lot(engine: Engine, world: World) -> str:
    """Coop took some of Mart's lot on the next day, and a lot that Mart has nothing of."""
    with database.writing_session(engine) as session:
        owner = session.get_one(Organisation, world.farm.organisation.id)
        coop = catalogue.ensure_party(session, owner, "coop", name="Coop", name_ja="生協")
        bags = session.get_one(Lot, world.bags.id)
        lots.ship(session, on_day(44), lot=bags, to=coop, amount=Amount(pieces=30))
        other = _of_its_own(session, world)
        lots.ship(session, on_day(44), lot=other, to=coop)
        return other.code


def _of_its_own(session: Session, world: World) -> Lot:
    act = lots.split(
        session,
        on_day(43),
        lot=session.get_one(Lot, world.harvested.id),
        parts=[("COOP-ONLY", Amount(weight_g=20)), ("REST", Amount(weight_g=100))],
    )
    made = acts.made(session, act)[0]
    lots.move(session, on_day(43), lot=made, zone=session.get_one(Zone, world.farm.store.id))
    return made


def test_a_partner_gets_the_sheets_of_its_lot(coop_lot: str, mart: Client, world: World) -> None:
    said = {
        name: mart.get(f"{MY}/{name}.json", params={"lot": world.bags.code}).json()
        for name in NAMES
    }

    (shipped,) = said["fsma"]["shipping"]
    assert (shipped["quantity"], shipped["tlc"]) == (40, "(01)04912345678904(10)P/0713-A")
    assert {row["recipient"] for row in said["jgap"]["shipments"]} == {"Mart"}
    assert said["jas0033"]["stays"]
    assert mart.get(f"{MY}/fsma.xlsx").content.startswith(b"PK")


@pytest.mark.parametrize("name", NAMES)
def test_no_sheet_tells_a_partner_of_another(
    coop_lot: str, mart: Client, world: World, name: str
) -> None:
    """Whom else the farm serves, how much, and who works there is the farm's business."""
    query = {"lot": world.bags.code} if name == "jas0033" else {}
    packed = mart.get(f"{MY}/{name}.zip", params=query).content

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        text = "\n".join(archive.read(one).decode() for one in archive.namelist())
        assert {"missing.csv", "balance.csv", "harvests.csv"} & set(archive.namelist()) == set()
    assert "Mart" in text
    for other in ("Coop", "生協", coop_lot, "Sato", "2026-07-15"):
        assert other not in text, other


def test_a_lot_it_did_not_receive_is_as_unknown_as_one_that_is_not_there(
    coop_lot: str, mart: Client, world: World
) -> None:
    for name in NAMES:
        codes = [
            mart.get(f"{MY}/{name}.json", params={"lot": lot}).json()["code"]
            for lot in (coop_lot, world.growing.code, world.harvested.id, "NOBODY")
        ]
        assert codes == ["unknown_lot"] * 4
    assert mart.get("/my/sheets/fsma.xlsx", params={"lot": coop_lot}).status_code == 404


def test_the_farm_s_own_sheets_stay_shut_to_a_partner(mart: Client, world: World) -> None:
    for path in ("/sheets", "/sheets/fsma.xlsx", "/api/v1/sheets/fsma.json", "/lots"):
        assert mart.get(path, params={"lot": world.bags.code}).status_code == 403


def test_the_page_lists_what_came_with_its_files(coop_lot: str, mart: Client, world: World) -> None:
    page = mart.get("/my/sheets?lang=ja", headers=HTML).text

    for words in ("受け取ったもの", "マート", world.bags.code, f"jas0033.xlsx?lot={world.bags.id}"):
        assert words in page
    assert coop_lot not in page
    (one,) = mart.get(MY).json()
    assert (one["lot"], one["pieces"]) == (world.bags.code, 40)
    cp932 = mart.get("/my/sheets/jgap.zip?encoding=cp932&lang=ja")
    with zipfile.ZipFile(io.BytesIO(cp932.content)) as archive:
        assert "マート" in archive.read("shipments.csv").decode("cp932")


def test_a_shipment_taken_back_is_no_longer_received(
    mart: Client, engine: Engine, world: World
) -> None:
    with database.writing_session(engine) as session:
        bags = session.get_one(Lot, world.bags.id)
        sent = next(act for act in acts.of_lot(session, bags) if act.kind == "ship")
        voiding.void(session, on_day(44), act=sent)

    assert mart.get(MY).json() == []
    assert mart.get(f"{MY}/fsma.json", params={"lot": world.bags.code}).status_code == 404


def test_an_account_that_is_nobody_s_reads_nothing(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    add_user("boss")
    token = {"name": "who", "password": add_user("who", "partner")}
    said = client.post("/api/v1/token", json=token).json()
    client.headers["authorization"] = f"Bearer {said['token']}"

    assert client.get(MY).status_code == 403
    assert client.get(f"{MY}/fsma.json").status_code == 403
    assert client.get("/my/sheets/fsma.xlsx").status_code == 403
    assert "Nobody has said yet" in client.get("/my/sheets", headers=HTML).text

"""The hub's door for edges: one credential each, opened by a one-time code, and nothing else."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import Engine
from sqlmodel import func, select

from api.app import create_app
from api.settings import WebSettings
from tests.api.conftest import SECRET, Clock
from tests.api.test_gate import EDGES
from tests.filled import fill
from tests.serving import serving
from traceability import database, edges
from traceability.models import Edge, EdgeCode, EdgeStream, Organisation

ENROL = "/edge/v1/enrol"
ORGANISATION = {"id": "o1", "code": "aizu", "name": "Aizu", "name_ja": ""}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty hub."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    fill(url)
    engine = database.open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine, clock: Clock) -> Iterator[Client]:
    app = create_app(engine, settings=WebSettings(SECRET, loopback=False), clock=clock)
    with serving(app) as url, Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture
def code(engine: Engine, clock: Clock) -> Callable[..., str]:
    def make(**said: Any) -> str:
        with database.writing_session(engine) as session:
            return edges.new_code(session, now=clock.now, **said)

    return make


def _enrol(client: Client, code: str, site: str = "main", organisation: str = "aizu") -> Response:
    return client.post(ENROL, json={"code": code, "organisation": organisation, "site": site})


@pytest.fixture
def credential(client: Client, code: Callable[..., str]) -> str:
    return _enrol(client, code()).json()["credential"]


def _bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


def _records(*, after: int = 0, numbers: tuple[int, ...] = (1,)) -> bytes:
    records = [
        {"sequence": number, "kind": "organisation", "ref": "o1", "row": ORGANISATION}
        for number in numbers
    ]
    return json.dumps({"store": "s1", "after": after, "records": records}).encode()


def test_a_code_lets_one_edge_in_once(client: Client, code: Callable[..., str]) -> None:
    text = code()

    # As a Japanese keyboard types it.
    first = _enrol(client, text.lower().translate({ord(c): ord(c) + 0xFEE0 for c in text.lower()}))
    second = _enrol(client, text, site="north")

    assert first.status_code == 200
    assert first.json()["name"] == "aizu/main"
    assert (second.status_code, second.json()["code"]) == (403, "enrolment_refused")
    state = client.get("/edge/v1/state?store=s1", headers=_bearer(first.json()["credential"]))
    assert (state.json()["records"], state.json()["telemetry"]) == (0, 0)


def test_a_code_is_good_for_minutes(client: Client, code: Callable[..., str], clock: Clock) -> None:
    text = code()
    clock.now += timedelta(minutes=16)

    assert _enrol(client, text).json()["code"] == "enrolment_refused"


def test_guessing_codes_is_slowed(client: Client, code: Callable[..., str]) -> None:
    text = code()
    answers = [_enrol(client, "0000-0000-0000").status_code for _ in range(9)]

    assert answers == [403] * 8 + [429]
    assert _enrol(client, text).status_code == 429


def test_neither_code_nor_credential_is_kept(
    engine: Engine, client: Client, code: Callable[..., str], tmp_path: Path
) -> None:
    """Whoever steals the hub's database can speak for nobody."""
    text = code()
    credential = _enrol(client, text).json()["credential"]

    with database.reading_session(engine) as session:
        kept = [row.model_dump_json() for row in session.exec(select(Edge)).all()]
        kept += [row.model_dump_json() for row in session.exec(select(EdgeCode)).all()]
    secret = credential.partition(".")[2]
    assert all(secret not in row for row in kept)
    assert all(text.replace("-", "") not in row for row in kept)


def test_a_farm_that_is_here_has_to_be_named_by_the_hub(
    client: Client, code: Callable[..., str], credential: str
) -> None:
    """Two farms may both be called farm: a site must not slip into somebody else's."""
    client.post("/edge/v1/records", content=_records(), headers=_bearer(credential))

    stranger = _enrol(client, code(), site="north")
    named = _enrol(client, code(organisation="aizu"), site="north")
    other = _enrol(client, code(organisation="other"), site="north")

    assert (stranger.status_code, stranger.json()["code"]) == (409, "farm_taken")
    assert named.status_code == 200
    assert other.json()["code"] == "enrolment_for_other"


def test_an_edge_that_sends_is_not_replaced_by_accident(
    client: Client, code: Callable[..., str], credential: str
) -> None:
    client.post("/edge/v1/records", content=_records(), headers=_bearer(credential))

    refused = _enrol(client, code(organisation="aizu"))
    renewed = _enrol(client, code(renews="aizu/main"))

    assert refused.json()["code"] == "edge_taken"
    fresh = renewed.json()["credential"]
    # Until the new one is used: its answer may have been lost.
    assert client.get("/edge/v1/state?store=s1", headers=_bearer(credential)).status_code == 200
    assert client.get("/edge/v1/state?store=s1", headers=_bearer(fresh)).json()["records"] == 1
    old = client.get("/edge/v1/state?store=s1", headers=_bearer(credential))
    assert old.json()["code"] == "edge_unknown"


def test_what_was_revoked_never_counts_again(
    engine: Engine, client: Client, code: Callable[..., str], credential: str, clock: Clock
) -> None:
    """A stolen board: letting the site in again must not let in the thief."""
    fresh = client.post("/edge/v1/credential", headers=_bearer(credential)).json()["credential"]
    with database.writing_session(engine) as session:
        edges.revoke(session, "aizu/main", clock.now)
    renewed = _enrol(client, code(renews="aizu/main")).json()["credential"]

    answers = [
        client.get("/edge/v1/state?store=s1", headers=_bearer(shown)).status_code
        for shown in (credential, fresh, renewed)
    ]

    assert answers == [401, 401, 200]


def test_asking_twice_for_a_new_credential_locks_nobody_out(
    client: Client, credential: str
) -> None:
    """The second answer is lost; what the edge has is the first, which was never used otherwise."""
    first = client.post("/edge/v1/credential", headers=_bearer(credential)).json()["credential"]
    client.post("/edge/v1/credential", headers=_bearer(first))

    assert client.get("/edge/v1/state?store=s1", headers=_bearer(first)).status_code == 200


def test_a_site_that_asks_says_what_waits_there(
    engine: Engine, client: Client, credential: str
) -> None:
    """A site that records nothing more would be shown for ever as it was when it last sent."""
    said = {"store": "s1", "waiting": '{"records": 7}'}

    client.get("/edge/v1/state", params=said, headers=_bearer(credential))

    odd = client.get("/edge/v1/state?store=s1&waiting=%5B", headers=_bearer(credential))
    assert (odd.status_code, odd.json()["code"]) == (400, "bad_request")
    with database.reading_session(engine) as session:
        assert edges.listed(session)[0].edge.said["records"] == 7


def test_an_enrolment_whose_answer_was_lost_is_done_again(
    client: Client, code: Callable[..., str]
) -> None:
    _enrol(client, code())

    assert _enrol(client, code()).status_code == 200


def test_revoking_an_edge_stops_it_at_once_and_nobody_else(
    engine: Engine, client: Client, code: Callable[..., str], credential: str, clock: Clock
) -> None:
    other = _enrol(client, code(), organisation="other").json()["credential"]
    with database.writing_session(engine) as session:
        edges.revoke(session, "aizu/main", clock.now)

    stopped = client.post("/edge/v1/records", content=_records(), headers=_bearer(credential))
    going = client.get("/edge/v1/state?store=s1", headers=_bearer(other))

    assert (stopped.status_code, stopped.json()["code"]) == (403, "edge_revoked")
    assert "--renew aizu/main" in stopped.json()["detail"]
    assert going.status_code == 200
    with database.reading_session(engine) as session:
        assert session.exec(select(func.count()).select_from(EdgeStream)).one() == 0


def test_a_new_credential_ends_the_old_one_with_its_first_use(
    client: Client, credential: str
) -> None:
    """If the answer is lost, the old one still counts: nobody is locked out."""
    fresh = client.post("/edge/v1/credential", headers=_bearer(credential)).json()["credential"]

    def status(shown: str) -> int:
        return client.get("/edge/v1/state?store=s1", headers=_bearer(shown)).status_code

    assert [status(credential), status(fresh), status(credential)] == [200, 200, 401]


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x.y", "Bearer .", "Basic YTpi"])
def test_nobody_else_comes_in(client: Client, shown: str) -> None:
    headers = {"authorization": shown} if shown else {}
    for method, path in sorted(EDGES):
        answer = client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "edge_unknown"), path


def test_an_edge_opens_nothing_but_its_own_door(client: Client, credential: str) -> None:
    """A stolen board must not read the other farms on the hub."""
    for path in ("/", "/lots", "/api/v1/lots", "/forecasts", "/api/v1/readings/latest"):
        assert client.get(path, headers=_bearer(credential)).status_code == 401, path


def test_a_batch_is_taken_packed_or_plain_and_only_once(
    engine: Engine, client: Client, credential: str
) -> None:
    packed = {**_bearer(credential), "content-encoding": "gzip"}

    first = client.post("/edge/v1/records", content=gzip.compress(_records()), headers=packed)
    again = client.post("/edge/v1/records", content=_records(), headers=_bearer(credential))

    assert first.json() == again.json() == {"number": 1, "refused": []}
    with database.reading_session(engine) as session:
        assert session.exec(select(func.count()).select_from(Organisation)).one() == 1


def test_a_hole_is_said_with_what_is_here(client: Client, credential: str) -> None:
    answer = client.post(
        "/edge/v1/records", content=_records(after=5, numbers=(6,)), headers=_bearer(credential)
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "stream_broken")
    assert answer.json()["facts"]["have"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"store":"s","after":0,"records":[{}]}',
        b'{"store":"s","after":"x","records":[]}',
        b'{"store":"s","after":0,"records":[{"sequence":1e99,"kind":"act","ref":"x","row":{}}]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_batch_is_refused_whole(client: Client, credential: str, body: bytes) -> None:
    for path in ("records", "readings"):
        answer = client.post(f"/edge/v1/{path}", content=body, headers=_bearer(credential))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_small_body_does_not_unpack_into_a_full_memory(client: Client, credential: str) -> None:
    headers = {**_bearer(credential), "content-encoding": "gzip"}
    bomb = gzip.compress(b" " * 100_000_000)
    assert len(bomb) < 200_000

    answer = client.post("/edge/v1/records", content=bomb, headers=headers)
    cut = client.post("/edge/v1/records", content=gzip.compress(_records())[:-9], headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert (cut.status_code, cut.json()["code"]) == (400, "bad_request")


class TestReadings:
    @pytest.fixture
    def series(self, client: Client, credential: str) -> dict[str, str]:
        """A site with one series, number 7 at the edge."""
        rows = [
            ("organisation", "o1", ORGANISATION),
            (
                *("site", "s1"),
                {
                    "id": "s1",
                    "organisation_id": "o1",
                    "code": "main",
                    "name": "Main",
                    "time_zone": "Asia/Tokyo",
                },
            ),
            ("device", "d1", {"id": "d1", "site_id": "s1", "code": "probe", "model": ""}),
            ("series", "7", {"id": 7, "device_id": "d1", "quantity": "co2", "channel": ""}),
        ]
        records = [
            {"sequence": number, "kind": kind, "ref": ref, "row": row}
            for number, (kind, ref, row) in enumerate(rows, 1)
        ]
        body = {"store": "s1", "after": 0, "records": records}
        said = client.post("/edge/v1/records", json=body, headers=_bearer(credential)).json()
        assert said == {"number": 4, "refused": []}
        return _bearer(credential)

    def _send(self, client: Client, headers: dict[str, str], number: int, **series: Any) -> Any:
        one = {"series": 7, "at": [1000, 10, 10], "value": [1.5, None, 3.5], **series}
        body = {"store": "s1", "number": number, "series": [one]}
        return client.post("/edge/v1/readings", json=body, headers=headers)

    def _stored(self, engine: Engine) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT at_ms, value, quality, reason FROM reading ORDER BY at_ms"
            )
            return [tuple(row) for row in rows]

    def test_they_are_stored_once(
        self, engine: Engine, client: Client, series: dict[str, str]
    ) -> None:
        first = self._send(client, series, 1, quality=[0, 2, 0], reason=[0, 6, 0]).json()
        again = self._send(client, series, 1).json()

        assert first == {"number": 1, "stored": 3, "unknown": []}
        assert again == {"number": 1, "stored": 0, "unknown": []}
        assert self._stored(engine) == [(1000, 1.5, 0, 0), (1010, None, 2, 6), (1020, 3.5, 0, 0)]

    def test_a_hole_in_the_numbers_is_refused(
        self, engine: Engine, client: Client, series: dict[str, str]
    ) -> None:
        assert self._send(client, series, 2).json()["code"] == "stream_broken"
        assert self._stored(engine) == []

    @pytest.mark.parametrize(
        "series_said",
        [
            {"series": 8},
            {"at": [1000, 10]},
            {"at": [1000, -10, 10]},
            {"at": [-1000, 10, 10]},
            {"at": [10**15, 10, 10]},
            {"quality": 77},
            {"quality": [0, 0]},
            {"reason": [0, 0, 999]},
            {"at": [], "value": []},
        ],
    )
    def test_a_series_it_cannot_take_stays_with_the_edge(
        self, engine: Engine, client: Client, series: dict[str, str], series_said: dict[str, Any]
    ) -> None:
        said = self._send(client, series, 1, **series_said).json()

        assert (said["number"], said["stored"]) == (1, 0)
        assert said["unknown"] == [series_said.get("series", 7)]
        assert self._stored(engine) == []

    def test_another_database_of_the_edge_numbers_its_series_anew(
        self, engine: Engine, client: Client, series: dict[str, str]
    ) -> None:
        """A board that was set up again calls 7 what was 8: filed under the old one, it is wrong."""
        body = {
            "store": "another",
            "number": 1,
            "series": [{"series": 7, "at": [1000], "value": [1.0]}],
        }

        said = client.post("/edge/v1/readings", json=body, headers=series).json()

        assert said == {"number": 1, "stored": 0, "unknown": [7]}

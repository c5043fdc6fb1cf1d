"""Default deny: every route there is, asked by nobody, by a partner, by a stranger's page."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine
from sqlmodel import select

from api.app import create_app
from api.auth import hash_password
from api.gate import PARTNER_SAYS_UNDER, PARTNER_UNDER, SECRETS
from api.settings import WebSettings
from tests.api.conftest import SECRET, Clock
from tests.serving import serving
from traceability import database
from traceability.gs1 import dictionary
from traceability.models import User

AddUser = Callable[..., str]
HTML = {"accept": "text/html"}

PRIMARY_KEYS = [ai for ai in dictionary.table() if dictionary.is_primary_key(ai)]
# What anybody may ask for, and nothing else. Adding a route here is a decision.
PUBLIC = {
    # Where codes lead, by every key of the standard; another web site's script asks first.
    *((method, f"/{ai}/{{rest:path}}") for ai in PRIMARY_KEYS for method in ("GET", "OPTIONS")),
    *(
        (method, f"/{kind}/{{rest:path}}")
        for kind in ("items", "crops", "materials", "unit")
        for method in ("GET", "OPTIONS")
    ),
    ("GET", "/p/{name}"),
    ("GET", "/p/item/{name}"),
    ("GET", "/p/unit/{name}"),
    ("GET", "/p/place/{name}"),
    ("GET", "/.well-known/gs1resolver"),
    ("OPTIONS", "/.well-known/gs1resolver"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/problems"),
    ("GET", "/scan"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/api/v1/token"),
    # A site shows its one-time code here.
    ("POST", "/edge/v1/enrol"),
}
# What only an edge's own credential opens; tests/api/test_uplink.py knocks there.
EDGES = {
    ("GET", "/edge/v1/state"),
    ("POST", "/edge/v1/records"),
    ("POST", "/edge/v1/readings"),
    ("POST", "/edge/v1/credential"),
}


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        if inner is not None:
            waiting.extend(inner.routes)
        elif getattr(route, "methods", None):
            yield from ((method, route.path) for method in route.methods - {"HEAD"})


def test_every_route_is_private_unless_listed(
    app: FastAPI, client: Client, add_user: AddUser
) -> None:
    """A route added tomorrow must not be open because somebody forgot it."""
    add_user("boss")
    routes = set(_routes(app))
    assert len(routes) > 50
    assert routes >= PUBLIC | EDGES

    for method, path in sorted(routes - PUBLIC - EDGES):
        answer = client.request(method, path.replace("{", "").replace("}", ""))
        assert answer.status_code == 401, (method, path)
        assert answer.json()["code"] == "sign_in_needed"


def test_a_person_is_led_to_the_sign_in_page(client: Client, add_user: AddUser) -> None:
    add_user("boss")

    answer = client.get("/lots?stage=packed", headers=HTML)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/lots%3Fstage%3Dpacked"


def test_signing_in_opens_the_farm_and_signing_out_closes_it(
    client: Client, add_user: AddUser
) -> None:
    secret = add_user("boss")
    form = {"name": "boss", "password": secret, "wanted": "/lots"}

    answer = client.post("/sign-in", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/lots")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/lots", headers=HTML).status_code == 200
    client.post("/sign-out")
    assert client.get("/lots").status_code == 401


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_elsewhere(client: Client, add_user: AddUser, wanted: str) -> None:
    form = {"name": "boss", "password": add_user("boss"), "wanted": wanted}

    assert client.post("/sign-in", data=form).headers["location"] == "/"


def test_guessing_is_slowed_and_the_right_password_works_again_later(
    client: Client, add_user: AddUser, clock: Clock
) -> None:
    secret = add_user("boss")
    wrong = {"name": "boss", "password": "wrong"}
    answers = [client.post("/api/v1/token", json=wrong).status_code for _ in range(9)]

    blocked = client.post("/api/v1/token", json={"name": "boss", "password": secret})
    clock.now += timedelta(minutes=6)
    later = client.post("/api/v1/token", json={"name": "boss", "password": secret})

    assert answers == [401] * 8 + [429]
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) > 0
    assert later.status_code == 200


def test_a_token_acts_as_its_user_until_the_password_changes(
    client: Client, add_user: AddUser, engine: Engine
) -> None:
    secret = add_user("robot", "grower")
    said = client.post("/api/v1/token", json={"name": "robot", "password": secret}).json()
    headers = {"authorization": f"Bearer {said['token']}"}

    before = client.get("/api/v1/lots", headers=headers).status_code
    with database.writing_session(engine) as session:
        user = session.exec(select(User)).one()
        user.password_hash = hash_password("another")
        session.add(user)
    after = client.get("/api/v1/lots", headers=headers).status_code

    assert (before, after) == (200, 401)


def test_a_partner_reads_forecasts_and_nothing_of_the_farm(
    app: FastAPI, client: Client, add_user: AddUser
) -> None:
    client.post("/sign-in", data={"name": "mart", "password": add_user("mart", "partner")})

    assert client.get("/forecasts", headers=HTML).status_code == 200
    for method, path in sorted(set(_routes(app)) - PUBLIC - EDGES):
        allowed = path == "/" or path.startswith(PARTNER_UNDER)
        if method == "GET" and allowed and not path.endswith(SECRETS):
            continue
        if path == "/sign-out" or path.startswith(PARTNER_SAYS_UNDER):
            continue
        answer = client.request(method, path.replace("{", "").replace("}", ""))
        assert answer.status_code == 403, (method, path)


def test_a_strangers_page_cannot_send_a_form(client: Client) -> None:
    """On this machine everything is open, so any page in the same browser could try."""
    foreign = {"origin": "https://evil.example"}

    answer = client.post("/lots/new", data={"kind": "sow"}, headers=foreign)
    hidden = client.post("/lots/new", data={"kind": "sow"}, headers={"origin": "null"})
    quiet = client.post("/lots/new", headers={"sec-fetch-site": "cross-site"})

    codes = [one.json()["code"] for one in (answer, hidden, quiet)]
    assert codes == ["foreign_origin"] * 3


def test_a_name_pointed_at_this_machine_is_not_this_machine(client: Client) -> None:
    """DNS rebinding: evil.example resolves to 127.0.0.1 in the grower's browser."""
    assert client.get("/api/v1/lots", headers={"host": "evil.example"}).status_code == 401
    assert client.get("/api/v1/lots", headers={"host": "hub.example.evil.org"}).status_code == 401
    assert client.get("/api/v1/lots", headers={"host": "hub.example"}).status_code == 200


def test_off_this_machine_nothing_is_open_without_users(engine: Engine, clock: Clock) -> None:
    app = create_app(engine, settings=WebSettings(SECRET, loopback=False), clock=clock)

    with serving(app) as url, Client(base_url=url) as client:
        assert client.get("/api/v1/lots").status_code == 401
        assert client.get("/healthz").status_code == 200


def test_metrics_are_for_this_machine_or_the_token(engine: Engine, clock: Clock) -> None:
    settings = WebSettings(SECRET, metrics_token="t0ken")
    app = create_app(engine, settings=settings, clock=clock, metrics=lambda: "minori_polls 7\n")
    proxied = {"x-forwarded-for": "203.0.113.9"}

    with serving(app) as url, Client(base_url=url) as client:
        here = client.get("/metrics")
        away = client.get("/metrics", headers=proxied)
        shown = client.get("/metrics", headers={**proxied, "authorization": "Bearer t0ken"})

    assert "minori_polls 7" in here.text
    assert 'minori_http_requests_total{method="GET",status="200"}' in shown.text
    assert (away.status_code, shown.status_code) == (401, 200)


def test_every_answer_carries_the_protecting_headers(client: Client) -> None:
    for path in ("/", "/healthz", "/nowhere", "/static/app.css"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_body_too_large_is_refused_whether_it_says_so_or_not(client: Client) -> None:
    declared = client.post("/api/v1/acts/sow", content=b"x" * 1_000_001)
    streamed = client.post("/api/v1/acts/sow", content=iter([b"x" * 600_000] * 2))

    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert declared.json()["code"] == "body_too_large"

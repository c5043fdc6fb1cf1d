"""Who is asking: people by a signed session cookie, machines by a signed token.

Both carry the user's id and a fingerprint of the password hash, so that a new password ends every
session and token made with the old one. Nothing is kept on the server.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.context import Web
from api.errors import BadCredentials
from traceability.database import reading_session
from traceability.models import User

COOKIE = "minori_session"
SESSION_AGE = timedelta(days=14)
TOKEN_AGE = timedelta(days=366)
# Somebody who works at the farm; a partner reads forecasts and public pages.
WRITERS = ("admin", "grower")

_HASHER = PasswordHasher()
# Verified when there is no such user, so that both answers take the same time.
_NOBODY = _HASHER.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. `name` goes into acts as performer and recorder; `party_id` is the partner
    whose account it is, where somebody said so."""

    name: str
    role: str
    signed_in: bool = True
    party_id: str | None = None

    @property
    def may_write(self) -> bool:
        return self.role in WRITERS


# On this machine, before anybody made a user: the demo, and the first minutes of a new farm.
OPEN_VIEWER = Viewer("", "admin", signed_in=False)


def hash_password(password: str) -> str:
    """Return an argon2id hash with its parameters in it."""
    return _HASHER.hash(password)


def check_password(session: Session, name: str, password: str) -> User:
    """Return the user.

    Raises:
        BadCredentials: no such user, or another password; takes as long either way.
    """
    user = session.exec(select(User).where(User.name == name)).first()
    try:
        _HASHER.verify(user.password_hash if user else _NOBODY, password)
    except (VerificationError, InvalidHashError) as error:
        raise BadCredentials from error
    if user is None:
        raise BadCredentials
    return user


def viewer_of(web: Web, request: HTTPConnection) -> Viewer | None:
    """Return who is asking, or None for somebody unknown."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _holder(web, "token", token.strip(), TOKEN_AGE)
    cookie = request.cookies.get(COOKIE)
    viewer = _holder(web, "session", cookie, SESSION_AGE) if cookie else None
    if viewer is None and web.settings.loopback and not has_users(web.engine):
        return OPEN_VIEWER if _asked_as_this_machine(web, request) else None
    return viewer


def sign_in(web: Web, request: HTTPConnection, response: Response, user: User) -> None:
    """Give the browser a session of its own."""
    response.set_cookie(
        COOKIE,
        _signed(web, "session", user),
        max_age=int(SESSION_AGE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def sign_out(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def new_token(web: Web, user: User) -> str:
    """Return a token for a machine that acts as this user."""
    return _signed(web, "token", user)


def has_users(engine: Engine) -> bool:
    with reading_session(engine) as session:
        return session.exec(select(func.count(col(User.id)))).one() > 0


def _signed(web: Web, purpose: str, user: User) -> str:
    signed = _serializer(web, purpose).dumps([user.id, _fingerprint(user)])
    return signed if isinstance(signed, str) else signed.decode()


def _holder(web: Web, purpose: str, text: str, age: timedelta) -> Viewer | None:
    try:
        user_id, fingerprint = _serializer(web, purpose).loads(
            text, max_age=int(age.total_seconds())
        )
    except (BadSignature, ValueError, TypeError):
        return None
    with reading_session(web.engine) as session:
        user = session.get(User, user_id)
    if user is None or not hmac.compare_digest(_fingerprint(user), str(fingerprint)):
        return None
    return Viewer(user.name, user.role, party_id=user.party_id)


def _serializer(web: Web, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(web.settings.secret, salt=f"minori {purpose}")


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


def _asked_as_this_machine(web: Web, request: HTTPConnection) -> bool:
    """Whether the address asked for is this machine's: a web site whose name was pointed at
    127.0.0.1 (DNS rebinding) must not read the farm through somebody's browser."""
    host = (request.url.hostname or "").lower()
    return (
        host in ("localhost", "::1", "testserver")
        or host.startswith("127.")
        or f"//{host}" in web.settings.public_url.lower()
    )

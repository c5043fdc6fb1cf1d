"""Checking a name and a password, with the brake on guessing."""

from sqlmodel import Session
from starlette.requests import Request

from api.auth import check_password
from api.context import Web
from api.errors import BadCredentials
from traceability.models import User


def checked(web: Web, request: Request, session: Session, name: str, password: str) -> User:
    """Return the user.

    Raises:
        TooManyAttempts: this address, or this name, failed too often lately.
        BadCredentials: name or password is wrong; it counts as a failure.
    """
    keys = (f"from {request.client.host if request.client else '?'}", f"as {name}")
    now = web.now()
    web.attempts.refuse_if_too_many(*keys, now=now)
    try:
        user = check_password(session, name, password)
    except BadCredentials:
        web.attempts.failed(*keys, now=now)
        raise
    web.attempts.succeeded(*keys)
    return user

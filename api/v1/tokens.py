"""Tokens for machines: name and password once, then `Authorization: Bearer …`."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api import auth
from api.deps import InWeb, ReadSession
from api.errors import BadCredentials, TooManyAttempts
from api.problems import problems
from api.signin import checked
from api.v1.shapes import Body

router = APIRouter(prefix="/api/v1", tags=["sign-in"])


class Credentials(Body):
    name: str
    password: str


class TokenOut(BaseModel):
    """Acts as the user who asked for it, until that user's password changes."""

    token: str
    expires_s: int


@router.post("/token", responses=problems(BadCredentials, TooManyAttempts))
def new_token(body: Credentials, request: Request, session: ReadSession, web: InWeb) -> TokenOut:
    """Give a program a token of its own."""
    user = checked(web, request, session, body.name, body.password)
    age_s = int(auth.TOKEN_AGE.total_seconds())
    return TokenOut(token=auth.new_token(web, user), expires_s=age_s)

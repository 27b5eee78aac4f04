"""Checks who may change something or see a secret; GET /auth/token. Imported when needed."""
from asyncio import sleep

from ...net.origin import same_origin
from ..http.connection import refusal


def _tokens(app):
    """The Tokens that make and check access tokens."""
    from ...store.copies import Copies
    from ...store.flash import TOKEN_KEY, Region
    from .auth import Tokens

    region = Region(app.board.partition("state"), *TOKEN_KEY)
    return Tokens(Copies(region, b"HANT"), app.seed, app.clock, app.board.random)


def trusted(app, request):
    """The Response that refuses a request without a good token; None when its token is good."""
    return _tokens(app).trusted(request)


def foreign(request):
    """The Response that refuses a request made by another site's page; None for all other requests."""
    return None if same_origin(request.headers) else refusal(403, "origin is not this reader")


def writable(app, request):
    """The Response that refuses a request which may not change anything; None when it may."""
    return foreign(request) or (trusted(app, request) if app.config.get("pw") else None)


async def given(app, request):
    """(JSON value of the body of a request that may change something, None), or (None, the Response of a refusal)."""
    refused = writable(app, request)
    if refused:
        return None, refused
    from ...core.strictjson import Parser

    body = await request.sock.body()
    if body is None:
        return None, refusal(*request.sock.incoming.wrong)
    try:
        return Parser(body).parse(), None
    except ValueError as error:
        return None, refusal(400, str(error))


async def token(app, request):
    """GET /auth/token: a new token; 401 without the access password, if one is set."""
    refused = foreign(request)
    if refused:
        return refused
    tokens = _tokens(app)
    password = app.config.get("pw")
    if password and not tokens.knows(request.headers.get("authorization"), password):
        await sleep(1)  # makes guessing slow
        return refusal(401, "access password needed", {"WWW-Authenticate": 'Basic realm="HAN reader"'})
    return tokens.message()

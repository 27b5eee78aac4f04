"""Who may change something or is told a secret, and GET /auth/token. Imported when needed."""
from asyncio import sleep

from ..http.connection import refusal


def _tokens(app):
    """What makes and checks tokens."""
    from ...store.copies import Copies
    from ...store.flash import TOKEN_KEY, Region
    from .auth import Tokens

    region = Region(app.board.partition("state"), *TOKEN_KEY)
    return Tokens(Copies(region, b"HANT"), app.seed, app.clock, app.board.random)


def trusted(app, request):
    """The refusal of a request without a good token, else None."""
    return _tokens(app).trusted(request)


def same_origin(headers):
    """False where a browser says that a page of another origin asks."""
    origin = headers.get("origin")
    if origin is not None:
        _, _, host = origin.partition("://")
        if not host or host.lower() != headers.get("host", "").lower():
            return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def foreign(request):
    """The refusal of a request of another's page, else None."""
    return None if same_origin(request.headers) else refusal(403, "origin is not this reader")


def writable(app, request):
    """The refusal of a request that may not change anything, else None."""
    return foreign(request) or (trusted(app, request) if app.config.get("pw") else None)


async def token(app, request):
    """Answer with a new token."""
    refused = foreign(request)
    if refused:
        return refused
    tokens = _tokens(app)
    password = app.config.get("pw")
    if password and not tokens.knows(request.headers.get("authorization"), password):
        await sleep(1)  # who tries them all needs patience
        return refusal(401, "access password needed", {"WWW-Authenticate": 'Basic realm="HAN reader"'})
    return tokens.message()

"""Checks the Origin field of requests, by which browsers say whose page makes them."""


def same_origin(headers):
    """False when a browser says that a page of another origin makes the request. headers: names in lower case."""
    origin = headers.get("origin")
    if origin is not None:
        _, _, host = origin.partition("://")
        if not host or host.lower() != headers.get("host", "").lower():
            return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")

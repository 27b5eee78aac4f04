"""Puts into words what status() of a WiFi station says. Imported when needed."""

_TEXTS = {
    8: "disconnected",
    200: "the access point has gone",
    201: "no such network in reach",
    202: "wrong password, or refused",
    203: "the access point refuses",
    205: "wrong password, or refused",
    210: "no such network with this security",
    211: "no such network with this security",
    212: "too far away",
    1000: "not connected",
    1001: "connecting",
}


def reason(code):
    """The text for a code: one of the port's STAT_ constants, or a reason code of ESP-IDF."""
    if code in (2, 15, 204):  # failures of the four-way handshake
        return "wrong password, or too far away"
    return _TEXTS.get(code) or "failed for reason %s" % code

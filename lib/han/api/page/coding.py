"""Chooses one of the page's two codings for a client (RFC 9110, 12.5.3)."""


def wanted(field):
    """ "gzip" or "identity", whichever an Accept-Encoding field prefers; None when it allows neither.

    A client without such a field (None) gets "identity". It mostly cannot decompress: it is a program, or curl
    without --compressed.
    """
    if field is None:
        return "identity"
    packed = plain = other = None
    start = 0
    while start <= len(field):
        end = field.find(",", start)
        if end < 0:
            end = len(field)
        name, _, parameters = field[start:end].lower().partition(";")
        name = name.strip()
        if name in ("gzip", "x-gzip"):
            packed = _weight(parameters)
        elif name == "identity":
            plain = _weight(parameters)
        elif name == "*":
            other = _weight(parameters)
        start = end + 1
    if packed is None:
        packed = other or 0
    if packed and packed >= (plain or 0):
        return "gzip"
    # A coding that the field does not name is allowed, unless "*" with weight 0 forbids all such codings.
    return None if plain == 0 or plain is None and other == 0 else "identity"


def _weight(parameters):
    """The weight in parameters such as " q=0.5", in thousandths: 1000 without one, 0 for a malformed one."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() != "q":
            continue
        whole, _, part = value.strip().partition(".")
        digits = whole + part + "000"[len(part) :]
        if whole not in ("0", "1") or len(digits) != 4 or digits.strip("0123456789"):
            return 0
        return min(int(digits), 1000)
    return 1000

"""Checks the Host field of requests (contract, "Access"). The checks of Origin are in config/permit.py.

It guards against DNS rebinding: a web page of a stranger makes its own name lead to the reader's
address. To the browser, that page then has the same origin as the reader. But the Host field of
its requests carries the page's name, which is a public one.
"""

# Local zones. A stranger cannot make a name in one of them lead to a reader.
_LOCAL = (
    ".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain", ".ts.net", ".fritz.box",
)  # fmt: skip


def name_of(host):
    """The host of a Host field, in lower case and without its port; None when the field is malformed."""
    if host[:1] == "[":
        name, bracket, port = host[1:].partition("]")
        if not bracket or ":" not in name or port and port[0] != ":":
            return None
        for byte in name.encode():
            if byte not in b"0123456789abcdefABCDEF:.":
                return None
        return host[: len(name) + 2] if _port(port[1:]) else None
    name, _, port = host.partition(":")
    if not _port(port):
        return None
    name = name.lower()
    for byte in name.encode():  # bytes, as MicroPython keeps every one-character str for good
        if not (97 <= byte <= 122 or 48 <= byte <= 57 or byte in b"-._"):
            return None
    return name


def _port(text):
    return not text or text.isdigit() and len(text) <= 5


def is_name(text):
    """True for a host name in lower case without port."""
    return bool(text) and name_of(text) == text


def is_server(text):
    """True for a server that can be looked up: a lower-case host name or an IPv4 address, with or without a port."""
    name, colon, port = text.partition(":")
    if colon and not (0 < len(port) <= 5 and not port.strip("0123456789") and 0 < int(port) < 65536):
        return False
    if not is_name(name):
        return False
    if not name.replace(".", "").strip("0123456789"):
        return is_address(name)
    for label in name.split("."):
        if not 0 < len(label) < 64 or label[0] == "-":
            return False
    return True


def is_address(name):
    """True for an IPv4 address."""
    parts = name.split(".")
    if len(parts) != 4:
        return False
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255 or part != str(int(part)):
            return False
    return True


def host_allowed(host, names):
    """True when a request with this Host field is served.

    The host must be an address, a name without a dot, a name in a local zone, or one of `names`.
    """
    name = name_of(host)
    if not name or name == ".":
        return False
    if name[-1] == ".":
        name = name[:-1]
    if "." not in name or name[0] == "[" or is_address(name):
        return True
    for zone in _LOCAL:
        if name.endswith(zone) and len(name) > len(zone):
            return True
    return name in names


def stranger(host):
    """The message that refuses a Host field which is not allowed."""
    name = name_of(host)
    if not name or name == "." or len(name) > 64:
        return "host must be a name of 64 characters at most or an address, with or without a port"
    return (
        "host %s is not a name of this reader: ask by its address or its name in .local, and add the name to its"
        " settings, \"hosts\" (PUT /configuration {\"hosts\":[\"%s\"]}), to allow it" % (name, name.rstrip("."))
    )

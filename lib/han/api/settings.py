"""PUT /configuration: every field is checked before any is taken. Imported when needed.

A rule takes a value that a client sent and the one in force; it returns the one to keep, or
raises Wrong with what it must be. Fields without a rule are ignored.
"""
from ..core import zonefile
from ..meter.profiles import MAKERS
from ..meter.search import LINES
from . import choices
from .access import is_address, is_name
from .body import Parser, scaled

_MICRO = 6  # places of a price
_DEAREST = 10**12  # 10^-6 minor units per kWh
_HOSTS = 8


class Wrong(ValueError):
    """What a value must be."""


def _boolean(value, old):
    if value is True or value is False:
        return value
    raise Wrong("true or false")


def _one_of(names):
    def rule(value, old):
        if isinstance(value, str) and value in names:
            return value
        raise Wrong("one of " + ", ".join(names))

    return rule


def _integer(least, most):
    def rule(value, old):
        if type(value) is int and least <= value <= most:
            return value
        raise Wrong("an integer from %d to %d" % (least, most))

    return rule


def _text(most):
    def rule(value, old):
        if isinstance(value, str) and len(value.encode()) <= most and "\0" not in value:
            return value
        raise Wrong("text of %d bytes at most" % most)

    return rule


def _secret(what, good):
    """Rule of a field that cannot be read: "" keeps it, null deletes it."""

    def rule(value, old):
        if value is None:
            return ""
        if value == "":
            return old
        if isinstance(value, str) and good(value):
            return value
        raise Wrong(what + '; "" keeps it, null deletes it')

    return rule


def _is_key(text):
    from ..wire.gcm import parse_key

    if len(text) > 200:
        return False
    try:
        parse_key(text)
    except ValueError:
        return False
    return True


def _is_passphrase(text):
    """WPA's (IEEE 802.11 clause J.4): 8 to 63 ASCII characters, or 64 hex digits."""
    for character in text:
        if not " " <= character <= "~":
            return False
    return 8 <= len(text) <= 63 or len(text) == 64 and not text.lower().strip("0123456789abcdef")


def _is_password(text):
    return 8 <= len(text) <= 64 and len(text.encode()) <= 256


def _zone(value, old):
    if isinstance(value, str) and zonefile.find(value) is not None:
        return value
    raise Wrong("a time zone of /definitions, such as Europe/Helsinki")


def _price(value, old):
    price = scaled(value, _MICRO)
    if price is not None and 0 <= price <= _DEAREST:
        return price
    raise Wrong("a number from 0 to %d" % (_DEAREST // 10**_MICRO))


def _address(value, old):
    if isinstance(value, str) and is_address(value):
        return value
    raise Wrong("an address such as 192.168.0.1")


def _hosts(value, old):
    right = isinstance(value, list) and len(value) <= _HOSTS
    if right:
        for name in value:
            if not isinstance(name, str) or len(name) > 64 or not is_name(name):
                right = False
    if not right:
        raise Wrong("a list of %d host names at most, in lower case without port" % _HOSTS)
    return old if value == old else value


def _rules():
    network = {
        "m": _one_of(choices.ADDRESSES),
        "i": _address,
        "s": _address,
        "g": _address,
        "d1": _address,
    }
    key = _secret("a key of 32 hex digits", _is_key)
    return {
        "t": _zone,
        "s": _boolean,
        "p": _price,
        "pc": _one_of(choices.CURRENCIES),
        "pa": _one_of(choices.AREAS),
        "np": _one_of(choices.NETWORK),
        "up": _one_of(choices.UPDATES),
        "bhf": _boolean,
        "hosts": _hosts,
        "pw": _secret("8 to 64 characters", _is_password),
        "m": {
            "f": _integer(*choices.FUSE),
            "t": _one_of(("auto",) + tuple(name for name, _ in MAKERS)),
            "o": _integer(0, len(LINES)),
            "k": key,
            "a": key,
            "ts": _one_of(choices.STAMPS),
        },
        "e": {"e": _boolean, "n": network},
        "w": {
            "e": _boolean,
            "s": _text(32),
            "p": _secret("8 to 63 ASCII characters or 64 hex digits", _is_passphrase),
            "w": _integer(0, len(choices.SECURITY) - 1),
            "z": _integer(*choices.CHANNELS),
            "b": _boolean,
            "n": network,
        },
    }


def _taken(given, old, rules, path=""):
    """The old values with those given in place; what has no rule stays as it is."""
    values = dict(old)
    for key, rule in rules.items():
        if key in given:
            name = path + key
            if isinstance(rule, dict):
                if not isinstance(given[key], dict):
                    raise Wrong(name + " must be an object")
                values[key] = _taken(given[key], old[key], rule, name + ".")
            else:
                try:
                    values[key] = rule(given[key], old.get(key))
                except Wrong as wrong:
                    raise Wrong("%s must be %s" % (name, wrong.args[0]))  # noqa: B904  MicroPython knows no `from`
    return values


def _number(address):
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number


def _static(network, path):
    """A fixed address has to be one that works."""
    if network["m"] != "static":
        return
    own = _number(network["i"])
    if not 0x01000000 <= own < 0xE0000000 or own >> 24 == 127:
        raise Wrong(path + ".i must be the reader's own address where .m is static")
    hosts = _number(network["s"]) ^ 0xFFFFFFFF
    if hosts & (hosts + 1) or not 3 <= hosts <= 0xFFFFFF:
        raise Wrong(path + ".s must be a network mask such as 255.255.255.0 where .m is static")
    if own & hosts in (0, hosts):
        raise Wrong(path + ".i must not be the first or last address of its network")
    gateway = _number(network["g"])
    if gateway and (gateway ^ own) & ~hosts:
        raise Wrong(path + ".g must be an address of the same network as .i, or 0.0.0.0")


def changed(body, values):
    """The values with what a request's body (bytes) changes in them; ValueError says what is wrong with it."""
    given = Parser(body).parse()
    if not isinstance(given, dict):
        raise ValueError("the body must be an object")
    values = _taken(given, values, _rules())
    for key in ("e", "w"):
        if key in given:
            _static(values[key]["n"], key + ".n")
    if "m" in given and values["m"]["a"] and not values["m"]["k"]:
        raise ValueError("m.k must be set where m.a is")
    return values

"""PUT /configuration: all fields are checked before any of them is taken. Imported when needed."""
from ...core.zonefile import find
from ..http.access import is_address, is_name, is_server
from .fields import FIELDS
from .number import scaled

_MOST_TIMES = 10**6  # thousandths


def changed(given, values, own=()):
    """A copy of the values with the fields of a request's JSON in their places. ValueError names a wrong field.

    Keys that are not in FIELDS are ignored in the request, and kept in the values.
    own: ports on which the reader itself listens, so no language may
    """
    if not isinstance(given, dict):
        raise ValueError("the body must be an object")
    broker = values["out"]["mqtt"]["host"]
    values = _copy(values)
    if isinstance(given.get("alarms"), dict):
        from .alarms import begun

        given = dict(given)
        given["alarms"] = begun(given["alarms"], values["alarms"])
    for line in FIELDS.split("\n"):
        rule = line.split(" ")
        source, target = given, values
        names = rule[0].split(".")
        last = names.pop()
        for i in range(len(names)):
            if names[i] not in source:
                source = {}
                break
            source = source[names[i]]
            if not isinstance(source, dict):
                raise ValueError("%s must be an object" % ".".join(names[: i + 1]))
            target = target[names[i]]
        if last in source:
            wanted = _check(rule, source[last], target, last)
            if wanted:
                raise ValueError("%s must be %s" % (rule[0], wanted))
    for key in ("e", "w"):
        if key in given:
            _static(values[key]["n"], key + ".n")
    if "out" in given:
        _languages(values["out"], "p1" in given["out"], own)
        mqtt = values["out"]["mqtt"]
        if broker and mqtt["host"] != broker and mqtt["pw"] and not given["out"]["mqtt"].get("pw"):
            # Else anybody could have the password of the broker before sent to one of his own.
            raise ValueError("out.mqtt.pw must be set where out.mqtt.host is new")
    if "m" in given and values["m"]["a"] and not values["m"]["k"]:
        raise ValueError("m.k must be set where m.a is")
    return values


def _languages(out, last, own):
    """Check what settings of languages must have in common. last: P1 has the new port, where two are the same."""
    if out["mqtt"]["on"] and not out["mqtt"]["host"]:
        raise ValueError("out.mqtt.host must be set where out.mqtt.on is")
    for name in ("modbus", "p1"):
        if out[name]["port"] in own:
            raise ValueError("out.%s.port must be another one than %d" % (name, out[name]["port"]))
    if out["modbus"]["port"] == out["p1"]["port"]:
        pair = ("p1", "modbus") if last else ("modbus", "p1")
        raise ValueError("out.%s.port must be another one than out.%s.port" % pair)


def _copy(values):
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in values.items()}


def _check(rule, value, target, key):
    """Put a value that follows the rule into target[key], and return None. Else return what it must be, as text."""
    kind = rule[1]
    is_text = isinstance(value, str)
    size = len(value.encode()) if is_text else 0
    if kind == "flag":
        good, wanted = value is True or value is False, "true or false"
    elif kind == "int":
        low, high = int(rule[2]), int(rule[3])
        good, wanted = type(value) is int and low <= value <= high, "an integer from %d to %d" % (low, high)
    elif kind == "one":
        if value is False and "false" in rule:
            value, good = "", True  # it is kept as a text, as the other choices are
        else:
            good = is_text and value in rule[2:] and value != "false"
        wanted = "one of " + ", ".join(rule[2:])
    elif kind == "text":
        good = is_text and size <= int(rule[2]) and "\0" not in value
        wanted = "text of %s bytes at most" % rule[2]
    elif kind == "address":
        good, wanted = is_text and is_address(value), "an address such as 192.168.0.1"
    elif kind == "zone":
        good, wanted = is_text and find(value) is not None, "a time zone of /definitions, such as Europe/Helsinki"
    elif kind == "times":
        nothing = scaled(value, 24) == 0
        value = scaled(value, 3)
        good = type(value) is int and 0 < value + nothing <= _MOST_TIMES
        wanted = "0, which leaves it to the reader, or a number from 0.001 to %d" % (_MOST_TIMES // 1000)
    elif kind == "number":
        low, high = int(rule[3]), int(rule[4])
        places = int(rule[2])
        value = scaled(value, places)
        good = type(value) is int and low * 10**places <= value <= high * 10**places
        wanted = "a number from %d to %d" % (low, high)
        if rule[5:]:
            good = good or value is None
            wanted += ", or null"
    elif kind == "fees":
        from .fees import kept

        value = kept(value)
        good, wanted = True, None
    elif kind == "cap":
        from .cap import kept

        value = kept(value)
        good, wanted = True, None
    elif kind == "host":
        if is_text:
            value = value.lower()
        good = is_text and size <= 64 and (not value or ":" not in value and is_server(value))
        wanted = 'an address such as broker.lan or 192.168.0.1, or ""'
    elif kind == "topic":
        good = is_text and 0 < size <= 64 and value[0] not in "/$" and value[-1] != "/"
        for sign in value if good else "":
            good = good and sign not in "+#" and is_character(ord(sign))
        wanted = "1 to 64 bytes without +, # and control characters, $ in front or / at the ends"
    elif kind in ("hosts", "servers"):
        most, right = (8, is_name) if kind == "hosts" else (4, is_server)
        good = isinstance(value, list) and len(value) <= most
        if good:
            for name in value:
                good = good and isinstance(name, str) and len(name) <= 64 and right(name)
            if value == target[key]:
                value = target[key]  # the same list object shows others that nothing has changed
        wanted = (
            "a list of 8 host names at most, in lower case without port" if kind == "hosts"
            else "a list of 4 time servers at most: names in lower case or addresses, such as ntp.lan or 192.168.0.1"
        )  # fmt: skip
    else:
        if value == "":
            return None
        if value is None:
            value = ""
            good = True
        else:
            good = is_text and is_secret(kind, value, size)
        wanted = {
            "key": "a key of 32 hex digits",
            "password": "8 to 64 characters",
            "secret": "1 to 64 bytes",
            "passphrase": "8 to 63 ASCII characters or 64 hex digits",
        }[kind] + '; "" keeps it, null deletes it'
    if not good:
        return wanted
    target[key] = value
    return None


def is_character(code):
    """False for control characters and for what is no character, which brokers refuse in topics (MQTT 1.5.3)."""
    return 0x20 <= code and not 0x7F <= code <= 0x9F and code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code <= 0xFDEF


def is_secret(kind, value, size):
    """True for a text that can be a secret of a kind of fields.py. size: its bytes in UTF-8."""
    length = len(value)
    if kind == "secret":
        return size <= 64 and "\0" not in value
    if kind == "password":
        return 8 <= length <= 64 and size <= 256
    if kind == "passphrase":  # IEEE 802.11 clause J.4
        if length == 64:
            return not value.lower().strip("0123456789abcdef")
        return 8 <= length <= 63 and size == length and min(value) >= " " and max(value) <= "~"
    from ...wire.layers.gcm import parse_key

    try:
        return length <= 200 and bool(parse_key(value))
    except ValueError:
        return False


def _number(address):
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number


def _static(network, path):
    """Check that a fixed address can work. ValueError names the field that is wrong."""
    if network["m"] != "static":
        return
    own = _number(network["i"])
    hosts = _number(network["s"]) ^ 0xFFFFFFFF
    gateway = _number(network["g"])
    if not 1 <= own >> 24 < 224 or own >> 24 == 127:
        path += ".i must be the reader's own address"
    elif hosts & (hosts + 1) or not 3 <= hosts <= 0xFFFFFF:
        path += ".s must be a network mask such as 255.255.255.0"
    elif own & hosts in (0, hosts):
        path += ".i must not be the first or last address of its network"
    elif gateway and (gateway ^ own) & ~hosts:
        path += ".g must be of the same network as .i, or 0.0.0.0"
    else:
        return
    raise ValueError(path + " where .m is static")

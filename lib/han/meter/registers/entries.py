"""The registers of an SML telegram (BSI TR-03109-1 annex IV): all entries of its lists."""
from ...core.zone import date
from ...wire.rows.elements import LIST, head, skip
from .value import Register, code, hexadecimal, integer, octets, scaled, unit

_OCTETS, _BOOLEAN, _SIGNED, _UNSIGNED = 0, 0x40, 0x50, 0x60
_GET_LIST_RESPONSE = 0x701
_PLACE = 4  # of the entries among the seven elements of such a response
_INDEX, _STAMP, _LOCAL = 1, 2, 3  # kinds of a time: seconds since the meter's start, UTC, with offsets to local time
_2020 = 1577836800
_DAY = 86400


def registers(buf, start, end):
    """Yield the registers of the messages buf[start:end] (bytes), escapes undone."""
    try:
        while start < end:
            kind, size, at = head(buf, start, end)
            start = skip(buf, start, end)
            if kind == LIST and size == 6:
                for _ in range(3):
                    at = skip(buf, at, end)
                for register in _body(buf, at, end):
                    yield register
    except ValueError:  # Malformed, too
        pass  # a Decoder hands over none such; what is whole in front of it has been told


def _body(buf, at, end):
    kind, size, at = head(buf, at, end)
    if kind != LIST or size != 2:
        return
    if _small(_value(buf, at, end)) != _GET_LIST_RESPONSE:
        return
    kind, size, at = head(buf, skip(buf, at, end), end)
    if kind != LIST or size != 7:
        return
    for _ in range(_PLACE):
        at = skip(buf, at, end)
    kind, size, at = head(buf, at, end)
    if kind != LIST:
        return
    for _ in range(size):
        kind, size, inside = head(buf, at, end)
        if kind == LIST and size == 7:
            yield _register(buf, inside, end)
        at = skip(buf, at, end)


def _value(buf, at, end):
    """(type, bytes) of the element at `at`; of a list the bytes of all in it."""
    kind, size, inside = head(buf, at, end)
    return kind, buf[inside : skip(buf, at, end) if kind == LIST else size]


def _small(element):
    """The number in an element; None where there is none."""
    kind, raw = element
    return integer(raw, kind == _SIGNED) if kind in (_SIGNED, _UNSIGNED) and raw else None


def _register(buf, at, end):
    """An entry: name, status, time, unit, scaler, value, signature."""
    ends = [at]
    for _ in range(6):
        ends.append(skip(buf, ends[-1], end))
    name, status, _, symbol, scaler, value = [_value(buf, a, end) for a in ends[:6]]
    register = Register()
    if name[0] == _OCTETS and name[1]:
        register.obis = code(name[1]) if len(name[1]) == 6 else hexadecimal(name[1])
    number = _small(symbol)
    register.unit = None if number is None else unit(number)
    number = _small(status)
    register.status = None if number is None else str(number)
    register.value = _text(value, _small(scaler) or 0)
    _time(register, buf, ends[2], end)
    return register


def _text(value, ten):
    kind, raw = value
    if kind == _OCTETS:
        return octets(raw) if raw else None
    if kind in (_SIGNED, _UNSIGNED) and raw and -128 <= ten < 128:
        return scaled(integer(raw, kind == _SIGNED), ten)
    if kind == _BOOLEAN and len(raw) == 1:
        return "true" if raw[0] else "false"
    return hexadecimal(raw)


def _time(register, buf, at, end):
    """Take the time of an entry: a choice and its content, or the seconds alone."""
    kind, size, inside = head(buf, at, end)
    choice = _INDEX
    content = _value(buf, at, end)
    if kind == LIST:
        if size != 2:
            return
        choice = _small(_value(buf, inside, end))
        at = skip(buf, inside, end)
        content = _value(buf, at, end)
        if choice == _LOCAL:
            kind, size, inside = head(buf, at, end)
            if kind != LIST or size != 3:
                return
            content = _value(buf, inside, end)
    number = _small(content)
    if number is None or number < 0 or choice not in (_INDEX, _STAMP, _LOCAL):
        return
    if choice == _INDEX:
        register.time = "%d s" % number
        return
    register.utc = number - _2020
    second = register.utc % _DAY
    register.time = "%04d-%02d-%02dT%02d:%02d:%02dZ" % (
        date(register.utc // _DAY) + (second // 3600, second // 60 % 60, second % 60)
    )

"""Reads a DLMS list: decodes A-XDR into Python objects, then applies the rules of IEC 62056-6-2.

Written from the standard for the tests of `lists.py`: it shares neither code nor tables with the reader.
"""

#: A value so large that a field may or may not have room for it.
ANYTHING = "anything"

_CONTENT = {0: 0, 3: 1, 5: 4, 6: 4, 13: 1, 15: 1, 16: 2, 17: 1, 18: 2, 20: 8, 21: 8, 22: 1, 23: 4, 24: 8, 25: 12,
            26: 5, 27: 4, 28: 1, 29: 2, 30: 4, 31: 1, 32: 2, 33: 4, 255: 0}  # fmt: skip
_INTEGERS = {5: True, 6: False, 15: True, 16: True, 17: False, 18: False, 20: True, 21: False}
_TEXTS = (9, 10, 12)

# Quantity: COSEM unit, decimals of the base unit that a field has.
_UNITS = {"w": (27, 0), "var": (29, 0), "v": (35, 1), "a": (33, 3), "wh": (30, 0), "varh": (32, 0)}
_LONGEST = 64  # bytes of a text that are kept
_IDS = ("0.96.1.0", "0.96.1.1", "1.0.0.5", "0.42.0.0")


def _length(data, at):
    size = data[at]
    at += 1
    if size & 0x80:
        count = size & 0x7F
        return int.from_bytes(data[at:at + count], "big"), at + count
    return size, at


def _type(data, at):
    """The index after the type of a compact array."""
    tag = data[at]
    if tag == 1:
        return _type(data, at + 3)
    at += 1
    if tag == 2:
        count, at = _length(data, at)
        for _ in range(count):
            at = _type(data, at)
    return at


def decode(data, at=0):
    """((tag, content), index after it). content is a list of such pairs for arrays and structures, else bytes."""
    tag = data[at]
    at += 1
    if tag in (1, 2):
        count, at = _length(data, at)
        items = []
        for _ in range(count):
            item, at = decode(data, at)
            items.append(item)
        return (tag, items), at
    if tag == 0x13:
        size, at = _length(data, _type(data, at))
    elif tag in _TEXTS:
        size, at = _length(data, at)
    elif tag == 4:
        size, at = _length(data, at)
        size = -(-size // 8)
    else:
        size = _CONTENT[tag]
    assert at + size <= len(data)
    return (tag, data[at:at + size]), at + size


def _is_code(item):
    return item[0] == 9 and len(item[1]) == 6 and item[1][0] < 16 and item[1][5] == 0xFF


def _is_unit(item):
    return item[0] == 2 and [one[0] for one in item[1]] == [15, 22]


def _unit(item):
    """(scaler, COSEM unit) of a scaler-unit structure."""
    scaler, unit = (one[1][0] for one in item[1])
    return scaler - (scaler >> 7 << 8), unit


def _entries(items):
    """[code, value, (scaler, unit) or None] of a container and of those in it."""
    at = 0
    while at < len(items):
        item = items[at]
        at += 1
        if _is_code(item):
            if at == len(items):
                return
            value = items[at]
            at += 1
            unit = None
            if at < len(items) and _is_unit(items[at]):
                unit = _unit(items[at])
                at += 1
            yield [item[1], value, unit]
        elif item[0] in (1, 2):
            for entry in _entries(item[1]):
                yield entry


def _described(items):
    """The same of a list whose first element names the others: a register's attribute 3 is what its 2 is counted in."""
    found = []
    for name, value in zip(items[0][1], items[1:]):
        code, attribute = name[1][1][1], name[1][2][1][0]
        if attribute == 2:
            found.append([code, value, None])
        elif attribute == 3 and _is_unit(value):
            for entry in found:
                if _quantity(entry[0]) == _quantity(code) and _told(entry[2]) is None:
                    entry[2] = _unit(value)
    return found


def _quantity(code):
    """(name of the field, its quantity) of a number's code, None if there is no field."""
    a, b, c, d, e = code[:5]
    if a > 1 or b > a:
        return None
    way = ("import", "export")[~c & 1]
    if d == 7 and e == 0:
        if c in (1, 2):
            return way + "_power_w", "w"
        if c in (3, 4):
            return way + "_reactive_var", "var"
        phase, what = divmod(c - 20, 20)
        if not 0 <= phase < 3:
            return None
        name = "l%d_" % (phase + 1)
        if what in (1, 2):
            return name + way + "_power_w", "w"
        if what in (3, 4):
            return name + way + "_reactive_var", "var"
        if what == 11:
            return name + "current_a", "a"
        if what == 12:
            return name + "voltage_v", "v"
    if d == 8 and 1 <= c <= 4:
        unit = "wh" if c < 3 else "varh"
        name = way + ("_energy" if c < 3 else "_reactive")
        if e == 0:
            return name + "_" + unit, unit
        if e <= (8 if c < 3 else 2):
            return "%s_t%d_%s" % (name, e, unit), unit
    return None


def _fraction(tag, content):
    """(numerator, denominator) of a number; None if it is not a number."""
    if tag not in _INTEGERS and tag not in (23, 24):
        return None
    raw = int.from_bytes(content, "big")
    if tag in _INTEGERS:
        if _INTEGERS[tag] and content[0] & 0x80:
            raw -= 1 << 8 * len(content)
        return raw, 1
    bits, bias = (23, 127) if tag == 23 else (52, 1023)
    sign = -1 if content[0] & 0x80 else 1
    exponent = raw // 2 ** bits % (2 * bias + 2)
    fraction = raw % 2 ** bits
    if exponent == 2 * bias + 1:
        return None
    if exponent:
        fraction += 2 ** bits
    power = max(exponent, 1) - bias - bits
    return (sign * fraction * 2 ** power, 1) if power >= 0 else (sign * fraction, 2 ** -power)


def _told(unit):
    """The COSEM unit, None if none or "no unit" was sent."""
    return unit[1] if unit and unit[1] != 255 else None


def _has_names(items):
    return bool(items) and items[0][0] == 1 and [one[0] for one in items[0][1][:1]] == [2] and (
        [one[0] for one in items[0][1][0][1][:4]] == [18, 9, 15, 18])


def _text(content):
    return content.rstrip(b"\0 ")[:_LONGEST].decode() or None


def expected(data):
    """{field of tools.fields: value} of a list; ANYTHING if the reader may choose."""
    (_, items), end = decode(data)
    assert end == len(data)
    entries = _described(items) if _has_names(items) else list(_entries(items))
    maker = items and items[0][0] == 10 and items[0][1].startswith(b"Kamstrup")
    defaults = {"a": -2, "wh": 1, "varh": 1} if maker else {"a": -2}
    found = {}
    if maker:
        found["list_version"] = items[0][1].decode()
    texts = {}
    for code, (tag, content), unit in entries:
        name = "%d.%d.%d.%d" % (code[0], code[2], code[3], code[4])
        if tag in _TEXTS or tag == 25:
            if code[1] <= code[0] or name == "0.1.0.0":
                if len(content) and name not in texts:
                    texts[name] = content
            continue
        known = _quantity(code)
        number = _fraction(tag, content) if known else None
        if number is None or known[0] in found:
            continue
        symbol, decimals = _UNITS[known[1]]
        if _told(unit) not in (None, symbol):
            continue
        above, below = abs(number[0]), number[1]
        if above >> 54 and below == 1:
            continue  # no field has room for it
        ten = unit[0] if unit else 0
        if not _told(unit) and tag in _INTEGERS:
            ten += defaults.get(known[1], 0)
            if known[1] == "a" and not maker and tag in (20, 21):
                ten += 2  # whole amperes
            if known[1] == "v" and not maker:
                ten -= 2 if above >= 10000 else 1 if above >= 1000 else 0
        ten += decimals
        above *= 10 ** max(ten, 0)
        below *= 10 ** max(-ten, 0)
        whole = (2 * above + below) // (2 * below)
        if whole >> 48:
            found[known[0]] = ANYTHING
            continue
        if number[0] < 0:
            whole = -whole
        divisor = 10 ** decimals
        found[known[0]] = whole // divisor if whole % divisor == 0 else whole / divisor
    for of in ("", "l1_", "l2_", "l3_"):
        way, back = of + "import_power_w", of + "export_power_w"
        if found.get(way) == ANYTHING:
            found[back] = ANYTHING
        elif found.get(way, 0) < 0:
            # A meter that nets its export into this one.
            if not found.get(back):
                found[back] = -found[way]
            found[way] = 0
    for name in _IDS:
        if name in texts and "meter_id" not in found and _text(texts[name]):
            found["meter_id"] = _text(texts[name])
    for name, field in ("1.0.2.129", "list_version"), ("0.96.1.7", "meter_type"):
        if name in texts and field not in found and _text(texts[name]):
            found[field] = _text(texts[name])
    clock = texts.get("0.1.0.0")
    if clock and len(clock) == 12:
        found["ts"] = "2026-11-28T12:34:56"
        found["ts_dst"] = False
        found["ts_deviation_min"] = -60
    return found

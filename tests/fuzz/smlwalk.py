"""Reads an SML file: decodes it into Python objects, then applies the rules of BSI TR-03109-1 annex IV.

Written from the standard for the tests of `files.py`: it shares neither code nor tables with the reader.
"""

_ESCAPE = b"\x1b\x1b\x1b\x1b"

# Names by C of the OBIS code: of power (D = 7) and of energy (D = 8), with the unit; then decimals of a unit's base.
_POWERS = {1: "import_power_w", 2: "export_power_w", 3: "import_reactive_var", 4: "export_reactive_var"}
_ENERGIES = {1: "import_energy", 2: "export_energy", 3: "import_reactive", 4: "export_reactive"}
_SIGNED = {16: "", 36: "l1_", 56: "l2_", 76: "l3_"}
_UNITS = {27: 0, 29: 0, 30: 0, 32: 0, 33: 3, 35: 1}


def _element(data, at):
    """(element at `at`: a list, or (type, content); index after it)."""
    kind = data[at] >> 4 & 7
    first = at
    size = 0
    while True:
        byte = data[at]
        size = 16 * size + byte % 16
        at += 1
        if byte < 128:
            break
    if kind != 7:
        end = max(first + size, at)
        assert end <= len(data)
        return (kind, data[at:end]), end
    items = []
    for _ in range(size):
        item, at = _element(data, at)
        items.append(item)
    return items, at


def _number(element):
    """The integer in an element, None if it is not one."""
    if isinstance(element, list) or element[0] not in (5, 6) or not element[1]:
        return None
    raw = int.from_bytes(element[1], "big")
    return raw - (1 << 8 * len(element[1])) if element[0] == 5 and element[1][0] > 127 else raw


def _absent(element):
    return not isinstance(element, list) and element[0] == 0 and not element[1]


def _lists(telegram):
    """The entries of all lists of a telegram with its transport."""
    messages = telegram[8:-8]
    messages = messages[:len(messages) - telegram[-3]].replace(_ESCAPE + _ESCAPE, _ESCAPE)
    at = 0
    while at < len(messages):
        message, at = _element(messages, at)
        if not isinstance(message, list) or len(message) != 6:
            continue
        body = message[3]
        if not isinstance(body, list) or len(body) != 2 or isinstance(body[0], list) or body[0][0] != 6:
            continue
        if _number(body[0]) == 0x0701 and isinstance(body[1], list) and len(body[1]) == 7:
            entries = body[1][4]
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, list) and len(entry) == 7:
                    yield entry


def _name(code):
    """(name of the field, its COSEM unit, True if it is only a substitute) of a number's code; None: no field."""
    a, b, c, d, e, f = code
    second = (a, b) == (1, 2) and d == 8 and e == 0
    if f != 255 or a > 1 or b > a and not second:
        return None
    if a == 0:
        return None
    if d == 7 and e == 0:
        if c in _POWERS:
            return _POWERS[c], 27 if c < 3 else 29, False
        if c in _SIGNED:
            return "net_" + _SIGNED[c], 27, False
        if c == 15:
            return "any", 27, False
        if 20 < c < 80:
            phase, c = c // 20, c % 20
            if c in _POWERS:
                return "l%d_%s" % (phase, _POWERS[c]), 27 if c < 3 else 29, False
            if c == 11:
                return "l%d_current_a" % phase, 33, False
            if c == 12:
                return "l%d_voltage_v" % phase, 35, False
    if d == 8 and c in _ENERGIES:
        unit, wide = (30, "wh") if c < 3 else (32, "varh")
        if e == 0:
            return "%s_%s" % (_ENERGIES[c], wide), unit, second
        if e <= (8 if c < 3 else 2):
            return "%s_t%d_%s" % (_ENERGIES[c], e, wide), unit, False
    return None


def _rounded(number, power):
    if power >= 0:
        return number * 10 ** power
    size = (2 * abs(number) + 10 ** -power) // (2 * 10 ** -power)
    return -size if number < 0 else size


def expected(telegram):
    """{field of tools.fields, but in base units: integer}, the meter's number and its maker."""
    found, late, texts = {}, {}, {}
    status = None
    for code, state, _, unit, scaler, value, _ in _lists(telegram):
        if isinstance(code, list) or code[0] or len(code[1]) != 6 or isinstance(value, list):
            continue
        code = tuple(code[1])
        unit, scaler = [default if _absent(one) else _number(one) for one, default in ((unit, 0xFF), (scaler, 0))]
        if unit is None or scaler is None:
            continue
        text = {(1, 0, 96, 1, 0): "id", (0, 0, 96, 1, 0): "id", (1, 0, 0, 0, 9): "other", (1, 0, 96, 50, 1): "maker",
                (129, 129, 199, 130, 3): "maker"}.get(code[:5])  # fmt: skip
        if text:
            if not value[0] and value[1] and text not in texts:
                texts[text] = value[1]
            continue
        known = _name(code)
        number = _number(value)
        if not known or number is None:
            continue
        name, wants, second = known
        into = late if second else found
        if name not in into and unit in (wants, 255):
            into[name] = _rounded(number, scaler + _UNITS[wants])
        if status is None and code[2] in (1, 2) and code[3] == 8 and not second and not isinstance(state, list):
            if state[0] == 6 and state[1]:
                status = int.from_bytes(state[1], "big")
    for name in late:
        found.setdefault(name, late[name])
    _directions(found, status)
    for name, slot in ("id", "meter_id"), ("other", "meter_id"), ("maker", "manufacturer"):
        text = texts.get(name, b"")
        if text and not 0 < text[0] < 32:
            text = text.rstrip(b"\0 ")  # a binary number has no padding
        if text:
            found.setdefault(slot, text)
    return found


def _directions(found, status):
    """Set import and export of the powers that come with a sign, or without any."""
    for of in ("", "l1_", "l2_", "l3_"):
        plus, minus = of + "import_power_w", of + "export_power_w"
        net = found.pop("net_" + of, None)
        if found.get(plus, 0) < 0:
            found[minus] = found.get(minus) or -found[plus]
            found[plus] = 0
        elif net is not None:
            found.setdefault(plus, max(net, 0))
            found.setdefault(minus, max(-net, 0))
    power = found.pop("any", None)
    if power is None or "import_power_w" in found or "export_power_w" in found:
        return
    imports, exports = [
        any([name.startswith(way + "_energy") for name in found]) for way in ("import", "export")
    ]
    phases = [[found.get("l%d_%s_power_w" % (i, way)) for i in (1, 2, 3)] for way in ("import", "export")]
    plus, minus = [sum([one or 0 for one in each]) for each in phases]
    every = all([phases[0][i] is not None or phases[1][i] is not None for i in range(3)])
    size = abs(power)
    if power < 0:
        exporting = True
    elif not power:
        exporting = False
    elif status is not None and (imports or exports):
        exporting = bool(status & (0x800 if status % 256 == 4 else 0x20)) or not imports
    elif every and (plus or minus) and not (plus and minus):
        exporting = minus > 0
        size = plus or minus
    elif imports == exports or minus and imports or plus and exports:
        return
    else:
        exporting = exports
    found["import_power_w"], found["export_power_w"] = (0, size) if exporting else (size, 0)

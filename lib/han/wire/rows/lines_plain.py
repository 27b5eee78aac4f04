"""The twins of `lines_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from .walk_plain import key_of, store

_NUMBER, _TEXT = 1, 2
_SCALE, _NO_UNIT, _FOREIGN = 64, 255, 0x3FFFFFFF
_SUB, _SUB_NUMBER, _SWITCH, _PEAK, _LONGEST = 24, [96, 1], [96, 3, 10], 0x1010600, 128
_UNITS = {"w": 27, "va": 28, "var": 29, "wh": 30, "varh": 32, "a": 33, "v": 35}
_LARGE = 27, 28, 29, 30, 32  # these may have M in front; the others may have m


def _parts(head):
    """A, B, C, D and E of an OBIS code, the text in front of a parenthesis; None for others, or a value of the past."""
    a, b, parts, number = 1, 0, [], ""
    for character in head + "(":
        if "0" <= character <= "9":
            number += character
            if int(number) > 255:
                return None
            continue
        if not number:
            return None
        if character == "-" and not parts:
            a = int(number)
        elif character == ":" and not parts:
            b = int(number)
        elif len(parts) < 3 and character == "." or len(parts) == 2 and character in "(*":
            parts.append(int(number))
        elif character != "(" or number != "255" or len(parts) < 3:
            return None
        number = ""
    return [a, b] + parts if len(parts) == 3 and a < 2 else None


def _key(code):
    """The key of an OBIS code as of _parts(); 0 for a foreign one."""
    if not code:
        return 0
    if code[2:] == _SWITCH and not code[0] and 0 < code[1] < 10:
        return code[1] + 4 << 24 | key_of([0, 0] + code[2:])
    if code[3] == 7 and code[4] == 255:
        code[4] = 0
    key = key_of(code)
    return 0 if key == _FOREIGN else key


def _number(text):
    """(digits as an integer, number of decimals, rest of the text) of the number at the beginning of text, or None."""
    digits, decimals, at = "", None, 0
    for at, character in enumerate(text + "\0"):
        if "0" <= character <= "9":
            digits += character
            decimals = None if decimals is None else decimals + 1
        elif character in ".," and decimals is None and digits:
            decimals = 0
        else:
            break
    return (int(digits), decimals or 0, text[at:]) if digits and decimals != 0 else None


def _unit(text, bare):
    """(power of ten, COSEM unit) of the text behind a number; unit None: it is not known.

    bare: the number may lack a unit
    """
    if not text:
        return 0, _NO_UNIT if bare else None
    power = 0
    text = text[1:] if text[0] == "*" else text
    if text[:1] in ("k", "K", "M", "m"):
        power, text = {"M": 6, "m": -3}.get(text[0], 3), text[1:]
    unit = _UNITS.get(text.lower())
    if power == 6 and unit not in _LARGE or power < 0 and unit in _LARGE:
        return power, None
    return power, unit


def p1_walk(buf, start, end, rows, most, keys, known):
    """Walk the lines of a P1 telegram buf[start:end]; see the twin in `lines_fast.py`."""
    wanted = set(keys[:known])
    seen = {}
    n = aside = 0
    at = start
    text = "".join([chr(byte) for byte in buf[start:end]])
    for line in text.replace("\r", "\n").split("\n"):
        here, at = at, at + len(line) + 1
        if line[:1] == "\x02":
            here, line = here + 1, line[1:]
        head, opened, rest = line.partition("(")
        content, closed, _ = rest.partition(")")
        if n >= most:
            break
        code = _parts(head) if opened else None
        if code and code[0] == 0 and code[1] and (code[2] == _SUB or code[2:4] == _SUB_NUMBER) and not aside:
            aside = here << 8
        key = _key(code) if closed and "(" not in content else 0
        if not key or key not in wanted:
            continue
        here += len(head) + 1
        if key == _PEAK:
            behind = 0
            while behind < 13 and rest[behind:behind + 1] >= "0":
                behind += 1
            if behind > 11 and rest[behind:behind + 2] == ")(":
                here += behind + 2
                content, closed, _ = rest[behind + 2:].partition(")")
            if not closed or "(" in content:
                continue
        if key in seen:
            # The code has come before: if its content was another, neither can be trusted.
            row, before = seen[key]
            if before != content:
                seen[key] = row, None
                store(rows, row, key, rows[8 * row + 1], 0, 0, _SCALE, _NO_UNIT, _TEXT)
            continue
        negative = content[:1] == "-"
        found = _number(content[content[:1] in ("-", "+"):])
        kind, number, scale, unit = _TEXT, 0, _SCALE, _NO_UNIT
        if found:
            number, decimals, behind = found
            power, sent = _unit(behind, decimals and key >> 8 & 0xFF == 8)
            scale += power - decimals
            if sent is not None and number >> 24 < (0x3FFFFFF + 1) * 10:
                kind, unit = _NUMBER, sent
        if kind == _TEXT:
            number, scale = 0, _SCALE
        store(rows, n, key, here, len(content), -number if negative else number, scale, unit, kind)
        seen[key] = n, content
        n += 1
    return aside | n


def gather(buf, start, end, out, room):
    """Copy the lines of sub-meters in buf[start:end] to out[:room]; see the twin in `lines_fast.py`."""
    before = bytes(out)
    n = 0
    taken = False
    for line in bytes(buf[start:end]).replace(b"\r", b"\n").split(b"\n"):
        line = line[1:] if line[:1] == b"\x02" else line
        if not line:
            continue
        if line[:1] != b"(":
            taken = len(line) > 8 and line[:2] == b"0-" and line[2] in b"123456789"
            taken = taken and (line[3:7] == b":24." or line[3:9] == b":96.1.")
        taken = taken and len(line) <= _LONGEST and max(line) < 0x80
        if taken:
            at, n = n, n + len(line) + 1
            if n > room:
                room = at
            else:
                out[at:n] = line + b"\n"
    return n << 1 | (bytes(out) != before)

"""The twin of `lines_fast.py` in ordinary Python: what CPython runs and what the tests compare with."""
from .plain import crc
from .tables import checksums
from .walk_plain import key_of, store

_ARC = checksums(0xA001)

_NUMBER, _TEXT = 1, 2
_SCALE, _NO_UNIT, _FOREIGN = 64, 255, 0x3FFFFFFF
_UNITS = {b"w": 27, b"va": 28, b"var": 29, b"wh": 30, b"varh": 32, b"a": 33, b"v": 35}


def _code(head):
    """Key of the OBIS code in front of a parenthesis, 0 where it is none of ours."""
    a, b, parts, number = 1, 0, [], ""
    for character in head + "(":
        if character.isdigit():
            number += character
            if int(number) > 255:
                return 0
            continue
        if not number:
            return 0
        if character == "-":
            a = int(number)
        elif character == ":":
            b = int(number)
        else:
            parts.append(int(number))
        number = ""
    if len(parts) < 3 or a > 1:
        return 0
    key = key_of([a, b] + parts[:3])
    return 0 if key == _FOREIGN else key


def _number(text):
    """(digits as an integer, decimals, what is behind them) of the number that text opens with; None: none."""
    digits, decimals, at = "", None, 0
    for at, character in enumerate(text + "\0"):
        if character.isdigit():
            digits += character
            decimals = None if decimals is None else decimals + 1
        elif character in ".," and decimals is None and digits:
            decimals = 0
        else:
            break
    return (int(digits), decimals or 0, text[at:]) if digits else None


def _unit(text):
    """(power of ten, COSEM unit) of what stands behind a number; unit None where it is none of ours."""
    power = 0
    text = text[1:] if text[:1] == "*" else text
    if text[:1] in ("k", "K"):
        power, text = 3, text[1:]
    elif text[:1] == "M":
        power, text = 6, text[1:]
    return power, _UNITS.get(text.encode().lower()) if text else _NO_UNIT


def p1_walk(buf, start, end, rows, most, keys, known):
    """Walk the lines of a P1 telegram; the number of rows written."""
    wanted = set(keys[:known])
    n = 0
    at = start
    text = "".join([chr(byte) for byte in buf[start:end]])
    for line in text.replace("\r", "\n").split("\n"):
        here, at = at, at + len(line) + 1
        head, bracket, rest = line.partition("(")
        key = _code(head) if bracket else 0
        if not key or key not in wanted or n >= most:
            continue
        content = rest.partition(")")[0]
        negative = content[:1] == "-"
        found = _number(content[negative:])
        kind, number, scale, unit = _TEXT, 0, _SCALE, _NO_UNIT
        if found:
            number, decimals, behind = found
            power, sent = _unit(behind)
            scale += power - decimals
            if sent is not None and number >> 24 <= 0x3FFFFFF * 10:
                kind, unit = _NUMBER, sent
        if kind == _TEXT:
            number, scale = 0, _SCALE
        store(rows, n, key, here + len(head) + 1, len(content), -number if negative else number,
               scale, unit, kind)
        n += 1
    return n


def crc_arc(buf, start, end):
    """P1 checksum (CRC-16/ARC) of buf[start:end]."""
    return crc(_ARC, 0, memoryview(buf)[start:end])

"""The registers of P1 text, line by line (DSMR 5.0.2 clause 6, eMUCS-P1 1.7.1 clause 5).

    code(value*unit)                        one value
    code(time)(value*unit)                  with a time stamp: YYMMDDhhmmss, S or W
    code(n)(code)(time)(value*unit)…        a log, whose entries have the values of the codes in front of them
    code(time)(…)(code)(unit) CR LF (value) a log of one entry, the reading of a sub-meter in DSMR 2 and 3

Values are as they were sent, with the zeros in front of them, which in a number of a meter are digits as any others.
"""
from binascii import unhexlify

from ...core import utf8
from ..reading import seconds
from .value import Register

_END = b"!"
# Units that are sent without a '*' in front of them, without what may be: k, M or m.
_UNITS = ("w", "wh", "va", "vah", "var", "varh", "v", "a", "hz", "m3", "gj")


def registers(buf, start, end):
    """Yield the registers of the text buf[start:end] (bytes), an ident line in front of it or not."""
    for line in _lines(buf, start, end):
        code, _, rest = line.partition("(")
        code = obis(code)
        if code:
            for register in _line(code, _groups(rest)):
                yield register


def obis(text):
    """A code as text, without the 255 that codes end with; None where it is none: A-B:C.D.E, or without A, B or E."""
    at = digits = dots = 0
    for character in text + "*":
        if "0" <= character <= "9":
            digits += 1
        elif "A" <= character <= "Z":
            digits += 4  # one letter stands for a number
        elif character not in "-:.*" or not 0 < digits < 5:
            return None
        else:
            digits = 0
            dots += character == "."
            if character == "*":
                break
        at += 1
    if not dots or len(text) > 24:
        return None
    for tail in "*255", ".255":
        if text.endswith(tail) and (tail[0] == "*" or dots > 2):
            text = text[:-4]
    return text


def _lines(buf, start, end):
    """The lines as text; one that begins with a parenthesis goes on the line before it."""
    line = ""
    while start < end:
        stop = buf.find(b"\n", start, end)
        if stop < 0:
            stop = end
        for part in buf[start:stop].split(b"\r"):
            if part[:1] == _END:
                start = end
                break
            part = utf8.text(part.lstrip(b"\x02")) or ""
            if part[:1] == "(":
                line += part
            elif part:
                yield line
                line = part
        start = max(start, stop + 1)
    yield line


def _groups(rest):
    """What stands in the parentheses of a line, whose first has been taken; one that is not closed is left out."""
    return [part[: part.find(")")] for part in rest.split("(") if ")" in part]


def moment(text, bare=False):
    """A time stamp YYMMDDhhmmss with S or W behind, bare: or without: (text, the same as `Register.local`) or None.

    The latter is None where there is no such time.
    """
    season = text[12:]
    digits = text[:12]
    # isdigit() is also true for digits that are none of these ten, such as those of a power.
    if len(text) < 12 or not digits.isdigit() or max(digits) > "9" or not (season in ("S", "W") or bare and not season):
        return None
    year, month, day, hour, minute, second = [int(text[i : i + 2]) for i in range(0, 12, 2)]
    local = seconds(2000 + year, month, day, hour, minute, second)
    return text, None if local is None else (local, None, season == "S" if season else None)


def _line(code, groups):
    """The registers of one line."""
    times = []
    if len(groups) > 1:
        found = moment(groups[0], True)
        if found:
            times.append(found)
            del groups[0]
    columns = [obis(group) if ":" in group else None for group in groups]
    first = 0
    while first < len(groups) and not columns[first]:
        first += 1
    if first < len(groups):
        # A log: what is in front of its codes is said of the log itself.
        yield _register(code, " ".join(groups[:first]), times)
        for register in _entries(code, groups[first:], columns[first:], times):
            yield register
        return
    values = 0
    for group in groups:
        found = moment(group)
        if found and len(groups) > 1:
            times.append(found)
            values = 0
        else:
            register = _register(code, group, times)
            if found:
                register.stamp(*found)
            yield register
            values += 1
    if not values:
        yield _register(code, None, times)


def _entries(log, groups, codes, times):
    """The entries of a log: groups begins with the codes, in their places in `codes`, each with its unit or without."""
    columns = []
    units = []
    at = 0
    while at < len(groups) and (codes[at] or not columns or _is_unit(groups[at])):
        if not codes[at]:
            units[-1] = groups[at]
        else:
            # A code that comes twice is that of a time and of what was so then.
            if codes[at] not in columns:
                columns.append(codes[at])
                units.append(None)
        at += 1
    column = 0
    told = False
    for group in groups[at:]:
        found = moment(group)
        if found:
            times = ([] if told else times) + [found]
            told = False
            column = 0
        else:
            register = _register(columns[column], group, times)
            register.unit = register.unit or units[column]
            register.log = log
            yield register
            column = (column + 1) % len(columns)
            told = True


def _is_unit(text):
    return text[:1].isalpha() and len(text) < 8


def _register(code, sent, times):
    """A register from what stands between parentheses (None: nothing does) and the time stamps in front of it."""
    register = Register()
    register.obis = code
    if times:
        register.stamp(*times[-1])
        if len(times) > 1:
            register.stored = times[-2][0]
    if sent is not None:
        value, star, unit = sent.partition("*")
        if not star:
            value, unit = _parted(code, sent)
        register.value = value
        register.unit = unit or None
        if ":96.1." in code or ":96.13." in code or ":42." in code:
            register.text = _plain(value)
    return register


def _plain(value):
    """The characters whose hex digits a value is; None where it is something else."""
    try:
        text = utf8.text(unhexlify(value)) if value else None
    except ValueError:
        return None
    for character in text or "":
        if character < " " or character == "\x7f":
            return None
    return text


def _parted(code, sent):
    """(number, unit) of a measured value whose unit follows without a mark."""
    at = 0
    while at < len(sent) and sent[at] in "0123456789.,-+":
        at += 1
    unit = sent[at:]
    if not at or not unit or code[:2] != "1-" or unit.lower().lstrip("km") not in _UNITS or moment(sent):
        return sent, None
    return sent[:at], unit

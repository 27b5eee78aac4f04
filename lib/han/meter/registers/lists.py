"""The registers of a DLMS list (A-XDR, IEC 61334-6), by the rules by which `wire/rows/walk_fast.py` reads it.

    code, value, scaler and unit    one after the other, or in a structure for each register, which may have its time
    names, values                   a push list. Of an object, attribute 3 is scaler and unit of its attribute 2,
                                    and attribute 5 its time stamp
    values                          without codes; their places tell what they are
"""
from ...core import utf8
from ...wire.tables import SIZES
from ..obis import CODES, KEYS, KNOWN, LIST_VERSION
from .axdr import HOLDS, Steps
from .value import Register, code, date_time, floating, hexadecimal, integer, octets, scaled, unit

_DEPTH = 8
# Tags that say more than the table of their sizes does.
_NULL, _BOOLEAN, _BITS, _OCTETS, _UTF8, _BCD, _COMPACT, _ENUM = 0, 3, 4, 9, 12, 13, 0x13, 22
_DATE_TIME, _DATE, _TIME, _DELTA, _DELTA_UNSIGNED, _DONT_CARE = 25, 26, 27, 28, 31, 0xFF
_NUMBER, _SIGNED, _MEASURED = 0x10, 0x80, 0x90  # in the form of a tag, see wire/tables.py
# Attributes of a register.
_VALUE, _SCALER, _STAMP = 2, 3, 5


def registers(buf, start, end, order=b""):
    """Yield the registers of the list buf[start:end] (bytes).

    order: the fields (meter/obis.py) of values without a code, by their places, as far as they are known
    """
    walk = _Walk(buf, start, end, order)
    try:
        if walk.take(1)[0] in HOLDS:
            for register in walk.outermost(walk.length()):
                yield register
    except ValueError:
        pass  # a Decoder hands over none such; what is whole in front of it has been told


class _Walk(Steps):
    def __init__(self, buf, start, end, order):
        super().__init__(buf, start, end)
        self.order = order
        self.place = 0  # of the next value without a code

    def outermost(self, count):
        """The registers of the outermost list: so many values, the last of them with names in front or without."""
        start = self.p
        for at in range(count):
            tag = self.take(1)[0]
            if tag not in HOLDS:
                self.content(tag)
                continue
            names = self._names(self.length())
            left = count - at - 1
            if not names:
                break
            behind = self.p
            names = names[max(0, len(names) - left) :]
            self.p = start
            for register in self._entries(at, 1):
                yield register
            self.p = behind
            for register in self._entries(left - len(names), 1):
                yield register
            for register in self._named(names):
                yield register
            return
        self.p = start
        for register in self._entries(count, 1):
            yield register

    def _names(self, count):
        """[(code, attribute)] of an array of attribute descriptors; [] where it is none."""
        names = []
        for _ in range(count):
            # Class, code, attribute, index; Landis+Gyr swaps tag and length of the code.
            ahead = self.ahead(18)
            if len(ahead) < 18 or ahead[0] != 2 or not 4 <= ahead[1] <= 6 or ahead[2] != 0x12:
                return []
            if ahead[5] + ahead[6] != 15 or ahead[13] != 0x0F or ahead[15] != 0x12:
                return []
            names.append((ahead[7:13], ahead[14]))
            self.p += 18
            self._skip(ahead[1] - 4)
        return names

    def _named(self, names):
        """The registers of the values that these names are for."""
        units = {}
        stamps = {}
        start = self.p
        for name, attribute in names:
            pair = self._pair()
            tag = 0
            raw = b""
            if not pair:
                tag = self.take(1)[0]
                raw = self.content(tag)
            if attribute == _SCALER and pair:
                units[name] = pair
            elif attribute == _STAMP and len(raw) == 12 and tag in (_OCTETS, _DATE_TIME):
                stamps[name] = date_time(raw)
        self.p = start
        for name, attribute in names:
            pair = self._pair()
            if pair:
                if (name, _VALUE) not in names:
                    yield _register(name, attribute, _NULL, b"", pair)
                continue
            tag = self.take(1)[0]
            if tag in HOLDS:
                for register in self._leaves(name, attribute, self.length()):
                    yield register
                continue
            raw = self.content(tag)
            stamp = stamps.get(name)
            if attribute == _STAMP and stamp and (name, _VALUE) in names:
                continue
            register = _register(name, attribute, tag, raw, units.get(name) if attribute == _VALUE else None)
            if attribute == _VALUE and stamp:
                register.stamp(*stamp)
            yield register

    def _pair(self):
        """(scaler, unit) where a structure of both comes next, which is taken; else None."""
        ahead = self.ahead(6)
        if ahead[:3] != b"\x02\x02\x0f" or len(ahead) < 6 or ahead[4] != 0x16:
            return None
        self.p += 6
        return integer(ahead[3:4], True), ahead[5]

    def _entries(self, count, depth):
        """The registers of so many values of an array or structure."""
        waiting = None  # a code whose value comes next
        sent = None  # scaler and unit that came in front of their number
        last = None  # the register at hand, whose unit or time may come yet
        leaf = None  # tag and bytes of its number, while it has no unit
        owner = None  # the code that this structure began with
        for at in range(count):
            pair = self._pair()
            if pair:
                if waiting is None:
                    if leaf:
                        _measure(last, leaf[0], leaf[1], pair)
                        leaf = None
                elif self._code(depth, False):
                    yield _register(waiting, _VALUE, _NULL, b"", pair)
                    waiting = None
                else:
                    sent = pair
                continue
            found = None if waiting else self._code(depth, True)
            if found:
                waiting = found
                if not at and depth > 1:
                    owner = found
                continue
            tag = self.take(1)[0]
            if tag in HOLDS:
                if last:
                    yield last
                    last = leaf = None
                size = self.length()
                name = None if waiting or tag == 1 or size != 2 else self._untagged()
                if name:
                    for register in self._named([name]):
                        yield register
                elif waiting or depth == _DEPTH:
                    for register in self._leaves(waiting, _VALUE, size):
                        yield register
                    waiting = sent = None
                else:
                    for register in self._entries(size, depth + 1):
                        yield register
                continue
            raw = self.content(tag)
            if last and owner and not waiting and not last.time:
                stamp = date_time(raw) if len(raw) == 12 and tag in (_OCTETS, _DATE_TIME) else None
                if stamp:
                    last.stamp(*stamp)
                    continue
            if last:
                yield last
            last = _register(waiting or owner, _VALUE, tag, raw, sent)
            leaf = (tag, raw) if not sent and _form(tag) & _MEASURED else None
            if not waiting and depth == 1:
                self._place(last)
            waiting = sent = None
        if last:
            yield last

    def _code(self, depth, take):
        """The OBIS code that comes next, 6 bytes, None where none does; take: which is taken."""
        ahead = self.ahead(9)
        if ahead[:2] == b"\x09\x06" and len(ahead) > 7 and ahead[7] == 0xFF and ahead[2] < 16:
            if ahead[4:6] == b"\x19\x09":
                return None  # the code of the push setup, a text in front of a list
            found = ahead[2:8]
        elif ahead[:2] == b"\x06\x09" and len(ahead) > 7 and ahead[7] == 0xFF and max(ahead[2:4]) < 2 and depth > 1:
            found = ahead[2:8]
        else:
            return None
        if take:
            self.p += 8
        return found

    def _untagged(self):
        """(code, attribute) of an attribute descriptor without tags, which is taken; None where none comes next."""
        ahead = self.ahead(9)
        if len(ahead) < 9 or ahead[0] or ahead[7] != 0xFF:
            return None
        self.p += 9
        return ahead[2:8], ahead[8]

    def _leaves(self, name, attribute, count):
        """A register of that name for each value in an array or structure that is itself a value."""
        while count:
            tag = self.take(1)[0]
            count -= 1
            if tag in HOLDS:
                count += self.length()
                if count > self.end - self.p:
                    raise ValueError("malformed")
            else:
                yield _register(name, attribute, tag, self.content(tag), None)

    def _place(self, register):
        """A value without a code: its place in the list may tell what it is."""
        if self.place < len(self.order):
            register.obis = _of(self.order[self.place])
            register.assumed = register.obis is not None
        self.place += 1


def _of(field):
    """The code of a field of `meter/obis.py`, as text; None where it has none."""
    for i in range(KNOWN):
        if CODES[i] == field:
            key = KEYS[i]
            return code((key >> 24, field == LIST_VERSION, key >> 16 & 0xFF, key >> 8 & 0xFF, key & 0xFF, 255))
    return None


def _form(tag):
    return SIZES[tag] if tag < len(SIZES) else 0


def _register(name, attribute, tag, raw, pair):
    """A register from the bytes of its value and its scaler and unit (None: not sent)."""
    register = Register()
    if name:
        register.obis = code(name)
    if attribute != _VALUE:
        register.attribute = attribute
    _measure(register, tag, raw, pair or (0, 255))
    stamp = date_time(raw) if len(raw) == 12 and tag in (_OCTETS, _DATE_TIME) else None
    if stamp and register.value == stamp[0]:
        register.stamp(*stamp)
    return register


def _measure(register, tag, raw, pair):
    """Let it have this value with that scaler and unit."""
    register.value = _text(tag, raw, pair[0])
    register.unit = unit(pair[1])


def _text(tag, raw, ten):
    """A value that holds no others, as text."""
    form = _form(tag)
    if form & 0x30 == _NUMBER:
        return scaled(integer(raw, form & _SIGNED), ten)
    if form & 0x30 == 0 and form & _SIGNED:
        return floating(raw, ten)
    if tag in (_NULL, _DONT_CARE):
        return None
    if tag == _BOOLEAN:
        return "true" if raw[0] else "false"
    if tag == _ENUM:
        return str(raw[0])
    if tag >= _DELTA and tag <= 33:
        return scaled(integer(raw, tag < _DELTA_UNSIGNED), ten)
    if tag == _UTF8:
        text = utf8.text(raw)
        return hexadecimal(raw) if text is None else text.rstrip("\0 ")
    if tag == _DATE and raw[2] != 0xFF:
        return "%04d-%02d-%02d" % (raw[0] << 8 | raw[1], raw[2], raw[3])
    if tag == _TIME and raw[2] != 0xFF:
        return "%02d:%02d:%02d" % (raw[0], raw[1], raw[2])
    if tag == _OCTETS and len(raw) == 6 and raw[5] == 0xFF and raw[0] < 16:
        return code(raw)
    if tag in (_BITS, _BCD, _COMPACT):
        return hexadecimal(raw)
    return octets(raw)

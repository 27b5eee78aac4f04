"""Scanner: reads JSON that comes in pieces, and hands over each value at once instead of keeping it.

It is strict: a page of HTML, an answer that is cut short, or one of another form is an error (Wrong),
and never a number.
"""
from ..core import utf8

# The states: what may come next.
_VALUE, _FIRST, _FIRST_KEY, _KEY, _COLON, _AFTER, _STRING, _ESCAPE, _WORD, _END = range(10)
_SPACE = b" \t\r\n"


class Wrong(Exception):
    """A provider's answer cannot be used; the text says why."""


class Scanner:
    """Calls found(keys, text, quoted) for each number, string and word of the JSON.

    keys     the path to the value: its name for each object around it, "" for each array; a list that is reused
    text     the value as bytes; only the start of a long string; escapes are not decoded
    quoted   True for a string

    When an object ends, it calls found(keys of the object, None, False).
    """

    #: Highest number of containers inside each other.
    depth = 8
    #: Highest number of bytes of a value; a longer string is cut.
    length = 40

    def __init__(self, found):
        self._found = found
        self._state = _VALUE
        self._keys = []
        self._kinds = bytearray()
        self._text = bytearray()

    def feed(self, data):
        """Take the next bytes. Wrong where they are not JSON."""
        state = self._state
        text = self._text
        for byte in data:
            if state == _STRING:
                if byte == 34:
                    state = self._ended()
                    continue
                if byte == 92:
                    state = _ESCAPE
                elif byte < 32:
                    raise Wrong("not JSON")
                if len(text) < self.length:
                    text.append(byte)
                continue
            if state == _ESCAPE:
                state = _STRING
                continue
            if state == _WORD:
                if byte not in b",]} \t\r\n":
                    if len(text) >= self.length or not (48 <= byte < 58 or 97 <= byte < 123 or byte in b"+-.E"):
                        raise Wrong("not JSON")
                    text.append(byte)
                    continue
                self._found(self._keys, bytes(text), False)
                text[:] = b""
                state = _AFTER if self._kinds else _END
            if byte in _SPACE:
                continue
            state = self._structure(byte, state)
        self._state = state

    def done(self):
        """The bytes have ended. Wrong where the JSON is not complete."""
        if self._state == _WORD:
            self.feed(b" ")
        if self._state != _END:
            raise Wrong("cut short")

    def _ended(self):
        """A string is complete. Returns the next state."""
        text = bytes(self._text)
        self._text[:] = b""
        if self._key:
            self._keys[-1] = utf8.text(text)
            if self._keys[-1] is None:
                raise Wrong("not UTF-8")
            return _COLON
        self._found(self._keys, text, True)
        return _AFTER if self._kinds else _END

    def _structure(self, byte, state):
        if state == _AFTER:
            if byte == 44:  # ,
                return _KEY if self._kinds[-1] == 123 else _VALUE
            if byte == self._kinds[-1] + 2:  # ] and } are two after [ and {
                return self._close()
        elif state == _COLON:
            if byte == 58:
                return _VALUE
        elif state in (_KEY, _FIRST_KEY):
            if byte == 34:
                self._key = True
                return _STRING
            if byte == 125 and state == _FIRST_KEY:
                return self._close()
        elif state in (_VALUE, _FIRST):
            if byte == 34:
                self._key = False
                return _STRING
            if byte in b"[{":
                if len(self._kinds) >= self.depth:
                    raise Wrong("not the JSON that was expected")
                self._kinds.append(byte)
                self._keys.append("")
                return _FIRST_KEY if byte == 123 else _FIRST
            if byte == 93 and state == _FIRST:
                return self._close()
            if 48 <= byte < 58 or byte in b"-tfn":
                self._text.append(byte)
                return _WORD
        raise Wrong("not JSON")

    def _close(self):
        kind = self._kinds[-1]
        self._kinds = self._kinds[:-1]
        self._keys.pop()
        if kind == 123:
            self._found(self._keys, None, False)
        return _AFTER if self._kinds else _END

    _key = False


def scaled(text, places):
    """The number in text (bytes, as in JSON) times 10**places, as the nearest integer. None for null.

    Wrong where it is not a number, or where the result has more than 60 bits.
    """
    if text == b"null":
        return None
    if not text or text.strip(b"0123456789+-.eE"):
        raise Wrong("not a number")
    digits = text.decode().lower()
    shift = places
    at = digits.find("e")
    if at >= 0:
        exponent = digits[at + 1 :]
        if not exponent.lstrip("+-").isdigit() or len(exponent) > 3:
            raise Wrong("not a number")
        shift += int(exponent)
        digits = digits[:at]
    negative = digits.startswith("-")
    whole, _, fraction = (digits[1:] if negative else digits).partition(".")
    if not (whole + fraction).isdigit() or not whole:
        raise Wrong("not a number")
    number = int(whole + fraction)
    shift -= len(fraction)
    if shift < 0:
        unit = 10**-shift
        number = (2 * number + unit) // (2 * unit)
    else:
        number *= 10**shift
    if number >> 60:  # an array of 64 bits would cut it
        raise Wrong("not a price")
    return -number if negative else number

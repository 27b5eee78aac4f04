"""The twins of `fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from .tables import x25

_HDLC, _MBUS, _P1, _GLO, _SML = 1, 2, 3, 4, 5
_SML_OPENS = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TEXT = bytes(range(0x20, 0x7F)) + b"\r\n\t"


def crc(table, crc, data):
    """Continue a reflected 16-bit checksum over data (bytes-like). table: as in `tables.py`."""
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def crc_x25(buf, start, end):
    """HDLC check sequence (ISO/IEC 13239 FCS-16) of buf[start:end]."""
    return crc(x25(), 0xFFFF, memoryview(buf)[start:end]) ^ 0xFFFF


def crc_by(table, first, buf, start, end):
    """Continue a reflected 16-bit checksum over buf[start:end]. table: as in `tables.py`."""
    return crc(table, first, memoryview(buf)[start:end])


def sum8(buf, start, end):
    """M-Bus checksum of buf[start:end]."""
    return sum(memoryview(buf)[start:end]) & 0xFF


def copy(target, to, source, start, end):
    """Copy source[start:end] to target[to:]; the caller has checked the room."""
    target[to:to + end - start] = source[start:end]


def same(buf, start, other, length):
    """1 where buf[start:start + length] equals other[:length], else 0."""
    return int(bytes(buf[start:start + length]) == bytes(other[:length]))


def _letters(data):
    count = 0
    for byte in data:
        if byte not in _LETTERS:
            break
        count += 1
    return count


def hunt(buf, start, end):
    """Find the first opening of a telegram in buf[start:end]: index * 8 + kind; see the twin in `fast.py`."""
    for i in range(start, end):
        first = buf[i]
        if first not in b"\x7e\x68\x2f\xdb\x1b\xaf":
            continue
        rest = bytes(buf[i + 1:min(i + 4, end)])
        if first == 0x7E:
            if not rest:
                return i * 8
            if rest[0] >> 4 == 0xA:
                return i * 8 + _HDLC
        elif first == 0x68:
            if len(rest) < 2 or len(rest) == 2 and rest[0] == rest[1]:
                return i * 8
            if len(rest) == 3 and rest[0] == rest[1] and rest[2] == 0x68:
                return i * 8 + _MBUS
        elif first == 0x2F:
            letters = _letters(rest)
            if letters == 3:
                return i * 8 + _P1
            if letters == len(rest):
                return i * 8
        elif first == 0xDB:
            if not rest:
                return i * 8
            if rest[0] == 8:
                return i * 8 + _GLO
        elif first == 0x1B:
            seen = bytes(buf[i:min(i + 8, end)])
            if seen == _SML_OPENS[:len(seen)]:
                return i * 8 + (_SML if len(seen) == 8 else 0)
        else:
            letters = _letters(bytes(byte & 0x7F for byte in rest))
            if letters == len(rest):
                return i * 8 + (_P1 if letters == 3 else 0)
    return end * 8


def text_end(buf, start, end, mask):
    """Index of the `!` that begins the last line of a P1 telegram; see the twin in `fast.py`."""
    for i in range(start, end):
        byte = buf[i] & mask
        opens = buf[i - 1] & mask in b"\r\n"
        if byte == 0x21 and opens:
            return i
        if byte not in _TEXT and not (byte == 0x02 and opens):
            return -1 - i
    return end


def digits(buf, start, end, mask):
    """The hex digits from buf[start] on: their number << 16, and the number they are; see the twin in `fast.py`."""
    n = k = 0
    while k < 4 and start + k < end and chr(buf[start + k] & mask) in "0123456789abcdefABCDEF":
        n = n << 4 | int(chr(buf[start + k] & mask), 16)
        k += 1
    return k << 16 | n


def odd_parity(buf, start, end):
    """Number of bytes of buf[start:end] that have an odd number of ones."""
    return sum(bin(byte).count("1") & 1 for byte in memoryview(buf)[start:end])


def strip_parity(buf, start, end):
    """Clear bit 7 of buf[start:end]."""
    for i in range(start, end):
        buf[i] &= 0x7F

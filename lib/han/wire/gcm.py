"""AES-128-GCM of ciphered APDUs (IEC 62056-5-3 clause 5.3.7.3; NIST SP 800-38D), in place."""
from array import array

from .loops import copy

try:
    from .gcm_fast import counters, differ, ghash, xor
except ImportError:
    from .gcm_plain import counters, differ, ghash, xor

try:
    from cryptolib import aes
except ImportError:
    from cryptography.hazmat.primitives.ciphers import Cipher as _Cipher, algorithms, modes

    class aes:
        """The part of MicroPython's cryptolib.aes that is used here, on CPython."""

        def __init__(self, key, mode):
            self._ecb = _Cipher(algorithms.AES(key), modes.ECB()).encryptor()

        def encrypt(self, data, out):
            out[:] = self._ecb.update(bytes(data))

_ECB = 1
_TAG = 12
_CHUNK = 16  # blocks of key stream made at a time
_ENCRYPTED, _AUTHENTICATED, _COMPRESSED = 0x20, 0x10, 0x80

WRONG_KEY = "key does not match"
WRONG_AUTH_KEY = "authentication key does not match"


def parse_key(text):
    """16 bytes from 32 hex digits in any usual spelling: 0x, spaces, colons, dashes, commas.

    Raises ValueError that says what is wrong.
    """
    digits = text.lower().replace("0x", "")
    for character in " \t\r\n:-,;{}\"'":
        digits = digits.replace(character, "")
    if len(digits) != 32:
        raise ValueError("32 hex digits are needed, not %d" % len(digits))
    for character in digits:
        if character not in "0123456789abcdef":
            raise ValueError("%r is not a hex digit" % character)
    return bytes(int(digits[i:i + 2], 16) for i in range(0, 32, 2))


class Cipher:
    """Opens ciphered APDUs with a meter's keys of 16 bytes; auth_key None: the tag is not checked."""

    def __init__(self, key, auth_key=None):
        self.proven = False  # the last APDU's tag was checked and right
        self.replayed = 0  # APDUs whose counter was not above the one before
        self._aes = aes(key, _ECB)
        self._auth_key = auth_key
        self._blocks = bytearray(16 * _CHUNK)
        self._stream = bytearray(16 * _CHUNK)
        self._title = b""
        self._counter = -1
        self._table = self._multiples() if auth_key else None
        self._state = array("i", bytes(16))
        self._first = bytearray(16)  # the key stream's first block, which masks the tag
        self._tail = bytearray(17)

    def _multiples(self):
        """H times each number of 4 bits, 4 words each: the powers by halving, the rest by adding."""
        h = bytearray(16)
        self._aes.encrypt(bytes(16), h)
        table = array("i", bytes(256))
        value = int.from_bytes(h, "big")
        entries = [0] * 16
        for index in (8, 4, 2, 1):
            entries[index] = value
            value = value >> 1 ^ (0xE1 << 120 if value & 1 else 0)
        for index in range(16):
            value = 0
            for bit in (8, 4, 2, 1):
                if index & bit:
                    value ^= entries[bit]
            for word in range(4):
                n = value >> 96 - 32 * word & 0xFFFFFFFF
                table[4 * index + word] = n - (n >> 31 << 32)
        return table

    def open(self, header, buf):
        """Decipher the APDU in place; (start, end) of the plaintext in buf, or the reason why not (text).

        header: an `apdu.Ciphered`. Suites 0 and 1 are AES-128-GCM; suite 2 has other keys.
        """
        control = header.control
        self.proven = False
        if control & 0x0F > 1:
            return "encrypted: security suite %d is not supported" % (control & 0x0F)
        if control & _COMPRESSED:
            return "encrypted: compressed content is not supported"
        start = header.start
        end = header.end
        tagged = control & _AUTHENTICATED
        if tagged:
            end -= _TAG
        if end <= start:
            return "encrypted: too short"
        if header.title == self._title and header.counter <= self._counter:
            self.replayed += 1
        self._title = header.title
        self._counter = header.counter
        blocks = self._blocks
        # Nonce: system title, zeros where a meter sends a shorter one, and the frame counter.
        title = header.title
        for block in range(0, 16 * _CHUNK, 16):
            copy(blocks, block, title, 0, len(title))
            for i in range(len(title), 8):
                blocks[block + i] = 0
            for i in range(4):
                blocks[block + 8 + i] = header.counter >> 24 - 8 * i & 0xFF
        right = not tagged or not self._auth_key or self._tag(control, buf, start, end)
        if control & _ENCRYPTED:
            at = start
            number = 2
            while at < end:
                n = min(end - at, 16 * _CHUNK)
                counters(blocks, _CHUNK, number)
                self._aes.encrypt(blocks, self._stream)
                xor(buf, at, self._stream, n)
                at += n
                number += _CHUNK
        if not right:
            # With the right key the content opens like one, whatever the tag says.
            opens = buf[start] == 0x2F or buf[start] == 0x0F and end - start > 6 and buf[start + 5] in b"\x00\x09\x0c"
            return WRONG_AUTH_KEY if opens else WRONG_KEY
        self.proven = bool(tagged and self._auth_key)
        return start, end

    def _tag(self, control, buf, start, end):
        """True where the tag behind buf[start:end] is right; to be asked before deciphering."""
        state = self._state
        for i in range(4):
            state[i] = 0
        # Associated data: security control, authentication key, and the content if it is in clear.
        head = bytes((control,)) + self._auth_key
        size = len(head)
        if control & _ENCRYPTED:
            ghash(state, self._table, head, 0, size)
            ghash(state, self._table, buf, start, end)
            coded = end - start
        else:
            head += bytes(memoryview(buf)[start:end])
            size = len(head)
            ghash(state, self._table, head, 0, size)
            coded = 0
        lengths = self._tail
        for i in range(16):
            lengths[i] = 0
        for i in range(3):
            lengths[7 - i] = size * 8 >> 8 * i & 0xFF
            lengths[15 - i] = coded * 8 >> 8 * i & 0xFF
        ghash(state, self._table, lengths, 0, 16)
        blocks = self._blocks
        counters(blocks, 1, 1)
        self._aes.encrypt(memoryview(blocks)[:16], self._first)
        for i in range(16):
            self._first[i] ^= state[i >> 2] >> 24 - 8 * (i & 3) & 0xFF
        return differ(self._first, memoryview(buf)[end:end + _TAG], _TAG) == 0

"""Cipher: decrypts ciphered APDUs in place with AES-128-GCM (IEC 62056-5-3 clause 5.3.7.3; NIST SP 800-38D)."""
from array import array

from ..loops import copy

try:
    from .gcm_fast import counters, differs, ghash, xor
except ImportError:
    from .gcm_plain import counters, differs, ghash, xor

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
_CHUNK = 16  # blocks of the key stream that are made at a time
_ENCRYPTED, _AUTHENTICATED, _COMPRESSED = 0x20, 0x10, 0x80

WRONG_KEY = "key does not match"
WRONG_AUTH_KEY = "authentication key does not match"


def parse_key(text):
    """A key of 16 bytes from a text of 32 hex digits. Spaces, colons, dashes, commas, 0x and the like are ignored.

    ValueError says what is wrong.
    """
    digits = text.lower().replace("0x", "")
    for character in " \t\r\n:-,;{}\"'":
        digits = digits.replace(character, "")
    if len(digits) != 32:
        raise ValueError("32 hex digits are needed, not %d" % len(digits))
    return bytes.fromhex(digits)


class Cipher:
    """Decrypts ciphered APDUs with a meter's keys, 16 bytes each. Without auth_key the tag is not checked."""

    def __init__(self, key, auth_key=None):
        self.proven = False  # the tag of the last APDU was checked, and was right
        self.replayed = 0  # number of APDUs whose frame counter was not higher than that of the one before
        self.ecb = aes(key, _ECB)
        self._blocks = bytearray(16 * _CHUNK)
        self._nonce = bytearray(12)
        self._title = b""
        self._counter = -1
        if auth_key:
            # Associated data: security control, authentication key, and the content where it is in clear.
            self._head = bytearray(b"\0" + auth_key)
            self.table = self._multiples()
            self._state = array("i", bytes(16))
            self._lengths = bytearray(16)
        else:
            self._head = None

    def _multiples(self):
        """The table for ghash(): H times each number of 4 bits, 4 words each; then the same times x^4."""
        h = bytearray(16)
        self.ecb.encrypt(bytes(16), h)
        table = array("i", bytes(512))
        value = int.from_bytes(h, "big")
        for base in (0, 64):
            for index in (32, 16, 8, 4):
                for word in range(4):
                    n = value >> 96 - 32 * word & 0xFFFFFFFF
                    table[base + index + word] = n - (n >> 31 << 32)
                value = value >> 1 ^ (0xE1 << 120 if value & 1 else 0)
            for index in range(12, 64):
                bit = index & ~3 & -(index & ~3)
                if bit != index & ~3:
                    table[base + index] = table[base + bit + index % 4] ^ table[base + index - bit]
        return table

    def open(self, header, buf):
        """Decrypt the APDU in buf in place. Returns (start, end) of the plaintext, or a text: why that is impossible.

        header: a `ciphered.Ciphered` of this APDU. Suites 0 and 1 are AES-128-GCM; suite 2 has longer keys.
        """
        control = header.control
        self.proven = False
        if control & 0x0F > 1:
            return "encrypted: security suite %d is not supported" % (control & 0x0F)
        if control & _COMPRESSED:
            return "encrypted: compressed content is not supported"
        start = header.start
        end = header.end
        if control & _AUTHENTICATED:
            end -= _TAG
        if end <= start:
            return "encrypted: too short"
        title = header.title
        if title == self._title and header.counter <= self._counter:
            self.replayed += 1
        self._title = title
        self._counter = header.counter
        # Nonce: the system title, filled with zeros where a meter sends a shorter one, then the frame counter.
        nonce = self._nonce
        size = len(title)
        copy(nonce, 0, title, 0, size)
        while size < 8:
            nonce[size] = 0
            size += 1
        copy(nonce, 8, buf, start - 4, start)
        blocks = self._blocks
        number = 1
        skip = 16  # the first block of the key stream masks the tag
        counters(blocks, _CHUNK, number, nonce)
        self.ecb.encrypt(blocks, blocks)
        checked = control & _AUTHENTICATED and self._head
        right = not checked or self._right(control, buf, start, end)
        at = start if control & _ENCRYPTED else end
        while at < end:
            n = min(end - at, 16 * _CHUNK - skip)
            xor(buf, at, n, blocks, skip)
            at += n
            if at < end:
                number += _CHUNK
                skip = 0
                counters(blocks, _CHUNK, number, nonce)
                self.ecb.encrypt(blocks, blocks)
        if not right:
            # If the content begins like a telegram, the key is right, and only the authentication key is wrong.
            opens = buf[start] == 0x2F or buf[start] == 0x0F and end - start > 6 and buf[start + 5] in b"\x00\x09\x0c"
            return WRONG_AUTH_KEY if opens else WRONG_KEY
        self.proven = bool(checked)
        return start, end

    def _right(self, control, buf, start, end):
        """True where the tag behind buf[start:end] is right. buf is not decrypted yet."""
        state = self._state
        for i in range(4):
            state[i] = 0
        head = self._head
        head[0] = control
        coded = 0
        if not control & _ENCRYPTED:
            head = head + memoryview(buf)[start:end]
        ghash(state, 0, len(head), self.table, head)
        if control & _ENCRYPTED:
            coded = end - start
            ghash(state, start, end, self.table, buf)
        lengths = self._lengths
        for i in range(3):
            lengths[7 - i] = len(head) * 8 >> 8 * i & 0xFF
            lengths[15 - i] = coded * 8 >> 8 * i & 0xFF
        ghash(state, 0, 16, self.table, lengths)
        return differs(state, _TAG, end, buf, self._blocks) == 0

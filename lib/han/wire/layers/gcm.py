"""Cipher: decrypts ciphered APDUs in place with AES-128-GCM (IEC 62056-5-3 clause 5.3.7.3; NIST SP 800-38D)."""
from array import array

try:
    from .gcm_fast import counters, differs, ghash, nonce, xor
except ImportError:
    from .gcm_plain import counters, differs, ghash, nonce, xor

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
_CHUNK = 16  # blocks of the key stream that are made at a time, as in gcm_fast.py
_ZERO = array("i", bytes(16))
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
        # System title, filled with zeros where a meter sends a shorter one, then the frame counter; the title's length.
        self._nonce = bytearray(b"\0\0\0\0\0\0\0\0\0\0\0\0\xff")
        if auth_key:
            # Associated data: security control, authentication key, and the content where it is in clear.
            self._head = bytearray(b"\0" + auth_key)
            self.table = self._multiples()
            self._state = array("i", bytes(16))
            self._begun = array("i", bytes(16))  # the state behind the associated data of encrypted content
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
        at = header.at
        self.proven = False
        if at[2] & 0x8E or at[4] - at[3] <= (_TAG if at[2] & _AUTHENTICATED else 0):
            return self._refused(at[2])
        self.replayed += nonce(self._nonce, at, buf)
        checked = self._head is not None and at[2] & _AUTHENTICATED != 0
        self._stream(1 if checked else 2)  # the first block of the key stream masks the tag
        right = not checked or self._right(at, buf)
        end = at[4] - (_TAG if at[2] & _AUTHENTICATED else 0)
        if at[2] & _ENCRYPTED:
            self._decrypt(buf, at[3], end, 16 if checked else 0)
        if not right:
            return self._wrong(buf, at[3], end)
        self.proven = checked
        return at[3], end

    def _refused(self, control):
        """Why an APDU with this security control cannot be decrypted."""
        if control & 0x0F > 1:
            return "encrypted: security suite %d is not supported" % (control & 0x0F)
        if control & _COMPRESSED:
            return "encrypted: compressed content is not supported"
        return "encrypted: too short"

    def _wrong(self, buf, start, end):
        """Which key is wrong where the tag behind buf[start:end] is wrong. buf has been decrypted."""
        # If the content begins like a telegram, the key is right, and only the authentication key is wrong.
        opens = buf[start] == 0x2F or buf[start] == 0x0F and end - start > 6 and buf[start + 5] in b"\x00\x09\x0c"
        return WRONG_AUTH_KEY if opens else WRONG_KEY

    def _stream(self, number):
        """Make the blocks of the key stream from this number on."""
        counters(self._blocks, _CHUNK, number, self._nonce)
        self.ecb.encrypt(self._blocks, self._blocks)

    def _decrypt(self, buf, at, end, skip):
        """Decrypt buf[at:end]. skip: where to begin in the blocks that are made; 16: their first is block 1, else 2."""
        at = xor(buf, at, self._blocks, skip, end)
        number = 1 if skip else 2
        while at < end:
            number += _CHUNK
            self._stream(number)
            at = xor(buf, at, self._blocks, 0, end)

    def _right(self, at, buf):
        """True where the tag of the APDU is right. at: as of `ciphered.Ciphered`. buf is not decrypted yet."""
        end = at[4] - _TAG
        head = self._head
        state = self._state
        if at[2] & _ENCRYPTED:
            if head[0] != at[2]:
                head[0] = at[2]
                ghash(self._begun, 0, len(head), self.table, head, _ZERO)
            ghash(state, at[3], end, self.table, buf, self._begun)
            self._measure(len(head), end - at[3])
        else:
            head = bytes((at[2],)) + head[1:] + memoryview(buf)[at[3]:end]
            ghash(state, 0, len(head), self.table, head, _ZERO)
            self._measure(len(head), 0)
        ghash(state, 0, 16, self.table, self._lengths, state)
        return differs(state, _TAG, end, buf, self._blocks) == 0

    def _measure(self, clear, coded):
        """Set the last block of GHASH: the bits of the associated data and of the ciphertext, whose bytes are given."""
        lengths = self._lengths
        lengths[6], lengths[7] = clear >> 5 & 0xFF, clear << 3 & 0xFF
        lengths[14], lengths[15] = coded >> 5 & 0xFF, coded << 3 & 0xFF

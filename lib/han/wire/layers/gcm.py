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
_MOST = 40  # blocks of the key stream that are made at a time: enough for usual telegrams
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
        self._blocks = bytearray(16 * _MOST)
        self._size = len(self._blocks)
        self._ahead = memoryview(self._blocks)  # those that the last APDU needed, _size bytes
        # System title, filled with zeros where a meter sends a shorter one, then the frame counter; the title's length.
        self._nonce = bytearray(b"\0\0\0\0\0\0\0\0\0\0\0\0\xff\0\0\0")
        # Associated data: security control, authentication key, and the content where it is in clear.
        self._head = bytearray()
        if auth_key:
            self._head = bytearray(b"\0" + auth_key)
            self.table = self._multiples()
            self._state = array("i", bytes(16))
            self._begun = array("i", bytes(16))  # the state behind the associated data of encrypted content

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
        """Decrypt the APDU in buf in place. Returns None, or a text: why that is impossible. header.end becomes that of
        the plaintext.

        header: a `ciphered.Ciphered` of this APDU. Suites 0 and 1 are AES-128-GCM; suite 2 has longer keys.
        """
        # The bits of the security control are numbers here, as to look up a name takes time: 0x10 tag, 0x20 encrypted.
        self.proven = False
        at = header.at
        control, start, end = at[2], at[3], at[4]
        tagged = control & 0x10
        if tagged:
            end -= 12
        if control & 0x8E or end <= start:
            return self._refused(control)
        # Block 1 masks the tag; those for the content follow.
        size = end - start + 31 & ~15
        ahead = self._ahead
        if size != self._size:
            ahead = self._make(size)
            size = self._size
        self.replayed += nonce(self._nonce, at, buf, ahead, size >> 4)
        self.ecb.encrypt(ahead, ahead)
        if tagged and self._head:
            if not self._right(control, buf, start, end):
                tagged = -1
            self.proven = tagged > 0
        if control & 0x20:
            size = xor(buf, start, ahead, 16, end, size)
            if size < end:
                self._decrypt(buf, size, end)
        at[4] = end
        return None if tagged >= 0 else self._wrong(buf, start, end)

    def _make(self, size):
        """Room for so many bytes of the key stream, or for as many as there are, for this APDU and the next ones."""
        size = min(size, len(self._blocks))
        if size != self._size:
            self._size = size
            self._ahead = memoryview(self._blocks)[:size]
        return self._ahead

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

    def _decrypt(self, buf, at, end):
        """Decrypt what is left in buf[at:end] of content that has more blocks than are made at a time."""
        number = 1
        while at < end:
            number += _MOST
            counters(self._blocks, _MOST, number, self._nonce)
            self.ecb.encrypt(self._blocks, self._blocks)
            at = xor(buf, at, self._blocks, 0, end, 16 * _MOST)

    def _right(self, control, buf, start, end):
        """True where the tag behind buf[start:end] is right. buf is not decrypted yet."""
        head = self._head
        state = self._state
        if control & _ENCRYPTED:
            if head[0] != control:
                head[0] = control
                ghash(self._begun, 0, len(head), self.table, head, _ZERO, -1)
            ghash(state, start, end, self.table, buf, self._begun, len(head))
        else:
            whole = bytes((control,)) + head[1:] + memoryview(buf)[start:end]
            ghash(state, 0, len(whole), self.table, whole, _ZERO, -1)
            ghash(state, 0, 0, self.table, whole, state, len(whole))
        return differs(state, _TAG, end, buf, self._blocks) == 0

"""Aliases: replaces a meter's numbers and names in a capture that is shown to others."""
from binascii import hexlify, unhexlify

from ..sml import DZG, fault

DIGITS = b"0123456789"


def alnum(byte):
    """True for a digit or an ASCII letter."""
    return byte in DIGITS or 0x41 <= byte & 0xDF <= 0x5A


class Aliases:
    """Makes aliases: the same for the same bytes, of the same length and kind (digits for digits, hex for hex)."""

    def __init__(self):
        self._aliases = {}  # original bytes -> their alias

    def known(self):
        """[(original bytes, their alias)] of all aliases so far."""
        return list(self._aliases.items())

    def of(self, raw):
        """The alias of these bytes. Padding at the end stays as it is."""
        aliases = self._aliases
        core = raw.rstrip(b"\0 ")
        if core not in aliases:
            if len(set(core)) < 2 or core in aliases.values():
                return raw  # it identifies nothing, or is an alias already
            aliases[core] = None
            aliases[core] = self._made(core, len(aliases))
        return aliases[core] + raw[len(core):]

    def _made(self, raw, number):
        size = len(raw)
        for byte in raw:
            if not 0x20 <= byte < 0x7F:
                if size == 10 and raw.startswith(DZG):
                    # The alias is in the same range of numbers, so that a fault of such meters stays recognisable.
                    return DZG + (fault(int.from_bytes(raw[6:], "big")) + (number & 0xFF)).to_bytes(4, "big")
                # The head and the manufacturer's letters of SML's numbers stay.
                kept = 5 if size > 8 and raw[2:5].isalpha() else 0
                return raw[:kept] + bytes(size - kept - 1) + bytes((number & 0xFF,))
        try:
            plain = unhexlify(raw)
            if size >= 12 and all([alnum(byte) for byte in plain]):
                # These are the hex digits of a number's characters, as P1 sends it.
                return hexlify(self.of(plain)).upper()
            letters = -1  # in hex, letters are digits, too
        except ValueError:
            # Serial numbers keep up to four letters, which are the manufacturer's. Words keep none.
            letters = 4 if sum([byte in DIGITS for byte in raw]) >= 4 else 0
        new = bytearray(raw)
        for i in range(size):
            if raw[i] & 0x40 and alnum(raw[i]) and letters >= 0:
                if letters:
                    letters -= 1
                else:
                    new[i] = 0x58
        for i in range(size - 1, -1, -1):
            if raw[i] in DIGITS or letters < 0:
                new[i] = 0x30 + number % 10
                number //= 10
        return bytes(new)

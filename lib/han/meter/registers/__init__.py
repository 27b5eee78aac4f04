"""Every register of a telegram, for who asks for more than a reading has. Imported for that."""
from ...wire.framer import P1
from ...wire.layers.apdu import date_time
from ...wire.layers.unwrap import LIST


class Copy:
    """What was left of a telegram when its layers were off, at most the framer's 6144 bytes. MemoryError: no room."""

    def __init__(self, kind, decoder):
        layers = decoder.layers
        self.kind = kind
        start, end, front = layers.place()
        self.buf = bytes(memoryview(layers.buf)[front:end])
        self._start = start - front
        self._order = decoder.order() if kind == LIST else b""

    def form(self):
        """How it says what it says: "P1", "DLMS" or "SML"."""
        return "DLMS" if self.kind == LIST else "P1" if self.kind == P1 else "SML"

    def head(self):
        """What stands in front of the registers: the ident line of P1, the time of a DLMS notification; else None."""
        if self.kind == P1:
            from ...wire.p1 import ident_end

            return str(self.buf[: max(0, ident_end(self.buf, 0))], "ascii")
        at = date_time(0, self._start) if self.kind == LIST else 0
        if not at:
            return None
        from .value import octets

        return octets(self.buf[at : self._start])

    def registers(self):
        """Yield every `Register`, in their order."""
        if self.kind == LIST:
            from .lists import registers

            return registers(self.buf, self._start, len(self.buf), self._order)
        if self.kind == P1:
            from .lines import registers
        else:
            from .entries import registers
        return registers(self.buf, self._start, len(self.buf))

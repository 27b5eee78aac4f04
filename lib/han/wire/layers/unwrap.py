"""Takes the layers off a telegram, one after the other, until its content is left.

    HDLC or M-Bus frame     segments.py joins several frames of one telegram
    ident line of P1        in clear, with a ciphered APDU behind it
    LLC header              E6 E7 00
    general block transfer  segments.py joins the blocks of one APDU
    ciphered APDU           ciphered.py

The content is the list in a data-notification, P1 text, or the messages of SML. Most meters send it in one frame, or
in none: then one step is enough. What only some meters send is imported when the first such layer comes (inside.py).
"""
from array import array

from .frames import APDU, LIST, peel


class Layers:
    """Takes the layers off the telegrams of one line.

    buf   has the content of the last telegram, see place(); it is valid as long as that telegram

    reject(reason, detail)   is called where a telegram has no content; both are texts
    cipher                   None, or an object with open(header, buf) -> None: header.start and end are those of the
                             plaintext in buf, or a reason (text)
    trace(what, detail)      None, or is called for each piece of a telegram: "segment" or "block"
    """

    buf = b""
    encrypted = 0  # number of ciphered APDUs
    decrypt_failures = 0  # number of those that could not be decrypted
    unproven = False  # the last telegram was decrypted without checking a tag
    segments = blocks = ciphered = None  # made with the first of them
    join = None  # join() of headers_fast.py or its twin, once there are pieces
    known = b""  # of the blocks, for it
    _inside = None  # an Inside, once a telegram had more than one layer

    def __init__(self, reject, cipher=None, trace=None):
        self.cipher = cipher
        self.reject = reject
        self.trace = trace
        # Start, end and front; what peel() tells; number of frames that wait for the rest of their telegram; the layer.
        # From 6 and from 9 on, for the frames and for the blocks that join() may append to those before: room in their
        # buffer (0: there is none), length and number of what is in it. From 12 on the header of a block; 1 where the
        # content came in blocks.
        self.at = array("i", bytes(68))
        self.before = [b"", b""]  # buffers of the frames and of the blocks that have come before

    def place(self):
        """(start, end, front): the content of the last telegram is buf[start:end].

        front: where the APDU of the list, the ident line of P1, or the SML telegram begins. The ident line is part of
        the content, unless only the lines behind it were ciphered.
        """
        return self.at[0], self.at[1], self.at[2]

    def unwrap(self, layer, buf, start, end):
        """Unwrap the telegram buf[start:end]. layer: its framing, or APDU.

        Returns the kind of its content: LIST, P1 or SML. None where it was rejected, or pieces are still missing.
        """
        self.unproven = False
        self.buf = buf
        layer = peel(buf, start, end, layer, self.at)
        # The kinds of content are below the number of a segment, which is 8; then come that of a block, and others.
        if layer < 8:
            return layer
        if layer < 10 and self.join:
            # More variables than these, or more arguments, would take memory for each telegram.
            start = self.join(buf, self.before[layer - 8], self.at, self.known)
            if start > 15 and not self.trace:
                return None  # for the others
            if start == APDU:
                self.buf = buf = self.before[layer - 8]
                start = peel(buf, 0, self.at[1], APDU, self.at)
                if start == LIST:
                    self.at[16] = 0
                    return LIST
            layer = start
        return (self._inside or self._loaded()).content(layer)

    def _loaded(self):
        from .inside import Inside

        self._inside = Inside(self)
        return self._inside

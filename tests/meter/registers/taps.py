"""Every register of a telegram, for the tests of this folder."""
from han.meter.decoder import Decoder
from han.meter.registers import Copy
from han.wire.framer import Framer
from han.wire.layers.unwrap import APDU

from tests.meter.test_telegrams import cipher
from tests.support import raw


class Tap:
    """Keeps a copy of each telegram that a decoder is shown."""

    def __init__(self):
        self.copies = []

    def take(self, inside, decoder):
        self.copies.append(Copy(inside, decoder))


def copies(entry):
    """The Copies of a recorded entry's telegrams."""
    data = bytearray(raw(entry))
    return of_bytes(data, entry["framing"] == "raw-apdu", cipher(entry))


def of_bytes(data, bare=False, key=None):
    """The same of bytes as they come over the line; bare: they are one APDU."""
    decoder = Decoder(lambda reading: None, key)
    decoder.tap = tap = Tap()
    data = bytearray(data)
    if bare:
        decoder.telegram(APDU, data, 0, len(data))
    else:
        framer = Framer(decoder.telegram)
        framer.feed(data, len(data))
        framer.gap()
    return tap.copies


def fraction(text):
    """(integer, power of ten) of a decimal number in text."""
    whole, _, rest = text.partition(".")
    return int(whole + rest), -len(rest)


def same(text, number, ten):
    """Whether a decimal number in text is number * 10**ten."""
    digits, power = fraction(text)
    least = min(power, ten)
    return digits * 10 ** (power - least) == number * 10 ** (ten - least)

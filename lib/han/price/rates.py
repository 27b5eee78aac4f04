"""Reference rates of the European Central Bank: what a euro is worth elsewhere.

/stats/eurofxref/eurofxref-daily.xml, about 16:00 CET on working days:
<Cube time='2025-10-24'><Cube currency='SEK' rate='10.9370'/>…
"""
from ..core.zone import days
from .scan import Wrong, scaled

SITE = "https://www.ecb.europa.eu"
PATH = "/stats/eurofxref/eurofxref-daily.xml"
#: Days that a rate may be old: Easter, and some days on which the service does not answer.
OLDEST = 10
# Roughly, to recognise nonsense; no reference rate of these has moved by half in decades but ISK and HUF.
_ABOUT = {
    "SEK": 11, "NOK": 11, "DKK": 7, "GBP": 1, "PLN": 4, "CZK": 25, "HUF": 400, "RON": 5, "CHF": 1, "ISK": 145,
}  # fmt: skip
# Fixed for good when Bulgaria took the euro; the ECB lists it no more.
_BGN = 1955830


def about(currency):
    """Roughly the units of a currency for a euro; KeyError for one that is not known."""
    return 2 if currency == "BGN" else 1 if currency == "EUR" else _ABOUT[currency]


def fixed(currency):
    """The rate, 10^-6, of a currency that needs no asking; None for others."""
    return 1000000 if currency == "EUR" else _BGN if currency == "BGN" else None


class Rates:
    """Takes the XML in pieces; done() tells the rate of one currency."""

    #: Of the XML between two angle brackets, characters.
    length = 200

    def __init__(self, currency):
        self._currency = currency
        self._tag = None  # of the tag that is being received
        self._date = self._rate = None
        self._ended = False

    def feed(self, data):
        """Take some more bytes."""
        for byte in data:
            if byte == 60:
                self._tag = bytearray()
            elif byte == 62:
                if self._tag:
                    self._take(bytes(self._tag).replace(b'"', b"'"))
                self._tag = None
            elif self._tag is not None:
                if len(self._tag) >= self.length:
                    raise Wrong("not the rates")
                self._tag.append(byte)

    def _take(self, tag):
        if tag == b"/gesmes:Envelope":
            self._ended = True
        elif tag[:5] == b"Cube ":
            if _attribute(tag, b"time"):
                date = _attribute(tag, b"time").split(b"-")
                if len(date) != 3 or not b"".join(date).isdigit():
                    raise Wrong("not a date")
                self._date = days(int(date[0].decode()), int(date[1].decode()), int(date[2].decode()))
            elif _attribute(tag, b"currency") == self._currency.encode():
                self._rate = scaled(_attribute(tag, b"rate"), 6)

    def done(self, today):
        """(rate, 10^-6; days since 2020 it is of) as known on a day. Wrong where it cannot be used."""
        if not self._ended or self._date is None:
            raise Wrong("not the rates")
        if not self._rate:
            raise Wrong("no rate of " + self._currency)
        if not 0 <= today - self._date <= OLDEST:
            raise Wrong("rates of another day")
        around = about(self._currency) * 1000000
        if not around // 2 < self._rate < around * 2:
            raise Wrong("rate %d" % self._rate)
        return self._rate, self._date


def _attribute(tag, name):
    _, found, rest = tag.partition(b" " + name + b"='")
    return rest[: rest.find(b"'")] if found and b"'" in rest else b""

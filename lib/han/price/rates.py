"""Exchange rates: the euro reference rates of the European Central Bank.

/stats/eurofxref/eurofxref-daily.xml, published about 16:00 CET on working days:
<Cube time='2025-10-24'><Cube currency='SEK' rate='10.9370'/>…
"""
from ..core.zone import days
from .scan import Wrong, scaled

SITE = "https://www.ecb.europa.eu"
PATH = "/stats/eurofxref/eurofxref-daily.xml"
#: The highest age of a rate, days: Easter, and some days on which the service does not answer.
OLDEST = 10
# Rough rates, to recognise nonsense. Of these only ISK and HUF have moved by half in decades.
_ABOUT = {
    "SEK": 11, "NOK": 11, "DKK": 7, "GBP": 1, "PLN": 4, "CZK": 25, "HUF": 400, "RON": 5, "CHF": 1, "ISK": 145,
}  # fmt: skip
# Fixed for ever when Bulgaria took the euro. The ECB does not list it any more.
_BGN = 1955830


def about(currency):
    """Roughly the units of a currency per euro. KeyError for an unknown currency."""
    return 2 if currency == "BGN" else 1 if currency == "EUR" else _ABOUT[currency]


def fixed(currency):
    """10^-6 units per euro of a currency with a fixed rate; None for other currencies."""
    return 1000000 if currency == "EUR" else _BGN if currency == "BGN" else None


class Rates:
    """Reads the rate of one currency from the XML, which comes in pieces."""

    #: Highest length of a tag, bytes.
    length = 200

    def __init__(self, currency):
        self._currency = currency
        self._tag = None  # the bytes so far of the tag that is being received
        self._date = self._rate = None
        self._ended = False

    def feed(self, data):
        """Take the next bytes of the XML. Wrong where they are not the rates."""
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
        """(10^-6 units per euro, day of the rate); today and the day in days since 2020.

        Wrong where the XML is not complete, or its rate is missing, too old or not sane.
        """
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

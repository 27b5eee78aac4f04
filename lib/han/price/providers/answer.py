"""What providers have in common."""
from ..scan import Wrong


class Answer:
    """Asks a provider for a day and takes its answer. It hands the prices to `day` (day.Day).

    area      the bidding zone
    currency  the currency that is wanted
    """

    #: Its name, and its base address.
    name = site = ""
    #: The path and query below the base address.
    path = ""
    #: The currency in which it gives prices beside those in euros; None: it has euros only.
    local = None

    def __init__(self, area, currency, day):
        self.area = area
        self.day = day
        #: True where its local prices are wanted.
        self.wanted = currency == self.local

    def found(self, keys, text, quoted):
        """Take a value of the answer, see scan.Scanner. Wrong where it cannot be right."""

    def done(self):
        """The answer is complete. Wrong where something is missing."""


class Rows(Answer):
    """An answer with an object for each slot."""

    #: The path to these objects, as the scanner gives it.
    rows = []

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        #: Of the slot that is being received: its start in unix seconds, its price and its local price or None.
        self.start = self.price = self.other = None

    def found(self, keys, text, quoted):
        rows = self.rows
        if keys[: len(rows)] != rows:
            if text is not None:
                self.beside(keys, text)
        elif text is not None:
            self.take(".".join(keys[len(rows) :]), text)
        elif len(keys) == len(rows):
            if self.start is None:
                raise Wrong("a price without a time")
            self.day.add(self.start, self.price, self.other)
            self.start = self.price = self.other = None

    def take(self, name, text):
        """Take a value of a slot: set `start`, `price` or `other` (10^-6 minor units per kWh)."""

    def beside(self, keys, text):
        """Take a value that is outside of the slots."""

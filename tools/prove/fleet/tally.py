"""Which messages have come, which are lost, and after what time. Times are in s, a telegram is (reader, its clock)."""

#: A telegram that ends so short a time before the broker stops may be on its way, s.
_ON_ITS_WAY = 2.0


class Tally:
    """Counts the messages of some readers."""

    def __init__(self):
        self._ended = {}  # telegram -> when its last bit was on the line
        self._came = {}  # telegram -> when its message came
        self._with = {}  # telegram -> names of the quantities that came with it
        self._latest = {}  # reader -> its latest telegram that came
        self._names = {}  # reader -> all names of quantities that it has told
        self._stops = []  # [when the broker stopped, when it ran again, {reader: when it was back}]
        self.messages = 0
        self.duplicates = 0
        self.unknown = 0  # messages of telegrams that nobody has sent

    def sent(self, reader, clock, ended):
        """A telegram is on the line until `ended`."""
        self._ended[reader, clock] = ended

    def reading(self, reader, clock, now):
        """The message of a whole reading has come. clock: None while the reader does not know the time."""
        self.messages += 1
        telegram = reader, clock
        if clock is None:
            telegram = None
        elif telegram not in self._ended:
            self.unknown += 1
        elif telegram in self._came:
            self.duplicates += 1
        else:
            self._came[telegram] = now
            self._with[telegram] = set()
            self.heard(reader, now)
        self._latest[reader] = telegram

    def quantity(self, reader, name):
        """The message of one quantity has come; a broker keeps the order of a reader's messages."""
        self.messages += 1
        self._names.setdefault(reader, set()).add(name)
        there = self._with.get(self._latest.get(reader))
        if there is None:
            return
        if name in there:
            self.duplicates += 1
        there.add(name)

    def heard(self, reader, now):
        """A message of a reader that is connected has come: what it reads from now on should come, too."""
        if self._stops and self._stops[-1][1] is not None:
            self._stops[-1][2].setdefault(reader, now)

    def stopped(self, now):
        """There is no broker, or nobody who listens to it, from now on."""
        self._stops.append([now, None, {}])

    def runs(self, now):
        """The broker runs, and the listener has subscribed."""
        if self._stops[-1][1] is None:
            self._stops[-1][1] = now

    def complete(self):
        """True when every message has come but those of stops."""
        return not [one for one in self._ended if self._stop(one) is None and self._lost(one)]

    def _stop(self, telegram):
        """The number of the stop in which a telegram was read, before its reader was back; None: in none."""
        reader, ended = telegram[0], self._ended[telegram]
        for number, (stopped, _, back) in enumerate(self._stops):
            if stopped - _ON_ITS_WAY < ended and (reader not in back or ended < back[reader]):
                return number
        return None

    def _lost(self, telegram):
        """The number of messages of a telegram that have not come."""
        names = self._names.get(telegram[0], set())
        return len(names - self._with[telegram]) if telegram in self._came else 1 + len(names)

    def delays(self):
        """From the end of a telegram to its message, s, in order; not of stops."""
        return sorted([now - self._ended[one] for one, now in self._came.items() if self._stop(one) is None])

    def lost(self):
        """The number of messages that have not come; not of stops."""
        return sum([self._lost(one) for one in self._ended if self._stop(one) is None])

    def meanwhile(self, number):
        """(telegrams read during a stop, how many of them came all the same, {reader: s after which it was back})."""
        found = [one for one in self._ended if self._stop(one) == number]
        _, again, back = self._stops[number]
        came = len([one for one in found if one in self._came])
        return len(found), came, {reader: now - again for reader, now in back.items()}

    def telegrams(self):
        """The number of telegrams."""
        return len(self._ended)

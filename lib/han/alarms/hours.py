"""Hours: which alarms were on in the running hour and in the one before, until the ledger has written them."""
from .rules import names


class Hours:
    """The value of the bus's topic "alarmhours". It stays when the task of the alarms ends or crashes.

    The task of the ledger runs where there is one, and asks it for the bits of an hour that has ended.
    """

    def __init__(self):
        self._found = {}  # {start of a local hour, s since 2020: bits of the alarms}, two hours at most

    def add(self, hour, bits):
        """Note alarms that are on in a local hour that starts at `hour`, s since 2020."""
        if hour not in self._found and len(self._found) == 2:
            del self._found[min(self._found)]
        self._found[hour] = self._found.get(hour, 0) | bits

    def bits(self, hour):
        """The bits of the alarms that were on in an hour."""
        return self._found.get(hour, 0)


def told(bits):
    """The names of the alarms that bits stand for. Bits of alarms of a later version are left out."""
    found = names()
    return [found[i] for i in range(len(found)) if bits >> i & 1]

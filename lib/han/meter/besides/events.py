"""The meter's log of long power failures, and messages that it shows (DSMR 5.0.2 clause 6.12).

    1-0:99.97.0(2)(0-0:96.7.19)(time)(0000000240*s)(time)(0000000301*s)     when each ended, and how long it was
    0-0:96.13.0(hex digits), 0-0:96.13.1                                     a text, and a numeric code

Imported for a telegram that has another one than before, as both stand in each telegram, and when somebody asks.
"""
from binascii import unhexlify

from ...core import utf8
from .times import ascii, local

LOG, MESSAGE, CODE = 0, 1, 2
_DURATION = "0-0:96.7.19"
_LONGEST = 10 * 365 * 86400  # no power failure is as long, but some meters send the largest number that they have
_MOST = 8  # messages that are kept
_ROOM = 4096  # and the bytes that they may take together; the last one is kept in any case


class Event:
    """One event.

    kind      LOG: a long power failure, MESSAGE or CODE: a message
    clock     when it ended or came: s since 2020-01-01 in the meter's local time; None where not known
    dst       True: that is summer time, False: winter time, None: not known
    sent      bytes of a message as it was sent, empty for others; hexed: they are hex digits
    seconds   length of a failure
    """

    seconds = None

    def __init__(self, kind, clock, dst, sent=b"", hexed=False):
        self.kind = kind
        self.clock = clock
        self.dst = dst
        self.sent = sent
        self.hexed = hexed

    def text(self):
        """A message as text; as hex digits, or as it was sent, where they are of no text."""
        text = utf8.text(self.sent)
        try:
            text = utf8.text(unhexlify(self.sent).rstrip(b"\0 ")) if self.hexed else text
        except ValueError:
            pass
        if text is None:
            text = utf8.text(self.sent) if self.hexed else None
        return "".join(["%02X" % byte for byte in self.sent]) if text is None else text


def take(extra, kind, before, sent, reading, new):
    """Add what is new to the news and messages of an Extra: the telegram has another text of a kind than before.

    before, sent: the texts, bytes; reading: of the telegram; new: the text has come since the start
    """
    if kind == LOG:
        if new:
            known = [(one.clock, one.dst, one.seconds) for one in failures(before)]
            fresh = [one for one in failures(sent) if (one.clock, one.dst, one.seconds) not in known]
            extra.news = (fresh + extra.news)[:_MOST]
        return
    if not sent.strip(b" 0"):
        return  # only what stands for no text
    clock, _, dst = reading.time()
    kept = extra.messages
    kept.insert(0, (kind, clock if new else None, dst if new else None, sent, reading.whole() > 0))
    while len(kept) > 1 and (len(kept) > _MOST or sum([len(one[3]) for one in kept]) > _ROOM):
        kept.pop()
    if new:
        extra.news = [Event(*kept[0])] + extra.news[: _MOST - 1]


def known(extra):
    """Every Event that an Extra knows, the newest first; those whose time is not known come last."""
    return _sorted(failures(extra.log) + [Event(*one) for one in extra.messages])


def failures(sent):
    """The Events of a log as it was sent, the newest first. An entry that is damaged is left out."""
    text = ascii(sent)
    groups = text.split("\r")[0].split("\n")[0].split(")(")
    groups[-1] = groups[-1].rstrip(")")
    found = []
    if len(groups) < 2 or groups[1] != _DURATION or not groups[0].isdigit():
        return found
    for at in range(2, len(groups) - 1, 2):
        clock, dst = local(groups[at])
        seconds, _, unit = groups[at + 1].partition("*")
        if clock is not None and seconds.isdigit() and unit == "s" and int(seconds) < _LONGEST:
            one = Event(LOG, clock, dst)
            one.seconds = int(seconds)
            found.append(one)
    return _sorted(found)


def _sorted(events):
    """The newest first. Of those with the same time, or none, the order stays: MicroPython's own sort is not stable."""
    places = [(one.clock is None, -(one.clock or 0), at) for at, one in enumerate(events)]
    return [events[at] for _, _, at in sorted(places)]

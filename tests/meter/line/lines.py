"""Measures the time from power on to the first reading on a line with unknown settings.

The line is simulated bit by bit; the reader is the real meter task. Time jumps while nothing is sent.
"""
from han.meter.link import Link
from host_sim.house import House
from host_sim.meters import create
from host_sim.uart import Uart

from tests.wire.test_sml import GOOD as SML

_UTC = 1763800000
_SIMULATED = (
    ("HDLC", "kaifa"), ("HDLC long", "aidon"), ("M-Bus", "mbus"), ("P1", "p1"), ("P1 without checksum", "dsmr3"),
)  # fmt: skip
_STEP_US, _JUMP_US = 5000, 40000  # while bytes may come, and while none do
#: Power comes on this long after the line's first telegram, us, so that the simulated clock does not begin with 0.
_BEFORE_US = 100000000
#: Longest wait, s.
LIMIT_S = 600


def telegrams():
    """{framing: a telegram}, from the meters of host_sim, and SML."""
    found = {"SML": SML}
    for framing, name in _SIMULATED:
        found[framing] = create(name).encode(House(_UTC - 10).state(_UTC * 1000))
    return found


def length_us(line, telegram):
    """Time of the telegram on the line, us."""
    return len(telegram) * (1 + line[1] + (line[2] is not None) + line[3]) * 1000000 // line[0]


def fits(line, telegram, period_s):
    """True if a telegram each period_s leaves a pause on the line."""
    return length_us(line, telegram) < period_s * 900000


class Source:
    """A source that sends a telegram each period_us, one of them at a given time."""

    def __init__(self, line, telegram, period_us, phase_us):
        self.line = line
        self.telegram = telegram
        self.period_us = period_us
        self.due = phase_us % period_us
        self.length_us = length_us(line, telegram)

    def next(self, now_us, free_us):
        """See host_sim.uart."""
        if self.due > now_us:
            return None
        start = max(self.due, free_us)
        self.due += self.period_us
        return start, self.telegram


class Board:
    """A board for a Link, with a clock alone."""

    def __init__(self):
        self.us = _BEFORE_US

    def ticks_us(self):
        return self.us

    def ticks_ms(self):
        return self.us // 1000

    def ticks_diff(self, a, b):
        return a - b


class Bus:
    def publish(self, topic, value):
        """No subscribers."""


class World:
    """A reader that is switched on phase_us before a telegram begins; `link` is its meter task."""

    def __init__(self, line, telegram, period_us, phase_us, option=0, last=0):
        self.board = Board()
        self.source = Source(line, telegram, period_us, _BEFORE_US + phase_us)
        self.uart = Uart(self.board.ticks_us, self.source)
        self.link = Link(self.uart, Bus(), self.board, option)
        self.link.search.prefer(last)
        self.link.start()

    def run(self, seconds, readings=None):
        """Let so many seconds pass, less if there are so many readings before; the seconds, None if all passed."""
        board, source, link = self.board, self.source, self.link
        since = board.us
        end = since + seconds * 1000000
        quiet = 0
        while board.us < end:
            while link.step():
                pass
            if readings and link.live.seq >= readings:
                return (board.us - since) / 1000000
            busy = board.us < source.due - source.period_us + source.length_us + 400000
            quiet = source.due - board.us
            board.us += _STEP_US if busy or quiet <= _JUMP_US else min(_JUMP_US, quiet)
        return None


def first_reading(line, telegram, period_s, phase, option=0):
    """Seconds from power on to the first reading, None if not within LIMIT_S. phase: hundredths of the period."""
    world = World(line, telegram, period_s * 1000000, int(period_s * 10000 * phase), option)
    return world.run(LIMIT_S, 1)

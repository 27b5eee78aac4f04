"""A reader on a line whose settings it does not know: how long until the first reading, from power on.

The line is the simulated one, bit by bit; the reader is the meter task as it is. Time jumps where nothing is sent.
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
#: Power comes on so long after the line's first telegram, us; the simulated clock does not begin with 0.
_BEFORE_US = 100000000
#: Nobody waits longer, s.
LIMIT_S = 600


def telegrams():
    """{framing: a telegram}: such as the meters of host_sim send, and SML."""
    found = {"SML": SML}
    for framing, name in _SIMULATED:
        found[framing] = create(name).encode(House(_UTC - 10).state(_UTC * 1000))
    return found


def length_us(line, telegram):
    """How long the telegram takes on the line."""
    return len(telegram) * (1 + line[1] + (line[2] is not None) + line[3]) * 1000000 // line[0]


def fits(line, telegram, period_s):
    """True where a telegram each period_s leaves the line a pause."""
    return length_us(line, telegram) < period_s * 900000


class Source:
    """Sends a telegram each period_us, one of them so long after time 0."""

    def __init__(self, line, telegram, period_us, phase_us):
        self.line = line
        self.telegram = telegram
        self.period_us = period_us
        self.due = phase_us % period_us
        self.length_us = length_us(line, telegram)

    def next(self, now_us, free_us):
        """As host_sim.uart asks of a source."""
        if self.due > now_us:
            return None
        start = max(self.due, free_us)
        self.due += self.period_us
        return start, self.telegram


class Board:
    """The clock, and nothing else that a Link asks for."""

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
        """Nobody listens."""


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
        """Let time pass, so many seconds or until there are so many readings; the seconds that passed, None: all."""
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
    """Seconds from power on to the first reading, None: not in LIMIT_S; phase: hundredths of the period."""
    world = World(line, telegram, period_s * 1000000, int(period_s * 10000 * phase), option)
    return world.run(LIMIT_S, 1)

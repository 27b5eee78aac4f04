"""Constants that are put in place mean the same, and are gone where they were."""

from tools import constants

TABLE = '''
import struct
FIRST, SECOND = 1, 2
LAST = FIRST + SECOND
_FORMAT = "<IH"
SIZE = struct.calcsize(_FORMAT)
_A, _B, _C = range(3)
_LONG = b"many bytes of text"
NAMES = "a", "b"
HUGE = 1 << 40
COUNTED = 0
TWICE = 1
TWICE = 2
LIMITS = (1, 2)

def sizes(data=_LONG):
    return SIZE, _A + _B + _C, len(data), LAST, HUGE, COUNTED

def count():
    global COUNTED
    COUNTED += 1
'''

USER = '''
from .table import FIRST, LAST, NAMES, LIMITS, sizes, TWICE
from . import table

try:
    from micropython import const
except ImportError:
    def const(number):
        return number

_MINE = const(LAST * 2)

def all():
    return FIRST, LAST, NAMES, TWICE, table.SECOND, table.SIZE, _MINE, sizes(), list(LIMITS)

class Shadow:
    LAST = 7

    def last(self):
        return self.LAST
'''


def run(sources):
    """What the two modules give, their imports done by hand."""
    space = {}
    exec(sources["han.table"], space)
    module = type("module", (), {"__getattr__": lambda self, name: space[name]})()
    other = dict(space, table=module)
    lines = sources["han.user"].split("\n")
    exec("\n".join(line for line in lines if not line.startswith("from .")), other)
    return other["all"](), other["Shadow"]().last()


def test_they_mean_the_same():
    sources = {"han.table": TABLE, "han.user": USER}
    wanted = run(sources)
    assert run(constants.inlined(sources)) == wanted
    assert run(constants.inlined(sources, keep=True)) == wanted


def test_what_goes_and_what_stays():
    placed = constants.inlined({"han.table": TABLE, "han.user": USER})
    for gone in ("FIRST", "SECOND", "LAST", "_FORMAT", "_A", "_LONG", "SIZE", "LIMITS"):
        assert "\n%s = " % gone not in placed["han.table"], gone
    for stays in ("NAMES", "HUGE", "COUNTED", "TWICE"):
        assert "\n%s = " % stays in placed["han.table"], stays
    assert "const" not in placed["han.user"] and "FIRST" not in placed["han.user"]


def test_tests_find_the_public_ones_where_they_were():
    placed = constants.inlined({"han.table": TABLE, "han.user": USER}, keep=True)
    for stays in ("FIRST", "LAST", "SIZE", "LIMITS"):
        assert "\n%s = " % stays in placed["han.table"], stays
    assert "_FORMAT" not in placed["han.table"]


def test_a_name_that_is_bound_again_stays():
    text = "LIMIT = 5\n\ndef f(LIMIT):\n    return LIMIT\n\ndef g():\n    return LIMIT\n"
    placed = constants.inlined({"han.a": text})["han.a"]
    assert "LIMIT = 5" in placed and "def f(LIMIT)" in placed

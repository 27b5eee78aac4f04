"""Shorter names mean the same: what a program does with them, and which ones stay."""

from tools import names

BASE = '''
_LIMITS = (1, 2)
_ONE = const(1)

def _helper(number):
    return number

class _Kept:
    def value(self):
        return _helper(0)

class Base:
    _kind = 7

    def __init__(self, first, second, third=3):
        self._sum = first + second + third
        self.public = [first for _ in range(second)]

    def _twice(self, number):
        return number * 2

    def total(self, number):
        a = 5
        return self._twice(self._sum) + number + a + _LIMITS[1] + self._kind + _ONE + _Kept().value()
'''

USER = '''
from .base import Base

_LIMITS = (10, 20)

class Derived(Base):
    def __init__(self, first):
        super().__init__(first, 1, third=4)
        self._own = 100

    def total(self, number):
        def inner(value):
            nonlocal number
            number += value
            return [each + number for each in (1,)][0]
        try:
            number.missing
        except AttributeError as error:
            number += len(str(error)) * 0
        return super().total(number) + inner(1) + self._own + self._sum + _LIMITS[0] + (lambda value: value + number)(2)

def keyword(size, backlog):
    return size - backlog

def call(size):
    return keyword(size, backlog=1)
'''


def run(sources):
    """What the two modules give, with `from .base import Base` done by hand."""
    space = {"const": lambda number: number}
    exec(sources["han.base"], space)
    other = dict(space)
    exec(sources["han.user"].replace("from .base import Base", ""), other)
    base, derived = space["Base"](1, 2), other["Derived"](3)
    return base.total(9), derived.total(9), other["call"](5), base.public


def test_they_mean_the_same():
    sources = {"han.base": BASE, "han.user": USER}
    short = names.short(sources)
    assert run(short) == run(sources)


def test_what_stays_and_what_goes():
    short = names.short({"han.base": BASE, "han.user": USER})
    for kept in ("def total", "_ONE = const(1)", "third=3", "self.public", "class Base"):
        assert kept in short["han.base"], kept
    for gone in ("_twice", "_helper", "_Kept", "_sum", "_kind", "_LIMITS", "first", "second"):
        assert gone not in short["han.base"].replace("def total", ""), gone
    assert "backlog=1" in short["han.user"] and "def keyword(a, backlog)" in short["han.user"]


def test_relatives_do_not_share_a_name_for_two_attributes():
    short = names.short({"han.base": BASE, "han.user": USER})
    own = short["han.user"].split(" = 100")[0].rsplit("self.", 1)[1]
    assert "self." + own not in short["han.base"]


def test_relatives_find_each_other_by_the_whole_name_too():
    user = USER.replace("from .base import Base", "from han.base import Base")
    assert names.short({"han.base": BASE, "han.user": user})["han.base"] == (
        names.short({"han.base": BASE, "han.user": USER})["han.base"]
    )
    names.short({"han.user": "from argparse import Action\n\n\nclass Other(Action):\n    pass\n"})


def test_attributes_of_strangers_keep_their_names():
    stranger = "class A:\n    def __init__(self):\n        self._x_own = 1\n\n"
    stranger += "def peek(other):\n    return other._y_there\n"
    owner = "class B:\n    def __init__(self):\n        self._y_there = 1\n"
    short = names.short({"han.a": stranger, "han.b": owner})
    assert "_y_there" in short["han.a"] and "_y_there" in short["han.b"] and "_x_own" not in short["han.a"]


def test_a_traceback_can_be_read():
    sources = {"han.base": BASE, "han.user": USER}
    found = names.functions(BASE, names.short(sources)["han.base"])
    assert ("total", "total") in found
    assert [short for long, short in found if long == "_helper"][0].startswith("_")


def test_a_class_of_an_imported_module_is_a_relative_too():
    base = "class App:\n    def __init__(self):\n        self._start()\n\n    def _start(self):\n        self.x = 1\n"
    safe = "from . import app\n\nclass App(app.App):\n    def _start(self):\n        self.x = 2\n"
    short = names.short({"han": "", "han.app": base, "han.safe": safe})
    name = short["han.safe"].split("def ")[1].split("(")[0]
    assert "self.%s()" % name in short["han.app"] and name != "_start"

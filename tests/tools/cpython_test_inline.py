"""A function that is put where it is called does what it did."""

import asyncio
import random

import pytest

from tools import inline

CALLS = {
    "an expression anywhere": (
        """def _f(a, b=2):
    return a * b
""",
        "[_f(x) for y in range(2)] and x or 1",
    ),
    "an argument twice": (
        """def _f(a):
    return a + a
""",
        "_f(x)",
    ),
    "an argument with a call": (
        """def _f(a):
    return a + a
""",
        "_f(seen(x))",
    ),
    "several ways out": (
        """def _f(a):
    if a > 5:
        return 'big'
    b = a * 2
    if b > 4:
        return b
    return -b
""",
        "_f(x)",
    ),
    "no way out": (
        """def _f(a):
    seen(a)
""",
        "_f(x)",
    ),
    "a way out and none": (
        """def _f(a):
    if a > 3:
        return 1
    seen(a)
""",
        "_f(x)",
    ),
    "both lead on": (
        """def _f(a):
    if a > 3:
        if a > 4:
            return 1
    return a
""",
        "_f(x)",
    ),
    "caught": (
        """def _f(a):
    try:
        b = 6 // (a - 3)
    except ZeroDivisionError:
        return None
    seen(b)
    return b
""",
        "_f(x)",
    ),
    "caught within": (
        """def _f(a):
    try:
        return 6 // (a - 3)
    except ZeroDivisionError as error:
        return str(error)
""",
        "_f(x)",
    ),
    "a loop's way out": (
        """def _f(a):
    for b in range(a):
        if b > 3:
            return b
    return a
""",
        "_f(x)",
    ),
    "a loop that ends": (
        """def _f(a):
    while a > 3:
        a -= 1
        if a == 5:
            return
    seen(a)
""",
        "_f(x)",
    ),
    "a loop in a loop": (
        """def _f(a):
    for b in range(a):
        for c in range(b):
            if c > 2:
                return b, c
""",
        "_f(x)",
    ),
    "a loop with a break": (
        """def _f(a):
    for b in range(a):
        if b > 3:
            return b
        if b > 2:
            break
    return 9
""",
        "_f(x)",
    ),
    "a loop that tries": (
        """def _f(a):
    for b in range(9):
        try:
            return a // (b - 1)
        except ZeroDivisionError:
            seen(b)
        seen(a)
    seen(b)
""",
        "_f(x)",
    ),
    "an argument that changes": (
        """def _f(a):
    a += 1
    return a
""",
        "(_f(x), x)",
    ),
    "the caller's names": (
        """def _f(a):
    y = a * 2
    r = y + 1
    return r
""",
        "(_f(x), y)",
    ),
    "not what comes first": (
        """def _f(a):
    seen(a)
    return a
""",
        "(seen(-x), _f(x))",
    ),
    "behind a name": (
        """def _f(a):
    seen(a)
    return a
""",
        "(y, _f(x), seen(9))",
    ),
    "perhaps not": (
        """def _f(a):
    seen(a)
    return a
""",
        "x > 3 and _f(x)",
    ),
    "either": (
        """def _f(a):
    seen(a)
    return a
""",
        "_f(x) > 3 and seen(1)",
    ),
    "keywords": (
        """def _f(a, b, c=None):
    seen(a)
    return a, b, c
""",
        "_f(b=x, a=seen(5))",
    ),
    "raises": (
        """def _f(a):
    if a > 4:
        raise ValueError(a)
    return a
""",
        "_f(x)",
    ),
}
STATEMENTS = (
    "return {}", "z = {}\n    return z, x", "if {}:\n        return 1\n    return 2", "{}\n    return 3",
    "if x > 90:\n        return 0\n    elif {}:\n        return 1\n    return 2",
    "x += ({}) or 0 if x < 0 else 0\n    return x",
    "try:\n        z = {}\n    except ValueError as error:\n        z = str(error)\n    return z",
    "while {}:\n        return 1\n    return 2", "self.z = {}\n    return self.z",
)  # fmt: skip


class Anything:
    pass


def outcome(text, x):
    """(what main(x) returns or raises, what was seen) of a module's text."""
    seen = []

    def see(value):
        seen.append(value)
        return value

    space = {"seen": see}
    exec(text, space)
    try:
        result = space["main"](x, Anything())
        return (asyncio.run(result) if asyncio.iscoroutine(result) else result), seen
    except Exception as error:
        return repr(error), seen


@pytest.mark.parametrize("name", CALLS)
def test_whatever_calls_it(name):
    function, call = CALLS[name]
    for statement in STATEMENTS:
        text = "%s\n\ndef main(x, self):\n    y = x + 1\n    %s\n" % (function, statement.format(call))
        made = inline.inlined({"han.a": text})["han.a"]
        for x in range(8):
            assert outcome(made, x) == outcome(text, x), made


@pytest.mark.parametrize("name", CALLS)
def test_whoever_awaits_it(name):
    function, call = CALLS[name]
    function, call = "async " + function, call.replace("_f(", "await _f(")
    for statement in STATEMENTS:
        if "for y" in call:
            continue  # no comprehension awaits
        text = "%s\n\nasync def main(x, self):\n    y = x + 1\n    %s\n" % (function, statement.format(call))
        made = inline.inlined({"han.a": text})["han.a"]
        for x in range(8):
            assert outcome(made, x) == outcome(text, x), made


def test_much_of_it_is_gone():
    gone = 0
    for function, call in CALLS.values():
        text = "%s\n\ndef main(x, self):\n    y = x + 1\n    return %s\n" % (function, call)
        gone += "_f(" not in inline.inlined({"han.a": text})["han.a"]
    assert gone >= 12


METHODS = """class A:
    def __init__(self, x):
        self.x = x
        self._start(x)

    def _start(self, y):
        self.y = y
        self._kept = self._both

    def _both(self):
        return self.x, self.y, self._once()

    def _once(self):
        return self._base()

    def _base(self):
        return 'A'


class B(A):
    def _base(self):
        return 'B', super()._base()


def main(x, other):
    return A(x)._both(), B(x)._kept()
"""


def test_methods_that_others_replace_stay():
    made = inline.inlined({"han.a": METHODS})["han.a"]
    assert outcome(made, 3) == outcome(METHODS, 3)
    assert "_start" not in made and "def _base" in made and "def _both" in made


def test_what_others_know_stays():
    text = "def public(a):\n    return a\n\n\ndef main(x, other):\n    return public(x)\n"
    assert "def public" not in inline.inlined({"han.a": text})["han.a"]
    assert "def public" in inline.inlined({"han.a": text}, private=True)["han.a"]
    assert "def public" in inline.inlined({"han.a": text, "han.b": "from han.a import public\n"})["han.a"]
    assert "def public" in inline.inlined({"han.a": text, "han.b": "NAMES = ('public',)\n"})["han.a"]


def test_a_coroutine_does_not_hold_what_it_called_held():
    text = "async def _f(a):\n    held = seen(a)\n    seen(held)\n\n\n"
    text += "async def main(x, self):\n    await _f(x)\n    return 1\n"
    made = inline.inlined({"han.a": text})["han.a"]
    assert "await _f" not in made and "held = None" in made


def test_functions_in_chains(seed=1):
    choose = random.Random(seed)
    for _ in range(200):
        count = choose.randint(2, 6)
        parts = []
        for i in range(count):
            body = choose.choice((
                "    return {}\n", "    b = {}\n    seen(b)\n    return b\n",
                "    if a > 2:\n        return {}\n    return seen(a)\n",
                "    for b in range(2):\n        a += {}\n    return a\n",
            ))  # fmt: skip
            call = "_f%d(%s)" % (i + 1, choose.choice(("a", "a + 1", "seen(a)", "3"))) if i + 1 < count else "a * 2"
            parts.append("def %s(a):\n%s" % ("_f%d" % i, body.format(call)))
        choose.shuffle(parts)
        text = "\n\n".join(parts) + "\n\ndef main(x, self):\n    a = 7\n    return _f0(x), a\n"
        made = inline.inlined({"han.a": text})["han.a"]
        for x in range(5):
            assert outcome(made, x) == outcome(text, x), text + made

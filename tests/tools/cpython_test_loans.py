"""Names that the image lends: which are lent, and that a program does the same with them."""

import pathlib
import re

import pytest

from tools import heap32, loans

CORE = '''
import json

_TABLE = "counted totals"

class Wrong(Exception):
    pass

class Meter:
    unit_wh = 1

    def __init__(self, register):
        self.register = register
        self.counted = 3
        self.register_handlers = []

    def total_wh(self, offset_wh=0, factor=1):
        return self.register * factor + offset_wh + self.unit_wh

    def dumps(self):
        return json.dumps([self.total_wh(factor=2)])

    def named(self):
        """The register and counted, by their names."""
        return [getattr(self, name, None) for name in _TABLE.split()] + [getattr(self, "register" + "_handlers")]
'''

USER = '''
from .core import Meter, Wrong

reserve_wh = 5

def use_reserve():
    global reserve_wh
    reserve_wh += Meter(2).total_wh(1)
    return reserve_wh

def shown(text):
    try:
        raise Wrong(text)
    except Wrong as error:
        return "%s: %s" % (type(error).__name__, error)
'''

TEXTS = {pathlib.Path("han/core.py"): CORE, pathlib.Path("han/user.py"): USER}
RUNS = "from han.core import Meter\nprint(Meter(1).register)\n"


def run(texts):
    modules = {}
    for path, text in texts.items():
        found = modules[path.stem] = {"__name__": "han." + path.stem}
        exec(re.sub(r"from \.core import .*", "", text), found if path.stem == "core" else {**found, **modules["core"]})
    space = {"__name__": "han"}
    for text in texts.values():
        exec(re.sub(r"from \.core import .*", "", text), space)
    return space


def test_what_is_lent_and_what_is_not():
    lent = loans.lent(TEXTS, [RUNS])
    assert {"unit_wh", "total_wh", "offset_wh", "reserve_wh", "use_reserve", "shown", "named"} <= set(lent)
    # What runs it, a library, a text, a keyword and a shown class speak of these; microdot puts the last together.
    kept = {"Meter", "register", "dumps", "json", "counted", "factor", "Wrong", "register_handlers", "__init__"}
    assert not kept & set(lent)
    assert len(set(lent.values())) == len(lent)
    assert set(lent.values()) <= loans.known()
    assert not any(re.search(r"\b%s\b" % name, CORE + USER + RUNS) for name in lent.values())


def test_a_program_does_the_same():
    lent = loans.lent(TEXTS, [RUNS])
    before, after = run(TEXTS), run({path: loans.given(text, lent) for path, text in TEXTS.items()})
    meters = before["Meter"](7), after["Meter"](7)
    assert meters[0].dumps() == meters[1].dumps() == "[15]"
    assert meters[0].named() == getattr(meters[1], lent["named"])() == [3, None, []]
    for _ in range(2):
        assert before["use_reserve"]() == after[lent["use_reserve"]]()
    assert after[lent["reserve_wh"]] == 13
    assert after[lent["shown"]]("line") == "Wrong: line"


@pytest.mark.timeout(120)
def test_what_names_take_is_what_micropython_takes_for_them(tmp_path):
    if not heap32.ready():
        pytest.skip("needs node, and npm's registry once")
    (tmp_path / "none").mkdir()
    names = ["reader_%d" % i for i in range(700)]
    ask = "import micropython\nmicropython.qstr_info(1)"
    for count in 15, 150, 700:
        code = "\n".join("%s = 0" % name for name in names[:count])
        said = heap32.measured(tmp_path / "none", [code, ask])[1][1]
        taken = int(re.search(r"n_total_bytes=(\d+)", said).group(1))
        spoken = {line[2:-1] for line in said.splitlines() if line.startswith("Q(")}
        assert set(names[:count]) <= spoken
        assert abs(heap32.interned(spoken) - taken) < 250, (count, taken)

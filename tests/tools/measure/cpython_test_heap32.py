"""The 32-bit heap of `make size`: what is compiled for it, and what it says."""

import ast
import pathlib

import pytest

from staging import stage
from tools.measure import added, heap, heap32, imports, languages, size


def test_a_module_that_is_loaded_and_not_run():
    text = "from micropython import const\n_SIZE = const(5)\nname = 3\ndef function(a):\n    return a + name + _SIZE\n"
    tree = ast.parse(heap32.unrun(text))
    (whole,) = tree.body
    assert whole.body[0].names == ["const", "function", "name"]
    assert ast.unparse(whole.body[1:]) == ast.unparse(ast.parse(text).body)
    assert compile(heap32.unrun(""), "empty", "exec")


def test_what_modules_take_on_both_ports(tmp_path):
    text = "data = bytearray(8000)\ndef function():\n    return '%s'\n" % ("x" * 500)
    texts = {pathlib.Path("run.py"): text, pathlib.Path("unrun.py"): heap32.unrun(text)}
    texts[pathlib.Path("started.py")] = heap32._STARTED
    heap32.compiled(texts, tmp_path / "modules")
    steps = ["import sys\nsys.path.insert(0, '/measured')", "import run\nprint(len(run.data))", "import unrun"]
    ports = [heap32.measured_64] + [heap32.measured] * heap32.ready()
    for port in ports:
        before, run, unrun = port(tmp_path / "modules", steps)
        assert run[1].startswith("8000\n") and 8000 < run[0] - before[0] < 10000
        assert 0 < unrun[0] - run[0] < 1500
        with pytest.raises(RuntimeError, match="nowhere"):
            port(tmp_path / "modules", ["import nowhere"])


def test_what_a_module_lacks():
    text = """from a import b, c
first, second = 1, 2
class One:
    c = None
    def __init__(self):
        self.c = self.d = 3
        if self.c:
            b(c)
    def gone(self):
        return 1
table = {"gone": 1, "kept": ("gone", "there")}
"""
    assert added.lacking(text, ["c", "second", "gone"]) == (
        "from a import b\nfirst, = (1,)\n\nclass One:\n\n    def __init__(self):\n        self.d = 3\n        pass\n"
        "table = {'kept': ('there',)}\n"
    )
    for path, names in added.LACKING.items():
        text = (stage.ROOT / "lib" / path).read_text()
        for name in names.split():
            assert added.lacking(text, [name]) != ast.unparse(ast.parse(text)) + "\n", (path, name)


def test_make_size_tells_all_of_it(capsys, monkeypatch):
    monkeypatch.setattr(heap, "AFTER", 1)
    monkeypatch.setattr(languages, "SETTLE", 4)
    assert size.main(["100"]) == 0
    said = capsys.readouterr().out
    assert "as long as nobody asks for them" in said
    for part in "han/wire ", heap.IDLE_AGAIN, "at most 85", "system heap: free", "error: ", "less since the second row":
        assert part in said, part


def test_what_modules_import():
    texts = {
        "a": ("import b\nfrom .c import d\n", True),
        "a.c": ("try:\n    from ..b import e\nexcept ImportError:\n    from .f import e\n", False),
        "a.f": ("def g():\n    from . import c\n", False),
        "b": ("from a import c\n", False),
    }
    assert imports.imported(texts) == {"a": {"b", "a.c"}, "a.c": {"b"}, "a.f": set(), "b": {"a", "a.c"}}
    assert imports.needed(["b"], imports.imported(texts)) == {"a", "a.c", "b"}

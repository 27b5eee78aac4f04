"""The 32-bit heap of `make size`: what is compiled for it, and what it says."""

import ast
import pathlib

import pytest

from tools import heap32


def test_a_module_that_is_loaded_and_not_run():
    text = "from micropython import const\n_SIZE = const(5)\nname = 3\ndef function(a):\n    return a + name + _SIZE\n"
    tree = ast.parse(heap32.unrun(text))
    (whole,) = tree.body
    assert whole.body[0].names == ["const", "function", "name"]
    assert ast.unparse(whole.body[1:]) == ast.unparse(ast.parse(text).body)
    assert compile(heap32.unrun(""), "empty", "exec")


def test_what_modules_take_on_32_bits(tmp_path):
    if not heap32.ready():
        pytest.skip("needs node, and npm's registry once")
    text = "data = bytearray(8000)\ndef function():\n    return '%s'\n" % ("x" * 500)
    texts = {pathlib.Path("run.py"): text, pathlib.Path("unrun.py"): heap32.unrun(text)}
    heap32.compiled(texts, tmp_path / "modules")
    steps = ["import sys\nsys.path.insert(0, '/measured')", "import run\nprint(len(run.data))", "import unrun"]
    before, run, unrun = heap32.measured(tmp_path / "modules", steps)
    assert run[1].startswith("8000\n")
    assert 8500 < run[0] - before[0] < 10000 and 500 < unrun[0] - run[0] < 1500
    with pytest.raises(RuntimeError, match="nowhere"):
        heap32.measured(tmp_path / "modules", ["import nowhere"])

"""The 32-bit heap of `make size`: what is compiled for it, and what it says."""

import ast

import pytest

from tools import heap32, stage


def test_a_module_that_is_loaded_and_not_run():
    text = "from micropython import const\n_SIZE = const(5)\nname = 3\ndef function(a):\n    return a + name + _SIZE\n"
    tree = ast.parse(heap32.unrun(text))
    (whole,) = tree.body
    assert whole.body[0].names == ["const", "function", "name"]
    assert ast.unparse(whole.body[1:]) == ast.unparse(ast.parse(text).body)
    assert compile(heap32.unrun(""), "empty", "exec")


@pytest.mark.timeout(300)
def test_the_application_reads_on_a_32_bit_heap(capsys):
    if not heap32.ready():
        pytest.skip("needs node, and npm's registry once")
    heap32.report(20000)
    shown = capsys.readouterr().out
    rows = [line for line in shown.splitlines() if line[:2] == "  "]
    figures = {row[2:44].strip(): int(row[44:].split()[0].rstrip(",")) for row in rows}
    assert 50000 < figures["the modules that always run"] < 80000
    assert figures["4 streams, half of the unix port's"] == 10000
    assert 0 < figures["appended: free"] < figures["frozen: free"] - 50000
    assert abs(figures["%d readings more" % heap32._MORE]) < 3000


def test_twins_are_those_that_are_part_of_the_application():
    twins = heap32.twins_within(stage.sources())
    assert {path.as_posix() for path in twins} >= {"han/wire/plain.py", "han/meter/fill_plain.py"}

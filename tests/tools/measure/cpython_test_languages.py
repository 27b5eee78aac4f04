"""The rows of `make size` for languages of other systems."""

from han.out.outs import LANGUAGES
from tools.measure import languages


def test_each_language_has_a_row_with_its_budget(capsys):
    budgets = dict(languages.BUDGETS)
    assert {name for name, *_ in LANGUAGES} == set(budgets) == {"metrics", *languages.NARROW}
    for name, most, *_ in LANGUAGES:
        assert budgets[name] == 1000 * most
    few = dict.fromkeys(budgets, 0)
    languages.report(dict(few, modbus=100000))
    said = capsys.readouterr().out
    for name in few:
        assert ("\n  %s " % name) in said
    assert said.count("OVER BUDGET") == 1


def test_what_was_measured_on_32_bits_is_the_estimate_of_what_was_measured_here_and_within_the_budget(capsys):
    languages.report(dict(languages.WIDE, metrics=0))
    said = capsys.readouterr().out
    assert "OVER BUDGET" not in said
    for name, size in languages.NARROW.items():
        assert ("  %-42s %8.1f  " % (name, size / 1000)) in said

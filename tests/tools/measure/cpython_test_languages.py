"""The rows of `make size` for languages of other systems."""

from han.out.outs import LANGUAGES
from tools.measure import languages


def test_each_language_has_a_row_with_its_budget(capsys):
    assert {name for name, *_ in LANGUAGES} == {name for name, _ in languages.BUDGETS} == set(languages.NARROW)
    for name, most, *_ in LANGUAGES:
        assert dict(languages.BUDGETS)[name] == 1000 * most
    few = dict.fromkeys(languages.NARROW, 0)
    languages.report(dict(few, modbus=100000))
    said = capsys.readouterr().out
    for name in few:
        assert ("\n  %s " % name) in said
    assert said.count("OVER BUDGET") == 1 and "modbus -0.1" in said.split("error against")[1]


def test_the_factor_is_the_mean_of_what_was_measured():
    wide = sum(languages.WIDE.values())
    assert abs(languages.FACTOR - sum(languages.NARROW.values()) / wide) < 0.005
    assert max(abs(languages.WIDE[name] * languages.FACTOR - languages.NARROW[name]) for name in languages.WIDE) < 300

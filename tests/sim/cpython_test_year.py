"""A few days of `make year`: the whole reader, restarted, cut off, lied to, its meter replaced."""

from tools.prove import year


def test_six_days_with_a_day_of_23_hours_and_the_end_of_a_month_are_what_the_meter_counted(capsys):
    options = ["--start", "2026-03-27", "--days", "6", "--period", "120"]
    assert year.main(options) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "3 starts" in shown and "2 meters" in shown
    assert [line[:7] for line in shown.split("\n") if line.startswith("2026-")] == ["2026-03", "2026-04"]


def test_a_day_of_25_hours_of_a_meter_that_sends_its_counters_once_an_hour(capsys):
    options = ["--start", "2026-10-24", "--days", "4", "--period", "120", "--meter", "aidon"]
    assert year.main(options) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "2 starts" in shown and "2 meters" in shown and "3 days compared" in shown


def test_days_that_begin_with_a_month_are_compared_once(capsys):
    assert year.main(["--start", "2026-01-01", "--days", "2", "--period", "600"]) == 0
    assert capsys.readouterr().out.count("2026-01 ") == 1

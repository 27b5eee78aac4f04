"""The two weeks in which the clock changes, of `make year`: costs and peaks, with power cuts, to the last digit."""

from tools.prove.bills import __main__ as bills


def lived(capsys, *options):
    """What is printed about a run, which must have been right."""
    good = bills.main(options)
    shown = capsys.readouterr().out
    assert good == 0 and " 0 wrong" in shown, shown
    return shown


def test_a_week_with_a_day_of_23_hours_billed_by_the_hour(capsys):
    shown = lived(capsys, "--start", "2026-03-27", "--days", "7", "--rule", "hours", "--meter", "swedish")
    assert "costs of 8 days and 2 months" in shown and "2 cuts" in shown


def test_a_week_with_a_day_of_25_hours_billed_by_the_quarter(capsys):
    shown = lived(capsys, "--start", "2026-10-23", "--days", "7", "--rule", "quarters", "--meter", "dsmr5")
    assert "costs of 8 days and 1 months" in shown and "2 cuts" in shown


def test_a_meter_that_keeps_its_peaks_itself(capsys):
    shown = lived(capsys, "--start", "2026-01-31", "--days", "2", "--rule", "quarters", "--meter", "belgian")
    assert "costs of 3 days and 2 months" in shown


def test_a_meter_that_tells_its_counters_once_an_hour_is_not_asked(capsys):
    assert bills.main(["--meter", "kaifa"]) == 0
    assert "not compared" in capsys.readouterr().out

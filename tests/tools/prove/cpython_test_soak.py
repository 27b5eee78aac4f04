"""A day of `make soak`, with everything that a month has."""


from tools.prove import soak


def test_a_day_on_a_bad_wall_costs_no_reading(capsys):
    assert soak.main(["--days", "1", "--period", "300"]) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "lost 0" in shown and "as it should be" in shown
    for why in ("reboot by the API", "power cut", "update", "update that never starts"):
        assert "'%s': 1" % why in shown

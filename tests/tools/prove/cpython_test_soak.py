"""A day of `make soak`, with everything that a month has."""

import contextlib
import io

import pytest

from tools.prove import soak
from tools.prove.mosquitto import MISSING, program


@pytest.fixture(scope="module")
def day():
    """(status, what was printed)."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        status = soak.main(["--days", "1", "--period", "300"])
    return status, shown.getvalue()


def test_a_day_on_a_bad_wall_costs_no_reading(day):
    status, shown = day
    assert status == 0 and "lost 0" in shown and "as it should be" in shown, shown
    for why in ("reboot by the API", "power cut", "update", "update that never starts"):
        assert "'%s': 1" % why in shown


@pytest.mark.skipif(not program(), reason=MISSING)
def test_its_messages_over_mqtt_arrive(day):
    _, shown = day
    (line,) = [line for line in shown.splitlines() if line.startswith("MQTT ")]
    assert int(line.split()[1]) > 1000 and "; lost 0; broker ended {'" in line, line

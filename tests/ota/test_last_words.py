"""The reason for a rollback, from the version's own log if there is one."""

from han.ota.proof import last_words
from han.store.crashlog import CrashLog
from tests.store.nor import Flash

OLD, NEW = "1.0.0.0", "1.1.0.0"
OWN = "started 1.0.0.0: USER"
BACK = "started 1.0.0.0: OTA_ROLLBACK"
NEXT = "started 1.1.0.0: OTA_UPDATE"
TRACE = 'meter: Traceback (most recent call last):\n  File "han/app.py", line 5, in run\nValueError: a bug'


def said(*texts):
    state = Flash(16).partition
    log = CrashLog(state)
    for number, text in enumerate(texts):
        log.add(text, None, number)
    return last_words(state, OLD)


def test_it_says_why():
    assert said(OWN, NEXT, "OTA_ROLLBACK: not confirmed: no network") == "no network"
    assert said(OWN, NEXT, TRACE, TRACE) == "meter: ValueError: a bug"
    assert said(OWN, NEXT, TRACE, "CRASH: meter") == "CRASH: meter"
    # Told again as long as no start of this one has become healthy.
    assert said(OWN, NEXT, "WATCHDOG: api", BACK, BACK) == "WATCHDOG: api"
    # As much as one run has kept: that it has started still is.
    assert said(OWN, NEXT, *[TRACE] * 6, "CRASH: meter") == "CRASH: meter"


def test_it_says_nothing_that_is_not_its_own():
    assert said() == said(OWN) == said(OWN, NEXT) == said(OWN, NEXT, BACK) == ""
    # It never came as far as its crash log; what is there is older.
    assert said(NEXT, TRACE, OWN, "CRASH: api") == said(NEXT, TRACE, OWN) == ""
    assert said(NEXT, TRACE, OWN, "CRASH: api", BACK) == ""

"""The crash log: in flash, through cuts, and never more of it than there is room."""

from han.store.crashlog import CrashLog

from tests.store.nor import Flash, PowerCut, Watched


def texts(log):
    return [text for _, _, text in log.entries()]


def test_what_was_kept_is_there_after_a_restart_the_newest_first():
    chip = Flash(16).partition
    assert list(CrashLog(chip).entries()) == []
    CrashLog(chip).add("started 1.0.0.0: POWER_ON", None, 0)
    CrashLog(chip).add("meter: ValueError: x", 123456789, 4711)
    assert list(CrashLog(chip).entries()) == [
        (123456789, 4711, "meter: ValueError: x"),
        (None, 0, "started 1.0.0.0: POWER_ON"),
    ]


def test_the_oldest_make_room():
    chip = Flash(16).partition
    log = CrashLog(chip)
    for number in range(100):
        log.add("crash %d" % number, number + 1, number)
    found = texts(CrashLog(chip))
    assert found == ["crash %d" % (99 - n) for n in range(8)]


def test_of_a_long_text_the_beginning_and_the_end_are_kept():
    chip = Flash(16).partition
    CrashLog(chip).add("history: Traceback" + "ä" * 600 + "OSError: 5", 1, 2)
    found = texts(CrashLog(chip))[0]
    assert found.startswith("history: Traceback") and found.endswith("OSError: 5") and 400 < len(found) <= 496


def test_a_sector_is_erased_for_eight_records():
    watched = Watched(Flash(16).partition)
    log = CrashLog(watched)
    for number in range(80):
        log.add("x", number, number)
    assert len(watched.erased) <= 10 and set(watched.erased) == {14, 15}


def test_a_cut_costs_the_record_that_was_being_written_at_most():
    for cut in range(60):
        chip = Flash(16)
        chip.power.restore(cut)
        written = 0
        try:
            for number in range(30):
                CrashLog(chip.partition).add("crash %d" % number, 1, 1)
                written = number + 1
        except PowerCut:
            pass
        chip.power.restore()
        found = texts(CrashLog(chip.partition))
        newest = int(found[0].split()[1]) if found else -1
        assert newest in (written - 1, written), (cut, written, found)
        CrashLog(chip.partition).add("after", 1, 1)
        assert texts(CrashLog(chip.partition))[0] == "after"

"""Settings that are found on the simulated line, bit by bit: a sample of what `make lines` measures."""
from han.meter.line.settings import TRIED
from han.meter.line.speeds import ENOUGH, slower
from han.meter.line.told import describe, line as found, selectable

from tests.meter.line.lines import World, fits, first_reading, telegrams
from tests.sim.test_sim_uart import heard
from tests.support import Random

TELEGRAMS = telegrams()
LINES = selectable()
SPEEDS = (115200, 38400, 19200, 9600, 4800, 2400)


def test_every_7e1_line_is_found():
    # Also at speeds at which nobody has seen one: each is heard as 8N1.
    lines = [line for line in LINES if line[1] == 7] + [(baud, 7, 0, 1, True) for baud in SPEEDS]
    for line in lines:
        for period in 1, 10:
            if fits(line, TELEGRAMS["P1"], period):
                for phase in 7, 40, 80:
                    seconds = first_reading(line, TELEGRAMS["P1"], period, phase)
                    assert seconds is not None and seconds < (20 if period == 1 else 45), (line, period, phase)


def test_a_sample_of_all_others_is_found():
    random = Random(21)
    for line in LINES[:TRIED]:
        for framing in "HDLC", "HDLC long", "M-Bus", "P1", "SML":
            period = random.choice((1, 10))
            if fits(line, TELEGRAMS[framing], period):
                seconds = first_reading(line, TELEGRAMS[framing], period, random.below(100))
                assert seconds is not None and seconds < 45, (line, framing, period)


def test_what_is_found_is_said():
    for line in LINES:
        world = World(line, TELEGRAMS["P1"], 10000000, 3000000)
        assert world.run(60, 1)
        # 8N1 hears 8E1, which is taken first where it is known to be used.
        assert found(world.link) == describe(line)


def test_from_any_setting_that_was_right_before():
    random = Random(5)
    for last in range(TRIED):
        line = LINES[random.below(len(LINES))]
        world = World(line, TELEGRAMS["P1"], 10000000, 100000 * random.below(100), last=last)
        assert world.run(60, 1) is not None, (last, line)


def test_a_crystal_may_be_off():
    for baud, parity in (115200, None), (38400, None), (9600, None), (2400, 0):
        for percent in 98, 102:
            line = (baud * percent // 100, 8, parity, 1, True)
            assert first_reading(line, TELEGRAMS["HDLC"], 10, 33) < 45, line


def test_the_speed_is_told_by_the_bytes():
    random = Random(11)
    data = random.bytes(60)
    for index, baud in enumerate(SPEEDS):
        for sent in SPEEDS[index:]:
            for inverted in False, True:
                got = heard((sent, 8, None, 1, False), (baud, 8, None, 1, inverted), data, 400)
                assert len(got) >= ENOUGH
                # Where a whole character fits into a bit, the fastest such speed is as good as any.
                want = sent if sent * 9 >= baud else max([each for each in SPEEDS if each * 9 < baud])
                assert slower(baud, got, min(len(got), 32)) == (None if sent == baud else want), (baud, sent)
        for sent in SPEEDS[:index]:
            got = heard((sent, 8, None, 1, False), (baud, 8, None, 1, False), data * 8, 400)
            assert len(got) < ENOUGH or slower(baud, got, min(len(got), 32)) is None, (baud, sent)

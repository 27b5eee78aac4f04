"""NOR flash of the simulated board."""

import io

from host_sim.hardware.flash import SECTOR, Partition
from host_sim.hardware.powercut import Power, PowerCut
from tests.support import Random, raises

SIZE = 4 * SECTOR


def make(cut_after=None, seed=1):
    file = io.BytesIO(b"\xff" * SIZE)
    power = Power(seed, cut_after)
    return Partition(file, SIZE, "state", power), power


def read(partition, block, offset, count):
    buf = bytearray(count)
    partition.readblocks(block, buf, offset)
    return bytes(buf)


def test_geometry():
    flash, _ = make()
    assert flash.ioctl(4, 0) == 4
    assert flash.ioctl(5, 0) == SECTOR
    assert flash.ioctl(3) == 0 and flash.ioctl(7) is None


def test_programming_only_clears_bits():
    flash, _ = make()
    flash.writeblocks(1, b"\xf0\x0f\xaa", 100)
    assert read(flash, 1, 100, 3) == b"\xf0\x0f\xaa"
    flash.writeblocks(1, b"\x3c\xff\x55", 100)
    assert read(flash, 1, 99, 5) == b"\xff\x30\x0f\x00\xff"


def test_erasing_one_sector():
    flash, _ = make()
    for block in range(4):
        flash.writeblocks(block, bytes(8), 4000)
    assert flash.ioctl(6, 2) == 0
    assert read(flash, 2, 0, SECTOR) == b"\xff" * SECTOR
    assert read(flash, 1, 4000, 8) == bytes(8) and read(flash, 3, 4000, 8) == bytes(8)


def test_whole_blocks_are_erased_first():
    flash, _ = make()
    flash.writeblocks(0, bytes(SECTOR))
    data = Random(5).bytes(2 * SECTOR)
    flash.writeblocks(0, data)
    assert read(flash, 0, 0, 2 * SECTOR) == data


def test_offsets_may_cross_blocks():
    flash, _ = make()
    flash.writeblocks(0, b"0123456789", SECTOR - 5)
    assert read(flash, 1, 0, 6) == b"56789\xff"


def test_outside_is_an_error_and_changes_nothing():
    flash, _ = make()
    for call in (
        lambda: flash.readblocks(4, bytearray(1)),
        lambda: flash.readblocks(3, bytearray(SECTOR + 1)),
        lambda: flash.readblocks(-1, bytearray(1)),
        lambda: flash.writeblocks(3, bytes(5), SECTOR - 4),
        lambda: flash.writeblocks(4, bytes(SECTOR)),
        lambda: flash.writeblocks(0, bytes(100)),  # the driver erases whole sectors only
        lambda: flash.ioctl(6, 4),
    ):
        with raises(OSError):
            call()
    assert read(flash, 0, 0, SIZE) == b"\xff" * SIZE


def test_power_cut_in_each_operation():
    new, old = Random(8).bytes(SECTOR), Random(9).bytes(SECTOR)
    states = []
    for cut in range(4):
        flash, power = make()
        flash.writeblocks(0, old)
        flash.writeblocks(1, old)
        assert power.operations == 4
        power.restore(cut)
        done = False
        try:
            flash.writeblocks(0, new)  # two operations
            flash.writeblocks(2, new[:100], 50)
            done = True
            flash.ioctl(6, 1)
        except PowerCut:
            pass
        assert done == (cut == 3)
        assert power.operations == 4 + cut
        with raises(PowerCut):
            flash.ioctl(6, 3)
        with raises(PowerCut):
            flash.readblocks(0, bytearray(1))
        power.restore()
        state = read(flash, 0, 0, SIZE)
        states.append(state)
        zero = b"\xff" * (SIZE - 2 * SECTOR)
        if cut == 0:  # while erasing: no bit went down
            assert state[SECTOR:] == old + zero
            assert all([(a & b) == a for a, b in zip(old, state)]) and state[:SECTOR] not in (old, b"\xff" * SECTOR)
        elif cut == 1:  # while programming: what is there, is a beginning
            assert state[SECTOR:] == old + zero
            same = 0
            while same < SECTOR and state[same] == new[same]:
                same += 1
            assert state[same + 1 : SECTOR] == b"\xff" * (SECTOR - same - 1)
        elif cut == 2:
            assert state[:SECTOR] == new
            assert all([(a & b) == a for a, b in zip(new[:100], state[2 * SECTOR + 50 :])])
        else:
            assert state[:SECTOR] == new and state[2 * SECTOR + 50 : 2 * SECTOR + 150] == new[:100]
    assert len(set(states)) == 4


def test_power_cuts_are_repeatable_and_differ_by_seed():
    def cut(seed):
        flash, power = make(seed=seed)
        flash.writeblocks(0, Random(1).bytes(SECTOR))
        power.restore(0)
        try:
            flash.ioctl(6, 0)
        except PowerCut:
            pass
        power.restore()
        return read(flash, 0, 0, SECTOR)

    assert cut(1) == cut(1)
    assert cut(1) != cut(2)


def test_power_cut_passes_handlers_for_errors():
    flash, power = make(cut_after=0)
    with raises(PowerCut):
        try:
            flash.writeblocks(0, b"x", 0)
        except Exception as error:
            raise AssertionError("a handler ran without power") from error

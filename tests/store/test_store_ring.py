"""The log in raw flash: what was written is found again, and damage costs only what it hit."""

import struct

from han.store import ring as rings
from han.store.flash import Region
from tests.store.nor import Flash, PowerCut, Watched
from tests.support import Random, raises


class Ring:
    """A ring of payloads of `size` bytes."""

    def __init__(self, region, size):
        self._ring = ring = rings.opened(region, "%ds" % size)
        self.append = ring.append
        self.prepare = ring.prepare
        self.per_sector = ring.per_sector
        self.slots = ring.slots

    @property
    def next(self):
        return self._ring.next

    @property
    def first(self):
        return rings.first(self._ring)

    def read(self, sequence):
        values = rings.read(self._ring, sequence)
        return values and values[0]

    def last(self):
        values = rings.last(self._ring)
        return values and values[0]


def payload(number, size):
    """A payload that can only be that of its number."""
    return bytes((number * 7 + i * (number + 3)) & 0xFF for i in range(size - 4)) + struct.pack("<I", number)


def check(ring, size, lost=()):
    """Every record that may be there is right; returns how many are there."""
    sound = 0
    for sequence in range(ring.first, ring.next):
        found = ring.read(sequence)
        if found is None:
            continue
        assert sequence not in lost
        assert bytes(found) == payload(struct.unpack("<I", bytes(found)[-4:])[0], size)
        sound += 1
    return sound


def test_a_blank_partition_has_nothing():
    ring = Ring(Flash(2).region(), 20)
    assert (ring.first, ring.next, ring.last(), ring.read(0)) == (0, 0, None, None)


def test_records_of_any_size_come_back_after_a_restart():
    for size in (5, 16, 36, 120, 1000, 2040, 2044, 4088):
        for sectors in (2, 3, 5):
            flash = Flash(sectors)
            ring = Ring(flash.region(), size)
            assert ring.per_sector == 4096 // (size + 8)
            total = min(3 * ring.slots + 1, 400)
            for number in range(total):
                assert ring.append(payload(number, size)) == number
                ring.prepare()
                if number % 97 == 0 or number > total - 3:
                    again = Ring(flash.region(), size)
                    assert again.next == number + 1
                    assert bytes(again.last()) == payload(number, size)
            kept = [s for s in range(ring.first, ring.next) if again.read(s) is not None]
            # All but the sector ahead.
            assert len(kept) >= min(total, ring.slots - 2 * ring.per_sector + 1), (size, sectors)
            assert kept == list(range(kept[0], total))
            for sequence in kept:
                assert bytes(again.read(sequence)) == payload(sequence, size)


def test_flash_is_only_programmed_where_it_is_blank_and_wears_evenly():
    watched = Watched(Flash(4).partition)
    ring = Ring(Region(watched, 0, 4), 120)
    for number in range(ring.slots * 10):
        ring.append(payload(number, 120))
        ring.prepare()
    counts = [watched.erased.count(sector) for sector in range(4)]
    assert max(counts) - min(counts) <= 1 and max(counts) <= 10, counts
    # With the sector ahead prepared, a record alone never erases.
    ring.append(payload(number + 1, 120))
    ring.prepare()
    erased = len(watched.erased)
    for number in range(ring.per_sector):
        ring.append(payload(number, 120))
    assert len(watched.erased) == erased


def test_without_prepare_the_record_erases_for_itself():
    watched = Watched(Flash(3).partition)
    ring = Ring(Region(watched, 0, 3), 500)
    for number in range(ring.slots * 3 + 2):
        ring.append(payload(number, 500))
    assert bytes(ring.last()) == payload(number, 500)


def test_only_its_own_sectors_are_touched():
    flash = Flash(6)
    for sector in (0, 1, 4, 5):
        flash.partition.writeblocks(sector, b"\x5a" * 4096)
    ring = Ring(flash.region(2, 2), 100)
    for number in range(3 * ring.slots):
        ring.append(payload(number, 100))
        ring.prepare()
    content = flash.content()
    assert content[: 2 * 4096] == content[4 * 4096 :] == b"\x5a" * (2 * 4096)


def test_what_is_not_a_ring_is_refused():
    with raises(ValueError):
        Ring(Flash(1).region(), 20)
    with raises(ValueError):
        Ring(Flash(2).region(), 4089)
    with raises(ValueError):
        Ring(Flash(2).region(), 0)
    with raises(ValueError):
        Region(Flash(2).partition, 1, 2)


def test_rubbish_and_records_of_another_layout_are_not_records():
    flash = Flash(3)
    random = Random(5)
    for sector in range(3):
        flash.partition.writeblocks(sector, random.bytes(4096))
    ring = Ring(flash.region(), 32)
    assert ring.next == 0 and ring.last() is None
    for number in range(300):
        ring.append(payload(number, 32))
        ring.prepare()
    assert check(ring, 32) > 100
    for other in (31, 33, 64):
        assert Ring(flash.region(), other).last() is None


def test_a_flipped_bit_costs_one_record():
    size, lost = 36, 0
    for at in range(0, 44 * 93, 61):  # in every part of a record, over a whole sector
        flash = Flash(3)
        ring = Ring(flash.region(), size)
        for number in range(120):
            ring.append(payload(number, size))
            ring.prepare()
        flash.flip(at, 1 << at % 8)
        ring = Ring(flash.region(), size)
        assert ring.next == 120
        assert check(ring, size) == 119, at
        assert ring.read(at // 44) is None
        lost += 1
    assert lost > 60


def test_damage_to_the_newest_record_does_not_make_its_number_or_place_used_twice():
    flash = Flash(3)
    ring = Ring(flash.region(), 36)
    for number in range(100):
        ring.append(payload(number, 36))
        ring.prepare()
    flash.flip(4096 + (99 - 93) * 44 + 10, 0x10)
    ring = Ring(flash.region(), 36)
    assert ring.next == 100
    assert bytes(ring.last()) == payload(98, 36)
    watched = Watched(flash.partition)
    ring = Ring(Region(watched, 0, 3), 36)
    assert ring.append(payload(1000, 36)) == 100


def test_a_cell_that_does_not_program_is_stepped_over():
    class Worn(Watched):
        def writeblocks(self, block, buf, offset):
            Watched.writeblocks(self, block, buf, offset)
            if block == 0 and offset == 44 * 5:
                bad = bytearray(44)
                self.readblocks(block, bad, offset)
                bad[20] = 0
                self._partition.writeblocks(block, bad, offset)

    flash = Flash(2)
    ring = Ring(Region(Worn(flash.partition), 0, 2), 36)
    for number in range(10):
        ring.append(payload(number, 36))
    assert ring.next == 11 and ring.read(5) is None
    assert [struct.unpack("<I", bytes(ring.read(s))[-4:])[0] for s in range(11) if s != 5] == list(range(10))
    assert Ring(flash.region(), 36).next == 11


def test_flash_that_keeps_nothing_is_an_error_and_not_a_loop():
    class Dead(Watched):
        def writeblocks(self, block, buf, offset):
            self._partition.writeblocks(block, bytes(len(buf)), offset)

    ring = Ring(Region(Dead(Flash(2).partition), 0, 2), 36)
    with raises(OSError):
        ring.append(payload(1, 36))


def test_an_error_of_the_flash_leaves_the_ring_usable():
    class Moody(Watched):
        fail = False

        def writeblocks(self, block, buf, offset):
            if self.fail:
                Watched.writeblocks(self, block, buf[:10], offset)
                raise OSError(5)
            Watched.writeblocks(self, block, buf, offset)

    flash = Flash(2)
    moody = Moody(flash.partition)
    ring = Ring(Region(moody, 0, 2), 36)
    ring.append(payload(1, 36))
    moody.fail = True
    with raises(OSError):
        ring.append(payload(2, 36))
    moody.fail = False
    assert ring.append(payload(3, 36)) == 2
    assert bytes(ring.last()) == payload(3, 36) and ring.read(1) is None
    assert Ring(flash.region(), 36).next == 3


def cut_everywhere(size, sectors, records, seeds):
    """Cut power at every operation of a run; after each: all finished records are there, none is invented."""
    cuts = 0
    for seed in seeds:
        at = 0
        while True:
            flash = Flash(sectors, seed + 1000 * at)
            flash.power.cut_after = at
            done = -1
            complete = False
            try:
                ring = Ring(flash.region(), size)
                for number in range(records):
                    ring.append(payload(number, size))
                    done = number
                    ring.prepare()
                complete = True
            except PowerCut:
                cuts += 1
            if complete:
                break
            # Power comes back, fails once more soon after, and comes back.
            for again in (seed + at) % 5, None:
                flash.power.restore(again)
                try:
                    ring = Ring(flash.region(), size)
                    newest = ring.last()
                    if done >= 0:
                        # What append() returned for is there; the one being written may be.
                        found = struct.unpack("<I", bytes(newest)[-4:])[0]
                        assert done <= found <= done + 1, (at, done, found)
                    for number in range(done + 1, done + 2 * ring.per_sector + 2):
                        ring.append(payload(number, size))
                        done = number
                        ring.prepare()
                        check(ring, size)
                except PowerCut:
                    cuts += 1
            assert bytes(ring.last()) == payload(done, size)
            at += 1
    return cuts


def test_a_power_cut_at_every_operation_loses_nothing_that_was_finished():
    assert cut_everywhere(1000, 3, 30, range(3)) > 200
    assert cut_everywhere(500, 2, 40, range(2)) > 150


def test_the_start_of_a_full_partition_is_quick_to_find():
    flash = Flash(64)
    ring = Ring(flash.region(), 24)
    for number in range(0, ring.slots + 300):
        ring.append(payload(number, 24))
        ring.prepare()
    reads = []

    class Counting(Watched):
        pass

    counting = Counting(flash.partition)
    inner = counting.readblocks
    counting.readblocks = lambda block, buf, offset=0: (reads.append(1), inner(block, buf, offset))
    again = Ring(Region(counting, 0, 64), 24)
    assert again.next == ring.next and bytes(again.last()) == payload(number, 24)
    # One record for each sector, one whole sector, and the blank one.
    assert len(reads) < 64 + 3 * ring.per_sector, len(reads)

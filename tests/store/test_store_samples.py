"""The four rings in one partition: found again quickly, and readable after the layout has changed."""

import struct
import time

from han.store import samples
from han.store.ring import Ring
from han.store.samples import QUARTERS, TENS, Samples, pack_price, price, shares
from tests.store.nor import Flash
from tests.store.world import World


def values(t, wh, n, tail):
    return (t, 0, 1, wh, 0) + (10,) * 9 + (n, 0, 1, 0) + tuple(tail)


def test_the_ends_of_a_full_partition_are_found_in_time():
    world = World(64)
    for kind, series in enumerate(world.history.series):
        tail = {0: (1, 2), 1: (0, 0, 0, 255)}.get(kind, (0,))
        # As though it had gone round: only the newest lap is there to be found.
        series.ring.next = series.ring.slots * 3
        for n in range(series.ring.slots + 10):
            t = 200000000 + n * 900
            series.append(*values(t // 10 * 10, 100, n, tail))
            series.prepare()
    ends = [series.next for series in world.history.series]
    started = time.time()
    world.boot()
    took = time.time() - started
    # What the finer ones tell of days that have no sample may have been added.
    assert [series.next for series in world.history.series][:2] == ends[:2]
    assert took < 0.3, took


def test_samples_of_the_layout_before_are_read_and_make_room():
    flash = Flash(16)
    first, count = shares(16)[QUARTERS]
    before = "<IHH"  # an older layout: start and energies alone
    old = Ring(flash.region(first, count), struct.calcsize(before), 7)
    for n in range(300):
        old.append(struct.pack(before, n * 900, n, 0))
        old.prepare()

    def convert(sample):
        return (sample[0], 0, 1) + sample[1:] + (samples.NO_CURRENT,) * 9 + (0, 0, 255, 255, 0, 0, 0, 255)

    older = 7, before, convert
    series = Samples(flash.partition, QUARTERS, older)
    for n in range(300, 800):
        series.append(*values(n * 900, n, n, (0,) + pack_price(-5, "SEK")))
        series.prepare()
        if n % 100 == 1:
            series = Samples(flash.partition, QUARTERS, older)
            found = [sample for sample in map(series.read, range(series.first, series.next)) if sample]
            starts = [sample[0] // 900 for sample in found]
            assert starts == list(range(starts[0], n + 1)) and starts[0] <= max(0, n - 600), (n, starts[0])
            assert [sample[3] for sample in found] == starts
    assert price(found[-1]) == (-5, "SEK")


def test_a_flipped_bit_costs_one_sample():
    flash = Flash(16)
    series = Samples(flash.partition, TENS)
    for n in range(30):
        series.append(*values(n * 10, 100, n, (1, 2)))
    flash.flip(5 * 54 + 20, 4)
    again = Samples(flash.partition, TENS)
    assert [n for n in range(30) if again.read(n) is None] == [5]


def test_partitions_from_64_kb_to_8_mb():
    """What must be kept is kept in each; a bigger one keeps more, and starts are found in all of them."""
    held = []
    for sectors in (16, 17, 64, 256, 2048):
        world = World(sectors, true=200000000 // 86400 * 86400)
        world.run(8 * 3600, 10)
        quarters = world.samples(QUARTERS)
        assert len(quarters) == 32 and [s[3] for s in quarters[1:]] == [250] * 31, sectors
        tens = world.samples(TENS)
        assert [b[0] - a[0] for a, b in zip(tens, tens[1:])] == [10] * (len(tens) - 1)
        held.append(len(tens))
        before = [series.next for series in world.history.series]
        world.boot()
        assert [series.next for series in world.history.series] == before
        world.run(3600, 10)
        assert len(world.samples(QUARTERS)) == 36
        # As far back as the rings go, by their own count.
        capacities = [series.ring.capacity for series in world.history.series]
        assert capacities[1] >= 672 and capacities[2] >= 31 and capacities[3] >= 13, (sectors, capacities)
        assert sectors < 64 or capacities[0] >= 360
    assert held == sorted(held) and held[-1] == 2880 - 1 and held[0] < 360

"""The four rings in one partition: found again quickly, and readable after the layout has changed."""


from han.store.ring import capacity, opened
from han.store.series.samples import NO_CURRENT, QUARTERS, TENS, Series, price, rings, shares, packed
from tests.api.routes.past.test_api_history import ask
from tests.store.nor import Flash
from tests.store.world import EPOCH, World

START = 200000000 // 86400 * 86400


def values(t, wh, n, tail):
    return (t, 0, 1, wh, 0) + (10,) * 9 + (n, 0, 1, 0) + tuple(tail)


def test_the_ends_of_a_full_partition_are_found_in_time():
    world = World(64)
    for kind, series in enumerate(world.history.series):
        tail = {0: (1, 2), 1: (0, 0, 0, 255)}.get(kind, (0,))
        # As though it had gone round: only the newest lap is there to be found.
        series.next = series.slots * 3
        for n in range(series.slots + 10):
            t = 200000000 + n * 900
            series.append(*values(t // 10 * 10, 100, n, tail))
            series.prepare()
    ends = [series.next for series in world.history.series]
    world.boot()
    # What the finer ones tell of days that have no sample may have been added.
    assert [series.next for series in world.history.series][:2] == ends[:2]


def old_layout(flash, count):
    """Quarters of an hour as a layout had them that kept start and energies alone."""
    first, sectors = shares(flash.sectors)[QUARTERS]
    ring = opened(flash.region(first, sectors), "IHH", 0)
    for n in range(count):
        ring.append(START + n * 900, 100 + n % 50, 0)
        ring.prepare()


def convert(sample):
    return (sample[0], 0, 90) + sample[1:] + (NO_CURRENT,) * 9 + (0, 0, 255, 255, 0, 0, 0, 255)


BEFORE = {QUARTERS: (0, "IHH", convert)}


async def test_samples_of_the_layout_before_are_read_and_make_room():
    flash = Flash(16)
    old_layout(flash, 300)
    world = World(held=(flash, Flash(16)), true=START + 300 * 900, before=BEFORE)
    world.run(600, 300, (400, 0))
    kept = 10**9
    while kept:
        world.run(6 * 3600, 300, (400, 0))
        # The answer has the old ones before the new ones, none twice and none out of order; also after a restart.
        for again in range(2):
            message = await ask(world, QUARTERS, "from=0")
            n = [(t - EPOCH - START) // 900 for t in message["t"]]
            assert n == list(range(n[0], n[0] + len(n))) and n[-1] == (world.true - START) // 900
            old = [round(wh * 1000) for wh in message["i"] if n and n[0] < 300][: max(0, 300 - n[0])]
            assert old == [100 + k % 50 for k in range(n[0], 300)]
            assert set(message["i"][max(0, 301 - n[0]) : -1]) <= {0.1}
            # A sector of 256 old ones goes at a time: never much less than the seven days of the contract.
            assert n[0] == 0 or len(n) >= 640, (n[0], len(n))
            world.boot()
        assert len(old) <= kept
        kept = len(old)


def test_without_a_way_to_read_it_another_layout_is_made_room_of():
    flash = Flash(16)
    old_layout(flash, 300)
    world = World(held=(flash, Flash(16)), true=START + 300 * 900)
    assert not world.samples(QUARTERS)
    world.run(86400, 300)
    assert len(world.samples(QUARTERS)) == 96
    world.boot()
    assert len(world.samples(QUARTERS)) == 96


def test_a_flipped_bit_costs_one_sample():
    flash = Flash(16)
    ring = rings(flash.partition)[TENS]
    for n in range(30):
        ring.append(*values(n * 10, 100, n, (1, 2)))
    flash.flip(5 * 54 + 20, 4)
    again = Series(rings(flash.partition)[TENS])
    assert [n for n in range(30) if again.read(n) is None] == [5]


def test_prices_of_a_sample_are_exact_and_signed():
    for number, currency in ((-5, "SEK"), (8123456, "EUR"), (-(2**38), "NOK"), (2**38, "ISK"), (None, "EUR"), (1, "")):
        sample = values(0, 1, 1, (0,) + packed(number, currency))
        assert price(sample) == ((None, None) if number is None or not currency else (number, currency))


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
        capacities = [capacity(series) for series in world.history.series]
        assert capacities[1] >= 672 and capacities[2] >= 31 and capacities[3] >= 13, (sectors, capacities)
        assert sectors < 64 or capacities[0] >= 360
    assert held == sorted(held) and held[-1] == 2880 - 1 and held[0] < 360

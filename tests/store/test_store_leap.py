"""A ring that leaves the last sectors of its region to others: its numbers leap, and no one loses count."""

from han.store import ring as rings
from han.store.flash import Region
from tests.store.nor import Flash, PowerCut, Watched
from tests.support import Random

FORM, SECTORS, USED = "I42s", 16, 9


def opened(flash, used=USED):
    return rings.opened(flash.region(), FORM, sectors=used)


def write(ring, count):
    """Append `count` records, each telling its place. Returns the places."""
    places = []
    for _ in range(count):
        places.append(ring.next)
        ring.append(ring.next, b"x" * 42)
        ring.prepare(8)
    return places


def told(ring):
    """{place: what its record tells} of the records there are."""
    found = {}
    for place in range(rings.first(ring), ring.next):
        values = rings.read(ring, place)
        if values:
            found[place] = values[0]
    return found


def test_only_the_first_sectors_are_touched_and_they_wear_evenly():
    watched = Watched(Flash(SECTORS).partition)
    for sector in range(USED, SECTORS):
        watched._partition.writeblocks(sector, b"\x5a" * 4096)
    ring = rings.opened(Region(watched, 0, SECTORS), FORM, sectors=USED)
    assert ring.strange and ring.next == 0
    lap = USED * ring.per_sector
    write(ring, 20 * lap)
    counts = [watched.erased.count(sector) for sector in range(SECTORS)]
    assert not any(counts[USED:]) and max(counts) - min(counts[:USED]) <= 1 and max(counts) <= 20, counts
    # With the sector ahead prepared, a record alone never erases.
    erased = len(watched.erased)
    for _ in range(ring.per_sector - ring.next % ring.per_sector):
        ring.append(0, b"x" * 42)
    assert len(watched.erased) == erased


def test_places_go_on_over_a_leap_also_after_a_restart():
    flash = Flash(SECTORS)
    ring = opened(flash)
    low = 0
    for n in range(4 * USED * ring.per_sector):
        assert ring.next & 0xFF == low & 0xFF
        write(ring, 1)
        low += 1
        if n % 97 == 0 or ring.next - ring.since < 3 or ring.next % ring.slots > ring.end - 3:
            again = opened(flash)
            assert again.next == ring.next, n
            found = told(again)
            kept = min(low, rings.capacity(ring) - ring.per_sector - 8)
            newest = sorted(found)[len(found) - kept :]
            assert newest == list(range(again.next - kept, again.next)), n
            for place in newest:
                assert found[place] == rings.number_of(ring, place)
                assert rings.place_of(ring, found[place]) == place
            assert found == told(ring)


def test_a_ring_of_all_sectors_goes_on_in_fewer_and_back():
    for before in (1, 30, 674, 675, 676, 700, 1199, 1200, 1210, 1875, 2000, 5000):
        flash = Flash(SECTORS)
        all_of_it = opened(flash, SECTORS)
        write(all_of_it, before)
        for more in (1, 50, 700):
            ring = opened(flash)
            assert ring.next & 0xFF == all_of_it.next & 0xFF and ring.next >= all_of_it.next
            # What the other has written last is found right before what comes now.
            found = told(ring)
            for back in range(1, min(before, 90) + 1):
                assert found[ring.next - back] == all_of_it.next - back, (before, more, back)
            write(ring, more)
            again = opened(flash)
            found = told(again)
            assert found == told(ring) and again.next == ring.next
            if more < 400:
                for back in range(1, min(before, 90) + more + 1):
                    assert again.next - back in found, (before, more, back)
            # Back to the one that uses all sectors: it goes on from the newest number.
            all_of_it = opened(flash, SECTORS)
            assert all_of_it.next in (ring.next, ring.next - ring.gap)
            before = len(write(all_of_it, 80))
            assert sorted(told(all_of_it).values())[-80:] == list(range(all_of_it.next - 80, all_of_it.next))


def test_power_cuts_around_a_leap():
    for seed in range(40):
        random = Random(seed + 1)
        flash = Flash(SECTORS, seed)
        write(opened(flash, SECTORS), random.between(400, 1300))
        sure = []
        for _ in range(30):
            flash.power.restore(random.below(random.choice((3, 60))))
            ring = None
            try:
                ring = opened(flash)
                low = ring.next
                while True:
                    sure.append((ring.next, ring.append(ring.next, b"x" * 42)))
                    ring.prepare(8)
            except PowerCut:
                pass
            flash.power.restore()
            again = opened(flash)
            if ring:
                assert (again.next - low) & 0xFF >= 0 and again.next >= low
            found = told(again)
            for place, number in sure[-60:]:
                assert found[rings.place_of(again, number)] == number


def test_bigger_rings_leap_too():
    for sectors in (17, 33, 128, 256):
        flash = Flash(sectors)
        used = sectors * 9 // 16
        ring = opened(flash, used)
        lap = used * ring.per_sector
        ring.next = 10 * ring.slots + lap - 100
        places = write(ring, 300)
        again = opened(flash, used)
        assert again.gap and again.gap % 256 == 0
        assert [told(again)[place] for place in places[-100:]] == places[-100:]
        # Few slots stay blank, and numbers grow slowly enough for the ring's life.
        assert again.since % ring.slots < 256 and again.gap <= 17 * ring.slots

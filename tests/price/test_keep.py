"""The book over restarts and power cuts."""

from array import array

from han.price.book import Book
from han.price.keep import add, load
from han.store.config import Config
from tests.price.house import at
from tests.store.nor import Flash, PowerCut, Watched

_DAYS = [at(2025, 11, 20 + k) for k in range(6)]


def book(flash, area="SE3", currency="SEK"):
    config = Config(Flash(2).region())
    config.load()
    config.values.update({"s": True, "pa": area, "pc": currency})
    return Book(flash.region(), config)


def day(start, number, slots=96):
    return start, 3600 if slots == 24 else 900, array("q", [number * 1000003 - k * 7654321987 for k in range(slots)])


def test_what_is_kept_is_there_after_a_restart():
    flash = Flash(2)
    first = book(flash)
    load(first)
    assert first.days == ()
    first.rate = ("SEK", 10937000, 20410, 20411)
    for k, slots in enumerate((92, 24, 96, 100)):
        add(first, "SE3", "SEK", day(_DAYS[k], k, slots), _DAYS[k - 1] if k else 0)
        again = book(flash)
        load(again)
        assert again.days == first.days and again.of == ("SE3", "SEK")
        assert again.rate == ("SEK", 10937000, 20410, 0)
        assert again.price(_DAYS[k] + 1800) == k * 1000003 - 7654321987 * (0 if slots == 24 else 2)
    assert [each[0] for each in first.days] == _DAYS[2:4]
    # Prices of another area or currency replace all.
    add(first, "EE", "SEK", day(_DAYS[3], 9), 0)
    again = book(flash)
    load(again)
    assert len(again.days) == 1 and again.price(_DAYS[3]) is None
    again = book(flash, "EE")
    load(again)
    assert again.price(_DAYS[3]) == 9 * 1000003


def test_an_area_of_five_letters_is_known_after_a_restart():
    flash = Flash(2)
    add(book(flash, "DE-LU", "EUR"), "DE-LU", "EUR", day(_DAYS[0], 5), 0)
    for area, currency, known in (("DE-LU", "EUR", True), ("DE-LU", "DKK", False), ("AT", "EUR", False)):
        again = book(flash, area, currency)
        load(again)
        assert again.price(_DAYS[0]) == (5 * 1000003 if known else None)


def test_usual_prices_take_four_bytes_each_and_others_are_as_right():
    for number, size in ((2**31 - 1, 4), (2**31, 8), (-(2**31), 4), (-(2**31) - 1, 8)):
        flash = Flash(2)
        kept = book(flash)
        add(kept, "SE3", "SEK", (_DAYS[0], 900, array("q", [number] + [0] * 95)), 0)
        again = book(flash)
        load(again)
        for one in kept, again:
            assert len(bytes(one.days[0][2])) == 96 * size and one.price(_DAYS[0]) == number


def test_three_days_of_the_longest_fit():
    flash = Flash(2)
    full = book(flash)
    for k in range(5):
        add(full, "SE3", "SEK", day(_DAYS[k], k, 100), 0)
    assert [each[0] for each in full.days] == _DAYS[2:5]
    flash.partition = Watched(flash.partition)
    add(full, "SE3", "SEK", day(_DAYS[5], k, 100), 0)
    again = book(flash)
    load(again)
    assert again.days == full.days


def test_a_cut_at_any_operation_leaves_the_old_or_the_new():
    for seed in range(6):
        for cut in range(30):
            flash = Flash(2, seed)
            one = book(flash)
            add(one, "SE3", "SEK", day(_DAYS[0], 1), 0)
            add(one, "SE3", "SEK", day(_DAYS[1], 2), 0)
            old = one.days
            flash.power.restore(cut)
            try:
                add(one, "SE3", "SEK", day(_DAYS[2], 3), _DAYS[1])
                done = True
            except PowerCut:
                done = False
            flash.power.restore()
            again = book(flash)
            load(again)
            assert again.days == one.days if done else again.days in (old, one.days), (seed, cut)
            # And it goes on.
            add(again, "SE3", "SEK", day(_DAYS[3], 4), 0)
            last = book(flash)
            load(last)
            assert last.days == again.days
            if done:
                break
        assert done


def test_remains_of_anything_are_no_prices():
    for fill in (b"\0", b"\x55", b"HANP"):
        flash = Flash(2)
        flash.file.write((fill * 8192)[:8192])
        empty = book(flash)
        load(empty)
        assert empty.days == ()
        add(empty, "SE3", "SEK", day(_DAYS[0], 1), 0)
        again = book(flash)
        load(again)
        assert again.days == empty.days
    for at_byte in range(0, 60, 3):
        flash.flip(4096 + at_byte, 16)
        flash.flip(at_byte, 16)
        again = book(flash)
        load(again)
        assert again.days == ()
        flash.flip(4096 + at_byte, 16)
        flash.flip(at_byte, 16)

"""Every zone at every change from 2020 to 2037, compared with CPython's zoneinfo on the same data."""

import datetime
import functools
import zoneinfo

from han.core import zonefile
from han.core.zone import UTC, Zone
from tools.dev import zones

EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
WALL = datetime.datetime(2020, 1, 1)
END = int((datetime.datetime(2038, 1, 1) - WALL).total_seconds())
DAY = 86400


@functools.cache
def official(name):
    """The zone from the pinned package, not from this computer."""
    path = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    try:
        return zoneinfo.ZoneInfo.no_cache(name)
    finally:
        zoneinfo.reset_tzpath(to=path)


def offset(zone, utc):
    return int((EPOCH + datetime.timedelta(seconds=utc)).astimezone(zone).utcoffset().total_seconds())


def utc(zone, local, fold=0):
    wall = (WALL + datetime.timedelta(seconds=local)).replace(tzinfo=zone, fold=fold)
    return int((wall - EPOCH).total_seconds())


def changes(zone):
    """[(time of the change, offset before, offset after)], found by checking every day."""
    before, found = offset(zone, 0), []
    for end in range(DAY, END + 1, DAY):
        after = offset(zone, end)
        if after != before:
            low, high = end - DAY, end
            while high - low > 1:
                middle = (low + high) // 2
                if offset(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            found.append((high, before, after))
            before = after
    return found


@functools.cache
def kinds():
    """{bytes of the rule: (names that share them, changes)}."""
    shared = {}
    for name in zones.names():
        shared.setdefault(zonefile.find(name), []).append(name)
    return {record: (names, changes(official(names[0]))) for record, names in shared.items()}


def first_moment(zone, day, around):
    """The first moment of a local day, out of the few possible ones."""
    candidates = [utc(zone, day * DAY, 0), utc(zone, day * DAY, 1)] + around
    return min(t for t in candidates if (t + offset(zone, t)) // DAY == day)


def month(day, more):
    date = WALL + datetime.timedelta(days=day)
    year, number = date.year + (date.month - 1 + more) // 12, (date.month - 1 + more) % 12 + 1
    return (datetime.datetime(year, number, 1) - WALL).days


def test_the_file_is_what_the_pinned_data_makes_and_small():
    data = zones.FILE.read_bytes()
    assert data == zones.build(), "run python -m tools.dev.zones"
    assert len(data) <= 16 * 1024


def test_all_names_are_found_and_listed_in_order_and_no_others():
    names = zones.names()
    assert len(names) > 590
    assert list(zonefile.names()) == names
    for name in names:
        assert zonefile.find(name) == zones.record(name), name
        for other in (name[:-1], name + "x", name.lower(), name + "\n", " " + name):
            assert (zonefile.find(other) is not None) == (other in names), other
    assert zonefile.find("Factory") is None


def test_every_offset_at_every_change():
    count = 0
    for names, found in kinds().values():
        for name in names:
            zone, mine = official(name), Zone(name)
            for change, before, after in found:
                for t in (change - 1, change, change - DAY, change + DAY):
                    expected = offset(zone, t)
                    assert mine.offset(t) == expected and mine.local(t) == t + expected, (name, t)
                assert (mine.offset(change - 1), mine.offset(change)) == (before, after), (name, change)
                count += 1
            for t in range(0, END, 91 * DAY):
                assert mine.offset(t) == offset(zone, t), (name, t)
    assert count > 6000


def test_offsets_do_not_depend_on_what_was_asked_before():
    for names, found in kinds().values():
        mine = Zone(names[0])
        moments = sorted({t + d for t, _, _ in found for d in (-1, 0)} | {0, END - 1})
        forward = [mine.offset(t) for t in moments]
        backward = [mine.offset(t) for t in reversed(moments)]
        assert forward == list(reversed(backward)), names[0]


def test_local_time_to_utc_around_every_change():
    twice = 0
    for names, found in kinds().values():
        zone, mine = official(names[0]), Zone(names[0])
        for change, before, after in found:
            for local in range(change + min(before, after) - 7200, change + max(before, after) + 7201, 900):
                first, second = utc(zone, local, 0), utc(zone, local, 1)
                name = (names[0], local)
                assert mine.utc(local) == first, name
                if first + offset(zone, first) != local:
                    continue  # left out
                assert mine.utc(local, True) == first, name
                assert mine.utc(local, False) == second, name
                twice += first != second
    assert twice > 2500


def test_days_and_months_begin_and_end_around_every_change():
    for names, found in kinds().values():
        zone, mine = official(names[0]), Zone(names[0])
        for change, before, after in found:
            around = [change]
            for t in range(change - 2 * DAY, change + 2 * DAY, 7 * 900):
                day = (t + offset(zone, t)) // DAY
                start, end = first_moment(zone, day, around), first_moment(zone, day + 1, around)
                name = (names[0], t)
                assert start <= t < end, name
                assert (mine.day_start(t), mine.next_day(t)) == (start, end), name
                start = first_moment(zone, month(day, 0), around)
                end = first_moment(zone, month(day, 1), around)
                # Other changes may lie at the ends of its month.
                assert (mine.month_start(t), mine.next_month(t)) == (start, end), name


def test_months_of_all_years():
    for name in ("Europe/Helsinki", "America/Havana", "America/Santiago", "Africa/Cairo", UTC):
        zone, mine = official(name), Zone(name)
        around = [t for t, _, _ in changes(zone)]
        t = mine.month_start(0)
        day = month((t + offset(zone, t)) // DAY, 0)
        while t < END:
            assert t == first_moment(zone, day, around), (name, day)
            end = mine.next_month(t)
            assert mine.month_start(end - 1) == t and mine.month_start(end) == end, (name, day)
            t, day = end, month(day, 1)


def test_data_in_a_module_serves_where_there_are_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["zones", "--module", str(tmp_path / "zonedata.py")])
    zones.main()
    made = {}
    exec((tmp_path / "zonedata.py").read_text(), made)
    assert made["DATA"] == zones.FILE.read_bytes()
    module = type(zonefile)("han.core.zonedata")
    module.DATA = made["DATA"]
    monkeypatch.setitem(__import__("sys").modules, "han.core.zonedata", module)
    monkeypatch.setattr(zonefile, "__file__", str(tmp_path / "zonefile.py"))
    assert zonefile.find("Europe/Helsinki") == zones.record("Europe/Helsinki")
    assert list(zonefile.names()) == zones.names()

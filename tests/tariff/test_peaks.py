"""Rules of peaks: random quarters against an independent reckoning, days of 23 and 25 hours, gaps, forecasts."""

from han.api.config.cap import kept
from han.core.zone import Zone
from han.tariff.interval import Running
from han.tariff.peaks import Day, Month
from han.tariff.presets import names
from han.tariff.rules import Rule
from tests.store.world import Zone as Simple
from tests.support import Random
from tests.tariff.grid import peaks

DAY = 86400
#: 1 October 2026, 00:00 in Brussels, s since 2020; summer time ends on the 25th.
OCTOBER = 2465 * DAY - 7200
#: 1 March 2026, 00:00 in Brussels; summer time begins on the 29th.
MARCH = 2251 * DAY - 3600
RULES = (
    {}, {"interval": 60}, {"interval": 60, "n": 3, "days": True}, {"n": 3}, {"n": 10, "days": True},
    {"interval": 60, "n": 3, "nth": True, "when": [{"w": 100, "hours": [7, 22]}, {"w": 80, "hours": [22, 7]}]},
    {"n": 2, "when": [{"w": 100, "hours": [6, 22], "days": [1, 2, 3, 4, 5]}, {"w": 50, "months": [3]}]},
    {"interval": 60, "n": 3, "days": True, "when": [{"w": 100, "hours": [7, 19], "days": [1, 2, 3, 4, 5]}]},
    {"when": [{"w": 0, "hours": [12, 14]}, {"w": 130, "months": [10]}, {"w": 100}]},
)  # fmt: skip


def random(seed, start, end, bad=20, lost=40, most=2000):
    """{start: (Wh, good)}: some quarters are missing, some are not whole."""
    chance = Random(seed)
    found = {}
    for t in range(start, end, 900):
        wh = chance.below(most)
        good = chance.below(bad) > 0
        if chance.below(lost):
            found[t] = wh, good
    return found


def reckoned(rule, zone, quarters, backwards=False):
    """The Month of each month, by days as the reader does it: {(year, month): Month}."""
    days = {}
    for t in sorted(quarters, reverse=backwards):
        begin = zone.day_start(t)
        if begin not in days:
            days[begin] = Day(rule, zone, begin)
        days[begin].take(t, *quarters[t])
    months = {}
    for begin, day in days.items():
        months.setdefault(zone.month_start(begin), []).extend(day.peaks())
    return {begin: Month(rule, zone, found) for begin, found in months.items()}


def test_random_quarters_against_an_independent_reckoning():
    brussels, zone = Zone("Europe/Brussels"), Simple(3600)
    for number, given in enumerate(RULES):
        rule = Rule(kept(given) if given else {})
        for start, seed in ((OCTOBER, 1), (MARCH, 2)):
            # With few values, many of them are equal.
            quarters = random(seed + 10 * number, start, start + 33 * DAY, most=40 if number % 2 else 2000)
            wanted = peaks(given, zone, quarters)
            for backwards in (False, True):
                found = reckoned(rule, brussels, quarters, backwards)
                assert len(found) == len(wanted) == 2
                for (_, month), key in zip(sorted(found.items()), sorted(wanted)):
                    value, counting = wanted[key]
                    assert month.value() == value, (given, key)
                    assert [(w, t) for _, (w, t, whole) in month.counting if whole] == counting, (given, key)


def test_a_day_of_25_hours_has_25_and_one_of_23_has_23():
    rule = Rule({"interval": 60})
    zone = Zone("Europe/Brussels")
    for begin, hours in ((OCTOBER + 24 * DAY, 25), (MARCH + 28 * DAY, 23)):
        assert zone.day_start(begin) == begin and zone.next_day(begin) == begin + 3600 * hours
        seen = set()
        for hour in range(hours):
            day = Day(rule, zone, begin)
            for t in range(begin, begin + 3600 * hours, 900):
                day.take(t, 500 if (t - begin) // 3600 == hour else 100, True)
            assert day.peaks() == [(2000, begin + 3600 * hour, True)]
            seen.add(zone.local(begin + 3600 * hour))
        assert len(seen) == 24 if hours == 25 else 23  # an hour of the longer day comes twice


def test_an_hour_that_comes_twice_is_two_hours():
    zone = Zone("Europe/Brussels")
    twice = OCTOBER + 24 * DAY + 2 * 3600
    assert zone.local(twice) == zone.local(twice + 3600)
    day = Day(Rule({"interval": 60, "n": 2}), zone, OCTOBER + 24 * DAY)
    for t in range(twice, twice + 7200, 900):
        day.take(t, 250, True)
    assert day.peaks() == [(1000, twice, True), (1000, twice + 3600, True)]


def test_what_is_not_whole_never_counts_and_is_said_to_be_so():
    zone = Simple(3600)
    rule = Rule({"interval": 60, "n": 2})
    for wrong in (lambda day: None, lambda day: day.take(OCTOBER + 2700, 5000, False)):
        day = Day(rule, zone, OCTOBER)
        for k in range(3):
            day.take(OCTOBER + 900 * k, 5000, True)
        wrong(day)
        for k in range(4, 8):
            day.take(OCTOBER + 900 * k, 250, True)
        found = day.peaks()
        assert found[0] == (1000, OCTOBER + 3600, True)
        assert [one[1:] for one in found[1:]] == [(OCTOBER, False)]
        month = Month(rule, zone, found)
        assert month.value() == 1000 and [peak for _, peak in month.counting] == found[:1]
        assert [peak for _, peak in month.others] == found[1:]
    # One that would not count anyhow is not told.
    day = Day(Rule({}), zone, OCTOBER)
    day.take(OCTOBER, 500, True)
    day.take(OCTOBER + 900, 400, False)
    assert day.peaks() == [(2000, OCTOBER, True)]


def test_the_month_of_a_peak_is_that_in_which_it_begins():
    zone = Simple(3600)
    november = zone.next_month(OCTOBER)
    quarters = {t: (100, True) for t in range(november - 3600, november + 3600, 900)}
    found = reckoned(Rule({"interval": 60}), zone, quarters)
    assert [month.counting[0][1][1] for _, month in sorted(found.items())] == [november - 3600, november]


def test_billed():
    flanders = Rule({"preset": "flanders"})
    assert flanders.billed([1000]) == flanders.billed([1000, 2500]) == 2500
    assert flanders.billed([1000, 4001]) == 3251  # 3250.5
    assert flanders.billed([]) is None and flanders.cost(2500) is None
    assert Rule({"preset": "flanders", "price": 470000000}).cost(2500) == 1175000000
    elvia = Rule({"preset": "no-elvia"})
    micro = 10**6
    for w, cost in ((0, 15000), (1999, 15000), (2000, 25000), (4999, 25000), (5000, 42000), (99999, 344000)):
        assert elvia.cost(w) == cost * micro, w
    assert elvia.cost(100000) == elvia.cost(10**6) == 680000 * micro and elvia.cost(None) is None
    assert Rule({"steps": [[2000, 5], [3000, 7]]}).cost(3000) is None  # beyond what is known
    free = Rule({"price": 200 * micro, "free": 8000})
    assert free.cost(7999) == free.cost(8000) == 0 and free.cost(9500) == 300 * micro
    other = Rule({"preset": "one of another version", "price": 1})
    assert not other.asked and other.plain() and other.cost(2500) is None and not Rule({}).asked and elvia.asked
    # What is set beside a preset takes the place of the preset's.
    assert Rule({"preset": "no-elvia", "price": 100 * micro}).cost(2500) == 250 * micro
    assert Rule({"preset": "se-ellevio", "steps": [[None, 1]]}).cost(2500) == 1


def test_presets_are_as_their_companies_say():
    for name in names():
        rule = Rule({"preset": name})
        assert kept(name) == {"preset": name} and rule.values["pc"] in ("EUR", "NOK", "SEK")
        assert 1 <= rule.mark() < 65536
    assert Rule({"preset": "flanders"}).plain() and not Rule({"preset": "norway"}).plain()
    ellevio = Rule({"preset": "se-ellevio"})
    night, day = OCTOBER + 7200 + 21 * 3600, OCTOBER + 7200 + 6 * 3600
    for t, weight in ((day, 100), (night + 3599, 100), (night + 3600, 50), (night + 7200, 50), (day - 1, 50)):
        assert ellevio.weight(t) == weight
    sollentuna = Rule({"preset": "se-sollentuna"})
    noon = OCTOBER + 7200 + 12 * 3600  # a Thursday
    assert [sollentuna.weight(noon + k * DAY) for k in (0, 1, 2, 3, 4)] == [50, 50, 0, 0, 50]
    assert sollentuna.weight(noon + 32 * DAY) == 100 and sollentuna.weight(noon + 7 * 3600) == 0


def test_marks_differ_with_what_chooses_the_peaks_alone():
    marks = [Rule(kept(given) if given else {}).mark() for given in RULES]
    assert len(set(marks)) == len(marks)
    assert Rule({}).mark() == Rule(kept({"price": 5, "min": 2, "months": 12})).mark()
    assert Rule({"preset": "norway"}).mark() == Rule({"preset": "no-elvia"}).mark()


def test_limit():
    zone = Simple(3600)
    hour = 3600
    norway = Rule({"preset": "norway"})

    def limit(rule, t, *peaks):
        return Month(rule, zone, [(w, OCTOBER + day * DAY + 18 * hour, True) for day, w in peaks]).limit(t)

    today = OCTOBER + 5 * DAY + 12 * hour
    assert limit(norway, today) == limit(norway, today, (1, 3000)) == 0  # any mean would count
    assert limit(norway, today, (1, 3000), (2, 5000), (3, 4000)) == 3000
    assert limit(norway, today, (1, 3000), (2, 5000), (5, 4000)) == 4000  # only one of a day counts
    assert limit(norway, today, (1, 3000), (2, 5000), (3, 4000), (5, 1000)) == 3000
    flanders = Rule({"preset": "flanders"})
    assert limit(flanders, today) == limit(flanders, today, (1, 2000)) == 2500
    assert limit(flanders, today, (1, 4123)) == 4123
    night = Rule({"preset": "se-ellevio"})
    assert limit(night, today + 11 * hour, (1, 3000), (2, 5000), (3, 4001)) == 6000  # weighs half
    work = Rule({"preset": "se-telge"})
    assert limit(work, today, (1, 3000)) is None  # not in October
    assert limit(Rule({"preset": "finland"}), today, (1, 3000)) == 8000


def test_forecast():
    begin = OCTOBER
    half = Running(begin, begin + 900, begin + 450, 450 * 2000, 6000)
    assert half.mean() == 2000 and half.forecast() == 4000
    assert half.left(4000) == 6000 and half.left(1000) == 0 and half.left(999) == 0 and half.left(None) is None
    assert Running(begin, begin + 3600, begin, 0, 1234).mean() == 1234
    unknown = Running(begin, begin + 3600, begin + 60, 60000, None)
    assert unknown.forecast() is None and unknown.mean() == 1000
    over = Running(begin, begin + 900, begin + 900, 900000, 5000)
    assert over.forecast() == over.mean() == 1000 and over.left(5000) is None


def test_what_is_left_is_exact():
    chance = Random(7)
    for _ in range(300):
        span = chance.choice((900, 3600))
        t = OCTOBER + chance.below(span)
        ws = chance.below(20000) * (t - OCTOBER)
        limit = chance.below(12000)
        running = Running(OCTOBER, OCTOBER + span, t, ws, 0)
        left = running.left(limit)
        rest = OCTOBER + span - t
        if left:
            assert ws + left * rest <= limit * span < ws + (left + 1) * rest
        else:
            assert ws + rest > limit * span

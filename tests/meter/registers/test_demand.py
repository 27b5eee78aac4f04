"""The demand that P1 telegrams tell: recorded ones of Belgian meters, and 13 months in any order."""

from han.meter.reading import seconds
from han.meter.registers.demand import Demand
from han.meter.registers.lines import registers
from tests.support import Random, telegrams


def told(text):
    data = text.encode()
    demand = Demand()
    for register in registers(data, 0, len(data)):
        demand.take(register)
    return demand


def log(entries, count=None):
    """The line of 98.1.0 for [(stored, time, value)]."""
    found = "0-0:98.1.0(%d)(1-0:1.6.0)(1-0:1.6.0)" % (len(entries) if count is None else count)
    for stored, time, value in entries:
        found += "(%s)(%s)(%s)" % (stored, time, value)
    return found


def at(*when):
    return seconds(*when)


def test_recorded_telegrams():
    found = {}
    for entry in telegrams(framing="p1"):
        if "text" in entry:
            demand = told(entry["text"])
            if demand.any():
                found[entry["id"]] = demand
    assert sorted(found) == ["ndokter-fluvius171", "ndokter-fluvius171-alt", "ndsmr-emucs-p1-v2-1-1-spec-example-1"]
    for name in ("ndokter-fluvius171", "ndsmr-emucs-p1-v2-1-1-spec-example-1"):
        demand = found[name]
        assert demand.running == 2351 and demand.month == (2589, (at(2020, 5, 9, 13, 45, 58), True))
        assert demand.months == {
            (2020, 2): (4318, (at(2020, 2, 10, 3, 54, 21), False)),
            (2020, 3): (5980, (at(2020, 3, 5, 12, 21, 39), True)),
            (2020, 4): (3695, (at(2020, 4, 23, 19, 25, 38), True)),
        }  # fmt: skip
    # A month of which nothing was measured: its time is none, its value 0.
    alt = found["ndokter-fluvius171-alt"]
    assert alt.running == 52 and alt.month == (3064, (at(2023, 11, 2, 11, 45, 0), False))
    assert sorted(alt.months.items()) == [
        ((2023, 8), (1862, (at(2023, 8, 31, 18, 15, 0), True))),
        ((2023, 9), (4229, (at(2023, 9, 10, 18, 30, 0), True))),
        ((2023, 10), (4927, (at(2023, 10, 16, 13, 0, 0), True))),
    ]  # fmt: skip


def test_13_months_in_any_order():
    chance = Random(5)
    entries, wanted = [], {}
    for k in range(13):
        year, month = (2025, 10 + k) if k < 3 else (2026, k - 2)
        after = (year, month + 1) if month < 12 else (year + 1, 1)
        w = 1000 + chance.below(9000)
        entries.append(
            (
                "%02d%02d01000000W" % (after[0] % 100, after[1]),
                "%02d%02d%02d181500W" % (year % 100, month, 3 + k),
                "%02d.%03d*kW" % (w // 1000, w % 1000),
            )
        )
        wanted[year, month] = w, (at(year, month, 3 + k, 18, 15, 0), False)
    for _ in range(20):
        entries.insert(chance.below(len(entries) + 1), entries.pop(chance.below(len(entries))))
        assert told(log(entries)).months == wanted
    # The same month twice is one, unless the two contradict each other: then nobody knows.
    assert told(log(entries + entries[:1])).months == wanted
    stored, time, _ = entries[0]
    for other in ((stored, time, "01.111*kW"), (stored, time.replace("1815", "1830"), entries[0][2])):
        for twice in (entries + [other], [other] + entries, entries + [other, entries[0], other]):
            months = told(log(twice)).months
            assert len(months) == 12 and all(wanted[key] == value for key, value in months.items())


def test_what_makes_no_sense_is_left_out():
    for value in (
        "(ER11)", "0x.100*kW", "02.351", "02.351*kWh", "02.351*A", "-2.351*kW", "*kW", "12345678901.000*kW", "",
    ):  # fmt: skip
        demand = told("1-0:1.4.0(%s)\r\n1-0:1.6.0(200509134500S)(%s)\r\n" % (value, value))
        assert not demand.any(), value
        assert not told(log([("200501000000S", "200423191500S", value)])).any(), value
    demand = told("1-0:1.4.0(00.000*kW)\r\n1-0:1.6.0(632525252525S)(00.000*kW)\r\n1-0:2.4.0(01.000*kW)\r\n")
    assert demand.running == 0 and demand.month is None  # nothing has been measured yet: it has no time
    demand = told("1-0:1.4.0(02351*W)\r\n1-0:1.6.0(632525252525S)(02.345*kW)\r\n")
    assert demand.month == (2345, None)


def test_a_month_is_that_of_its_end_or_of_its_peak():
    none = "632525252525W"
    months = told(log([(none, "230910183000S", "04.229*kW"), ("231101000000W", none, "01.5*kW")])).months
    assert months == {(2023, 9): (4229, (at(2023, 9, 10, 18, 30, 0), True)), (2023, 10): (1500, None)}
    # A time that is not of its month is none. A quarter that ends with the month is of it.
    months = told(log([("231101000000W", "230910183000S", "04.229*kW")])).months
    assert months == {(2023, 10): (4229, None)}
    months = told(log([("231101000000W", "231101000000W", "04.229*kW")])).months
    assert months == {(2023, 10): (4229, (at(2023, 11, 1, 0, 0, 0), False))}
    # One that is stored later, as after a power failure, is still of the month that it was stored in.
    assert list(told(log([("230515120000S", "230510183000S", "04.229*kW")])).months) == [(2023, 5)]

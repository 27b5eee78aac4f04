"""More of the meter itself: numbers, events, sub-meters in lists. Odd telegrams never tell a wrong number."""
from json import loads

from han.api.messages.extra import _NUMBERS, _TARIFFS, more
from han.meter.besides.events import known
from han.meter.obis import FIELDS, IMPORT_ENERGY_T1, IMPORT_POWER, MORE, PEAK
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.wire.framer import P1, Framer
from han.wire.layers.gcm import Cipher
from han.wire.layers.unwrap import APDU

from tests.meter.test_sub import CLOCK, POWER, told, whole
from tests.support import Random, raw, telegrams
from tools.fields import iso

FAILURES = "1-0:99.97.0(2)(0-0:96.7.19)(190326095015W)(0000002014*s)(180612104405S)(0000000367*s)"


def stamp(local, dst):
    """A local time as JSON, with S or W."""
    return "null" if local is None else '"%s%s"' % (iso(local), {True: "S", False: "W", None: ""}[dst])


class Meter:
    """A decoder, and what is live behind it."""

    def __init__(self):
        self.live = Live()
        self.readings = 0
        self.decoder = Decoder(self._take)

    def _take(self, reading):
        if reading.empty():
            self.live.take_more(reading)
        else:
            self.live.take(reading, 0, 0)
        self.readings += 1

    def lines(self, *lines):
        """Read a P1 telegram of these lines; it must make a reading."""
        data = whole(*lines)
        before = self.readings
        self.decoder.telegram(P1, data, 0, len(data))
        assert self.readings == before + 1
        return self

    def list(self, *values):
        """Read a list of these values, bytes each."""
        data = bytearray(b"\x0f\0\0\0\0\0\x02" + bytes((len(values),)) + b"".join(values))
        before = self.readings
        self.decoder.telegram(APDU, data, 0, len(data))
        assert self.readings == before + 1, self.decoder.reason
        return self

    def x(self):
        return loads("{%s}" % (more(self.live, stamp)[1:] or '"x":{}')).get("x", {})

    def sub(self):
        return told(self.live.extra, self.live.clock) if self.live.extra else []

    def events(self):
        """[(kind, time, seconds or text)], the newest first."""
        extra = self.live.extra
        return _told(known(extra) if extra else [])

    def news(self):
        extra = self.live.extra
        if not extra:
            return []
        told, extra.news = extra.news, []
        return _told(told)


def _told(events):
    return [(one.kind, stamp(one.clock, one.dst).strip('"'), one.seconds if one.kind == 0 else one.text())
            for one in events]  # fmt: skip


def x(*lines):
    return Meter().lines(CLOCK, POWER, *lines).x()


def test_all_of_p1():
    assert x(
        "0-0:96.14.0(0002)", "1-0:14.7.0(50.02*Hz)", "1-0:13.7.0(0.981)", "1-0:33.7.0(-0.5)", "1-0:73.7.0(1)",
        "1-0:9.7.0(01.234*kVA)", "1-0:29.7.0(0400*VA)", "1-0:69.7.0(0*VA)", "1-0:10.7.0(00.001*kVA)",
        "0-0:96.3.10(1)", "0-1:96.3.10(0)", "0-3:96.3.10(2)", "0-0:17.0.0(999.9*kW)", "1-0:31.4.0(25*A)",
        "1-0:51.4.0(25.5*A)", "0-0:96.7.21(00005)", "0-0:96.7.9(00003)", "1-0:32.32.0(00002)", "1-0:72.32.0(00192)",
        "1-0:52.36.0(00001)", "1-0:1.4.0(02.351*kW)", "1-0:1.6.0(230109134558W)(02.589*kW)",
        "1-0:1.8.1(000123.456*kWh)", "1-0:1.8.2(000200.000*kWh)", "1-0:2.8.2(000001.5*kWh)", "1-0:3.8.1(000001*varh)",
    ) == {
        "tariff": 2, "f": 50.02, "pf": [0.981, -0.5, None, 1], "s": [1234, 400, None, 0], "se": [1, None, None, None],
        "breaker": "on", "relays": ["off", None, "ready"], "limit_w": 999900, "fuse": [25, 25.5, None], "fails": 5,
        "long_fails": 3, "sags": [2, None, 192], "swells": [None, 1, None], "demand": 2351, "peak": 2589,
        "peak_ts": "2023-01-09T13:45:58W", "ict": [123.456, 200], "ect": [None, 1.5], "rict": [0.001],
    }  # fmt: skip
    assert x("0-0:17.0.0(016*A)") == {"limit_a": 16}
    assert x("17.0.0(5*A)", "96.14.0(T3)", "0-0:96.14.0*255(T3)") == {"limit_a": 5, "tariff": 3}
    assert x("1-0:1.6.0(230109134558)(2589*W)") == {"peak": 2589, "peak_ts": "2023-01-09T13:45:58"}
    assert x("1-0:1.6.0(2.589*kW)(2301091345)") == {"peak": 2589}
    assert x("1-0:1.6.0(632525252525S)(2.589*kW)") == {"peak": 2589, "peak_ts": None}
    assert x("1-0:1.6.0(700101010000W)(00.000*kW)") == {}
    assert x("1-0:1.6.0(230109134500W)(00.000*kW)") == {"peak": 0, "peak_ts": "2023-01-09T13:45:00W"}
    assert x() == {}


def test_what_cannot_be_is_left_out():
    for line in (
        "0-0:96.14.0(ER11)", "0-0:96.14.0()", "0-0:96.14.0(T)", "0-0:96.14.0(2.0)", "0-0:96.14.0(-1)",
        "0-0:96.14.0(1*kW)", "0-0:96.14.0(99999999999)", "1-0:14.7.0(50.0)", "1-0:14.7.0(50.0*V)", "1-0:14.7.0(50.*Hz)",
        "1-0:14.7.0(*Hz)", "1-0:14.7.0(50.0*kHz)",
        "1-0:14.7.0(0.05*MHz)", "1-0:14.7.0(50.0*Hz*)", "1-0:14.7.0(-50.0*Hz)", "1-0:13.7.0(4.556)",
        "1-0:13.7.0(1.001)", "1-0:13.7.0(0.9*W)", "1-0:13.7.0(--0.5)", "1-0:13.7.0(0.9.9)", "1-0:13.7.0(.9)",
        "1-0:9.7.0(1.2*kW)", "1-0:9.7.0(1.2)", "1-0:9.7.0(-1.2*kVA)", "1-0:9.7.0(9999999*kVA)", "0-0:96.3.10(3)",
        "0-0:96.3.10(on)", "0-7:96.3.10(1)", "1-1:96.3.9(1)", "0-0:17.0.0(999.9)", "0-0:17.0.0(230*V)",
        "0-0:96.7.21(1.5)", "0-0:96.7.21(5", "0-0:96.7.21((5)", "0-0:96.7.21*01(5)", "1-0:32.32.0(-2)",
        "1-0:1.4.0(2.351)", "1-0:1.4.0(2.351*kWh)", "1-0:1.4.0(ER11)", "1-0:1.6.0(230109134558W)(ER11)",
        "1-0:1.6.0(230109134558W)()", "1-0:1.6.0(230109134558W)", "1-0:1.6.0(230109134558W)(2.5*kW",
        "0-0:96.7.9(3)\r\n0-0:96.7.9(4)", "1-0:1.6.0(230109134558W)(2*kW)\r\n1-0:1.6.0(230109134558W)(3*kW)",
    ):  # fmt: skip
        assert x(line) == {}, line
    assert x("0-0:96.7.9(3)", "0-0:96.7.9(3)") == {"long_fails": 3}


def test_a_telegram_of_p1_outdates_all_before():
    meter = Meter().lines(CLOCK, POWER, "0-0:96.7.9(3)", "1-0:1.6.0(230109134558W)(2*kW)", "0-1:96.1.0(4731)")
    assert meter.x() == {"long_fails": 3, "peak": 2000, "peak_ts": "2023-01-09T13:45:58W"} and meter.sub()
    assert meter.lines(CLOCK, POWER, "1-0:1.6.0(3*kW)").x() == {"peak": 3000} and not meter.sub()
    assert meter.lines(CLOCK, POWER).x() == {} and meter.live.extra is None
    meter.lines(CLOCK, POWER, "0-0:96.7.9(3)").live.forget()
    assert meter.x() == {}


def test_a_ratio_of_transformers_multiplies_powers_and_currents():
    meter = Meter().lines(CLOCK, POWER, "1-0:1.4.0(02.351*kW)", "1-0:9.7.0(1*kVA)", "0-0:17.0.0(5*A)", "0-0:96.7.9(3)")
    meter.live.ratio = 40
    assert meter.x() == {"demand": 94040, "s": [40000, None, None, None], "limit_a": 200, "long_fails": 3}


def test_events_that_stand_there_at_the_start_are_not_new():
    meter = Meter().lines(CLOCK, POWER, FAILURES, "0-0:96.13.0(48656C6C6F)", "0-0:96.13.1(3031)")
    assert meter.news() == []
    logged = [(0, "2019-03-26T09:50:15W", 2014), (0, "2018-06-12T10:44:05S", 367)]
    assert meter.events()[:2] == logged and sorted(meter.events()[2:]) == [(1, "null", "Hello"), (2, "null", "01")]
    meter.lines(CLOCK, POWER, FAILURES, "0-0:96.13.0(48656C6C6F)", "0-0:96.13.1(3031)")
    assert meter.news() == []
    # What comes is new once, and has the meter's time.
    more_failures = FAILURES.replace("(2)", "(3)") + "(230120090000W)(0000000200*s)"
    for _ in range(3):
        meter.lines(CLOCK, POWER, more_failures, "0-0:96.13.0(576F726B)", "0-0:96.13.1(3031)")
        first = meter.news()
        meter.lines(CLOCK, POWER, more_failures, "0-0:96.13.0(576F726B)", "0-0:96.13.1(3031)")
        assert meter.news() == []
        if _ == 0:
            assert first == [(1, "2023-01-20T10:11:12W", "Work"), (0, "2023-01-20T09:00:00W", 200)]
        else:
            assert first == []
    assert [one[2] for one in meter.events()[:4]] == ["Work", 200, 2014, 367]
    # A message that is taken back and comes again is a new one; the log that is missing for once is not.
    meter.lines(CLOCK, POWER, "0-0:96.13.0()")
    assert meter.news() == []
    meter.lines(CLOCK, POWER, more_failures, "0-0:96.13.0(576F726B)")
    assert meter.news() == [(1, "2023-01-20T10:11:12W", "Work")]
    # Another meter begins anew.
    meter.live.forget()
    meter.lines(CLOCK, POWER, FAILURES)
    assert meter.news() == [] and len(meter.events()) == 2


def test_without_a_checksum_a_message_counts_when_it_comes_again():
    meter = Meter()

    def read(*lines):
        meter.decoder.reading.checked = False
        return _told_of(meter.lines(CLOCK, POWER, *lines))

    assert read("0-0:96.13.0(48692E)") == ([], [])
    assert read("0-0:96.13.0(48692E)") == ([], ["Hi."])
    assert read("0-0:96.13.0(49692E)") == ([], ["Hi."])
    assert read("0-0:96.13.0(4869)") == ([], ["Hi."])
    assert read("0-0:96.13.0(4869)") == (["Hi"], ["Hi", "Hi."])
    assert read("0-0:96.13.0(4869)") == ([], ["Hi", "Hi."])


def _told_of(meter):
    return [one[2] for one in meter.news()], [one[2] for one in meter.events()]


def test_a_message_that_comes_after_a_start_without_any_is_new():
    meter = Meter().lines(CLOCK, POWER, "0-0:96.13.0()", "1-0:99.97.0(0)(0-0:96.7.19)")
    assert meter.news() == meter.events() == []
    meter.lines(CLOCK, POWER, "0-0:96.13.0(48692E)", "1-0:99.97.0(1)(0-0:96.7.19)(230120090000W)(0000000240*s)")
    assert meter.news() == [(1, "2023-01-20T10:11:12W", "Hi."), (0, "2023-01-20T09:00:00W", 240)]


def test_messages():
    for sent, want in (("48656C6C6F", "Hello"), ("48656c6c6f0000", "Hello"), ("C3A4C3B6", "\xe4\xf6"),
                       ("Hello", "Hello"), ("486", "486"), ("FFFE", "FFFE"), ("48" * 1024, "H" * 1024),
                       ("0D0A41", "\r\nA"), ("2", "2"),
                       ("22", '"')):  # fmt: skip
        meter = Meter().lines(CLOCK, POWER, "0-0:96.13.0(%s)" % sent)
        assert meter.events() == [(1, "null", want)], sent
    for sent in "", "0000000000", "20202020":
        assert [one[2].strip() for one in Meter().lines(CLOCK, POWER, "0-0:96.13.0(%s)" % sent).events()] in ([], [""])
    # Two that contradict each other are none.
    assert Meter().lines(CLOCK, POWER, "0-0:96.13.0(41)", "0-0:96.13.0(42)").events() == []
    # However many come, few are kept.
    meter = Meter().lines(CLOCK, POWER)
    for i in range(40):
        meter.lines(CLOCK, POWER, "0-0:96.13.0(%s)" % ("%02X" % (65 + i % 26) * (1200 if i % 3 else 1)))
    assert 1 < len(meter.events()) <= 8 and sum([len(one[2]) for one in meter.events()]) <= 2048
    assert meter.events()[0][2] == "N"


def test_logs():
    head = "1-0:99.97.0(%s)(0-0:96.7.19)"
    for line, want in (
        (head % 0, []), ("1-0:99.97.0()", []), ("1-0:99.97.0(1)(0-0:96.7.19)(ER11)(0000000240*s)", []),
        (head % 1 + "(632525252525S)(0000000240*s)", []), (head % 1 + "(230120090000W)(240)", []),
        (head % 1 + "(230120090000W)(240*s)(230120", [240]),
        (head % 2 + "(230120090000W)(ER)(230121090000W)(5*s)", [5]),
        (head % "ER11" + "(230120090000W)(240*s)", []), ("1-0:99.97.0(1)(0-0:96.7.20)(230120090000W)(240*s)", []),
        (head % 3 + "(230120090000W)(1*s)(230122090000W)(2*s)(230121090000W)(3*s)", [2, 3, 1]),
        (head % 10 + "".join(["(2301%02d090000W)(%d*s)" % (10 + i, i) for i in range(10)]), list(range(9, -1, -1))),
        (head % "00001" + "(230120090000W)(0000000240*s)", [240]),
    ):
        assert [one[2] for one in Meter().lines(CLOCK, POWER, line).events()] == want, line


def octets(*content):
    return b"\x09" + bytes((len(content),)) + bytes(content)


def described(*objects):
    """A push list: [(class, code, attribute, value)], with names in front."""
    names = b""
    for kind, numbers, attribute, _ in objects:
        names += b"\x02\x04\x12\0" + bytes((kind,)) + code(numbers) + b"\x0f" + bytes((attribute,)) + b"\x12\0\0"
    return (b"\x01" + bytes((len(objects),)) + names,) + tuple([value for _, _, _, value in objects])


def code(numbers):
    return octets(*numbers + (255,))


def long(number):
    return b"\x06" + number.to_bytes(4, "big")


def short(number):
    return b"\x12" + number.to_bytes(2, "big")


def units(ten, unit):
    return b"\x02\x02\x0f" + bytes((ten & 255, 0x16, unit))


WATT = (1, 0, 1, 7, 0)
TIME = octets(0x07, 0xE7, 1, 20, 5, 10, 5, 0, 0, 0x80, 0, 0)


def test_numbers_in_lists():
    meter = Meter().list(*described(
        (3, WATT, 2, long(500)), (3, WATT, 3, units(0, 27)), (3, (1, 0, 14, 7, 0), 2, short(4998)),
        (3, (1, 0, 14, 7, 0), 3, units(-2, 44)), (3, (1, 0, 13, 7, 0), 2, short(987)),
        (3, (1, 0, 13, 7, 0), 3, units(-3, 255)), (3, (1, 0, 33, 7, 0), 2, short(1)),
        (70, (0, 0, 96, 3, 10), 2, b"\x03\1"), (70, (0, 1, 96, 3, 10), 3, b"\x16\2"),
        (1, (0, 0, 96, 14, 0), 2, octets(0x54, 0x33)),
        (1, (0, 0, 96, 7, 21), 2, short(7)), (3, (1, 0, 9, 7, 0), 2, long(321)), (3, (1, 0, 9, 7, 0), 3, units(0, 28)),
        (5, (1, 0, 1, 4, 0), 2, long(12)), (5, (1, 0, 1, 4, 0), 3, units(2, 27)),
    ))  # fmt: skip
    want = {"f": 49.98, "pf": [0.987, None, None, None], "breaker": "on", "relays": ["ready"], "tariff": 3, "fails": 7,
            "s": [321, None, None, None], "demand": 1200}  # fmt: skip
    assert meter.x() == want
    # Another list of the same meter has only the power, and the rest stays.
    assert meter.list(*described((3, WATT, 2, long(600)), (3, WATT, 3, units(0, 27)))).x() == want


def test_sub_meters_in_lists():
    gas, water = (0, 1, 24, 2, 1), (0, 2, 24, 2, 1)
    objects = [
        (3, WATT, 2, long(500)), (3, WATT, 3, units(0, 27)), (72, (0, 1, 24, 1, 0), 9, b"\x11\3"),
        (1, (0, 1, 96, 1, 0), 2, octets(*b"G0039")), (4, gas, 2, long(1569646)), (4, gas, 3, units(-3, 13)),
        (4, gas, 5, TIME), (72, (0, 2, 24, 1, 0), 9, b"\x11\7"), (1, (0, 2, 96, 1, 0), 2, octets(0x0A, 0x93)),
        (4, water, 2, long(87)), (4, water, 3, units(1, 19)), (4, (0, 3, 24, 2, 1), 2, long(0)),
        (1, (0, 3, 96, 1, 0), 2, octets()), (4, (0, 4, 24, 2, 1), 2, long(5)), (4, (0, 4, 24, 2, 1), 3, units(0, 27)),
    ]  # fmt: skip
    meter = Meter().list(*described(*objects))
    want = [(1, 3, "G0039", "1569.646", "m3", "2023-01-20T10:05:00", False), (2, 7, "0A93", "0.870", "m3", None, None)]
    assert meter.sub() == want, meter.sub()
    changes = meter.live.extra.changes
    objects[0] = (3, WATT, 2, long(501))
    assert meter.list(*described(*objects)).live.extra.changes == changes
    objects[4] = (4, gas, 2, long(1569647))
    assert meter.list(*described(*objects)).sub()[0][3] == "1569.647" and meter.live.extra.changes == changes + 1
    # A list without them does not take them away.
    meter.list(*described((3, WATT, 2, long(600)), (3, WATT, 3, units(0, 27))))
    assert [one[0] for one in meter.sub()] == [1, 2]
    # Code and value by turns; heat in J; a value without a unit; a negative one, which no counter has.
    meter = Meter().list(
        code(WATT), long(500), units(0, 27), code(gas), long(12345), units(6, 25), code(water), long(30545),
        code((0, 2, 96, 1, 0)), octets(*b"24521662"), code((0, 3, 24, 2, 1)), b"\x05" + b"\xff" * 4, units(0, 13),
        code((0, 4, 24, 1, 0)), b"\x11\4", code((0, 4, 24, 2, 1)), long(5), units(3, 30),
    )  # fmt: skip
    assert [one[:5] for one in meter.sub()] == [
        (1, None, None, "12.345000000", "GJ"), (2, None, "24521662", "30545", None), (4, 4, None, "5.000", "kWh"),
    ], meter.sub()  # fmt: skip


def test_recorded_lists():
    wanted = {"dlmsp-egd": 0, "scs-lg-e450-extreg": 0, "ams-kamstrup-gh517-2": 0}
    for entry in telegrams(expect="decode"):
        if entry["id"] not in wanted:
            continue
        meter = Meter()
        data = bytearray(raw(entry))
        if entry["framing"] == "raw-apdu":
            meter.decoder.telegram(APDU, data, 0, len(data))
        else:
            Framer(meter.decoder.telegram).feed(data, len(data))
        wanted[entry["id"]] += meter.readings
        if entry["id"] == "dlmsp-egd":
            assert meter.x() == {
                "tariff": 3, "breaker": "on", "relays": ["on", "on", "off", "off", "off", "off"],
                "ict": [0, 0.004, 0.004, 0],
            }, meter.x()  # fmt: skip
        elif entry["id"] == "scs-lg-e450-extreg":
            assert meter.sub() == [(1, None, "24521662", "30545", None, None, None)]
        else:
            assert meter.x() == {"pf": [0.94, 0.94, None, None]}
    assert all(wanted.values()), wanted


def test_recorded_telegrams_of_p1():
    """Against what the lines say by a search of their texts."""
    counts = {}
    for entry in telegrams(framing="p1", expect="decode"):
        security = entry.get("security") or {}
        key, auth_key = [bytes.fromhex(security.get(name) or "") for name in ("key", "auth_key")]
        meter = Meter()
        if key:
            meter.decoder.layers.cipher = Cipher(key, auth_key or None)
        framer = Framer(meter.decoder.telegram)
        data = raw(entry)
        framer.feed(data, len(data))
        framer.gap()
        if not meter.readings or not entry.get("text"):
            continue
        text = entry["text"].replace("*255(", "(")
        said = meter.x()
        for obis, name, scale in (
            ("0-0:96.14.0", "tariff", 1), ("0-0:96.7.21", "fails", 1), ("1-0:14.7.0", "f", 1),
            ("0-0:96.7.9", "long_fails", 1), ("1-0:1.4.0", "demand", 1000), ("1-0:1.6.0", "peak", 1000),
        ):  # fmt: skip
            at = text.find("\n%s(" % obis)
            content = text[at:text.find("\n", at + 1)].strip()[:-1].split("(")[-1] if at >= 0 else None
            want = None if content is None else float(content.split("*")[0]) * (1000 if "*kHz" in content else scale)
            assert (name in said) == (want is not None), (entry["id"], name)
            assert want is None or abs(said[name] - want) < 0.001, (entry["id"], name)
            counts[name] = counts.get(name, 0) + (want is not None)
        for phase, c in enumerate((32, 52, 72)):
            for name, d in ("sags", 32), ("swells", 36):
                at = text.find("\n1-0:%d.%d.0(" % (c, d))
                want = None if at < 0 else int(text[at:text.find(")", at)].split("(")[1])
                assert (said[name][phase] if name in said else None) == want, entry["id"]
        # Times of a clock that was never set, and durations of 68 years, are no failures.
        log = [line for line in text.split("\n") if ":99.97.0(" in line]
        groups = log[0].strip()[:-1].split(")(")[2:] if log else []
        want = [int(groups[i + 1][:-2]) for i in range(0, len(groups), 2) if groups[i] > "08" and groups[i + 1] < "1"]
        assert sorted([one[2] for one in meter.events() if one[0] == 0]) == sorted(want), entry["id"]
    assert counts["tariff"] >= 18 and counts["fails"] >= 11 and counts["peak"] >= 2, counts


LINES = [
    CLOCK, POWER, "1-0:1.8.1(000123.456*kWh)", "0-0:96.14.0(0002)", "1-0:14.7.0(50.02*Hz)", "1-0:13.7.0(0.981)",
    "1-0:9.7.0(01.234*kVA)", "0-0:96.3.10(1)", "0-1:96.3.10(0)", "0-0:17.0.0(999.9*kW)", "0-0:96.7.21(00005)",
    "1-0:32.32.0(00002)", "1-0:1.4.0(02.351*kW)", "1-0:1.6.0(230109134558W)(02.589*kW)", FAILURES,
    "0-0:96.13.0(48656C6C6F)",
    "0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(230120100000W)(09999.000*m3)",
]  # fmt: skip


def test_any_damage_is_a_value():
    random = Random(19)
    meter = Meter()
    for _ in range(500):
        data = whole(*LINES)
        for _ in range(random.between(1, 6)):
            at = random.between(8, len(data) - 1)
            kind = random.below(4)
            if kind == 0:
                data[at] = random.bits(8)
            elif kind == 1:
                data[at:at + 1] = bytes([random.choice(b"()*:\r\n\x02-0.\xffT")]) + data[at:at + 1]
            elif kind == 2:
                data[at:at + random.between(1, 40)] = b""
            else:
                other = random.between(8, len(data) - 1)
                data[at:at] = data[other:other + random.between(1, 60)]
        meter.decoder.telegram(P1, data, 0, len(data))
        meter.x(), meter.sub(), meter.events(), meter.news()
    meter.lines(*LINES)
    assert meter.x()["peak"] == 2589 and meter.sub()[0][3] == "9999.000"


def test_nothing_odd_takes_the_rest_of_a_telegram():
    """Each line may be damaged: the fields of the reading are the same, and what the other lines say is, too."""
    want = Meter().lines(*LINES).x()
    for i in range(3, len(LINES)):
        bare = LINES[i].split("(")[0]
        for odd in LINES[i][:-3], LINES[i].replace("(", "(ER11)("), LINES[i] + "(", bare + "()", bare, "\x02":
            meter = Meter().lines(*LINES[:i] + [odd] + LINES[i + 1:])
            assert meter.live.get(IMPORT_POWER) == 500 and meter.live.clock is not None
            said = meter.x()
            assert len(said) >= len(want) - 2
            for name in said:
                assert said[name] == want[name] or name in ("peak_ts",), (odd, name, said[name])


def test_the_tables_of_the_message_are_as_wide_as_the_codes():
    assert sum([count for _, count, _, _ in _NUMBERS]) == PEAK + 1 - MORE
    assert sum([count for _, count in _TARIFFS]) == FIELDS - IMPORT_ENERGY_T1

"""Sub-meters of P1 ports: the recorded ones against a parse of this file, and odd ones that are built here."""
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.submeters.sub import meters
from han.wire.framer import P1, Framer

from tests.support import Random, raw, telegrams
from tools.fields import iso

CLOCK = "0-0:1.0.0(230120101112W)"
POWER = "1-0:1.7.0(00.500*kW)"


def told(extra, clock=None):
    """[(channel, device type, number, value as text, unit, time, summer time)] of an Extra."""
    found = []
    for one in meters(extra, clock):
        value = None
        if one.value is not None:
            value = "%d.%0*d" % (one.value // 10**one.places, one.places, one.value % 10**one.places)
            value = value if one.places else str(one.value)
        time = None if one.time is None else iso(one.time)
        found.append((one.channel, one.kind, one.id, value, one.unit, time, one.dst))
    return found


def whole(*lines):
    return bytearray(("/ABC5\r\n\r\n" + "".join([line + "\r\n" for line in lines]) + "!").encode())


class Port:
    """A decoder, and what is live behind it."""

    def __init__(self):
        self.live = Live()
        self.decoder = Decoder(lambda reading: self.live.take(reading, 0, 0))

    def read(self, *lines):
        """What is told after a telegram of these lines; None where nothing is kept. It must have made a reading."""
        before = self.decoder.decoded
        data = whole(*lines)
        self.decoder.telegram(P1, data, 0, len(data))
        assert self.decoder.decoded == before + 1
        return told(self.live.extra, self.live.clock) if self.live.extra else None


def read(*lines):
    return Port().read(CLOCK, POWER, *lines)


def one(value, kind="003", code="24.2.1"):
    """(value, unit, time) of a meter with a number whose line has that behind its code."""
    lines = ["0-1:24.1.0(%s)" % kind, "0-1:96.1.0(4735)"]
    found = read(*lines + ["0-1:%s%s" % (code, value)])
    assert len(found) == 1 and found[0][:3] == (1, int(kind), "G5")
    return found[0][3:6]


def listener():
    """(decoder, list of what is told of each of its readings)"""
    found = []
    live = Live()

    def take(reading):
        live.forget()
        live.take(reading, 0, 0)
        found.append(told(live.extra, live.clock) if live.extra else [])

    return Decoder(take), found


def by_hand(text):
    """What the lines of a recorded telegram say, [(channel, type, number, value, unit, time, summer)]."""
    lines = text.replace("\r", "\n").replace("\n\n", "\n").replace("\n(", "(").split("\n")
    found = []
    for channel in "1234":
        kind = number = value = unit = time = summer = None
        for line in lines:
            if not line.startswith("0-" + channel + ":"):
                continue
            code, rest = line[4 : line.find("(")], line[line.find("(") + 1 : -1]
            if "(" not in line:
                continue
            if code == "24.1.0":
                kind = int(rest)
            elif code in ("96.1.0", "96.1.1") and rest:
                number = rest
                try:
                    plain = [int(rest[i : i + 2], 16) for i in range(0, len(rest), 2)]
                    if min(plain) > 32 and max(plain) < 127:
                        number = "".join([chr(byte) for byte in plain])
                except ValueError:
                    pass
            elif code in ("24.2.1", "24.2.3", "24.3.0"):
                parts = rest.split(")(")
                value, _, unit = parts[-1].partition("*")
                unit = parts[5] if code == "24.3.0" else unit or None
                time = "20%s-%s-%sT%s:%s:%s" % tuple([parts[0][i : i + 2] for i in range(0, 12, 2)])
                summer = parts[0][12:] == "S" if parts[0][12:] else None
        if time and not "2008" < time < "2040":  # the clock of a meter that was never read
            time = value = unit = summer = None
        if value:
            value = value.lstrip("0")
            value = "0" + value if value[0] == "." else value
        if number or value:
            found.append((int(channel), kind, number, value, unit, time, summer))
    return found


def test_recorded_telegrams():
    counts = {}
    for entry in telegrams(framing="p1", expect="decode"):
        decoder, found = listener()
        framer = Framer(decoder.telegram)
        for byte in raw(entry):
            framer.feed(bytes((byte,)), 1)
        framer.gap()
        want = by_hand(entry["text"]) if entry.get("text") else []
        assert found == [want] * len(found), (entry["id"], found, want)
        for meter in want:
            counts[meter[1], meter[4]] = counts.get((meter[1], meter[4]), 0) + len(found)
    assert counts[3, "m3"] >= 13 and counts[7, "m3"] >= 2, counts


def test_the_channel_says_nothing_the_type_does():
    lines = ["0-1:24.1.0(007)", "0-1:96.1.1(3853)", "0-1:24.2.1(230120100000W)(00872.234*m3)",
             "0-2:24.1.0(003)", "0-2:96.1.1(3746)", "0-2:24.2.3(230120100500W)(00112.384*m3)",
             "0-4:24.1.0(004)", "0-4:96.1.0(4848)", "0-4:24.2.1(230120110000W)(012.345*GJ)",
             "0-3:24.1.0(002)", "0-3:24.2.1(230120101000W)(000019.5*kWh)"]
    want = [(1, 7, "8S", "872.234", "m3", "2023-01-20T10:00:00", False),
            (2, 3, "7F", "112.384", "m3", "2023-01-20T10:05:00", False),
            (3, 2, None, "19.5", "kWh", "2023-01-20T10:10:00", False),
            (4, 4, "HH", "12.345", "GJ", "2023-01-20T11:00:00", False)]  # fmt: skip
    random = Random(4)
    for _ in range(20):
        assert read(*lines) == want
        for i in range(len(lines)):
            k = random.below(len(lines))
            lines[i], lines[k] = lines[k], lines[i]


def test_two_gas_meters():
    found = read("0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(230120100000W)(00001.000*m3)",
                 "0-2:24.1.0(003)", "0-2:96.1.0(4732)", "0-2:24.2.1(230120100000W)(00002.000*m3)")
    assert [meter[:4] for meter in found] == [(1, 3, "G1", "1.000"), (2, 3, "G2", "2.000")]


def test_forms_of_a_value():
    time = "2023-01-20T10:00:00"
    for value, want in (
        ("(230120100000W)(01569.646*m3)", ("1569.646", "m3", time)),
        ("(230120100000)(01569,646*M3)", ("1569.646", "m3", time)),
        ("(230120100000W)(01569646*dm3)", ("1569.646", "m3", time)),
        ("(230120100000W)(00012.345*MJ)", ("0.012345", "GJ", time)),
        ("(230120100000W)(1569646*Wh)", ("1569.646", "kWh", time)),
        ("(230120100000W)(1.5*MWh)", ("1500", "kWh", time)),
        ("(1234.567*m3)", ("1234.567", "m3", None)),  # without a time
        ("(230120100000W)(00112.384)", ("112.384", None, time)),  # no unit
        ("(632525252525S)(02339.900*m3)", ("2339.900", "m3", None)),
        ("(681027002758S)(01023.855*m3)", ("1023.855", "m3", None)),
        ("(240120100000W)(01023.855*m3)", ("1023.855", "m3", None)),  # a year ahead of the electricity meter
        ("(230120100000W)(00000.000*m3)", ("0.000", "m3", time)),  # a new one
        ("(230120100000X)(01.5*m3)", ("1.5", "m3", None)),
        ("(230120)(01.5*m3)", ("1.5", "m3", None)),
    ):
        assert one(value) == want, value
    assert one("(230120100000W)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00124.477)", code="24.3.0") == ("124.477", "m3", time)
    assert one("(230120100000W)(00112.384*m3)", code="24.2.3*255") == ("112.384", "m3", time)


def test_what_is_no_value():
    for value in ("(632525252525S)(00000.000)", "(700101010000W)(00000000)", "(000101000000W)(00000.000*m3)", "", "()",
                  "(230120100000W)", "(230120100000W)()", "(230120100000W)(ER11)", "(ER11)", "(230120100000W)(*m3)",
                  "(230120100000W)(1569.*m3)", "(230120100000W)(.5*m3)", "(230120100000W)(1.2.3*m3)",
                  "(230120100000W)(-1.5*m3)", "(230120100000W)(1234567890123*m3)", "(230120100000W)(1.5*m3/h)",
                  "(230120100000W)(1.5*degC)", "(230120100000W)(1.5*mWh)", "(230120100000W)(1.5*kW)",
                  "(230120100000W)(1.5*m3", "(230120100000W)((1.5*m3)", "(230120100000W)(1.5*m3))", "(1)(2)(3*m3)",
                  "(230120100000W)(1.5*m3)x", "(230120100000W)(1 5*m3)", "(230120100000W)(0x15*m3)"):
        assert one(value) == (None, None, None), value


def test_a_line_twice():
    value = "0-1:24.2.1(230120100000W)(01569.646*m3)"
    lines = ["0-1:24.1.0(003)", "0-1:96.1.0(4735)", value]
    assert read(*lines + [value])[0][3] == "1569.646"
    assert read(*lines + ["0-1:24.2.1(230120100000W)(01569.647*m3)"])[0][3] is None
    assert read(*lines + ["0-1:24.1.0(007)"])[0][1] is None
    assert read(*lines + ["0-1:96.1.0(4736)"])[0][2] is None


def test_numbers_of_meters():
    for sent, want in (("4730303339", "G0039"), ("", None), ("12345678", "12345678"), ("473030003339", "473030003339"),
                       ("47350000", "G5"), ("G1234", "G1234"), ("473", "473"), ("22225C", '""\\')):
        found = read("0-1:24.1.0(003)", "0-1:96.1.0(%s)" % sent, "0-1:24.2.1(230120100000W)(1.5*m3)")
        assert found[0][2] == want, sent


def test_one_without_number_and_value_is_not_there():
    assert read("0-2:24.1.0(003)", "0-2:96.1.0()") == []
    assert read("0-1:24.1.0(000)", "0-1:96.1.0", "0-1:24.2.1(000101000000W)(00000.000*m3)") == []
    assert read("0-2:24.1.0(003)", "0-2:96.1.0(4731)") == [(2, 3, "G1", None, None, None, None)]
    assert read("0-1:24.2.1(230120100000W)(1.5*m3)")[0][1:4] == (None, None, "1.5")
    for kind in "", "3a", "0x3", "-3", "0003", "3)(4":
        assert read("0-1:24.1.0(%s)" % kind, "0-1:24.2.1(230120100000W)(1.5*m3)")[0][1] is None, kind


def test_one_that_is_replaced_and_one_that_is_removed():
    port = Port()
    gas = "0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(230120100000W)(09999.000*m3)"
    assert port.read(CLOCK, POWER) is None
    assert port.read(CLOCK, POWER, *gas)[0][2:4] == ("G1", "9999.000")
    # Its number and its value change together.
    other = "0-1:24.1.0(003)", "0-1:96.1.0(4732)", "0-1:24.2.1(230120100000W)(00000.001*m3)"
    assert port.read(CLOCK, POWER, *other)[0][2:4] == ("G2", "0.001")
    assert port.read(CLOCK, POWER) is None
    assert port.read(CLOCK, POWER, *gas)[0][2:4] == ("G1", "9999.000")
    port.live.forget()
    assert port.live.extra is None


def test_nothing_is_done_while_nothing_changes():
    port = Port()
    lines = [CLOCK, POWER, "0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(230120100000W)(09999.000*m3)"]
    assert Port().live.extra is None
    port.read(*lines)
    changes, found = port.live.extra.changes, port.live.extra.found
    for watt in range(10):
        port.read(CLOCK, "1-0:1.7.0(00.50%d*kW)" % watt, *lines[2:])
        assert port.live.extra.changes == changes and port.live.extra.found is found
    port.read(*lines[:-1] + ["0-1:24.2.1(230120100000W)(09999.001*m3)"])
    assert port.live.extra.changes == changes + 1


def test_more_than_there_is_room_for():
    lines = [CLOCK, POWER]
    for channel in range(1, 10):
        lines += ["0-%d:24.1.0(003)" % channel, "0-%d:96.1.0(%s)" % (channel, "41" * 40),
                  "0-%d:24.2.1(230120100000W)(0000%d.500*m3)" % (channel, channel)]  # fmt: skip
    port = Port()
    for _ in range(3):
        found = port.read(*lines)
        # The last one may be told in part.
        assert [meter[3] for meter in found[:-1]] == ["%d.500" % n for n in range(1, len(found))] and len(found) > 6
        assert len(port.live.extra.buf) <= 1024
    # A line that is too long is left out, and with it what would have belonged to it.
    found = read("0-1:24.1.0(003)", "0-1:24.3.0(%s)(00)(60)(1)(0-1:24.2.1)(m3)" % ("1" * 120), "(00124.477)",
                 "0-1:96.1.0(4735)")
    assert found == [(1, 3, "G5", None, None, None, None)]


def test_any_damage_is_a_value():
    random = Random(8)
    good = [CLOCK, POWER, "0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.3.0(230120100000)(08)(60)(1)(0-1:24.2.1)(m3)",
            "(00124.477)", "0-2:24.1.0(007)", "0-2:96.1.1(4732)", "0-2:24.2.3(230120100000W)(09999.000*m3)"]
    for _ in range(400):
        data = whole(*good)
        for _ in range(random.between(1, 6)):
            at = random.between(40, len(data) - 1)
            kind = random.below(3)
            if kind == 0:
                data[at] = random.bits(7)
            elif kind == 1:
                data[at:at + 1] = bytes([random.choice(b"()*:\r\n\x02-0.\xff")]) + data[at:at + 1]
            else:
                data[at:at + random.between(1, 9)] = b""
        decoder, _ = listener()
        decoder.telegram(P1, data, 0, len(data))

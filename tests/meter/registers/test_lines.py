"""The registers of P1 text: every recorded line by a parse that shares nothing with the reader's, and odd ones."""
from han.meter.registers.lines import moment, obis, registers

from tests.meter.registers.taps import copies
from tests.support import Random, telegrams


def said(text):
    """[(code, value, unit, time)] of the lines of a telegram."""
    data = text.encode()
    return [(r.obis, r.value, r.unit, r.time) for r in registers(data, 0, len(data))]


def expected(text):
    """[(code of the line, [what stands in its parentheses])] of a telegram, lines that go on joined."""
    found = []
    for line in text.replace("\r", "\n").split("\n"):
        if line[:1] == "!":
            break
        line = line.lstrip("\x02")
        if line[:1] in ("", "/"):
            continue
        code = line.split("(")[0]
        groups = [group.rstrip(")") for group in line.split("(")[1:]]
        if code:
            found.append((code, groups))
        else:
            found[-1] = (found[-1][0], found[-1][1] + groups)
    return found


def plain(code):
    """A code without the 255 at its end."""
    return code[:-4] if code.endswith(("*255", ".255")) else code


def stamp(group):
    return len(group) in (12, 13) and group[:12].isdigit() and group[12:] in ("", "S", "W")


def check_line(code, groups, got):
    """The registers of a line say all that stands in it, and nothing else."""
    for register in got:
        assert register.obis == code or register.log == code
    assert len(got) >= 1
    if not groups:
        assert [(r.value, r.unit, r.time) for r in got] == [(None, None, None)]
        return
    logs = [group for group in groups if ":" in group]
    if len(groups) == 1:
        value, _, unit = groups[0].partition("*")
        assert (len(got), got[0].value, got[0].unit) == (1, value, unit or None)
        return
    if not logs:
        time = groups[0] if stamp(groups[0]) else None
        values = groups[1:] if time else groups
        assert len(got) == len(values)
        for register, group in zip(got, values):
            value, _, unit = group.partition("*")
            assert (register.value, register.unit, register.time) == (value, unit or None, time), code
        return
    first = groups.index(logs[0])
    head = [group for group in groups[:first] if not stamp(group)]
    assert got[0].value == " ".join(head) and got[0].obis == code
    entries = got[1:]
    rest = groups[first:]
    while rest and (":" in rest[0] or rest[0][:1].isalpha()):
        last = rest.pop(0)
    unit = last if last[:1].isalpha() else None
    values = [group for group in rest if not stamp(group)]
    assert [r.value for r in entries] == [group.partition("*")[0] for group in values]
    times = [group for group in rest if stamp(group)] or [group for group in groups[:first] if stamp(group)]
    each = len(times) // len(values) if values else 0
    for i, register in enumerate(entries):
        assert register.log == code and register.obis == logs[0]
        assert register.unit == (values[i].partition("*")[2] or unit)
        assert register.time == times[each * i + each - 1]
        assert register.stored == (times[each * i] if each == 2 else None)


def test_every_line_of_every_recorded_telegram():
    lines = 0
    for entry in telegrams(lambda entry: entry["framing"] == "p1" and entry.get("text"), expect="decode"):
        text = entry["text"]
        (copy,) = copies(entry)
        assert copy.form() == "P1" and copy.head() == text[text.index("/") :].replace("\r", "\n").split("\n")[0]
        got = list(copy.registers())
        at = 0
        for code, groups in expected(text[text.index("/") :]):
            code = plain(code)
            end = at + 1
            while end < len(got) and (got[end].log == code or got[end].obis == code and len(groups) > 2):
                end += 1
            check_line(code, groups, got[at:end])
            at = end
            lines += 1
        assert at == len(got), entry["id"]
    assert lines > 900


def test_a_ciphered_one():
    for entry in telegrams(lambda entry: entry["framing"] == "p1" and entry["encrypted"], expect="decode"):
        (copy,) = copies(entry)
        found = [r.obis for r in copy.registers()]
        assert "1-0:1.8.1" in found or "1-0:1.8.0" in found, found


def test_codes():
    for text in ("1-0:1.8.0", "0-1:24.2.1", "1.8.0", "C.1.0", "1-0:F.F", "1-0:1.8.0*01", "129-129:199.130.3"):
        assert obis(text) == text
    assert obis("1-0:1.8.0*255") == obis("1-0:1.8.0.255") == "1-0:1.8.0"
    assert obis("1-0:1.7.255") == "1-0:1.7.255"
    for text in ("", "1", "1-0", "(", "1-0:1..0", ".1", "1.8.", "1-0:1.8.0 ", "hello.world", "/XXX5.1", "1" * 40):
        assert obis(text) is None, text


def test_time_stamps():
    assert moment("101209112500W") == ("101209112500W", (-285942900, None, False))
    assert moment("200701000000S") == ("200701000000S", (15724800, None, True))
    assert moment("632525252525S") == ("632525252525S", None)  # told as it is, but no time
    assert moment("101209112500") is None and moment("101209112500", True)[1] == (-285942900, None, None)
    for text in ("", "S", "1012091125W", "101209112500X", "10120911250aW", "1012091125000W"):
        assert moment(text, True) is None, text


def test_sub_meters():
    assert said("0-1:24.2.1(101209112500W)(12785.123*m3)\r\n") == [("0-1:24.2.1", "12785.123", "m3", "101209112500W")]
    assert said("0-2:24.2.3(200512134558S)(00872.234)\n0-1:24.2.1(632525252525S)(00000000)\n!") == [
        ("0-2:24.2.3", "00872.234", None, "200512134558S"),
        ("0-1:24.2.1", "00000000", None, "632525252525S"),
    ]
    two_lines = "0-1:24.3.0(120517020000)(08)(60)(1)(0-1:24.2.1)(m3)\r\n(00124.477)\r\n0-1:24.4.0(1)\r\n!\r\n"
    assert said(two_lines) == [
        ("0-1:24.3.0", "08 60 1", None, "120517020000"),
        ("0-1:24.2.1", "00124.477", "m3", "120517020000"),
        ("0-1:24.4.0", "1", None, None),
    ]


def test_logs():
    assert said("1-0:99.97.0(0)(0-0:96.7.19)") == [("1-0:99.97.0", "0", None, None)]
    assert said("1-0:99.97.0()") == [("1-0:99.97.0", "", None, None)]
    assert said("1-0:99.97.0(2)(0-0:96.7.19)(101208152415W)(0000000240*s)(101208151004W)(0000000301*s)") == [
        ("1-0:99.97.0", "2", None, None),
        ("0-0:96.7.19", "0000000240", "s", "101208152415W"),
        ("0-0:96.7.19", "0000000301", "s", "101208151004W"),
    ]
    # Two values for each time.
    assert said("0-0:98.1.0(2)(1-0:1.8.0)(1-0:2.8.0)(200501000000S)(1*kWh)(2*kWh)(200601000000S)(3*kWh)(4*kWh)") == [
        ("0-0:98.1.0", "2", None, None),
        ("1-0:1.8.0", "1", "kWh", "200501000000S"),
        ("1-0:2.8.0", "2", "kWh", "200501000000S"),
        ("1-0:1.8.0", "3", "kWh", "200601000000S"),
        ("1-0:2.8.0", "4", "kWh", "200601000000S"),
    ]


def test_values_are_as_they_were_sent():
    text = "1-0:1.7.0(0001.193*kW)\n1-0:2.7.0(1.2kW)\n1-0:16.7.0(-003094*W)\n0-0:96.1.0(123456789012W)\n"
    text += "0-0:96.14.0(0002)"
    assert said(text) == [
        ("1-0:1.7.0", "0001.193", "kW", None),
        ("1-0:2.7.0", "1.2", "kW", None),
        ("1-0:16.7.0", "-003094", "W", None),
        ("0-0:96.1.0", "123456789012W", None, "123456789012W"),
        ("0-0:96.14.0", "0002", None, None),
    ]
    assert said("1-0:1.8.0(ER11)\n1-0:1.8.1(*kWh)\n1-0:1.8.2(\n1-0:1.8.3") == [
        ("1-0:1.8.0", "ER11", None, None),
        ("1-0:1.8.1", "", "kWh", None),
        ("1-0:1.8.2", None, None, None),
        ("1-0:1.8.3", None, None, None),
    ]


def test_what_hex_digits_say():
    def texts(line):
        data = line.encode()
        return [r.text for r in registers(data, 0, len(data))]

    assert texts("0-0:96.13.0(48656C6C6F21)") == ["Hello!"]
    assert texts("0-0:96.13.0(68C3A5)") == ["h\u00e5"]
    assert texts("0-1:96.1.0(4730303339)") == ["G0039"]
    for line in ("0-0:96.13.0()", "0-0:96.13.0(4)", "0-0:96.13.0(00)", "0-0:96.13.0(FF)", "0-0:96.1.1(xyz)",
                 "0-0:96.14.0(4141)", "1-0:1.8.0(4141*kWh)"):  # fmt: skip
        assert texts(line) == [None], line
    long = "48" * 1024
    assert texts("0-0:96.13.0(%s)" % long) == ["H" * 1024]


def test_garbage_is_no_crash():
    random = Random(11)
    pieces = ["0-1:24.2.1", "1-0:99.97.0", "(", ")", "(0-0:96.7.19)", "(101208152415W)", "(632525252525S)", "*", "kWh",
              "m3", "\r\n", "\n", "!", "/", "\x02", ".", ":", "-", "(1)", "()", "12", "A", "\u00e5"]  # fmt: skip
    for _ in range(1500):
        text = "".join([random.choice(pieces) for _ in range(random.below(30))])
        for register in registers(text.encode(), 0, len(text.encode())):
            assert register.obis and (register.value is None or isinstance(register.value, str))
    for _ in range(300):
        data = random.bytes(random.below(200))
        assert isinstance(list(registers(data, 0, len(data))), list)

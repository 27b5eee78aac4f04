"""The values in the lines of a P1 telegram. Damaged lines never give other values."""
from han.meter import obis
from han.meter.decoder import Decoder
from han.wire.framer import P1

from tests.support import Random
from tools.fields import fields

IDENT = b"/ABC5\r\n"


def read(*lines, end="\r\n"):
    """(fields or None, reason) of a telegram with these lines; None: it gives no reading."""
    found = []
    decoder = Decoder(lambda reading: found.append(fields(reading)))
    data = bytearray(IDENT + b"\r\n" + end.join(lines).encode() + end.encode() + b"!")
    decoder.telegram(P1, data, 0, len(data))
    for name in "manufacturer", "meter_type", "p1_ident":
        for one in found:
            del one[name]
    return (found[0] if found and decoder.decoded else None), decoder.reason


def one(value, code="1-0:1.7.0"):
    """The reading of a telegram of one line and of a voltage."""
    said, _ = read("%s(%s)" % (code, value), "1-0:32.7.0(230.1*V)")
    assert said.pop("l1_voltage_v") == 230.1
    assert len(said) < 2
    return list(said.values())[0] if said else None


def test_units_as_they_are_sent():
    for value, watt in (("1.661*kW", 1661), ("1661*W", 1661), ("0.001661*MW", 1661), ("1,661*kW", 1661),
                        ("1.661kW", 1661), ("+01661*W", 1661), ("1.661*KW", 1661), ("1661.49*W", 1661), ("0*kW", 0)):
        assert one(value) == watt, value
    for value, ampere in (("791*mA", 0.791), ("0.791*A", 0.791), ("0.000791*kA", 0.791), ("7*A", 7), ("-2.5*A", -2.5)):
        assert one(value, "1-0:31.7.0") == ampere, value
    for value, wh in (("00026107.7034231*kWh", 26107703), ("9699947*Wh", 9699947), ("1.5*MWh", 1500000)):
        assert one(value, "1-0:1.8.0") == wh, value
    for value, varh in (("26.348*kvarh", 26348), ("26.348*kVArh", 26348), ("26348*varh", 26348)):
        assert one(value, "1-0:3.8.0") == varh, value
    said, _ = read("1-0:52.7.0(0.2281*kV)", "1-0:72.7.0(230100*mV)")
    assert said == {"l2_voltage_v": 228.1, "l3_voltage_v": 230.1}


def test_a_unit_that_is_cut_or_unknown_is_none():
    for value in ("1.661*k", "1.661*", "1.661k", "1.661*M", "1.661*m", "1.661*kWh", "1.661*kVA", "1.661*V", "1661*w t",
                  "1.661*kkW", "1.661**kW", "1.661*kW*", "1661*mW", "1.661*GW", "1.661*kWx", "1.661 *kW", "1.661*kW "):
        assert one(value) is None, value
    for value in ("791*m", "791*mm", "791*MA", "0.7*mAh", "791*µA"):
        assert one(value, "1-0:31.7.0") is None, value
    for value in ("123.4*k", "123.4*kW", "123.4*kvarh", "123.4*", "123*mWh", "123.4*kvar"):
        assert one(value, "1-0:1.8.0") is None, value


def test_only_energies_with_decimals_go_without_a_unit():
    # Hager's eHZ sends them so; nothing else tells kWh from Wh, or kW from W.
    assert one("011107.1314", "1-0:1.8.0*255") == 11107131
    assert one("011107.1314", "1-0:1.8.2") == 11107131
    for code, value in (("1-0:1.8.0", "0111071314"), ("1-0:1.7.0", "000.532"), ("1-0:1.7.0", "532"),
                        ("1-0:31.7.0", "2.98"), ("1-0:52.7.0", "233.5"), ("1-0:16.7.0", "-3094")):
        assert one(value, code) is None, (code, value)


def test_values_that_are_no_numbers():
    for value in ("", "ER11", "*kW", "-*kW", "--1*kW", "+-1*kW", "1+*kW", "1.2.3*kW", "1.*kW", ".5*kW", "1..2*kW",
                  " 1*kW", "1 2*kW", "1e3*kW", "0x10*kW", "99999999999999999999*kW", "12345678901234567890123.4*W",
                  "1-2*kW", "1:2*kW", "0.1234567890123456*kW"):
        assert one(value) is None, value
    # Zeros are no digits too many.
    assert one("000000000000000000001.5*kW") == 1500


def test_values_of_the_past_are_not_the_counter():
    lines = ["1.8.0*12(0075.5341*kWh)", "1.8.0&12(0000.0000*kWh)", "1.8.0*00(0000.0001*kWh)", "1-0:1.8.0*96(1.0*kWh)",
             "1-0:1.8.0*01(1.0*kWh)", "1-0:1.8.0.1(1.0*kWh)", "1-0:1.8.0*254(1.0*kWh)", "1-0:1.8.0*256(1.0*kWh)",
             "1-0:1.8.0*(1.0*kWh)", "1-0:1.8.0*255*1(1.0*kWh)"]
    random = Random(3)
    for counter in "1.8.0(0302.8260*kWh)", "1-0:1.8.0*255(0302.8260*kWh)", "1-0:1.8.0.255(0302.8260*kWh)":
        for _ in range(20):
            mixed = list(lines)
            mixed.insert(random.below(len(lines) + 1), counter)
            assert read(*mixed)[0] == {"import_energy_wh": 302826}
    assert read(*lines)[0] is None


def test_codes_of_others():
    for code in ("1-3:1.8.0", "0-1:1.8.0", "2-0:1.8.0", "1-0:1.8", "1-0:1.8.0.0", "1-0:1,8,0", "1-0:1-8-0", "1-0.1.8.0",
                 "1-0:1.8.9", "1-0:1.8.63", "1-0:1:8.0", "1-0:C.1.0", "1-0:11.8.0", "1.8.0.", "1-0:1.8.0 ",
                 "1-0: 1.8.0"):
        assert read(code + "(1.0*kWh)", "1-0:1.7.0(1*W)")[0] == {"import_power_w": 1}, code
    # EasyMeter's power of no tariff.
    assert read("1-0:1.7.255*255(000336.45*W)", "1-0:21.7.255*255(000200.13*W)")[0] == {
        "import_power_w": 336, "l1_import_power_w": 200}


def test_a_line_that_is_sent_twice_counts_where_it_says_the_same():
    for twice in ("1-0:1.7.0(00.500*kW)", "1-0:1.7.0(00.500*kW)"), ("1-0:1.7.0(00.500*kW)",) * 5:
        assert read(*twice)[0] == {"import_power_w": 500}
    for other in "00.501*kW", "00.500*W", "", "ER11":
        said, _ = read("1-0:1.7.0(00.500*kW)", "1-0:1.7.0(%s)" % other, "1-0:1.7.0(00.500*kW)", "1-0:2.7.0(1*W)")
        assert said == {"export_power_w": 1}
    said, _ = read("0-0:96.1.1(53414731)", "1-0:2.7.0(1*W)", "0-0:96.1.1(53414732)")
    assert said == {"export_power_w": 1}


def test_a_line_ends_with_its_parenthesis():
    for cut in ("1-0:1.7.0(00.500*kW", "1-0:1.7.0(00.500", "1-0:1.7.0(00.500*", "1-0:1.7.0(", "1-0:1.7.0",
                "1-0:1.7.0(00.51-0:2.7.0(00.500*kW)", "1-0:1.7.0((00.500*kW)"):
        assert read(cut, "1-0:32.7.0(230.1*V)")[0] == {"l1_voltage_v": 230.1}, cut
    assert read("0-0:96.1.1(534147", "1-0:2.7.0(1*W)")[0] == {"export_power_w": 1}
    assert read("1-0:1.8.0(1.5*kWh)(2.5*kWh)", "(3*kWh)")[0] == {"import_energy_wh": 1500}


def test_the_start_of_text_may_stand_in_front():
    assert read("\x021-0:1.7.0(00.500*kW)")[0] == {"import_power_w": 500}
    assert read("\x021-0:1.7.0(\x0200.500*kW)")[0] is None


def test_the_clock_as_two_registers():
    for time, date, ts in (
        ("222553", "251002", "2025-10-02T22:25:53"),
        ("23:16:43", "21-01-04", "2021-01-04T23:16:43"),
        ("13:23:08", "2017-11-03", "2017-11-03T13:23:08"),
        ("132308", "20171103", "2017-11-03T13:23:08"),
        ("20:20:20", "20-12-20", "2020-12-20T20:20:20"),
    ):
        for prefix in "", "1-0:", "0-0:":
            said, _ = read(prefix + "0.9.1(%s)" % time, prefix + "0.9.2(%s)" % date, "1.7.0(1*W)")
            assert said == {"ts": ts, "import_power_w": 1}
    for time, date in (("222553", "251302"), ("252553", "251002"), ("2225", "251002"), ("222553", ""), ("", ""),
                       ("22h25m53", "251002"), ("222553", "00-00-00"), ("22255312", "251002"), ("22155153", "251002")):
        said, _ = read("0.9.1(%s)" % time, "0.9.2(%s)" % date, "1.7.0(1*W)")
        assert said == {"import_power_w": 1}, (time, date)
    assert read("0.9.1(222553)", "1.7.0(1*W)")[0] == read("0.9.2(251002)", "1.7.0(1*W)")[0] == {"import_power_w": 1}
    # The clock of newer meters outranks them.
    said, _ = read("0-0:1.0.0(251002222553S)", "0.9.1(222500)", "0.9.2(251002)", "1.7.0(1*W)")
    assert said == {"ts": "2025-10-02T22:25:53", "ts_dst": True, "import_power_w": 1}


def test_a_telegram_without_readings_says_what_it_has():
    clock, number = "0-0:1.0.0(251002222553S)", "0-0:96.1.1(53414731)"
    for lines, reason in (
        ((clock,), "only a clock"), ((number,), "only an identity"), ((clock, number), "only a clock and an identity"),
        (("0.9.1(222553)", "0.9.2(251002)"), "only a clock"), (("1-0:1.7.0(ER11)", clock), "only a clock"),
        (("1-0:1.7.0(1*k)",), "no known values"), (("1-0:99.7.0(1*kW)",), "no known values"), ((), "no known values"),
    ):
        assert read(*lines)[1] == "telegram without readings: " + reason
    decoder = Decoder(lambda reading: None)
    for lines, decoded in ((clock,), 0), (("1-0:1.7.0(1*W)",), 1), ((number,), 1):
        data = bytearray(IDENT + "\r\n".join(lines).encode() + b"\r\n!")
        decoder.telegram(P1, data, 0, len(data))
        assert decoder.decoded == decoded and bool(decoder.reason) == (lines != ("1-0:1.7.0(1*W)",))
    assert decoder.rejected == 2


LINES = (
    ("1-0:1.8.0", "00009621.983*kWh", obis.IMPORT_ENERGY), ("1-0:2.8.0", "00000042.500*kWh", obis.EXPORT_ENERGY),
    ("1-0:1.8.1", "005017120*Wh", obis.IMPORT_ENERGY_T1), ("1-0:1.8.8", "00000001.001*kWh", obis.IMPORT_ENERGY_T1 + 7),
    ("1-0:2.8.5", "00000077.000*kWh", obis.EXPORT_ENERGY_T1 + 4),
    ("1-0:3.8.0", "026.348*kvarh", obis.IMPORT_REACTIVE_ENERGY),
    ("1-0:1.7.0", "0002.301*kW", obis.IMPORT_POWER), ("1-0:2.7.0", "00000*W", obis.EXPORT_POWER),
    ("1-0:21.7.0", "0000.622*kW", obis.L1_IMPORT_POWER), ("1-0:4.7.0", "0.135*kVAr", obis.EXPORT_REACTIVE),
    ("1-0:32.7.0", "230.1*V", obis.L1_VOLTAGE), ("1-0:52.7.0", "0000.242*kV", obis.L1_VOLTAGE + 1),
    ("1-0:31.7.0", "001*A", obis.L1_CURRENT), ("1-0:51.7.0", "791*mA", obis.L1_CURRENT + 1),
    ("1-0:71.7.0", "0000.005*kA", obis.L1_CURRENT + 2),
)


def test_damage_that_shows_leaves_values_out_and_invents_none():
    random = Random(16)
    found = []
    decoder = Decoder(lambda reading: found.append([reading.get(field) for _, _, field in LINES]))

    def reading(lines, ends):
        text = IDENT.decode() + "".join([line + random.choice(ends) for line in lines]) + "!"
        data = bytearray(text.encode())
        found.clear()
        decoder.telegram(P1, data, 0, len(data))
        return found[0] if found else [None] * len(LINES)

    good = ["%s(%s)" % line[:2] for line in LINES]
    truth = reading(good, ("\r\n",))
    assert None not in truth
    kept = 0
    for _ in range(600):
        lines = list(good)
        for _ in range(random.below(6)):
            i = random.below(len(lines))
            line = lines[i]
            code, bracket, value = line.partition("(")
            way = random.below(12)
            if way == 0 and line:
                lines[i] = line[:random.below(len(line))]
            elif way == 1:
                lines.insert(random.below(len(lines) + 1), line)
            elif way == 2:
                lines.insert(i + random.below(2), code + bracket + "0" + value)
            elif way == 3:
                lines[i] = code + random.choice(("()", "(ER11)", "(----)", "( )", "(", "", "(0)", "(0*X)", "(9*kWs)"))
            elif way == 4:
                lines[i] = code + "(" + "8" * 20 + value
            elif way == 5:
                lines[i] = code + "(" + value.partition("*")[0] + random.choice((")", "*)", "*k)", "k)", "*W", "*hWk)"))
            elif way == 6 and bracket:
                at = len(code) + random.below(len(line) - len(code))
                lines[i] = line[:at] + random.choice((" ", "\t", "  ", "/", ":", "(", ";")) + line[at:]
            elif way == 7:
                lines.insert(i, code + random.choice(("*01", "*96", "&12", "*0", "*", ".1")) + "(00001.000*kWh)")
            elif way == 8:
                lines[i] = code.replace(".", random.choice((",", "..", ":", "")), 1) + bracket + value
            elif way == 9 and i + 1 < len(lines) and line:
                at = random.below(len(line))
                other = lines.pop(i + 1)
                lines[i] = line[:at] + other[random.below(3):]  # an end of line was lost, and what was around it
            elif way == 10:
                lines.insert(i, "(00001.000*kWh)")
            elif way == 11:
                lines[i] = line.replace("*", "000*") if "." in value else line
        got = reading(lines, random.choice((("\r\n",), ("\r",), ("\n",), ("\r\n", "\r", "\n", "\r\n\r\n"))))
        for number, expected, line in zip(got, truth, LINES):
            assert number is None or number == expected, (lines, line[0], number, expected)
        kept += sum([number is not None for number in got])
    assert kept > 500 * len(LINES) // 2
